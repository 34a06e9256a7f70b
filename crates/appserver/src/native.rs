//! Native applications: a tower service gets the whole server.

mod body;
mod mold;
mod service;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use appserver_app::Application;
use tower_service::Service;

use crate::cli::AppKind;
use crate::commands;
use crate::launch::MOLD_ARGUMENT;

pub use body::Body;
use service::ServiceApp;

/// Runs the program: the command line of the server, for the service that `make` makes. Each
/// worker makes its own, within its runtime; so does `check`.
pub fn main<F, S, B>(make: F) -> !
where
    F: Fn() -> S + 'static,
    S: Service<http::Request<Body>, Response = http::Response<B>, Error = Infallible>
        + Clone
        + 'static,
    S::Future: 'static,
    B: http_body::Body<Data = bytes::Bytes> + 'static,
    B::Error: std::fmt::Display,
{
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == MOLD_ARGUMENT) {
        let fd = arguments.next().and_then(|fd| fd.into_string().ok()?.parse().ok());
        let app = move || Rc::new(ServiceApp(make())) as Rc<dyn Application>;
        std::process::exit(mold::run(fd.unwrap_or(-1), Box::new(app)));
    }
    let load = || {
        let made = catch_unwind(AssertUnwindSafe(&make));
        made.map(drop).map_err(|_| "the application panicked while it was made".to_owned())
    };
    let kind = AppKind::Native { name: program_name() };
    let code = commands::execute(kind, std::env::args_os(), &load);
    std::process::exit(i32::from(code));
}

/// What the operator typed, without its directory.
fn program_name() -> &'static str {
    let path = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = path.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
    // Once per process, for the rest of its life.
    name.map_or("app", |name| Box::leak(name.into_owned().into_boxed_str()))
}
