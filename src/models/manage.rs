//! Assignments by hand, and the list of them.

use pgrx::datum::{DatumWithOid, Uuid};
use pgrx::prelude::*;
use pgrx::{AnyNumeric, JsonB};

use crate::error::{Error, Result};
use crate::{pg, worker};

/// What an assignment by hand may set beyond agent and model; `None` leaves it as it is.
pub struct Override {
    pub match_score: Option<AnyNumeric>,
    pub status: String,
    pub capabilities: Option<JsonB>,
    pub priority: Option<i32>,
}

const STATUSES: [&str; 4] = ["ACTIVE", "INACTIVE", "TESTING", "OVERRIDDEN"];

fn known_status(told: &str) -> Result<String> {
    let status = told.trim().to_uppercase();
    if STATUSES.contains(&status.as_str()) {
        return Ok(status);
    }
    Err(Error::invalid(format!("unknown status \"{told}\"")).with_hint(format!("known are {}", STATUSES.join(", "))))
}

/// Lets an agent serve a model because somebody says so; automatic assignment leaves it alone.
pub fn assign_by_hand(agent: &str, model: &str, how: Override) -> Result<Uuid> {
    let status = known_status(&how.status)?;
    if let Some(score) = &how.match_score
        && (*score < AnyNumeric::from(0) || *score > AnyNumeric::from(100))
    {
        return Err(Error::out_of_range(format!("match score {score} is outside of 0 to 100")));
    }
    if how.capabilities.as_ref().is_some_and(|c| !c.0.is_object()) {
        return Err(Error::invalid("capabilities must be a JSON object"));
    }
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            for (what, table, key) in [("agent", AGENT_KNOWN, agent), ("model", MODEL_KNOWN, model)] {
                if client.select(table, None, &[key.into()])?.first().get_one::<bool>()? != Some(true) {
                    return Err(Error::not_found(format!("{what} \"{key}\" does not exist"))
                        .with_hint(format!("insert it into router.{what}s first")));
                }
            }
            let values: [DatumWithOid; 6] = [
                agent.into(),
                model.into(),
                how.match_score.into(),
                status.as_str().into(),
                how.capabilities.into(),
                how.priority.into(),
            ];
            client
                .update(include_str!("../../sql/models/query/assign_by_hand.sql"), None, &values)?
                .first()
                .get_one::<Uuid>()?
                .ok_or_else(|| Error::invalid("the assignment was not stored"))
        })
    })
}

const AGENT_KNOWN: &str = "SELECT EXISTS (SELECT FROM router.agents WHERE agent_id = $1)
    OR EXISTS (SELECT FROM router.agent_model_assignments WHERE agent_id = $1)";
const MODEL_KNOWN: &str = "SELECT EXISTS (SELECT FROM router.models WHERE model_id = $1)
    OR EXISTS (SELECT FROM router.agent_model_assignments WHERE model_id = $1)";

/// One assignment, for people.
pub struct Listed {
    pub assignment_id: Option<Uuid>,
    pub text: [Option<String>; 6],
    pub match_score: Option<AnyNumeric>,
    pub priority: Option<i32>,
    pub total_requests: Option<i64>,
    pub successful_requests: Option<i64>,
    pub success_rate: Option<AnyNumeric>,
    pub avg_latency_ms: Option<f64>,
    pub p95_latency_ms: Option<f64>,
    pub circuit_open_until: Option<TimestampWithTimeZone>,
    pub last_used_at: Option<TimestampWithTimeZone>,
    pub assigned_by: Option<String>,
    pub assigned_at: Option<TimestampWithTimeZone>,
}

/// The assignments, restricted by what is not `None`.
pub fn list(
    agent: Option<&str>,
    model: Option<&str>,
    status: Option<&str>,
    task_type: Option<&str>,
) -> Result<Vec<Listed>> {
    let status = status.map(known_status).transpose()?;
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            if let Some(task_type) = task_type {
                let known = "SELECT FROM router.task_types WHERE task_type = $1";
                if client.select(known, Some(1), &[task_type.into()])?.is_empty() {
                    return Err(Error::invalid(format!("unknown task type \"{task_type}\""))
                        .with_hint("SELECT task_type FROM router.task_types lists them"));
                }
            }
            let values = [agent.into(), model.into(), status.as_deref().into(), task_type.into()];
            let rows = client.select(include_str!("../../sql/models/query/list_assignments.sql"), None, &values)?;
            rows.map(|r| {
                Ok(Listed {
                    assignment_id: r.get(1)?,
                    text: [r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?, r.get(7)?],
                    match_score: r.get(8)?,
                    priority: r.get(9)?,
                    total_requests: r.get(10)?,
                    successful_requests: r.get(11)?,
                    success_rate: r.get(12)?,
                    avg_latency_ms: r.get(13)?,
                    p95_latency_ms: r.get(14)?,
                    circuit_open_until: r.get(15)?,
                    last_used_at: r.get(16)?,
                    assigned_by: r.get(17)?,
                    assigned_at: r.get(18)?,
                })
            })
            .collect()
        })
    })
}

/// One thing that maintenance did: what, to which object, how many rows (None: not counted).
pub type Maintained = (String, String, Option<i64>);

/// Learns what waits, makes partitions of the decision history ahead, and drops what is older than so many days, or
/// detaches it.
pub fn maintain(days: i32, detach: bool) -> Result<Vec<Maintained>> {
    take_in()?;
    // Where outcomes go, what was learned goes, too.
    worker::wake_at_commit();
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let values = [days.into(), detach.into()];
            let rows = client.update("SELECT * FROM router.maintain_decisions($1, $2)", None, &values)?;
            rows.map(|r| Ok((r.get(1)?.unwrap_or_default(), r.get(2)?.unwrap_or_default(), r.get(3)?))).collect()
        })
    })
}

/// Makes this week's partition of the model decisions, and those of the next four. Cheap when they are there.
pub fn make_weeks() -> Result<()> {
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            // One at a time, as router.maintain_decisions has it.
            client.update(
                "SELECT pg_advisory_xact_lock(hashtextextended('router.maintain_decisions', 0))",
                None,
                &[],
            )?;
            let weeks =
                "SELECT router.make_week(date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date + 7 * ahead)
                         FROM generate_series(0, 4) AS ahead";
            client.update(weeks, None, &[])?;
            Ok(())
        })
    })
}

/// Learns from outcomes that wait, since somebody else was learning of the same assignment when they came.
pub fn take_in() -> Result<i64> {
    super::pending::take_in_all()
}

/// What a strategy would have done: its name, (decisions, those it agrees with), and the effective number,
/// success, cost and latency with their errors.
pub type Compared = (String, (Option<i64>, Option<i64>), [Option<AnyNumeric>; 7]);

/// Off-policy estimates for each strategy; `None` is a week ago and now.
pub fn compare(since: Option<TimestampWithTimeZone>, until: Option<TimestampWithTimeZone>) -> Result<Vec<Compared>> {
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        return Err(Error::invalid("since must be before until"));
    }
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let rows = client.select(
                "SELECT * FROM router.compare_strategies(COALESCE($1, now() - interval '7 days'), COALESCE($2, 'infinity'))",
                None,
                &[since.into(), until.into()],
            )?;
            rows.map(|r| {
                let figures = [r.get(4)?, r.get(5)?, r.get(6)?, r.get(7)?, r.get(8)?, r.get(9)?, r.get(10)?];
                Ok((r.get(1)?.unwrap_or_default(), (r.get(2)?, r.get(3)?), figures))
            })
            .collect()
        })
    })
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    /// A week of decisions from half a year ago, one in its partition and one in the default.
    fn old_decisions() {
        // As whoever maintains does, before the first week is made: tests run side by side.
        Spi::run(
            "SELECT pg_advisory_xact_lock(hashtextextended('router.maintain_decisions', 0));
             SELECT router.make_week((date_trunc('week', now()) - interval '26 weeks')::date);
             INSERT INTO router.routing_decisions (task_type, created_at) VALUES
               ('math', date_trunc('week', now()) - interval '25 weeks 4 days'), ('coding', now() - interval '40 weeks'), ('general', now())",
        )
        .unwrap();
    }

    #[pg_test]
    fn old_decisions_are_dropped() {
        old_decisions();
        let done = "SELECT string_agg(action || ' ' || coalesce(affected::text, '-'), ', ' ORDER BY action) FROM router_maintain() WHERE object ~ 'routing' AND action <> 'created'";
        assert_eq!(Spi::get_one::<String>(done), Ok(Some("deleted 1, dropped -".to_owned())));
        assert_eq!(
            Spi::get_one::<&str>("SELECT string_agg(task_type, ' ') FROM router.routing_decisions"),
            Ok(Some("general"))
        );
        assert_eq!(Spi::get_one::<String>(done), Ok(None), "a second run finds nothing to do");
    }

    #[pg_test]
    fn or_detached() {
        old_decisions();
        Spi::run("SET router.retention_action = detach").unwrap();
        let done = "SELECT string_agg(action || ' ' || coalesce(affected::text, '-'), ', ' ORDER BY affected) FROM router_maintain() WHERE object ~ 'routing' AND action <> 'created'";
        assert_eq!(Spi::get_one::<String>(done), Ok(Some("detached 1, detached -".to_owned())));
        assert_eq!(
            Spi::get_one::<&str>("SELECT string_agg(task_type, ' ') FROM router.routing_decisions"),
            Ok(Some("general"))
        );
        let week = "SELECT 'router.routing_decisions_' || to_char(date_trunc('week', now()) - interval '26 weeks', 'YYYYMMDD')";
        let week = Spi::get_one::<String>(week).unwrap().unwrap_or_default();
        assert_eq!(Spi::get_one::<&str>(&format!("SELECT task_type FROM {week}")), Ok(Some("math")));
        assert_eq!(Spi::get_one::<&str>("SELECT task_type FROM router.routing_decisions_kept"), Ok(Some("coding")));
    }
}
