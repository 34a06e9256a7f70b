//! Answers, byte for byte.
