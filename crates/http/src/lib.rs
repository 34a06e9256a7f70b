//! One connection: accept, strict framing, limits, pipeline, drain.
