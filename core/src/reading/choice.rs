//! Which name each span is taken for: the best choice of names that don't overlap.

use std::collections::HashMap;

use super::cues::Cue;
use super::items::number_word;
use super::question::Question;
use crate::prompt::{TokenKind, Word, is_determiner, is_stopword};
use crate::semantic::{Candidate, ColumnRef, Meaning, Mention, Path, SemanticModel, Source};
use crate::time::GrainKind;

/// How much a meaning is worth from this root: fit, nearness of its dataset, and whether the question names it.
pub(super) fn fit(
    m: &Mention,
    c: &Candidate,
    q: &Question,
    root: usize,
    paths: &HashMap<usize, Path>,
    model: &SemanticModel,
) -> f32 {
    let dataset = c.meaning.dataset();
    let Some(path) = paths.get(&dataset) else { return 0.0 };
    let w = &q.weights;
    let mut score = c.score * (1.0 - w.join * path.cost);
    if let Meaning::Dataset(d) = c.meaning {
        // The dataset itself says less than one of its columns.
        // A name of two words can hardly be meant otherwise ("line items").
        score = match (d == root, m.words.len()) {
            (true, 1) => score * w.own_name,
            // Its words count whole, be they words of charts ("line").
            (true, n) if !is_stopword(&q.words[m.words.end - 1].norm) => score.max(0.9) * n as f32 / m.weight.max(1.0),
            (true, _) => score.max(0.9),
            (false, _) => score * w.related_name,
        };
        let counted = q.cues.iter().any(|cue| {
            cue.cue == Cue::Count
                && cue.words.end <= m.words.start
                && (cue.words.end..m.words.start).all(|w| is_determiner(&q.words[w].norm))
        });
        // "how many rooms": the table of rooms, not a column that mentions one.
        if counted && d == root {
            return score + w.counted;
        }
        // "type of school": the table, not its column of that name.
        let possessed = q.mentions.iter().any(|o| {
            o.words.end < m.words.start
                && qualifies(q, o, m)
                && o.candidates
                    .iter()
                    .any(|c| matches!(c.meaning, Meaning::Column(c) if c.dataset == d) && c.score > 0.8)
        });
        return if possessed { score + w.possessor } else { score };
    }
    let mut bonus: f32 = 0.0;
    for other in q.mentions.iter().filter(|o| o.words != m.words) {
        let near = other.words.start <= m.words.end + 3 && m.words.start <= other.words.end + 3;
        if !near {
            continue;
        }
        let inside = m.words.start <= other.words.start && other.words.end <= m.words.end;
        let names_dataset =
            other.candidates.iter().any(|o| matches!(o.meaning, Meaning::Dataset(d) if d == dataset) && o.score > 0.7);
        // A value next to the name of its own column.
        let names_column = matches!(c.meaning, Meaning::Value(of, _)
            if other.candidates.iter().any(|o| o.meaning == Meaning::Column(of) && o.score > 0.8));
        if names_dataset
            && (qualifies(q, m, other) || inside && c.source == Source::Name && plain_attribute(model, c.meaning))
        {
            bonus = bonus.max(w.possessed);
        } else if names_dataset || names_column {
            bonus = bonus.max(w.near_own);
        }
    }
    score += bonus;
    if m.words.len() == 1
        && q.words[m.words.start].is("paid")
        && matches!(c.meaning, Meaning::Column(c) if !model.column(c).name.eq_ignore_ascii_case("paid"))
    {
        // "paid by cash" speaks of no salary.
        score -= w.verb;
    }
    if let Meaning::Value(of, _) = c.meaning
        && m.words.len() == 1
        && dated(q, m.words.end)
        && m.candidates.iter().any(|o| {
            matches!(o.meaning, Meaning::Column(at) if at.dataset == of.dataset && model.column(at).value_type.is_temporal())
        })
    {
        // "tickets closed in March": when they were, not what they are.
        return 0.0;
    }
    if matches!(c.meaning, Meaning::Value(..))
        && m.words.len() == 1
        && q.words[m.words.start].kind == TokenKind::Word
        && m.candidates.iter().any(|o| matches!(o.meaning, Meaning::Dataset(_)) && o.score >= 0.75)
    {
        // "participant details" of participants: not those that are a 'Participant'.
        score -= w.like_dataset;
    }
    if matches!(c.meaning, Meaning::Value(..))
        && c.source == Source::Partial
        && in_name(&q.words[m.words.clone()], &model.datasets[root].name)
    {
        // "web accelerators" of a table of web accelerators.
        score -= w.in_own_name;
    }
    if matches!(c.meaning, Meaning::Column(_)) && matches!(c.source, Source::Unqualified | Source::Partial) {
        // "card type" is not the type of something else.
        let longer = q.mentions.iter().any(|o| {
            o.words.end == m.words.end
                && o.words.start + 1 == m.words.start
                && !is_stopword(&q.words[o.words.start].norm)
                && o.candidates
                    .iter()
                    .any(|o| matches!(o.meaning, Meaning::Column(_)) && paths.contains_key(&o.meaning.dataset()))
                && o.candidates.iter().all(|o| o.meaning != c.meaning)
        });
        if longer {
            score -= w.longer_name;
        }
    }
    // A dimension that is a plain attribute beats a key of the same name.
    if let Meaning::Column(col) = c.meaning
        && model.column(col).role == crate::semantic::Role::Key
        && c.source != Source::Name
        && c.source != Source::Alias
    {
        score -= w.loose_key;
        let entity = m.candidates.iter().any(|o| {
            matches!(o.meaning, Meaning::Dataset(_)) && o.source == Source::Name && o.meaning.dataset() != col.dataset
        });
        if entity {
            score -= w.key_like_dataset;
        }
    }
    if let Meaning::Column(col) = c.meaning
        && m.candidates.iter().any(|o| matches!(o.meaning, Meaning::Dataset(d) if identifies(model, col, d, root)))
    {
        // "each teacher": the teachers, not the number that each of them has.
        score -= w.row_number;
    }
    score
}

/// True when a time or a step of the calendar follows at once.
fn dated(q: &Question, end: usize) -> bool {
    let start = end + q.words[end..].iter().take_while(|w| w.is_any(&["in", "on", "during", "at"])).count();
    let grain = |g: &super::question::GrainCue| g.kind == GrainKind::Axis && (end..=start).contains(&g.words.start);
    q.time_words.iter().any(|t| t.start == start || t.start == end) || q.grains.iter().any(grain)
}

/// True when all of these words stand in the name.
pub(super) fn in_name(words: &[Word], name: &str) -> bool {
    let names = crate::prompt::words_of(name);
    words.iter().all(|w| names.iter().any(|n| crate::prompt::stem(n) == w.stem))
}

fn plain_attribute(model: &SemanticModel, meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Column(c) if model.column(c).role != crate::semantic::Role::Key)
}

/// True for a key that only stands for the rows of `entity`: its own, or one that refers to the root itself.
fn identifies(model: &SemanticModel, c: ColumnRef, entity: usize, root: usize) -> bool {
    if c.dataset == entity {
        return model.datasets[entity].primary_key == [c.column];
    }
    entity == root
        && model.relationships.iter().any(|r| r.from == c.dataset && r.to == entity && r.from_columns == [c.column])
}

/// The best set of non-overlapping mentions, each with its best meaning.
pub(super) fn choose<'a>(
    q: &'a Question,
    model: &SemanticModel,
    root: usize,
    paths: &HashMap<usize, Path>,
) -> Vec<(&'a Mention, Candidate, f32)> {
    let ordered = q.order.as_ref().map(|o| o.words.clone()).unwrap_or_default();
    let mut options: Vec<(&Mention, Candidate, f32)> = Vec::new();
    let mut margins: Vec<f32> = Vec::new();
    let least = q.weights.least;
    for m in &q.mentions {
        if ordered.contains(&m.words.start)
            || hidden_by_cue(q, m)
            || commands(q, m)
            || counts_off(q, m)
            || is_bound(q, m)
        {
            continue;
        }
        let mut fits: Vec<(Candidate, f32)> =
            m.candidates.iter().map(|c| (*c, fit(m, c, q, root, paths, model))).filter(|(_, s)| *s > least).collect();
        // Of equals the later one, as the order of candidates has it.
        fits.sort_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((c, s)) = fits.pop() {
            let next = fits.iter().rev().find(|(o, _)| o.meaning != c.meaning).map_or(0.0, |(_, s)| *s);
            margins.push((s - next).clamp(0.0, 1.0));
            let cue_word = m.words.len() == 1 && q.cues.iter().any(|c| c.words == m.words);
            // Several words that fit together say more than each alone.
            let s = s * m.weight * if cue_word { q.weights.cue_word } else { 1.0 }
                + q.weights.span_word * m.words.len() as f32;
            options.push((m, c, s));
        }
    }
    let mut options: Vec<(&Mention, Candidate, f32, f32)> =
        options.into_iter().zip(margins).map(|((m, c, s), margin)| (m, c, s, margin)).collect();
    options.sort_by_key(|(m, _, _, _)| m.words.end);
    let n = q.words.len();
    let mut best: Vec<(f32, Option<usize>)> = vec![(0.0, None); n + 1];
    let mut k = 0;
    for end in 1..=n {
        best[end] = (best[end - 1].0, None);
        while k < options.len() && options[k].0.words.end == end {
            let value = best[options[k].0.words.start].0 + options[k].2;
            if value > best[end].0 {
                best[end] = (value, Some(k));
            }
            k += 1;
        }
    }
    let mut chosen = Vec::new();
    let mut at = n;
    while at > 0 {
        match best[at].1 {
            Some(k) => {
                chosen.push((options[k].0, options[k].1, options[k].3));
                at = options[k].0.words.start;
            }
            None => at -= 1,
        }
    }
    chosen.reverse();
    chosen
}

/// "the last 5 admissions", "first 10 rows": counted off, not the first or last something.
fn counts_off(q: &Question, m: &Mention) -> bool {
    m.words.len() == 1
        && q.words[m.words.start].is_any(&["first", "last"])
        && q.words.get(m.words.end).is_some_and(|w| w.number.is_some() || number_word(&w.norm).is_some())
}

/// "with more than 150 bookings": a number that something is compared with, should something be called by it.
fn is_bound(q: &Question, m: &Mention) -> bool {
    let number = m.words.len() == 1 && q.words[m.words.start].kind == TokenKind::Number;
    number
        && m.candidates.iter().all(|c| matches!(c.meaning, Meaning::Value(..)))
        && m.words.start.checked_sub(1).is_some_and(|at| {
            q.words[at].is_any(&["than", "over", "above", "below", "under", "least", "most", "exceeding"])
        })
}

/// True for the verb of a request ("Show bar chart"), should something be called by the same word.
fn commands(q: &Question, m: &Mention) -> bool {
    let verb = m.words.len() == 1
        && q.words[m.words.start]
            .is_any(&["show", "list", "plot", "draw", "display", "present", "return", "give", "find"]);
    let opens = m.words.start == 0 || q.words[m.words.start - 1].kind == TokenKind::Symbol;
    let governs = q.words.get(m.words.end).is_some_and(|w| {
        is_determiner(&w.norm)
            || w.is_any(&["me", "us"])
            || q.cues.iter().any(|c| matches!(c.cue, Cue::Chart(_)) && c.words.start == m.words.end)
    });
    verb && (opens || governs)
}

/// True when the words of a mention do their work as a cue here.
fn hidden_by_cue(q: &Question, m: &Mention) -> bool {
    let exact = m.candidates.iter().any(|c| c.score >= 0.9 && c.source != Source::Partial);
    q.cues.iter().any(|cue| {
        let inside = cue.words.start <= m.words.start && m.words.end <= cue.words.end;
        if !inside {
            return false;
        }
        if cue.words.len() > m.words.len() || !exact {
            return true;
        }
        if matches!(cue.cue, Cue::Transform(_)) {
            return q.cues.iter().any(|c| matches!(c.cue, Cue::YearOverYear))
                || q.has(Cue::Compare) && q.times.matches.len() == 2
                || q.mentions.iter().any(|o| {
                    let of = m.words.end + 1 == o.words.start && q.words[m.words.end].is_any(&["of", "in"]);
                    of && o.weight >= 1.0
                })
                || q.mentions.iter().any(|o| o.words.end <= m.words.start && o.weight >= 1.0)
                    && (q.grains.iter().any(|g| g.kind == GrainKind::Comparison)
                        || q.times.shifts.iter().any(|s| s.certain));
        }
        // "total sales": the cue governs the next name, although a column is called "total".
        let governs = matches!(
            cue.cue,
            Cue::Aggregate(_)
                | Cue::Count
                | Cue::Distinct
                | Cue::Superlative(_)
                | Cue::Group
                | Cue::Latest
                | Cue::Share
        );
        let next = (m.words.end..q.words.len()).find(|&i| !is_determiner(&q.words[i].norm));
        governs && next.is_some_and(|n| q.mentions.iter().any(|o| o.words.start == n))
    }) || q.grains.iter().any(|g| {
        let name = m.words.end - m.words.start;
        let own: Vec<usize> = g.words.clone().filter(|w| !is_grouping(&q.words[*w].norm)).collect();
        let inside = own.first().is_some_and(|f| *f <= m.words.start) && m.words.end <= g.words.end;
        inside && (own.len() > name || !exact)
    })
}

fn is_grouping(norm: &str) -> bool {
    matches!(norm, "by" | "per" | "each" | "every" | "in" | "for" | "the" | "a" | "into" | "bin" | "kada" | "bawat")
}

/// "names of journalists", "journalist's name": the dataset stands right beside the column.
fn qualifies(q: &Question, column: &Mention, dataset: &Mention) -> bool {
    let between = |from: usize, to: usize| {
        from <= to && to - from <= 3 && q.words[from..to].iter().all(|w| is_determiner(&w.norm))
    };
    let of = between(column.words.end, dataset.words.start)
        && q.words[column.words.end..dataset.words.start].iter().any(|w| w.is("of"));
    let whose = dataset.words.end + 1 == column.words.start
        && q.words[dataset.words.end].is_any(&["whose", "with", "having", "by"]);
    of || whose || dataset.words.end == column.words.start
}
