//! The policy: which rule counts, and which paths are ambiguous.
