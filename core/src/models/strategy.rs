//! What a caller wants most from an assignment.

use std::str::FromStr;

/// The four strategies. Their names are part of the SQL surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// 60 % match score, 40 % success rate (the assignment's own weights, if it has some).
    Balanced,
    /// The lowest smoothed 95th percentile of latency.
    Speed,
    /// The highest expected quality.
    Quality,
    /// The cheapest whose expected quality stays near the best one's.
    Cost,
}

impl Strategy {
    pub const ALL: [Self; 4] = [Self::Balanced, Self::Speed, Self::Quality, Self::Cost];

    pub fn name(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Speed => "speed",
            Self::Quality => "quality",
            Self::Cost => "cost",
        }
    }
}

impl FromStr for Strategy {
    type Err = ();

    /// Exact lower-case names; letter case and surrounding blanks are forgiven.
    fn from_str(s: &str) -> Result<Self, ()> {
        let s = s.trim();
        Self::ALL.into_iter().find(|x| s.eq_ignore_ascii_case(x.name())).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for s in Strategy::ALL {
            assert_eq!(s.name().parse(), Ok(s));
            assert_eq!(s.name().to_uppercase().parse(), Ok(s));
        }
        assert_eq!("fastest".parse::<Strategy>(), Err(()));
    }
}
