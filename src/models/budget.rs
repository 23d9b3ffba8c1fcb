//! Budgets of agents: dollars a month (UTC), against what the costs of outcomes add up to.
//!
//! Spending is kept with each assignment, so that counting it never waits for another assignment of the same agent;
//! once a month's sum reaches the budget, that is noted once, and recommendations ask for the note.

use pgrx::datum::Uuid;
use pgrx::prelude::*;

use super::plan::Plan;
use crate::error::Result;
use crate::pg;
use crate::pg::table::{Column, Table};

thread_local! {
    static NOTE: Plan = Plan::new(
        "SELECT router.note_budget(a.agent_id, $2) FROM router.agent_model_assignments a WHERE a.assignment_id = $1",
        &[PgBuiltInOids::UUIDOID, PgBuiltInOids::INT4OID],
    );
}

/// The current month's number, twelve a year; `router.month_number()` says the same in SQL.
pub fn month() -> i32 {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    i32::from(now.year()) * 12 + i32::from(now.month()) - 1
}

/// Notes it when what the assignment's agent has spent this month reaches the agent's budget, if it has one.
pub fn spent(assignment: Uuid) -> Result<()> {
    let agents = Table::open_to_read(c"agents")?;
    if agents.has_no_pages() {
        return Ok(());
    }
    let assignments = Table::open_to_read(c"agent_model_assignments")?;
    let key: Column<Uuid> = assignments.column(c"assignment_id")?;
    let served_by: Column<String> = assignments.column(c"agent_id")?;
    let mut served = assignments.scan(c"agent_model_assignments_pkey", &[key.is(assignment)])?;
    let Some(agent) = served.next().and_then(|row| row.get(served_by)) else { return Ok(()) };
    drop(served);
    let id: Column<String> = agents.column(c"agent_id")?;
    let budget: Column<AnyNumeric> = agents.column(c"budget")?;
    let mut found = agents.scan(c"agents_pkey", &[id.is(agent.as_str())])?;
    if found.next().and_then(|row| row.get(budget)).is_none() {
        return Ok(());
    }
    drop(found);
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| NOTE.with(|plan| plan.update(client, &[assignment.into(), month().into()])).map(drop))
    })
}

/// Agents whose budget for this month is spent.
pub struct Exhausted {
    notes: Table,
    agent: Column<String>,
    month: Column<i32>,
}

impl Exhausted {
    pub fn open() -> Result<Self> {
        let notes = Table::open_to_read(c"exhausted_budgets")?;
        Ok(Self { agent: notes.column(c"agent_id")?, month: notes.column(c"month")?, notes })
    }

    pub fn holds(&self, agent: &str) -> Result<bool> {
        if self.notes.has_no_pages() {
            return Ok(false);
        }
        let keys = [self.agent.is(agent), self.month.is(month())];
        Ok(self.notes.scan(c"exhausted_budgets_pkey", &keys)?.next().is_some())
    }
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    const FIRST: &str = "SELECT o_agent_id FROM sp_get_routing_recommendation('math')";

    fn spend(dollars: f64) {
        Spi::run_with_args(
            "INSERT INTO router.routing_decisions (assignment_id, task_type, success, actual_cost)
             SELECT assignment_id, 'math', true, $1::numeric FROM router.agent_model_assignments WHERE agent_id = 'rich'",
            &[dollars.into()],
        )
        .unwrap();
    }

    fn two_agents() {
        Spi::run(
            "INSERT INTO router.agents (agent_id, budget) VALUES ('rich', 10), ('poor', NULL);
             INSERT INTO router.agent_model_assignments (agent_id, model_id, match_score)
             VALUES ('rich', 'm', 90), ('poor', 'm', 60)",
        )
        .unwrap();
    }

    #[pg_test]
    fn an_agent_whose_budget_is_spent_is_passed_over() {
        two_agents();
        spend(9.5);
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("rich")));
        spend(0.5);
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("poor")));
        assert_eq!(
            Spi::get_one::<String>(
                "SELECT router_recommend('12 + 30 = ?', 'balanced', '{\"task_type\": \"math\"}') ->> 'agent_id'"
            ),
            Ok(Some("poor".to_owned()))
        );
        assert_eq!(
            Spi::get_one::<String>(
                "SELECT concat_ws(' ', budget, spent_this_month::float8) FROM router.v_agent_assignments_summary WHERE agent_id = 'rich'"
            ),
            Ok(Some("10 10".to_owned()))
        );
    }

    #[pg_test]
    fn a_raised_budget_counts_at_once() {
        two_agents();
        spend(10.0);
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("poor")));
        Spi::run("UPDATE router.agents SET budget = 11 WHERE agent_id = 'rich'").unwrap();
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("rich")));
        Spi::run("UPDATE router.agents SET budget = 0 WHERE agent_id = 'rich'").unwrap();
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("poor")));
    }

    #[pg_test]
    fn a_new_month_starts_anew() {
        two_agents();
        spend(20.0);
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("poor")));
        Spi::run(
            "UPDATE router.exhausted_budgets SET month = month - 1; UPDATE router.assignment_metrics SET month = month - 1 WHERE month > 0",
        )
        .unwrap();
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("rich")));
        spend(1.0);
        assert_eq!(Spi::get_one::<&str>(FIRST), Ok(Some("rich")));
        assert_eq!(Spi::get_one::<bool>("SELECT router.month_number() = router.month_number(now())"), Ok(Some(true)));
    }
}
