//! Threads that hash passwords: few, with a short queue.
