//! The closed-class words of questions in other languages, as their English counterparts: with them a question whose
//! names are registered (or taught as synonyms) is read like an English one.

use super::{TokenKind, Word, stem};

/// Languages whose words are known here.
const WORDS: &[(&str, &str)] = &[
    (
        "es",
        "por:by y:and o:or u:or de:of del:of la:the el:the los:the las:the en:in para:for con:with sin:without \
         total:total suma:sum promedio:average media:average cuantos:count cuantas:count numero:count cantidad:count \
         maximo:maximum minimo:minimum mayor:highest menor:lowest mejores:top peores:bottom primeros:top cada:each \
         no:not excepto:except mas:more menos:less que:than entre:between sobre:over bajo:under mostrar:show muestra:show \
         dame:show lista:list un:a una:a cual:what cuales:what es:is son:are",
    ),
    (
        "fr",
        "par:by et:and ou:or de:of du:of des:of la:the le:the les:the en:in dans:in pour:for avec:with sans:without \
         total:total totale:total somme:sum moyenne:average moyen:average combien:count nombre:count maximum:maximum \
         minimum:minimum meilleurs:top meilleures:top chaque:each sauf:except plus:more moins:less que:than entre:between \
         montre:show montrer:show affiche:show afficher:show liste:list un:a une:a quel:what quelle:what est:is sont:are",
    ),
    (
        "de",
        "nach:by pro:per je:per und:and oder:or von:of der:the die:the das:the den:the dem:the in:in im:in fur:for mit:with \
         ohne:without gesamt:total gesamter:total gesamte:total summe:sum durchschnitt:average durchschnittlicher:average \
         durchschnittliche:average anzahl:count wieviele:count maximum:maximum minimum:minimum hochste:highest \
         niedrigste:lowest besten:top jede:each jeder:each jedes:each nicht:not auszer:except mehr:more weniger:less \
         als:than zwischen:between uber:over unter:under zeige:show zeig:show liste:list ein:a eine:a ist:is sind:are",
    ),
    (
        "pt",
        "por:by e:and ou:or de:of do:of da:of dos:of das:of o:the a:the os:the as:the em:in no:in na:in para:for com:with \
         sem:without total:total soma:sum media:average quantos:count quantas:count numero:count maximo:maximum \
         minimo:minimum maior:highest menor:lowest melhores:top cada:each nao:not exceto:except mais:more menos:less \
         que:than entre:between mostrar:show mostre:show lista:list um:a uma:a qual:what",
    ),
    (
        "it",
        "per:by e:and o:or di:of del:of della:of dei:of delle:of il:the lo:the la:the gli:the le:the in:in con:with \
         senza:without totale:total somma:sum media:average quanti:count quante:count numero:count massimo:maximum \
         minimo:minimum migliori:top ogni:each non:not tranne:except piu:more meno:less tra:between mostra:show lista:list \
         un:a una:a quale:what",
    ),
    (
        "nl",
        "per:per naar:by en:and of:or van:of de:the het:the in:in voor:for met:with zonder:without totaal:total totale:total \
         som:sum gemiddelde:average hoeveel:count aantal:count maximum:maximum minimum:minimum hoogste:highest \
         laagste:lowest beste:top elke:each elk:each niet:not behalve:except meer:more minder:less dan:than tussen:between \
         toon:show lijst:list een:a is:is zijn:are",
    ),
    (
        "id",
        "menurut:by per:per dan:and atau:or dari:of di:in untuk:for dengan:with tanpa:without total:total jumlah:total \
         rata:average berapa:count maksimum:maximum minimum:minimum tertinggi:highest terendah:lowest teratas:top \
         setiap:each tidak:not bukan:not kecuali:except lebih:more kurang:less antara:between tampilkan:show daftar:list \
         yang:the adalah:is",
    ),
    (
        "tl",
        "dalawa:two dalawang:two tatlo:three tatlong:three apat:four lima:five limang:five anim:six pito:seven pitong:seven \
         walo:eight walong:eight siyam:nine sampu:ten sampung:ten pinakamababang:pinakamababa pinakamalaking:pinakamalaki \
         pinakamaliliit:pinakamaliit pinakamaraming:pinakamarami pinakakaunting:pinakakaunti",
    ),
];

/// Puts English words for those of `language` that only connect, count or compare. Capitalised words inside a
/// sentence are names and stay ("La Paz").
pub fn to_english(words: &mut [Word], written: &dyn Fn(usize) -> bool, language: &str) {
    let Some((_, list)) = WORDS.iter().find(|(code, _)| *code == language) else { return };
    for (i, word) in words.iter_mut().enumerate() {
        if word.kind != TokenKind::Word || i > 0 && written(word.token) {
            continue;
        }
        let pair = list.split_whitespace().filter_map(|p| p.split_once(':')).find(|(own, _)| *own == word.norm);
        if let Some((_, english)) = pair {
            word.norm = english.to_owned();
            word.stem = stem(english);
        }
    }
}

/// The English name of a language.
pub fn language_name(code: &str) -> &str {
    match code {
        "es" => "Spanish",
        "fr" => "French",
        "de" => "German",
        "pt" => "Portuguese",
        "it" => "Italian",
        "nl" => "Dutch",
        "id" => "Indonesian",
        "tl" => "Filipino",
        "ar" => "Arabic",
        "zh" => "Chinese",
        "ja" => "Japanese",
        "ko" => "Korean",
        "ru" => "Russian",
        "uk" => "Ukrainian",
        "hi" => "Hindi",
        "th" => "Thai",
        "vi" => "Vietnamese",
        "tr" => "Turkish",
        "pl" => "Polish",
        "he" => "Hebrew",
        "el" => "Greek",
        "fa" => "Persian",
        "ur" => "Urdu",
        "bn" => "Bengali",
        other => other,
    }
}
