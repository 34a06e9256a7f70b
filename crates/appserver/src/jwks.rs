//! Keys of others: JWK sets that are fetched, kept and shared by all workers of a machine.
//!
//! One worker at a time fetches, in a thread of its own, and puts the answer where all workers see
//! it; each reads it for itself. No request waits unless its key is missing, and however many do,
//! fetches keep to the cool-down. What was fetched stays in use while nothing newer can be had, up
//! to a limit, over reloads too. What keys are, and what they verify, is known to the gate alone.

mod address;
mod discovery;
mod fetch;
mod freshness;
mod keeper;
mod pace;
mod shelf;
mod store;
mod waiting;

pub use address::check_url;
pub use fetch::{FetchError, FetchResult, fetch_once};
pub use keeper::{Keeper, Watched};
pub use shelf::{Report, Shelf, report};
pub use store::{Counts, counts};
