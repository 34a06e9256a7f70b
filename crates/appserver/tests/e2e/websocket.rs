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

/// The same, ready. Who is still connected does not hold up the end for long.
fn serve(setup: &Setup) -> Server {
    serve_with(setup, &[])
}

/// The same with these settings.
fn serve_with(setup: &Setup, settings: &[&str]) -> Server {
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    sockets(setup).args(["--graceful-timeout=1s"]).args(settings).start()
}
