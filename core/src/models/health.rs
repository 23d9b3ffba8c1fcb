//! When a run of failures means that an assignment is broken, not merely unlucky.

/// Fewer failures in a row never open the circuit.
const LEAST_RUN: u32 = 5;
/// A run opens the circuit when the assignment's own record makes it rarer than this.
const IMPLAUSIBLE: f64 = 1e-6;
/// Pseudo-requests that stand for the prior.
const PRIOR_REQUESTS: f64 = 2.0;

/// Whether `failure_run` failures in a row open the circuit of an assignment whose record, the run
/// included, is `successes` of `requests`. `prior` is the success rate expected before any record.
///
/// The rule is statistical because a failure may be a wrong answer as well as an outage: a model
/// that answers 95 of 100 requests is suspended after 5 failures in a row, one that answers half of
/// them only after some 20.
pub fn opens_circuit(failure_run: u32, successes: f64, requests: f64, prior: f64) -> bool {
    if failure_run < LEAST_RUN {
        return false;
    }
    let run = f64::from(failure_run);
    let before = (requests - run).max(0.0);
    let prior = prior.clamp(0.0, 0.99);
    let success = ((successes + PRIOR_REQUESTS * prior) / (before + PRIOR_REQUESTS)).clamp(0.0, 0.99);
    run * (1.0 - success).ln() < IMPLAUSIBLE.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reliable_one_is_suspended_soon() {
        assert!(!opens_circuit(4, 950.0, 1004.0, 0.9));
        assert!(opens_circuit(5, 950.0, 1005.0, 0.9));
    }

    #[test]
    fn a_mediocre_one_is_given_time() {
        assert!(!opens_circuit(15, 500.0, 1015.0, 0.5));
        assert!(opens_circuit(25, 500.0, 1025.0, 0.5));
    }

    #[test]
    fn a_new_one_is_judged_by_its_prior() {
        assert!(opens_circuit(7, 0.0, 7.0, 0.9));
        assert!(!opens_circuit(7, 0.0, 7.0, 0.3));
    }

    #[test]
    fn one_that_never_succeeds_is_bad_not_broken() {
        assert!(!opens_circuit(300, 1.0, 400.0, 0.5));
    }
}
