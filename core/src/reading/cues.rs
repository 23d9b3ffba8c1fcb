//! Closed-class words: what a question wants done, in words that mean the same over every dataset.

use std::ops::Range;
use std::sync::OnceLock;

use crate::prompt::{Table, Word, WordSet, split_words, tokenize};
use crate::quickspec::{Chart, Direction, Transform};
use crate::semantic::Aggregation;

/// What a closed-class phrase asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    Chart(Chart),
    Aggregate(Aggregation),
    /// "how many", "number of": counts what follows.
    Count,
    /// "different", "distinct", "unique".
    Distinct,
    /// What follows is grouped by.
    Group,
    /// "every other": the rest, grouped by nothing.
    Others,
    AxisX,
    AxisY,
    /// "compare", "versus": several values side by side.
    Compare,
    /// Two measures against each other.
    Correlate,
    /// Parts of a whole, in percent.
    Share,
    /// Parts of a whole, as they are: the pie shows the shares.
    Composition,
    Transform(Transform),
    /// Same period of the years side by side.
    YearOverYear,
    /// Along time.
    Trend,
    /// Predictions.
    Forecast,
    Anomaly,
    /// Rows as stored.
    Raw,
    /// Latest rows first.
    Latest,
    /// First rows first.
    Earliest,
    /// "top", "best", "most": largest first; `Asc` for "bottom", "least".
    Superlative(Direction),
    Negation,
    /// A null test: "no", "missing", "without a".
    Missing,
    /// A question word that asks for one of a dimension ("which", "who").
    Which,
    /// A summary of how things stand.
    Overview,
    /// "in bins of 10": the width of the steps of a numeric axis.
    Bins,
    /// Asks for a change of data: never answered.
    Write,
}

/// A cue found in the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CueMatch {
    pub cue: Cue,
    /// Word indexes, half-open.
    pub words: Range<usize>,
}

/// All cues, longest first at each place, non-overlapping, in order.
pub fn find_cues(words: &[Word]) -> Vec<CueMatch> {
    let index = index();
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let hit = index
            .get(words[i].norm.as_str())
            .into_iter()
            .flatten()
            .filter(|(pattern, _)| {
                words[i..].len() >= pattern.len() && pattern.iter().zip(&words[i..]).all(|(p, w)| *p == w.norm)
            })
            .max_by_key(|(pattern, _)| pattern.len());
        match hit {
            Some((pattern, cue)) => {
                found.push(CueMatch { cue: *cue, words: i..i + pattern.len() });
                i += pattern.len();
            }
            None => i += 1,
        }
    }
    found
}

/// True when some cue uses this folded word.
pub fn is_cue_word(norm: &str) -> bool {
    vocabulary().contains(norm)
}

/// Words of cues, for spelling correction.
pub fn vocabulary() -> &'static WordSet<String> {
    static WORDS: OnceLock<WordSet<String>> = OnceLock::new();
    WORDS.get_or_init(|| index().values().flatten().flat_map(|(p, _)| p.iter().cloned()).collect())
}

type Index = Table<String, Vec<(Vec<String>, Cue)>>;

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index::default();
        for (cue, phrases) in PHRASES {
            for phrase in phrases.split(" | ") {
                let pattern: Vec<String> = split_words(&tokenize(phrase.trim())).into_iter().map(|w| w.norm).collect();
                if let Some(first) = pattern.first() {
                    index.entry(first.clone()).or_default().push((pattern.clone(), *cue));
                }
            }
        }
        index
    })
}

/// Phrases by cue, folded, separated by ` | `. English first, then Filipino business words.
const PHRASES: &[(Cue, &str)] = &[
    (
        Cue::Chart(Chart::Bar),
        "bar chart | bar charts | bar graph | bar diagram | bar plot | stacked bar | stacked bar chart | bars chart | histogram | \
         histogram chart | grouped bar chart | column chart | bar",
    ),
    (
        Cue::Chart(Chart::Line),
        "line chart | line graph | line plot | line diagram | line charts | grouping line chart | grouped line chart | group line chart | time series | area chart | curve",
    ),
    (Cue::Chart(Chart::Pie), "pie chart | pie | pie graph | donut chart | doughnut chart | donut | pie charts"),
    (
        Cue::Chart(Chart::Scatter),
        "scatter chart | scatter plot | scatter graph | scatter | scatterplot | scatter diagram | scatter charts | grouped scatter chart | \
         group scatter chart | grouping scatter chart | grouped scatter plot | bubble chart",
    ),
    (Cue::Chart(Chart::Heatmap), "heatmap | heat map"),
    (Cue::Chart(Chart::Table), "as a table | in a table | table of | tabulate | tabular"),
    (
        Cue::Count,
        "how many | number of | total number of | the number of | count of | counts of | count up | total count of | \
         frequency of | the amount of times | how often | number | count | counts | counting | total number | frequency | \
         ilan | ilan ang | ilang | bilang ng",
    ),
    (
        Cue::Aggregate(Aggregation::Avg),
        "average | average of | averages | mean | mean of | avg | avg of | on average | typical | karaniwang",
    ),
    (Cue::Aggregate(Aggregation::Median), "median | median of | medians"),
    (
        Cue::Aggregate(Aggregation::Sum),
        "sum | sum of | sum up | summation of | total | total of | totals | total sum of | combined | overall | altogether | kabuuan | kabuuang",
    ),
    (Cue::Aggregate(Aggregation::Max), "maximum | maximum of | max | max of | maximal | peak | greatest"),
    (Cue::Aggregate(Aggregation::Min), "minimum | minimum of | min | min of | minimal"),
    (
        Cue::Distinct,
        "distinct | unique | how many different | how many distinct | how many unique | number of different | number of distinct | number of unique | count of unique | count of distinct | count of different",
    ),
    (
        Cue::Group,
        "by | per | colored by | coloured by | for each | for every | each | every | in each | of each | from each | with each | by each | on each | at each | across | group by | grouped by | grouping by | \
         group by attribute | broken down by | break down by | breakdown by | split by | for with each | for different | in different | from different | of different | \
         against | based on | according to | corresponding to | among different | depending on | by different | over different | within each | per each | for various | by all | of every | in every | \
         kada | bawat | ayon sa",
    ),
    (Cue::Others, "every other | each other | all other | all others | any other | all the other"),
    (Cue::AxisX, "x axis | x axis is | on x axis | as x | on the x axis | as the x axis | as x axis | for x axis | x"),
    (Cue::AxisY, "y axis | y axis is | on y axis | as y | on the y axis | as the y axis | as y axis | for y axis | y"),
    (
        Cue::Compare,
        "compare | comparison of | comparison between | comparison | versus | vs | compared to | compared with | comparing | kumpara | ikumpara | against each other | head to head | difference between | \
         stack up | stacks up | stack up against | stacks up against | fare against | fares against",
    ),
    (
        Cue::Correlate,
        "correlation | correlation between | correlation of | correlate | correlated | relationship between | relationship of | relation between | \
         relationship | relation | association between | link between | connection between | goes hand in hand with | go hand in hand | linked to | tied to | related to | depend on",
    ),
    (
        Cue::Share,
        "share | share of | shares of | percentage of | percent of | percentage | percent | pct | pct of | % of | what part of | \
         fraction of | portion of | what portion of | porsyento ng | porsiyento ng | porsyento | porsiyento | \
         mix | contribution of | contribution | contribute | bahagi ng",
    ),
    (
        Cue::Composition,
        "proportion of | proportion | proportions of | proportions | composition of | composition | makeup",
    ),
    (
        Cue::Transform(Transform::Growth),
        "growth | growth rate | growing | grew | grow | grown | month over month | mom growth | quarter over quarter | week over week | day over day | percent change | percentage change | rate of change | period over period | month on month | quarter on quarter",
    ),
    (Cue::Transform(Transform::Cumulative), "cumulative | running total | running sum | cumulatively | accumulated"),
    (Cue::Transform(Transform::MovingAverage), "moving average | rolling average | smoothed"),
    (Cue::YearOverYear, "year over year | year on year | yoy | yo y | y o y"),
    (
        Cue::Trend,
        "trend | trends | trend of | over time | evolved | evolve | evolution | evolution of | development of | developed | over the course of | changed over | through time | change over time | changes over time | over the years | over the months | going up | going down | trending | history of",
    ),
    (
        Cue::Forecast,
        "forecast | forecasts | forecasted | predicted | predict | prediction | predictions | projected | projection | projections | expected | \
         outlook | expect | expecting | anticipate | anticipated | will be | what will | how much will | going to",
    ),
    (
        Cue::Anomaly,
        "anomaly | anomalies | anomalous | outlier | outliers | unusual | unusually | abnormal | abnormally | strange | odd | weird | suspicious | out of the ordinary | spike | spikes | sudden drop | sudden drops | irregularities | irregular | dip | dips",
    ),
    (
        Cue::Raw,
        "raw | bronze | raw data | raw records | raw rows | individual rows | as recorded | unprocessed | uncleaned",
    ),
    (Cue::Latest, "latest | most recent | newest | recent"),
    (Cue::Earliest, "earliest | oldest records | oldest rows | oldest entries | oldest transactions"),
    (
        Cue::Superlative(Direction::Desc),
        "top | best | heaviest | tallest | longest | oldest | top | most | highest | largest | biggest | best selling | bestselling | top selling | leading | greatest number of | \
         strongest | busiest | fastest | richest | pinakamataas | pinakamalaki | pinakamabenta | pinakamabentang | pinakamarami | the most | number one | priciest | most expensive",
    ),
    (
        Cue::Superlative(Direction::Asc),
        "bottom | lightest | shortest | youngest | worst | least | lowest | smallest | fewest | weakest | slowest | worst selling | pinakamababa | pinakamaliit | pinakakaunti | cheapest | least expensive",
    ),
    (
        Cue::Negation,
        "not | excluding | except | exclude | except for | other than | outside | outside of | without | but not | apart from | besides | non | minus | everything but | is not | are not | isn't | aren't | never | hindi | maliban sa | bukod sa | leaving out | ignoring | ignore | \
         leave out | leaves out | left out | omit | omitting | not counting | not including | neither | nor | leaving aside | aside from | with the exception of | all but | skipping | sans",
    ),
    (
        Cue::Missing,
        "missing | null | empty | blank | have no | has no | with no | having no | without a | without any | lacking | unknown | do not have | does not have",
    ),
    (Cue::Which, "which | who | what are the | alin | aling | sino"),
    (
        Cue::Overview,
        "overview | executive overview | executive summary | summary | performance summary | dashboard | kpi | kpis | key figures | snapshot | how are we doing | scorecard | performance",
    ),
    (
        Cue::Write,
        "delete | drop table | truncate | update | insert into | insert | alter | grant | revoke | remove all | erase | create table | drop",
    ),
];
