//! Is a prompt in Arabic? The script alone does not say: Persian, Urdu, Kurdish and others share it.

use whatlang::{Detector, Lang};

/// Share of the letters that must be of the Arabic script.
const LEAST_SHARE: f64 = 0.5;

/// Letters that Arabic has and its neighbours avoid.
const ARABIC_LETTERS: &str = "ةيكأإؤ";
/// Arabic writes it at the end of a word only; Uyghur has it anywhere.
const ALIF_MAQSURA: char = 'ى';
/// Letters that Arabic does not have.
const FOREIGN_LETTERS: &str = "پژکیےٹڈڑںہھۓێۆڕڵەۇۈېۋڭۅټډړږښڼۍئټڃچڇڳڻڪٻٺٽڄڊڌڏڍڙڦڱٿڀ";
/// Letters of dialects and of Persian alike: weak evidence against Arabic.
const SHARED_LETTERS: &str = "گچڤئ";

/// Words that neighbours do not have, of the written language and of dialects.
const ARABIC_WORDS: &[&str] = &[
    "في",
    "على",
    "إلى",
    "الى",
    "عن",
    "هل",
    "كيف",
    "ماذا",
    "متى",
    "أين",
    "اين",
    "لماذا",
    "هذا",
    "هذه",
    "ذلك",
    "التي",
    "الذي",
    "أن",
    "إن",
    "ان",
    "لا",
    "هو",
    "هي",
    "كان",
    "كانت",
    "بين",
    "بعد",
    "قبل",
    "كل",
    "مع",
    "ثم",
    "أو",
    "او",
    "لم",
    "لن",
    "قد",
    "أنا",
    "انا",
    "نحن",
    "كم",
    "ليس",
    "عند",
    "عندي",
    "مش",
    "ايه",
    "إيه",
    "ازاي",
    "إزاي",
    "عايز",
    "عاوز",
    "ليه",
    "فين",
    "امتى",
    "دلوقتي",
    "النهارده",
    "ازيك",
    "شو",
    "ليش",
    "وين",
    "هلق",
    "بدي",
    "كيفك",
    "شلون",
    "شلونك",
    "وش",
    "ابغى",
    "أبغى",
    "ابي",
    "أبي",
    "الحين",
    "وايد",
    "زين",
    "واش",
    "كيفاش",
    "علاش",
    "شنو",
    "شنوة",
    "فاش",
    "بزاف",
    "ديال",
    "ديالي",
    "كاين",
    "باش",
    "برشا",
    "توا",
    "اكتب",
    "أعطني",
    "اعطني",
    "اشرح",
    "شكرا",
    "مرحبا",
    "صباح",
    "يا",
    "ما",
    "من",
];
const FOREIGN_WORDS: &[&str] = &[
    // Persian
    "است",
    "از",
    "به",
    "را",
    "که",
    "این",
    "آن",
    "با",
    "می",
    "برای",
    "چه",
    "چرا",
    "چطور",
    "چگونه",
    "کجا",
    "شما",
    "هست",
    "نیست",
    "های",
    "ها",
    "یک",
    "خود",
    "کنید",
    "کن",
    "بود",
    "شد",
    "شود",
    "دارد",
    "ترین",
    "تو",
    "چیست",
    "کدام",
    "هستم",
    "دارم",
    "ام",
    "در",
    "ایران",
    "خوب",
    "چند",
    "سلام",
    "بنویس",
    "خواهش",
    // Urdu
    "ہے",
    "ہیں",
    "کے",
    "کی",
    "کا",
    "میں",
    "کو",
    "سے",
    "اور",
    "کیا",
    "نے",
    "پر",
    "یہ",
    "وہ",
    "تھا",
    "آپ",
    "مجھے",
    "ہوں",
    "کیسے",
    "کہاں",
    "لیے",
    "بھی",
    "نہیں",
    "تھے",
    "ایک",
    // Kurdish, Pashto, Sindhi, Uyghur
    "لە",
    "بۆ",
    "دەکات",
    "چۆن",
    "چی",
    "له",
    "په",
    "څه",
    "دی",
    "ده",
    "څنګه",
    "آهي",
    "جي",
    "۾",
    "توهان",
    "آهيو",
    "آهيان",
    "ڪيئن",
    "بىلەن",
    "ئۈچۈن",
];

/// How sure it is that the text is in Arabic, 0 to 1, when it is; `None` when it is not.
pub fn arabic(text: &str) -> Option<f64> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let in_script = text.chars().filter(|&c| c.is_alphabetic() && is_arabic_script(c)).count();
    if in_script == 0 || (in_script as f64) < LEAST_SHARE * letters as f64 {
        return None;
    }
    let evidence = letter_evidence(text) + word_evidence(text) + detected(text);
    (evidence >= 0.0).then(|| 1.0 / (1.0 + (-0.7 - 0.8 * evidence).exp()))
}

fn is_arabic_script(c: char) -> bool {
    matches!(c, '\u{0600}'..='\u{06FF}' | '\u{0750}'..='\u{077F}' | '\u{08A0}'..='\u{08FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}')
}

fn letter_evidence(text: &str) -> f64 {
    let count = |set: &str| text.chars().filter(|c| set.contains(*c)).count() as f64;
    // A letter shared with dialects is listed once, as weak evidence.
    let foreign = text.chars().filter(|&c| FOREIGN_LETTERS.contains(c) && !SHARED_LETTERS.contains(c)).count() as f64;
    let words = || text.split(|c: char| !c.is_alphabetic());
    let last = words().filter(|w| w.ends_with(ALIF_MAQSURA)).count() as f64;
    let inside = words().flat_map(str::chars).filter(|&c| c == ALIF_MAQSURA).count() as f64 - last;
    count(ARABIC_LETTERS) + last - inside - 1.5 * foreign - 0.4 * count(SHARED_LETTERS)
}

fn word_evidence(text: &str) -> f64 {
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty());
    words
        .map(|w| {
            let article = ["ال", "وال", "بال", "لل", "فال"].iter().any(|p| w.starts_with(p)) && w.chars().count() >= 5;
            let score = |b: bool, s: f64| if b { s } else { 0.0 };
            score(ARABIC_WORDS.contains(&w), 1.5) - score(FOREIGN_WORDS.contains(&w), 2.0) + score(article, 0.8)
        })
        .sum()
}

/// The language identification's vote.
fn detected(text: &str) -> f64 {
    let neighbours = vec![Lang::Ara, Lang::Pes, Lang::Urd];
    Detector::with_allowlist(neighbours).detect(text).map_or(0.0, |info| {
        let weight = 1.5 * info.confidence();
        if info.lang() == Lang::Ara { weight } else { -weight }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arabic_of_many_kinds() {
        for text in [
            "ما هي عاصمة السودان؟",
            "اكتب رسالة شكر لمديري.",
            "اشرح نظرية النسبية لطفل صغير",
            "كيف أتعلم الطبخ بسرعة؟",
            "شكرا جزيلا",
            "مرحبا",
            "عايز أروح الإسكندرية بكرة، أركب إيه؟",
            "شو رأيك نطلع مشوار اليوم؟",
            "وش تنصحني أقرأ هالأيام؟",
            "بغيت نعرف علاش السما زرقة",
            "شكون ربح الماتش البارح؟",
            "چم سعر الطماطة اليوم بالسوق؟",
            "احسب مساحة دائرة نصف قطرها ٧ سم",
            "اكتب دالة python تعكس نصا",
            "من هو مخترع المصباح الكهربائي",
            "إذا كان كل إنسان فانيا وسقراط إنسانا فماذا نستنتج؟",
            "رتب هذه الكلمات: بيت، شجرة، نهر",
            "قارن المبيعات بين الرياض وجدة هذا الشهر",
        ] {
            assert!(arabic(text).is_some(), "{text}");
        }
    }

    #[test]
    fn neighbours_are_not_arabic() {
        for text in [
            "پایتخت ایران کجاست؟",
            "حال شما چطور است؟",
            "این کتاب را برای من ترجمه کن",
            "سلام خوبی؟",
            "چگونه می‌توانم زبان انگلیسی یاد بگیرم؟",
            "بهترین رستوران تهران کدام است",
            "لطفا یک نامه رسمی بنویس",
            "دمای هوا فردا چند درجه است؟",
            "پاکستان کا دارالحکومت کیا ہے؟",
            "آپ کیسے ہیں؟",
            "مجھے ایک کہانی سنائیں",
            "میں لاہور کیسے جا سکتا ہوں؟",
            "اردو میں ایک نظم لکھیں",
            "شکریہ",
            "سڵاو، چۆنی؟",
            "تاسو څنګه یاست؟",
            "مىنىڭ ئىسمىم ئەلى",
            "توهان ڪيئن آهيو؟",
        ] {
            assert_eq!(arabic(text), None, "{text}");
        }
    }

    #[test]
    fn speaking_about_arabic_is_not_arabic() {
        for text in ["", "?", "123", "What does مرحبا mean in English?", "Answer in Arabic", "kifak habibi"] {
            assert_eq!(arabic(text), None, "{text}");
        }
    }
}
