//! Words that carry no content of their own: they may connect, never name.

use std::sync::OnceLock;

use super::table::{Table, WordSet};

/// Words between a marker and what it governs ("by the different brands").
const DETERMINERS: &str = "the a an all any every different distinct various their its our my your his her these those this that \
     attribute column field variable corresponding each of such unique individual respective same ang ng mga \
     sa";

/// Articles, pronouns, auxiliaries, prepositions, politeness, chart and command words.
const ENGLISH: &str = "a about above across after again all also am among an and any are as ask asking at attribute be because been before \
     being below both but by can check corresponding could did do does doing done down during each either else \
     ever every everything find finds for from further get give gives go going got had has have having he \
     hello help her here hers hi his how i if in into is it its itself just kindly know let lets like list \
     look made make makes many may me might mine more most much must my need no nor not now of off on only \
     onto or other our ours out over own per please pls provide put really report return returns same say see \
     shall she should show showing shows so some such take tell than thank thanks that the their theirs them \
     themselves then there these they thing things this those through to together too total under until up \
     upon us use used using very via want was we well were what when where whether which while who whom whose \
     why will wish with within without would yes you your yours display displays draw plot visualize visualise \
     visualization create present generate compute calculate describe illustrate depict render build produce \
     visualizing visualising showing plotting drawing displaying presenting returning grouping counting listing \
     data value values information info details result results record records question chart graph diagram \
     figure table bar pie line scatter histogram stacked grouped group grouping axis x y different distinct \
     various respectively according based compare compared comparing comparison relationship relation \
     correlation distribution trend proportion percentage number numbers amount count average mean sum minimum \
     maximum min max highest lowest order ordered sort sorted rank ranked ranking descending ascending desc \
     asc high low bin interval bucket time times there's what's let's i'd i'm don't aren't isn't doesn't \
     didn't ve re ll s t vs versus between except excluding including include includes exclude outside inside \
     least greater less fewer larger smaller bigger equal equals team good morning afternoon hey dear regards \
     overall entire whole currently one ones earn earned single sold sell sells selling performing performed doing bought buy buys summarize summarise summary break \
     breakdown broken split mix overview";

/// Function words of Filipino and Taglish.
const FILIPINO: &str = "ang ng mga sa na ay ba po ko mo namin natin nila niya ito iyan iyon para kung paano ano anong alin aling \
     sino saan kailan ilan ilang magkano gaano karami pakita ipakita bigyan akin naman lang yung noong nung \
     kay nina ni si mayroon meron bawat kada kumpara ikumpara lahat dito doon ngayon tayo kami atin amin o";

/// True for words that carry no content of their own. `norm` is folded.
pub fn is_stopword(norm: &str) -> bool {
    words().contains_key(norm)
}

/// The stem of a word that carries no content, found by `find` when it is first met: half of a prompt's words are such,
/// and stemming takes as long as looking a word up in all of the model.
pub(super) fn stem_of_stopword(norm: &str, find: impl FnOnce() -> String) -> Option<&'static str> {
    words().get(norm).map(|stem| stem.get_or_init(find).as_str())
}

/// Words and their stems.
fn words() -> &'static Table<&'static str, OnceLock<String>> {
    static WORDS: OnceLock<Table<&'static str, OnceLock<String>>> = OnceLock::new();
    let all = || ENGLISH.split(' ').chain(FILIPINO.split(' '));
    WORDS.get_or_init(|| all().map(|word| (word, OnceLock::new())).collect())
}

/// True for words that may stand between a marker and what it governs.
pub fn is_determiner(norm: &str) -> bool {
    static WORDS: OnceLock<WordSet> = OnceLock::new();
    WORDS.get_or_init(|| DETERMINERS.split(' ').collect()).contains(norm)
}
