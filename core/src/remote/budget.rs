//! What each agent has cost today, and whether another call may be made.

use std::collections::HashMap;

/// Dollars, by agent, of one day. Days are numbers that grow; who asks says which one it is.
#[derive(Debug, Default)]
pub struct Budgets {
    day: i64,
    agents: HashMap<String, Spending>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Spending {
    spent: f64,
    /// Of calls under way.
    reserved: f64,
}

impl Budgets {
    /// What else was spent on that day already.
    pub fn start(&mut self, day: i64, spent: impl IntoIterator<Item = (String, f64)>) {
        self.turn(day);
        for (agent, dollars) in spent {
            self.agents.entry(agent).or_default().spent += dollars;
        }
    }

    /// Sets an estimate aside; false if the budget does not have it.
    pub fn reserve(&mut self, day: i64, agent: &str, estimate: f64, budget: Option<f64>) -> bool {
        self.turn(day);
        let spending = self.agents.entry(agent.to_owned()).or_default();
        if budget.is_some_and(|budget| spending.spent + spending.reserved + estimate > budget) {
            return false;
        }
        spending.reserved += estimate;
        true
    }

    pub fn give_back(&mut self, agent: &str, estimate: f64) {
        if let Some(spending) = self.agents.get_mut(agent) {
            spending.reserved = (spending.reserved - estimate).max(0.0);
        }
    }

    /// A call counts on the day it ends.
    pub fn spend(&mut self, day: i64, agent: &str, cost: f64) {
        self.turn(day);
        self.agents.entry(agent.to_owned()).or_default().spent += cost;
    }

    fn turn(&mut self, day: i64) {
        if self.day != day {
            self.day = day;
            self.agents.values_mut().for_each(|spending| spending.spent = 0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Option<f64> = Some(1.0);

    #[test]
    fn calls_under_way_count_before_they_cost() {
        let mut b = Budgets::default();
        assert!(b.reserve(1, "a", 0.6, BUDGET));
        assert!(!b.reserve(1, "a", 0.6, BUDGET), "the first may yet cost as much");
        b.give_back("a", 0.6);
        b.spend(1, "a", 0.1);
        assert!(b.reserve(1, "a", 0.6, BUDGET), "it cost less");
        assert!(b.reserve(1, "a", 1e6, None), "no budget, no limit");
    }

    #[test]
    fn each_agent_has_its_own() {
        let mut b = Budgets::default();
        b.spend(1, "a", 1.0);
        assert!(!b.reserve(1, "a", 0.01, BUDGET) && b.reserve(1, "b", 0.01, BUDGET));
    }

    #[test]
    fn a_new_day_forgets_what_was_spent_and_not_what_is_under_way() {
        let mut b = Budgets::default();
        b.start(1, [("a".to_owned(), 0.9)]);
        assert!(!b.reserve(1, "a", 0.4, BUDGET), "spent before this process started");
        assert!(b.reserve(1, "a", 0.1, BUDGET));
        assert!(!b.reserve(2, "a", 0.95, BUDGET), "a call of yesterday is not over");
        b.spend(2, "a", 0.1);
        b.give_back("a", 0.1);
        assert!(!b.reserve(2, "a", 0.95, BUDGET) && b.reserve(2, "a", 0.85, BUDGET), "it counts today");
    }
}
