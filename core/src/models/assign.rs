//! Which models each agent should serve: by greedy choice, by the optimum, or all that fit.

use std::str::FromStr;

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

/// How pairs are chosen. Names are part of the SQL surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The best pair first, then the best of what is left. Fast, not optimal.
    Greedy,
    /// The largest total score (Kuhn, Munkres).
    Hungarian,
    /// Every pair that scores at all.
    All,
}

impl Method {
    pub const ALL: [Self; 3] = [Self::Greedy, Self::Hungarian, Self::All];

    pub fn name(self) -> &'static str {
        match self {
            Self::Greedy => "greedy",
            Self::Hungarian => "hungarian",
            Self::All => "all",
        }
    }
}

impl FromStr for Method {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        let s = s.trim();
        Self::ALL.into_iter().find(|x| s.eq_ignore_ascii_case(x.name())).ok_or(())
    }
}

/// One agent's row: how many models it may take, and its score with each model.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSlots {
    pub capacity: usize,
    /// One score a model, 0 to 100; zero or less is never assigned.
    pub scores: Vec<f64>,
}

/// An assigned pair, by position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assigned {
    pub agent: usize,
    pub model: usize,
    pub score: f64,
}

/// Chooses pairs. `greedy` and `hungarian` give each model to at most one agent and no agent more
/// than its capacity; `all` ignores both. Ties go to the lower positions; the result is ordered by
/// agent, then model.
pub fn assign(method: Method, agents: &[AgentSlots]) -> Vec<Assigned> {
    let mut pairs = match method {
        Method::All => candidates(agents),
        Method::Greedy => greedy(agents),
        Method::Hungarian => hungarian(agents),
    };
    pairs.sort_by_key(|p| (p.agent, p.model));
    pairs
}

fn candidates(agents: &[AgentSlots]) -> Vec<Assigned> {
    let row = |(agent, a): (usize, &AgentSlots)| {
        let pair = move |(model, &score): (usize, &f64)| Assigned { agent, model, score };
        a.scores.iter().enumerate().map(pair).collect::<Vec<_>>()
    };
    agents.iter().enumerate().flat_map(row).filter(|p| p.score > 0.0).collect()
}

fn greedy(agents: &[AgentSlots]) -> Vec<Assigned> {
    let mut pairs = candidates(agents);
    pairs.sort_by(|x, y| y.score.total_cmp(&x.score).then(x.agent.cmp(&y.agent)).then(x.model.cmp(&y.model)));
    let mut room: Vec<usize> = agents.iter().map(|a| a.capacity).collect();
    let mut taken = vec![false; model_count(agents)];
    pairs.retain(|p| {
        let free = room[p.agent] > 0 && !taken[p.model];
        if free {
            room[p.agent] -= 1;
            taken[p.model] = true;
        }
        free
    });
    pairs
}

/// Each agent becomes as many columns as it has room for; models are the rows. Scores are compared
/// in hundredths of a point, the resolution at which they are stored.
fn hungarian(agents: &[AgentSlots]) -> Vec<Assigned> {
    let models = model_count(agents);
    let slots: Vec<usize> =
        agents.iter().enumerate().flat_map(|(i, a)| std::iter::repeat_n(i, a.capacity.min(models))).collect();
    if models == 0 || slots.is_empty() {
        return Vec::new();
    }
    let weight = |agent: usize, model: usize| (agents[agent].scores[model].max(0.0) * 100.0).round() as i64;
    let columns = slots.len().max(models);
    let matrix = Matrix::from_fn(models, columns, |(m, c)| slots.get(c).map_or(0, |&a| weight(a, m)));
    let (_, chosen) = kuhn_munkres(&matrix);
    let pair = |(model, c): (usize, usize)| {
        let agent = *slots.get(c)?;
        let score = agents[agent].scores[model];
        (weight(agent, model) > 0).then_some(Assigned { agent, model, score })
    };
    chosen.into_iter().enumerate().filter_map(pair).collect()
}

fn model_count(agents: &[AgentSlots]) -> usize {
    agents.iter().map(|a| a.scores.len()).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn total(pairs: &[Assigned]) -> f64 {
        pairs.iter().map(|p| p.score).sum()
    }

    fn one_each(scores: &[&[f64]]) -> Vec<AgentSlots> {
        scores.iter().map(|s| AgentSlots { capacity: 1, scores: s.to_vec() }).collect()
    }

    /// The best total by trying everything.
    fn brute_force(agents: &[AgentSlots], room: &mut [usize], model: usize) -> f64 {
        if model == model_count(agents) {
            return 0.0;
        }
        let mut best = brute_force(agents, room, model + 1);
        for a in 0..agents.len() {
            if room[a] > 0 && agents[a].scores[model] > 0.0 {
                room[a] -= 1;
                best = best.max(agents[a].scores[model] + brute_force(agents, room, model + 1));
                room[a] += 1;
            }
        }
        best
    }

    #[test]
    fn the_optimum_beats_greed() {
        let agents = one_each(&[&[10.0, 9.0], &[9.0, 1.0]]);
        assert_eq!(total(&assign(Method::Greedy, &agents)), 11.0);
        assert_eq!(total(&assign(Method::Hungarian, &agents)), 18.0);
        assert_eq!(assign(Method::All, &agents).len(), 4);
    }

    #[test]
    fn nothing_to_assign_is_no_error() {
        for m in Method::ALL {
            assert_eq!(assign(m, &[]), vec![]);
            assert_eq!(assign(m, &[AgentSlots { capacity: 3, scores: vec![] }]), vec![]);
            assert_eq!(assign(m, &[AgentSlots { capacity: 3, scores: vec![0.0] }]), vec![]);
        }
        assert_eq!(assign(Method::Hungarian, &[AgentSlots { capacity: 0, scores: vec![5.0] }]), vec![]);
    }

    #[test]
    fn five_hundred_by_five_hundred_is_quick() {
        let mut seed = 12345u64;
        let mut next = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as f64 / (1u64 << 31) as f64 * 100.0
        };
        let agents: Vec<AgentSlots> =
            (0..500).map(|_| AgentSlots { capacity: 1, scores: (0..500).map(|_| next()).collect() }).collect();
        let start = std::time::Instant::now();
        let pairs = assign(Method::Hungarian, &agents);
        let limit = if cfg!(debug_assertions) { 60.0 } else { 1.0 };
        assert!(start.elapsed().as_secs_f64() < limit, "{:?}", start.elapsed());
        assert_eq!(pairs.len(), 500);
        assert!(total(&pairs) >= total(&assign(Method::Greedy, &agents)));
    }

    proptest! {
        #[test]
        fn hungarian_is_optimal_and_honours_capacity(
            rows in prop::collection::vec((0usize..4, prop::collection::vec(0u32..2000, 5)), 1..5),
            models in 1usize..6,
        ) {
            let agents: Vec<AgentSlots> = rows.iter().map(|(capacity, scores)| AgentSlots {
                capacity: *capacity,
                scores: scores[..models.min(5)].iter().map(|&s| f64::from(s) / 100.0).collect(),
            }).collect();
            let pairs = assign(Method::Hungarian, &agents);
            let mut room: Vec<usize> = agents.iter().map(|a| a.capacity).collect();
            let best = brute_force(&agents, &mut room, 0);
            prop_assert!((total(&pairs) - best).abs() < 1e-6, "{} of {}", total(&pairs), best);
            for (i, a) in agents.iter().enumerate() {
                prop_assert!(pairs.iter().filter(|p| p.agent == i).count() <= a.capacity);
            }
            for m in 0..models {
                prop_assert!(pairs.iter().filter(|p| p.model == m).count() <= 1);
            }
            let greedy = assign(Method::Greedy, &agents);
            prop_assert!(total(&greedy) <= best + 1e-6);
        }
    }
}
