//! The business intents and their local classifier.
