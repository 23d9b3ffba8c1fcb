//! What each agent has cost today, in this database.

use std::collections::HashMap;

/// Dollars, by agent, of one day (UTC).
#[derive(Debug, Default)]
pub struct Budgets {
    day: i64,
    agents: HashMap<String, Spending>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Spending {
    spent: f64,
    reserved: f64,
}

impl Budgets {
    /// What was spent today already.
    pub fn start(&mut self, spent: impl IntoIterator<Item = (String, f64)>) {
        self.turn_day();
        for (agent, dollars) in spent {
            self.agents.entry(agent).or_default().spent = dollars;
        }
    }

    /// Sets an estimate aside; false if the budget does not have it.
    pub fn reserve(&mut self, agent: &str, estimate: f64, budget: Option<f64>) -> bool {
        self.turn_day();
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

    pub fn spend(&mut self, agent: &str, cost: f64) {
        self.turn_day();
        self.agents.entry(agent.to_owned()).or_default().spent += cost;
    }

    fn turn_day(&mut self) {
        let day = jiff::Timestamp::now().as_second().div_euclid(86_400);
        if self.day != day {
            self.day = day;
            for spending in self.agents.values_mut() {
                spending.spent = 0.0;
            }
        }
    }
}
