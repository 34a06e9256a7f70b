//! Finds the tokens of a request.
