//! The decision matrix and the fallback chain: whose answer to a question is taken.
//!
//! The matrix looks at the surest sources first: what was taught for these very words, what was taught for a question
//! that differs in its slots only, the router's own reading. Where none of them is sure, the steps of the chain
//! propose in order of priority, and the first proposal above the bar wins. What became of every step is recorded.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::Instant;

use router_core::route::{Answer, Context, ContextError, Status, ask, explore};
use router_core::telemetry::ErrorKind;
use serde::Serialize;
use serde_json::Value;

use super::handlers;
use super::known::{self, Similar};
use super::remote;
use super::settings::{self, Thresholds};
use crate::catalog::RoleModel;
use crate::error::{Error, Result};
use crate::similarity::{self, Handler};
use crate::telemetry::{self, Operation};

/// A question, and everything its answer may depend on.
pub struct Asked<'a> {
    pub request_id: &'a str,
    pub prompt: &'a str,
    /// The context as it was given, for steps outside of the router.
    pub given: &'a Value,
    pub context: &'a Context,
    /// What the caller may see.
    pub known: &'a RoleModel,
    pub began: Instant,
    /// A language model was wanted and did not answer.
    pub unheard: Cell<bool>,
}

impl Asked<'_> {
    /// The router's own reading of this question.
    pub fn read(&self) -> Result<Answer> {
        self.read_as(self.prompt, self.context).map_err(|e| match e {
            ContextError::UnknownDataset(_) => {
                Error::no_dataset(e.to_string()).with_hint("leave \"datasets\" out to ask over everything you may read")
            }
        })
    }

    /// Its reading of another question over the same data.
    pub fn read_as(&self, prompt: &str, context: &Context) -> std::result::Result<Answer, ContextError> {
        ask(prompt, &self.known.model, self.known.lexicon(), context)
    }

    /// A question that changes the one before is read in that one's light only.
    pub fn is_follow_up(&self) -> bool {
        self.context.previous.is_some()
    }
}

/// What became of one row of the matrix, or one step of the chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub step: Cow<'static, str>,
    /// How sure its proposal is, 0..1; null when it had nothing to propose.
    pub score: Option<f32>,
    /// What a proposal had to exceed.
    pub bar: f32,
    pub won: bool,
    /// Why, for people.
    pub detail: String,
    /// The stored question that gave the answer: its uses are counted from the decision log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<i64>,
}

/// The answer taken, and how that came about.
#[derive(Debug)]
pub struct Decision {
    pub answer: Answer,
    pub steps: Vec<Step>,
}

/// Takes the answer of the first source that is sure enough. Nothing is written.
pub fn decide(asked: &Asked<'_>) -> Result<Decision> {
    let mut trail = Trail(Vec::new());
    let answer = sources(asked, &settings::thresholds(), &mut trail)?;
    Ok(trail.onto(answer))
}

fn sources(asked: &Asked<'_>, at: &Thresholds, trail: &mut Trail) -> Result<Answer> {
    if let Some((answer, question)) = or_go_on(|| known::taught(asked), || None)? {
        trail.won("taught", Some(answer.confidence), 0.0, "taught for these very words");
        trail.by(Some(question));
        return Ok(answer);
    }
    let mut local = asked.read()?;
    if local.refuses_to_write() {
        trail.won("error", None, 0.0, "a request to change data is answered by nobody");
        return Ok(local);
    }
    if remote::is_primary() {
        let proposal = remote::propose(asked, &mut local)?;
        let taken = trail.offer("language_model".into(), at.bar, proposal);
        trail.because(&local, taken.is_none());
        if let Some(answer) = taken {
            return Ok(answer);
        }
    }
    let failed = || Similar {
        answer: None,
        detail: "looking for similar questions failed".to_owned(),
        question: None,
        warning: None,
    };
    let Similar { answer: similar, question, detail, warning } =
        or_go_on(|| known::similar(asked, &local, at.bar, at.direct), failed)?;
    // Without the encoder that should have been asked, the next time may find more: a step of another name, so that
    // the answer is not kept.
    let similarity = if warning.is_some() { "similarity without its encoder" } else { "similarity" };
    local.warnings.extend(warning);
    let similar_score = similar.as_ref().map(|a| a.confidence);
    if let Some(answer) = similar.clone().filter(|a| a.confidence > at.similarity) {
        trail.won(similarity, similar_score, at.similarity, &detail);
        trail.by(question);
        return Ok(answer);
    }
    trail.lost(similarity, similar_score, at.similarity, &detail);
    for (row, bar, source) in [("direct", at.direct, "direct_routing"), ("intent", at.intent, "intent")] {
        if local.status == Status::Ok && local.confidence > bar {
            trail.won(row, Some(local.confidence), bar, "the router's own reading");
            return Ok(Answer { source, ..local });
        }
        trail.lost(row, Some(local.confidence), bar, reading_of(&local));
    }
    fallbacks(asked, local, similar.map(|answer| (answer, question)), at, trail)
}

/// What the store of questions gives; if reading it fails, `instead`: the router can answer without.
fn or_go_on<T>(look: impl FnOnce() -> Result<T>, instead: impl FnOnce() -> T) -> Result<T> {
    telemetry::recovering(Operation::Similarity, ErrorKind::SimilaritySearchFailed, look, instead)
}

/// A step of the chain.
enum Fallback {
    LanguageModel,
    Similarity,
    Keyword,
    Template,
    Exploratory,
    Handler(Handler),
}

/// The router's own steps and a user's handlers, in order. Lower priorities come first; at equal ones a handler does.
fn chain() -> Result<Vec<Fallback>> {
    let mut steps: Vec<(i32, Fallback)> =
        similarity::handlers()?.into_iter().map(|h| (h.priority, Fallback::Handler(h))).collect();
    steps.extend([
        (100, Fallback::LanguageModel),
        (200, Fallback::Similarity),
        (300, Fallback::Keyword),
        (400, Fallback::Template),
        (500, Fallback::Exploratory),
    ]);
    steps.sort_by_key(|(priority, _)| *priority);
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

fn fallbacks(
    asked: &Asked<'_>,
    mut local: Answer,
    similar: Option<(Answer, Option<i64>)>,
    at: &Thresholds,
    trail: &mut Trail,
) -> Result<Answer> {
    let mut warnings = Vec::new();
    for step in chain()? {
        let (name, proposal) = match step {
            Fallback::LanguageModel if remote::is_fallback() => {
                ("language_model".into(), remote::propose(asked, &mut local)?)
            }
            Fallback::LanguageModel => continue,
            Fallback::Similarity => ("similarity".into(), similar.as_ref().map(|(answer, _)| answer.clone())),
            Fallback::Keyword => ("keyword".into(), keyword(&local)),
            Fallback::Template => ("template".into(), or_go_on(|| known::template(asked, &local), || None)?),
            Fallback::Exploratory => {
                ("exploratory".into(), explore(asked.prompt, &local, &asked.known.model, asked.context))
            }
            Fallback::Handler(handler) => {
                let proposal = handlers::propose(asked, &handler, &mut warnings);
                (Cow::Owned(format!("handler {}", handler.name)), proposal)
            }
        };
        let taken = trail.offer(name, at.bar, proposal);
        trail.because(&local, taken.is_none());
        if let Some(mut answer) = taken {
            answer.warnings.append(&mut warnings);
            if answer.source == "similarity" {
                trail.by(similar.and_then(|(_, question)| question));
            }
            return Ok(answer);
        }
    }
    // The reading stands as it was judged: an unsure answer, a question back, or a refusal.
    trail.won("error", Some(local.confidence), 0.0, "no step is above the bar: the reading stands as it was judged");
    local.warnings.append(&mut warnings);
    if local.status == Status::Ok {
        return Ok(Answer { source: "keyword_matching", ..local });
    }
    known::offer_templates(asked, &mut local)?;
    Ok(local)
}

fn keyword(local: &Answer) -> Option<Answer> {
    (local.status == Status::Ok).then(|| Answer { source: "keyword_matching", ..local.clone() })
}

fn reading_of(local: &Answer) -> &'static str {
    match local.status {
        Status::Ok => "the router's own reading",
        Status::Clarify => "the router's own reading leaves something open",
        Status::Refused => "the router's own reading finds nothing to answer",
    }
}

/// Asking again gives the same answer until the model or what was taught changes: no step was asked that may say
/// something else next time, as a user's handler or a language model that was late.
pub fn is_repeatable(steps: &[Step]) -> bool {
    const LOCAL: [&str; 8] =
        ["taught", "similarity", "direct", "intent", "keyword", "template", "exploratory", "error"];
    steps.iter().all(|s| LOCAL.contains(&s.step.as_ref()) || (s.won && s.step == "language_model"))
}

/// The steps so far.
struct Trail(Vec<Step>);

impl Trail {
    fn push(&mut self, step: Cow<'static, str>, score: Option<f32>, bar: f32, won: bool, detail: &str) {
        self.0.push(Step { step, score, bar, won, detail: detail.to_owned(), question: None });
    }

    fn won(&mut self, step: &'static str, score: Option<f32>, bar: f32, detail: &str) {
        self.push(step.into(), score, bar, true, detail);
    }

    /// Says which stored question the last step took its answer from.
    fn by(&mut self, question: Option<i64>) {
        if let Some(step) = self.0.last_mut() {
            step.question = question;
        }
    }

    fn lost(&mut self, step: &'static str, score: Option<f32>, bar: f32, detail: &str) {
        self.push(step.into(), score, bar, false, detail);
    }

    /// The proposal, if it is above the bar.
    fn offer(&mut self, step: Cow<'static, str>, bar: f32, proposal: Option<Answer>) -> Option<Answer> {
        let score = proposal.as_ref().map(|a| a.confidence);
        let taken = proposal.filter(|a| a.status == Status::Ok && a.confidence > bar);
        self.push(step, score, bar, taken.is_some(), if score.is_some() { "proposed an answer" } else { "nothing" });
        taken
    }

    /// Says why the language model gave nothing, if that was the last step.
    fn because(&mut self, local: &Answer, nothing: bool) {
        let said = local.steps.iter().rev().find(|(step, _)| *step == "language_model");
        if let (Some(step), Some((_, why)), true) = (self.0.last_mut(), said, nothing)
            && step.step == "language_model"
            && step.score.is_none()
        {
            step.detail.clone_from(why);
        }
    }

    /// Shows the steps in the answer, before what the answer itself has to tell.
    fn onto(self, mut answer: Answer) -> Decision {
        let shown = self.0.iter().map(|s| (if s.won { "decision" } else { "passed over" }, s.to_string()));
        answer.steps.splice(0..0, shown.collect::<Vec<_>>());
        Decision { answer, steps: self.0 }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { step, score, bar, won, detail, question: _ } = self;
        match score {
            Some(score) if *won => write!(f, "{step}: {score:.2} is above {bar:.2}: {detail}"),
            Some(score) if score > bar => write!(f, "{step}: {score:.2}, but no answer: {detail}"),
            Some(score) => write!(f, "{step}: {score:.2} is not above {bar:.2}, by {:.2}: {detail}", bar - score),
            None => write!(f, "{step}: {detail}"),
        }
    }
}
