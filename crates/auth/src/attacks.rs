//! The catalogue of attacks, as far as a token alone can carry them out.

mod algorithms;
mod claims;
mod encoding;
mod header;
