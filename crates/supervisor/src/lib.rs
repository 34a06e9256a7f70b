//! The master: a pure plan of events and actions, and the loop that performs it.
