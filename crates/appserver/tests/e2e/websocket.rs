//! WebSockets through the ASGI bridge: what an application says reaches the client's bytes, and what
//! the client does reaches the application.

mod closing;
mod drain;
mod flow;
mod handshake;
mod messages;
mod raw;
mod settings;

use appserver_testkit::{Builder, Server};

use super::site::Setup;

/// The WebSocket application in one worker, so that it can count.
fn sockets(setup: &Setup) -> Builder {
    setup.with_apps("sockets").workers(1)
}

/// The same, ready.
fn serve(setup: &Setup) -> Server {
    sockets(setup).start()
}

/// The same with these settings.
fn serve_with(setup: &Setup, settings: &[&str]) -> Server {
    sockets(setup).args(settings.iter().flat_map(|setting| ["--set", setting])).start()
}
