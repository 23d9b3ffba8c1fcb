//! The words of time, in the languages people mix: what a single normalised word means.

use std::sync::OnceLock;

use jiff::civil::Weekday;

use super::calendar::Unit;
use crate::prompt::{Table, WordSet};

/// Past, present or future of the current unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rel {
    Last,
    /// Counted back from today whatever the clock says: "trailing", "rolling".
    Trailing,
    This,
    Next,
}

/// Words only combine within a family: English and Filipino mix (Taglish), the others among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Main,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lex {
    /// 1-12. `sure` is false for names that are also ordinary words ("may", "mar", "mayo").
    Month {
        month: i8,
        sure: bool,
    },
    /// `sure` is false for "sun", "sat", "mon" and the like.
    Day {
        day: Weekday,
        plural: bool,
        sure: bool,
    },
    Unit(Unit, Family),
    /// Weekend, weekends.
    Weekend,
    /// Before its unit: "last month".
    Rel(Rel, Family),
    /// After its unit: "mes pasado", "bulan lalu".
    PostRel(Rel),
    Today,
    Yesterday,
    Tomorrow,
    /// "monthly", "buwanan": an axis grain by itself.
    Every(Unit),
    /// YTD, MTD, ...
    ToDate(Unit),
    Number(i64),
    /// 1-12; first, second, ikalawang.
    Ordinal(i64),
}

/// What a word means; exact, else one typing error away from a long time word. `norm` is folded.
pub(super) fn lookup(norm: &str) -> Option<Lex> {
    static WORDS: OnceLock<Table<&'static str, Lex>> = OnceLock::new();
    let words = WORDS.get_or_init(build);
    let bare = norm.strip_suffix("'s").or_else(|| norm.strip_suffix("\u{2019}s")).unwrap_or(norm);
    words.get(bare).copied().or_else(|| fuzzy(bare))
}

/// Words that mean no time by themselves but start an expression ("since", "between", "the" year before, "by" month).
pub(super) fn is_lead_word(norm: &str) -> bool {
    static LEADS: OnceLock<WordSet> = OnceLock::new();
    const WORDS: &str = "a above across after against ang around during antes apres as at avant bago bawat before beginning between bis \
        buhat business by cada calendar chaque closing compare compared comparison corresponding cy dari day de depuis \
        desde despues each earlier ending entre equivalent every final financial fiscal for from fy hanggang hasta in into \
        jede jeden jedes kada kumpara later mag more mula nach newer no noong not of older on over pagitan pagkatapos par \
        parehong per por prior pro q relative same sampai sebelum seit sejak setelah setiap simula since so starting \
        taong tahun than the through thru til till tuwing until up versus von vor vs weekday weekdays work workday \
        workdays working year zwischen an one dayofweek dow single monthwise yearwise daywise weekwise yoy qoq mom wow dod";
    LEADS.get_or_init(|| WORDS.split_whitespace().collect()).contains(norm)
}

/// Ordinary words one edit away from a time word: never read as time.
const NOT_TYPOS: &[&str] = &[
    "alter", "dairy", "dally", "marsh", "larch", "match", "mouth", "mouths", "moths", "quartet", "quartets", "sundae",
    "toady", "weakly", "yearn", "yearns", "munch",
];

/// Words worth correcting: units, month names, day words. Never function words, never short ones.
const CORRECTABLE: &[&str] = &[
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "quarterly",
    "annual",
    "annually",
    "hourly",
    "month",
    "months",
    "quarter",
    "quarters",
    "weeks",
    "years",
    "hours",
    "today",
    "yesterday",
    "tomorrow",
    "weekend",
    "weekends",
    "previous",
    "january",
    "february",
    "march",
    "april",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "kahapon",
    "nakaraang",
    "ngayong",
    "buwanan",
    "buwanang",
    "lingguhan",
    "disyembre",
    "nobyembre",
    "oktubre",
    "setyembre",
    "pebrero",
    "agosto",
];

fn fuzzy(norm: &str) -> Option<Lex> {
    if norm.len() < 5 || norm.len() > 12 || !norm.is_ascii() || NOT_TYPOS.contains(&norm) {
        return None;
    }
    let near = CORRECTABLE.iter().find(|word| one_edit_apart(word.as_bytes(), norm.as_bytes()))?;
    lookup(near)
}

/// Same first letter, and one letter added, dropped, changed, or swapped with its neighbour.
fn one_edit_apart(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.first() != long.first() || long.len() - short.len() > 1 {
        return false;
    }
    let Some(at) = (0..short.len()).find(|k| short[*k] != long[*k]) else { return short.len() < long.len() };
    if short.len() < long.len() {
        return short[at..] == long[at + 1..];
    }
    let swapped = at + 1 < short.len() && short[at] == long[at + 1] && short[at + 1] == long[at];
    short[at + 1..] == long[at + 1..] || (swapped && short[at + 2..] == long[at + 2..])
}

fn build() -> Table<&'static str, Lex> {
    let mut words = Table::default();
    let mut add = |list: &'static str, lex: Lex| {
        for word in list.split_whitespace() {
            words.insert(word, lex);
        }
    };
    months(&mut add);
    weekdays(&mut add);
    units(&mut add);
    relations(&mut add);
    numbers(&mut add);
    words
}

type Add<'a> = dyn FnMut(&'static str, Lex) + 'a;

fn months(add: &mut Add) {
    // English, Filipino, Spanish, French, German, Indonesian; abbreviations of English.
    let sure = [
        "january jan enero janvier januar januari",
        "february feb pebrero febrero fevrier februar februari",
        "march marso mars marz maret",
        "april apr abril avril",
        "mei",
        "june jun hunyo junio juin juni",
        "july jul hulyo julio juillet juli",
        "august aug agosto aout agustus",
        "september sep sept setyembre septiembre septembre",
        "october oct oktubre octubre octobre oktober",
        "november nov nobyembre noviembre novembre",
        "december dec disyembre diciembre decembre dezember desember",
    ];
    for (month, list) in (1..).zip(sure) {
        add(list, Lex::Month { month, sure: true });
    }
    for (month, list) in [(3, "march mar marzo mars"), (5, "may mayo mai mei")] {
        add(list, Lex::Month { month, sure: false });
    }
}

fn weekdays(add: &mut Add) {
    use Weekday::*;
    let names = [
        (Monday, "monday lunes", "mondays", "mon"),
        (Tuesday, "tuesday martes", "tuesdays", "tue tues"),
        (Wednesday, "wednesday miyerkules", "wednesdays", "wed"),
        (Thursday, "thursday huwebes", "thursdays", "thu thurs thur"),
        (Friday, "friday biyernes", "fridays", "fri"),
        (Saturday, "saturday sabado", "saturdays", "sat"),
        (Sunday, "sunday", "sundays", "sun"),
    ];
    for (day, one, many, short) in names {
        add(one, Lex::Day { day, plural: false, sure: true });
        add(many, Lex::Day { day, plural: true, sure: true });
        add(short, Lex::Day { day, plural: false, sure: false });
    }
    add("weekend weekends wkend wkends", Lex::Weekend);
}

fn units(add: &mut Add) {
    use Family::*;
    let all = [
        (Unit::Hour, Main, "hour hours hr hrs oras"),
        (Unit::Day, Main, "day days araw"),
        (Unit::Week, Main, "week weeks wk wks linggo"),
        (Unit::Month, Main, "month months mnth mnths mth mths mo mos buwan"),
        (Unit::Quarter, Main, "quarter quarters qtr qtrs qrtr kuwarter"),
        (Unit::Half, Main, "half halves semester kalahati"),
        (Unit::Year, Main, "year years yr yrs taon"),
        (Unit::Decade, Main, "decade decades dekada"),
        (Unit::Hour, Other, "hora horas heure heures stunde stunden jam"),
        (Unit::Day, Other, "dia dias jour jours tag tage tagen hari"),
        (Unit::Week, Other, "semana semanas semaine semaines woche wochen minggu"),
        (Unit::Month, Other, "mes meses mois monat monate monaten monats bulan"),
        (Unit::Quarter, Other, "trimestre trimestres quartal quartale kuartal"),
        (Unit::Year, Other, "ano anos annee annees l'annee jahr jahre jahren jahres tahun"),
    ];
    for (unit, family, list) in all {
        add(list, Lex::Unit(unit, family));
    }
    let every = [
        (Unit::Hour, "hourly oras-oras"),
        (Unit::Day, "daily arawan arawang diario diaria taglich quotidien quotidienne harian"),
        (Unit::Week, "weekly wkly lingguhan lingguhang semanal wochentlich hebdomadaire mingguan"),
        (Unit::Month, "monthly mthly buwanan buwanang mensual mensuel mensuelle monatlich bulanan"),
        (Unit::Quarter, "quarterly qtrly trimestral trimestriel kuartalan"),
        (Unit::Year, "yearly annual annually taunan taunang anual annuel annuelle jahrlich tahunan"),
    ];
    for (unit, list) in every {
        add(list, Lex::Every(unit));
    }
    let to_date = [
        (Unit::Week, "wtd"),
        (Unit::Month, "mtd"),
        (Unit::Quarter, "qtd"),
        (Unit::Year, "ytd"),
        (Unit::FiscalYear, "fytd"),
    ];
    for (unit, word) in to_date {
        add(word, Lex::ToDate(unit));
    }
}

fn relations(add: &mut Add) {
    use Family::*;
    let before = [
        (Rel::Last, Main, "last lst past previous prev prior preceding latest nakaraang nakaraan nagdaang nakalipas"),
        (Rel::Last, Main, "lumipas recent nakalipas huling"),
        (Rel::Trailing, Main, "trailing rolling"),
        (Rel::This, Main, "this current ngayong nitong"),
        (Rel::Next, Main, "next nxt coming upcoming following susunod darating"),
        (
            Rel::Last,
            Other,
            "ultimo ultima ultimos ultimas letzte letzten letztes letzter derniers dernieres vergangenen",
        ),
        (Rel::This, Other, "este esta diese diesen dieses dieser ce cette"),
        (Rel::Next, Other, "proximo proxima proximos proximas nachste nachsten nachstes prochain prochaine prochains"),
    ];
    for (rel, family, list) in before {
        add(list, Lex::Rel(rel, family));
    }
    add("pasado pasada pasados pasadas dernier derniere passe passee lalu terakhir", Lex::PostRel(Rel::Last));
    add("ini", Lex::PostRel(Rel::This));
    add("depan entrante", Lex::PostRel(Rel::Next));
    add("today ngayon hoy aujourd'hui heute", Lex::Today);
    add("yesterday yday kahapon ayer hier gestern kemarin", Lex::Yesterday);
    add("tomorrow tmrw bukas manana demain besok", Lex::Tomorrow);
}

fn numbers(add: &mut Add) {
    let cardinal = ["one isang", "two dalawang", "three tatlong", "four", "five limang", "six anim", "seven pitong"];
    for (n, list) in (1..).zip(cardinal) {
        add(list, Lex::Number(n));
    }
    let more =
        [(8, "eight"), (9, "nine"), (10, "ten"), (11, "eleven"), (12, "twelve"), (14, "fourteen"), (15, "fifteen")];
    let tens = [(18, "eighteen"), (20, "twenty"), (24, "twenty-four"), (30, "thirty"), (60, "sixty"), (90, "ninety")];
    for (n, word) in more.into_iter().chain(tens) {
        add(word, Lex::Number(n));
    }
    let ordinal = [
        "first 1st unang una primer primera premier erste ersten",
        "second 2nd ikalawang ikalawa pangalawang segundo deuxieme zweite zweiten",
        "third 3rd ikatlong ikatlo pangatlong tercer troisieme dritte dritten",
        "fourth 4th ikaapat cuarto quatrieme vierte vierten",
        "fifth 5th",
    ];
    for (n, list) in (1..).zip(ordinal) {
        add(list, Lex::Ordinal(n));
    }
}
