//! Everything that is counted, as the text that Prometheus reads.

use router_core::telemetry::{ErrorKind, Exposition};

use super::Operation;
use super::memory::{self, Counter};

/// Upper bounds of the histogram's buckets, in milliseconds.
const BOUNDS_MS: [f64; 14] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 50.0, 250.0, 1000.0, 5000.0, 30_000.0];

pub fn metrics() -> String {
    let mut text = Exposition::default();
    operations(&mut text);
    decisions(&mut text);
    errors(&mut text);
    queue(&mut text);
    text.into_text()
}

fn operations(text: &mut Exposition) {
    let totals: Vec<_> = Operation::ALL.into_iter().map(|o| (o.name(), memory::total(o))).collect();
    text.family("router_operation_failures_total", "counter", "Calls that ended in an error, by operation.");
    for (name, total) in &totals {
        text.sample("router_operation_failures_total", &[("operation", name)], total.failures as f64);
    }
    text.family("router_operation_duration_seconds", "histogram", "Duration of calls, by operation.");
    for (name, total) in &totals {
        for bound in BOUNDS_MS {
            // Counted while calls go on: a bucket is never above the number of all.
            let within = total.calls_within(bound).min(total.calls);
            let le = (bound / 1000.0).to_string();
            text.sample("router_operation_duration_seconds_bucket", &[("operation", name), ("le", &le)], within as f64);
        }
        text.sample(
            "router_operation_duration_seconds_bucket",
            &[("operation", name), ("le", "+Inf")],
            total.calls as f64,
        );
        text.sample("router_operation_duration_seconds_sum", &[("operation", name)], total.total_ms / 1000.0);
        text.sample("router_operation_duration_seconds_count", &[("operation", name)], total.calls as f64);
    }
}

fn decisions(text: &mut Exposition) {
    text.family("router_decisions_total", "counter", "Questions, by the status of their answer.");
    for (status, counter) in
        [("ok", Counter::Ok), ("clarify", Counter::Clarify), ("refused", Counter::Refused), ("error", Counter::Error)]
    {
        text.sample("router_decisions_total", &[("status", status)], memory::get(counter) as f64);
    }
    for (name, help, counter) in [
        ("router_decisions_cached_total", "Answers that came from a cache.", Counter::Cached),
        ("router_decisions_sync_total", "Decisions written in the caller's transaction.", Counter::Sync),
        (
            "router_records_standby_total",
            "Records that were only counted: the server was a standby.",
            Counter::OnStandby,
        ),
    ] {
        text.family(name, "counter", help);
        text.sample(name, &[], memory::get(counter) as f64);
    }
}

fn errors(text: &mut Exposition) {
    let kinds: Vec<_> = ErrorKind::ALL.into_iter().map(|kind| (kind.name(), memory::errors(kind))).collect();
    text.family("router_errors_total", "counter", "Errors, by kind.");
    for (kind, (occurred, _)) in &kinds {
        text.sample("router_errors_total", &[("kind", kind)], *occurred as f64);
    }
    text.family("router_errors_recovered_total", "counter", "Errors that another step made up for, by kind.");
    for (kind, (_, recovered)) in &kinds {
        text.sample("router_errors_recovered_total", &[("kind", kind)], *recovered as f64);
    }
}

fn queue(text: &mut Exposition) {
    let counts = memory::queue_counts();
    text.family("router_records_queued_total", "counter", "Decisions and errors handed to the worker.");
    text.sample("router_records_queued_total", &[], counts.pushed as f64);
    text.family("router_records_stored_total", "counter", "Decisions and errors that the worker wrote.");
    text.sample("router_records_stored_total", &[], counts.stored as f64);
    text.family("router_records_lost_total", "counter", "Decisions and errors that were lost, by reason.");
    for (reason, lost) in
        [("full", counts.refused), ("overdue", counts.overdue), ("unstorable", memory::get(Counter::Unstorable))]
    {
        text.sample("router_records_lost_total", &[("reason", reason)], lost as f64);
    }
    text.family("router_queue_bytes", "gauge", "Bytes of the queue in use.");
    text.sample("router_queue_bytes", &[], counts.used_bytes as f64);
    text.family("router_queue_capacity_bytes", "gauge", "Bytes of the queue.");
    text.sample("router_queue_capacity_bytes", &[], counts.capacity_bytes as f64);
}
