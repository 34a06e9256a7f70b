//! JSON Web Tokens: strict parsing, keys, claims, and the policy of who may call what.
//!
//! A [`Gate`] decides about one request from bytes alone. Nothing here opens a socket, speaks HTTP
//! or knows of an application; what a decision means for either is somebody else's business. Nothing
//! here trusts a token before its signature is verified, and nobody else can make a [`Verified`].

#![forbid(unsafe_code)]

mod algorithm;
pub mod answer;
#[cfg(test)]
mod attacks;
mod cache;
mod claims;
mod compact;
pub mod config;
pub mod cookies;
mod credentials;
mod denial;
pub mod django;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod header;
mod inquiry;
pub mod issue;
pub mod json;
pub mod key;
pub mod policy;
mod provider;
mod reason;
mod revocable;
#[cfg(test)]
mod testing;
mod verified;

pub use algorithm::{Algorithm, Family};
pub use answer::{Answer, Refusal};
pub use claims::Claims;
pub use config::Config;
pub use credentials::redacted;
pub use denial::{Denials, Mark, Undenied};
pub use gate::{BuildError, Decision, Gate, Trace, Unchecked};
pub use inquiry::{Fields, Inquiry};
pub use key::ring::{KeyRing, Refetch, Refetched};
pub use reason::{Reason, Result as Verdict};
pub use verified::Verified;
