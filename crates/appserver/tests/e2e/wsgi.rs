//! PEP 3333, sentence by sentence, on every interpreter and in both modes.

mod closing;
mod environ;
mod failures;
mod files;
mod input;
mod responses;
mod threads;
mod validated;
