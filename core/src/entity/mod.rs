//! Values, numbers and conditions named in a prompt.
