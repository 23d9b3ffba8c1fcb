//! When an endpoint is left alone: plain numbers, so that all processes can share one.

/// Microseconds.
const SECOND: i64 = 1_000_000;
/// Failures in a row that open it.
const FAILURES: u32 = 5;
const FIRST_OPEN: i64 = 5 * SECOND;
const LONGEST_OPEN: i64 = 300 * SECOND;
/// The longest that an endpoint is believed to want.
const LONGEST_PAUSE: i64 = 3600 * SECOND;
/// A probe that has not come back by then is given up.
const PROBE: i64 = 30 * SECOND;

/// Closed while `open_until` is 0. Times are microseconds of one clock. All zeroes: closed, nothing known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Breaker {
    pub open_until: i64,
    /// Until then a probe is under way.
    pub probing_until: i64,
    /// Until then the endpoint has asked to be left alone (`Retry-After`); it is well otherwise.
    pub pause_until: i64,
    /// Failures in a row.
    pub failures: u32,
    /// How often it opened since the last success.
    pub opened: u32,
}

/// Whether a request may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Yes,
    /// The one that tries whether the endpoint is back; its outcome must be told.
    Probe,
    /// The endpoint asked for a pause, which lasts so many microseconds.
    Pause {
        wait: i64,
    },
    /// It failed too often: not for so many microseconds.
    No {
        wait: i64,
    },
}

impl Breaker {
    /// In a word, for people.
    pub fn state(&self, now: i64) -> &'static str {
        match self.open_until {
            0 if now < self.pause_until => "paused",
            0 => "closed",
            until if now < until => "open",
            // The next request tries whether the endpoint is back, or one does so now.
            _ => "half-open",
        }
    }

    /// Whether a request would be let through at `now`; changes nothing.
    pub fn would_admit(&self, now: i64) -> bool {
        self.wait(now) == 0
    }

    /// Microseconds until a request would be let through.
    pub fn wait(&self, now: i64) -> i64 {
        let free_at = if self.open_until == 0 { 0 } else { self.open_until.max(self.probing_until) };
        (free_at.max(self.pause_until) - now).max(0)
    }

    pub fn admit(&mut self, now: i64) -> Admission {
        if now < self.pause_until {
            return Admission::Pause { wait: self.pause_until - now };
        }
        if self.open_until == 0 {
            return Admission::Yes;
        }
        let free_at = self.open_until.max(self.probing_until);
        if now < free_at {
            return Admission::No { wait: free_at - now };
        }
        self.probing_until = now + PROBE;
        Admission::Probe
    }

    pub fn success(&mut self) {
        // A request that was under way before the endpoint asked for a pause does not end it.
        *self = Self { pause_until: self.pause_until, ..Self::default() };
    }

    /// A probe that was let through, but did not take place.
    pub fn withdraw_probe(&mut self) {
        self.probing_until = 0;
    }

    /// The endpoint failed; `asked`: it wants to be left alone for so many microseconds.
    pub fn failure(&mut self, now: i64, asked: Option<i64>) {
        self.failures = self.failures.saturating_add(1);
        if let Some(asked) = asked {
            self.pause_until = self.pause_until.max(now + asked.clamp(0, LONGEST_PAUSE));
        }
        let (open, probing) = (self.open_until != 0, self.probing_until != 0);
        if open && !probing {
            // It was under way when others opened it: nothing new.
            return;
        }
        self.probing_until = 0;
        if open || self.failures >= FAILURES {
            let own = (FIRST_OPEN << self.opened.min(6)).min(LONGEST_OPEN);
            self.open_until = now + own;
            self.opened = self.opened.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_failures_in_a_row_and_closes_by_a_probe() {
        let mut b = Breaker::default();
        for _ in 0..FAILURES - 1 {
            b.failure(0, None);
            assert_eq!(b.admit(0), Admission::Yes);
        }
        b.failure(0, None);
        assert_eq!(b.admit(SECOND), Admission::No { wait: FIRST_OPEN - SECOND });
        assert_eq!((b.state(SECOND), b.state(FIRST_OPEN)), ("open", "half-open"));
        assert_eq!(b.admit(FIRST_OPEN), Admission::Probe);
        assert!(matches!(b.admit(FIRST_OPEN), Admission::No { .. }), "one probe at a time");
        b.success();
        assert_eq!((b.admit(FIRST_OPEN), b.state(FIRST_OPEN)), (Admission::Yes, "closed"));
        b.failure(FIRST_OPEN, Some(SECOND));
        assert_eq!((b.state(FIRST_OPEN), b.state(FIRST_OPEN + SECOND)), ("paused", "closed"));
    }

    #[test]
    fn a_success_in_between_starts_anew() {
        let mut b = Breaker::default();
        for _ in 0..10 * FAILURES {
            b.failure(0, None);
            b.success();
        }
        assert_eq!(b.admit(0), Admission::Yes);
    }

    #[test]
    fn requests_that_were_under_way_do_not_open_it_for_longer() {
        let mut b = Breaker::default();
        (0..10 * FAILURES).for_each(|_| b.failure(0, None));
        assert_eq!(b.admit(0), Admission::No { wait: FIRST_OPEN });
    }

    #[test]
    fn a_failed_probe_opens_for_longer_and_a_lost_one_is_given_up() {
        let mut b = Breaker::default();
        (0..FAILURES).for_each(|_| b.failure(0, None));
        let mut now = 0;
        let mut last = 0;
        for _ in 0..20 {
            let Admission::No { wait } = b.admit(now) else { panic!("open") };
            assert!(wait >= last && wait <= LONGEST_OPEN);
            last = wait;
            now += wait;
            assert_eq!(b.admit(now), Admission::Probe);
            b.failure(now, None);
        }
        now += LONGEST_OPEN;
        assert_eq!(b.admit(now), Admission::Probe);
        assert_eq!(b.admit(now + PROBE), Admission::Probe, "whoever probed is gone");
    }

    #[test]
    fn does_what_the_endpoint_asks() {
        let mut b = Breaker::default();
        b.failure(0, Some(20 * SECOND));
        assert_eq!(b.admit(0), Admission::Pause { wait: 20 * SECOND });
        b.success();
        assert_eq!(b.admit(SECOND), Admission::Pause { wait: 19 * SECOND }, "others' luck does not end it");
        assert_eq!(b.admit(20 * SECOND), Admission::Yes);
    }
}
