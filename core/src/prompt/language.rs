//! Which language a prompt is written in. For notes and for choosing word lists; never a reason to refuse.

use std::sync::OnceLock;

use whatlang::{Detector, Lang};

use super::table::Table;
use super::{Token, TokenKind};

/// The language of a prompt: ISO 639-1 (`en`, `tl` for Filipino and Taglish, `ar`, ...), `und` when nothing tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    pub code: &'static str,
    /// 0 to 1; below 0.5 the code is a guess.
    pub confidence: f64,
}

/// Names the language. Function words decide first: prompts are too short, and too full of names, for letter
/// statistics alone. A Filipino word or two among English ones is Taglish, answered as Filipino.
pub fn identify(tokens: &[Token]) -> Language {
    let words: Vec<&str> = tokens.iter().filter(|t| t.kind == TokenKind::Word).map(|t| t.norm.as_str()).collect();
    let mut hits = [0usize; LISTS];
    for word in &words {
        let said_in = lists().get(word).copied().unwrap_or_default();
        for (list, count) in hits.iter_mut().enumerate() {
            *count += usize::from(said_in >> list & 1);
        }
    }
    let [english, filipino, ..] = hits;
    let sure = |hits: usize| 1.0 - 0.5f64.powi(hits.min(10) as i32 + 1);
    if filipino > 0 && 3 * filipino >= english {
        return Language { code: "tl", confidence: sure(filipino) };
    }
    let others = std::array::from_fn::<_, { OTHERS.len() }, _>(|i| (hits[i + 2], OTHERS[i].0));
    let best = others.iter().max_by_key(|(n, _)| *n).filter(|(n, _)| *n >= 2 && *n > english);
    if let Some((n, code)) = best {
        return Language { code, confidence: sure(*n) };
    }
    if english > 0 {
        return Language { code: "en", confidence: sure(english) };
    }
    by_letters(&words)
}

/// English, Filipino, and the others.
const LISTS: usize = 2 + OTHERS.len();

/// Every word of the lists with a bit for each list that has it.
fn lists() -> &'static Table<&'static str, u16> {
    static WORDS: OnceLock<Table<&'static str, u16>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut words: Table<&'static str, u16> = Table::default();
        for (i, list) in [ENGLISH, FILIPINO].into_iter().chain(OTHERS.map(|(_, list)| list)).enumerate() {
            for word in list.split_whitespace() {
                *words.entry(word).or_default() |= 1 << i;
            }
        }
        words
    })
}

/// Script and letter statistics, for prompts without a word we know.
fn by_letters(words: &[&str]) -> Language {
    let text = words.join(" ");
    if text.is_empty() {
        return Language { code: "und", confidence: 0.0 };
    }
    let Some(info) = Detector::new().detect(&text) else { return Language { code: "und", confidence: 0.0 } };
    let code = code_of(info.lang());
    // A script of its own says enough even in one word; Latin letters of a few words say little.
    let latin = text.chars().filter(|c| c.is_alphabetic()).all(|c| c.is_ascii());
    let share = if latin { (text.len() as f64 / 60.0).min(1.0) } else { 1.0 };
    let confidence = if latin { info.confidence() * share } else { info.confidence().max(0.9) };
    if latin && confidence < 0.5 {
        return Language { code: "en", confidence: 0.5 };
    }
    Language { code, confidence }
}

const ENGLISH: &str = "the of and for by in to with from is are was were did do does what which how many much show me give \
    list find compare between versus over per each all who where when that have has had our we top bottom last this next \
    most least highest lowest average total number count sales revenue please i on at not than more less";

const FILIPINO: &str = "ang ng mga sa ay at na noong nitong ngayong ngayon nakaraang magkano ilan ilang gaano bakit saan \
    kailan sino ano anong alin kumpara kumusta benta kita bawat kada pinakamataas pinakamababa pinakamalaki lahat para mula \
    hanggang hindi wala may mayroon namin natin ko mo niya nila yung iyong pakita ipakita buwanang buwanan lingguhan \
    arawan taunan buwan taon linggo araw kahapon bukas presyo bilang produkto tindahan rehiyon dami po ba rin din lang";

const OTHERS: [(&str, &str); 7] = [
    (
        "es",
        "el la los las de del y por en para con cual cuanto cuantos cuantas ventas que mes ano pasado ultimos mostrar total una un",
    ),
    (
        "fr",
        "le la les des du de et par pour avec quel quelle combien ventes mois annee dernier derniere sur dans un une est en",
    ),
    (
        "de",
        "der die das den dem und nach fur mit wie viele umsatz verkaufe monat jahr letzten im von zeige pro ist ein eine",
    ),
    (
        "id",
        "dan di ke dari untuk dengan berapa penjualan bulan tahun lalu per yang ini itu tampilkan terakhir menurut adalah",
    ),
    (
        "pt",
        "o os as da do das dos e por para com qual quanto quantos vendas mes ano passado ultimos mostrar uma um em na no",
    ),
    (
        "it",
        "il lo la gli le di del della e per con quale quanto quanti vendite mese anno scorso ultimi un una in mostra",
    ),
    ("nl", "de het een en van voor met per hoeveel welke verkoop maand jaar vorige laatste toon in is naar"),
];

fn code_of(lang: Lang) -> &'static str {
    use Lang::*;
    match lang {
        Eng => "en",
        Tgl => "tl",
        Ara => "ar",
        Spa => "es",
        Fra => "fr",
        Deu => "de",
        Por => "pt",
        Ita => "it",
        Ind => "id",
        Nld => "nl",
        Cmn => "zh",
        Jpn => "ja",
        Kor => "ko",
        Rus => "ru",
        Ukr => "uk",
        Hin => "hi",
        Tha => "th",
        Vie => "vi",
        Tur => "tr",
        Pol => "pl",
        Heb => "he",
        Ell => "el",
        Pes => "fa",
        Urd => "ur",
        Ben => "bn",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokenize;
    use super::*;

    #[test]
    fn short_prompts() {
        let cases = [
            ("sales by brand last month", "en"),
            ("Show Alaska milk sales in NCR", "en"),
            ("top 5 brands", "en"),
            ("revenue 2024", "en"),
            ("magkano benta ng Oishi sa Visayas noong Enero 2025", "tl"),
            ("benta kada rehiyon ngayong taon", "tl"),
            ("show benta ng Alaska", "tl"),
            ("ventas por region el mes pasado", "es"),
            ("ventes par mois en 2024", "fr"),
            ("Umsatz nach Region im letzten Monat", "de"),
            ("penjualan per bulan tahun lalu", "id"),
            ("كم مبيعات الألبان الشهر الماضي", "ar"),
            ("2024年各地区的销售额", "zh"),
            ("продажи по регионам за прошлый месяц", "ru"),
            ("地域別の売上を見せてください", "ja"),
            ("12345 !!!", "und"),
            ("", "und"),
        ];
        for (prompt, code) in cases {
            assert_eq!(identify(&tokenize(prompt)).code, code, "{prompt}");
        }
    }

    #[test]
    fn confidence_is_a_share() {
        for prompt in ["sales by brand", "xyzzy", "benta", "销售", "a a a a a a a a a a a a a"] {
            let language = identify(&tokenize(prompt));
            assert!((0.0..=1.0).contains(&language.confidence), "{prompt}: {language:?}");
        }
    }
}
