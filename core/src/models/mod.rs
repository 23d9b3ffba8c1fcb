//! The model router: task types, capabilities, assignment, recommendation, learning.
