//! The kinds of errors, which of them can be recovered from, and how.

/// What failed. The names are those of the error log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    ClassificationFailed,
    EmbeddingFailed,
    SimilaritySearchFailed,
    SqlGenerationFailed,
    SqlExecutionFailed,
    ValidationFailed,
    UnauthorizedAccess,
    RateLimitExceeded,
    /// A prompt or a context that can't be taken.
    InvalidRequest,
    /// None of the others: cancelled, out of memory, a bug.
    Internal,
}

/// What is tried instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// The words of the question decide.
    KeywordMatching,
    /// The question is read without looking for similar ones.
    DirectClassification,
    /// The same question with less in it.
    SimplifiedQuery,
    /// Whatever the other steps find.
    Exploration,
}

impl ErrorKind {
    pub const ALL: [Self; 10] = [
        Self::ClassificationFailed,
        Self::EmbeddingFailed,
        Self::SimilaritySearchFailed,
        Self::SqlGenerationFailed,
        Self::SqlExecutionFailed,
        Self::ValidationFailed,
        Self::UnauthorizedAccess,
        Self::RateLimitExceeded,
        Self::InvalidRequest,
        Self::Internal,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::ClassificationFailed => "classification_failed",
            Self::EmbeddingFailed => "embedding_failed",
            Self::SimilaritySearchFailed => "similarity_search_failed",
            Self::SqlGenerationFailed => "sql_generation_failed",
            Self::SqlExecutionFailed => "sql_execution_failed",
            Self::ValidationFailed => "validation_failed",
            Self::UnauthorizedAccess => "unauthorized_access",
            Self::RateLimitExceeded => "rate_limit_exceeded",
            Self::InvalidRequest => "invalid_request",
            Self::Internal => "internal_error",
        }
    }

    /// The SQLSTATE that stands for the kind where the server raised none of its own.
    pub fn sqlstate(self) -> &'static str {
        match self {
            Self::ClassificationFailed | Self::EmbeddingFailed => "38000",
            Self::SimilaritySearchFailed => "58000",
            Self::SqlGenerationFailed => "0A000",
            Self::SqlExecutionFailed => "22000",
            Self::ValidationFailed | Self::UnauthorizedAccess => "42501",
            Self::RateLimitExceeded => "53400",
            Self::InvalidRequest => "22023",
            Self::Internal => "XX000",
        }
    }

    /// What to try instead; `None` where trying again would go round a rule.
    pub fn recovery(self) -> Option<Recovery> {
        match self {
            Self::ClassificationFailed => Some(Recovery::KeywordMatching),
            Self::EmbeddingFailed => Some(Recovery::DirectClassification),
            Self::SqlExecutionFailed => Some(Recovery::SimplifiedQuery),
            Self::SimilaritySearchFailed | Self::SqlGenerationFailed => Some(Recovery::Exploration),
            Self::ValidationFailed
            | Self::UnauthorizedAccess
            | Self::RateLimitExceeded
            | Self::InvalidRequest
            | Self::Internal => None,
        }
    }

    pub fn recoverable(self) -> bool {
        self.recovery().is_some()
    }

    /// The caller asked for what can't be had: no failure of the router.
    pub fn is_the_callers(self) -> bool {
        matches!(self, Self::InvalidRequest | Self::UnauthorizedAccess | Self::RateLimitExceeded)
    }

    /// The kind of an error that was raised to the caller, by its SQLSTATE; `executing` once the statement ran.
    pub fn of_sqlstate(sqlstate: &str, executing: bool) -> Self {
        match sqlstate {
            "42501" if executing => Self::ValidationFailed,
            "42501" | "28000" => Self::UnauthorizedAccess,
            "53400" => Self::RateLimitExceeded,
            "57P01" | "57P02" | "XX000" | "XX001" | "XX002" | "53200" => Self::Internal,
            _ if executing => Self::SqlExecutionFailed,
            "57014" => Self::Internal,
            _ if sqlstate.starts_with("22") || sqlstate.starts_with("42") => Self::InvalidRequest,
            _ => Self::Internal,
        }
    }
}

impl Recovery {
    pub fn name(self) -> &'static str {
        match self {
            Self::KeywordMatching => "keyword_matching",
            Self::DirectClassification => "direct_classification",
            Self::SimplifiedQuery => "simplified_query",
            Self::Exploration => "exploration",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_never_gone_round() {
        for kind in ErrorKind::ALL {
            let is_rule = matches!(kind.sqlstate(), "42501" | "53400" | "22023");
            assert!(!is_rule || !kind.recoverable(), "{}", kind.name());
        }
    }

    #[test]
    fn kinds_have_names_of_their_own_and_sqlstates() {
        for (i, kind) in ErrorKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.sqlstate().len(), 5);
            assert!(ErrorKind::ALL[..i].iter().all(|other| other.name() != kind.name()));
        }
    }

    #[test]
    fn what_was_raised_is_told_by_where() {
        assert_eq!(ErrorKind::of_sqlstate("22012", true), ErrorKind::SqlExecutionFailed);
        assert_eq!(ErrorKind::of_sqlstate("22023", false), ErrorKind::InvalidRequest);
        assert_eq!(ErrorKind::of_sqlstate("42501", false), ErrorKind::UnauthorizedAccess);
        assert_eq!(ErrorKind::of_sqlstate("57014", false), ErrorKind::Internal);
        assert_eq!(ErrorKind::of_sqlstate("57014", true), ErrorKind::SqlExecutionFailed);
    }
}
