//! The command line, the settings and the composition; the library for native apps.
//!
//! A native application is any clonable tower service over HTTP, an axum `Router` for example:
//!
//! ```no_run
//! # fn router() -> impl tower_service::Service<
//! #     http::Request<appserver::Body>,
//! #     Response = http::Response<String>,
//! #     Error = std::convert::Infallible,
//! #     Future = std::future::Ready<Result<http::Response<String>, std::convert::Infallible>>,
//! # > + Clone + 'static {
//! #     #[derive(Clone)]
//! #     struct Hello;
//! #     impl tower_service::Service<http::Request<appserver::Body>> for Hello {
//! #         type Response = http::Response<String>;
//! #         type Error = std::convert::Infallible;
//! #         type Future = std::future::Ready<Result<http::Response<String>, Self::Error>>;
//! #         fn poll_ready(
//! #             &mut self,
//! #             _: &mut std::task::Context<'_>,
//! #         ) -> std::task::Poll<Result<(), Self::Error>> {
//! #             std::task::Poll::Ready(Ok(()))
//! #         }
//! #         fn call(&mut self, _: http::Request<appserver::Body>) -> Self::Future {
//! #             std::future::ready(Ok(http::Response::new("hello".to_owned())))
//! #         }
//! #     }
//! #     Hello
//! # }
//! fn main() {
//!     appserver::main(|| router())
//! }
//! ```

pub mod auth;
pub mod cli;
pub mod commands;
pub mod failure;
pub mod handed;
pub mod issuing;
pub mod jwks;
mod launch;
mod native;
pub mod settings;
mod static_files;
pub mod worker;

pub use native::{Body, main};
