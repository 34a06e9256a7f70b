//! Telling a service manager how the server is (sd_notify(3)).

use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;

use crate::plan::Sd;

/// The service manager, if there is one.
#[derive(Debug, Default)]
pub struct ServiceManager {
    socket: Option<UnixDatagram>,
}

impl ServiceManager {
    /// The one that `NOTIFY_SOCKET` names. None, or an unreachable one, is no error.
    pub fn from_env() -> Self {
        let socket = std::env::var_os("NOTIFY_SOCKET").and_then(|path| connect(path.as_bytes()));
        Self { socket }
    }

    /// Sends a state.
    pub fn notify(&self, state: Sd) {
        let now_us = appserver_os::clock::monotonic_ns() / 1000;
        let pid = std::process::id();
        let text = match state {
            Sd::Ready => format!("READY=1\nMAINPID={pid}\nSTATUS=serving"),
            Sd::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={now_us}\nSTATUS=reloading"),
            Sd::Stopping => "STOPPING=1\nSTATUS=stopping".to_owned(),
        };
        self.send(&text);
    }

    /// The watchdog's sign of life.
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    fn send(&self, text: &str) {
        if let Some(socket) = &self.socket {
            let _ = socket.send(text.as_bytes());
        }
    }
}

fn connect(path: &[u8]) -> Option<UnixDatagram> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;
    let socket = UnixDatagram::unbound().ok()?;
    let address = match path.strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path)),
    };
    socket.connect_addr(&address.ok()?).ok()?;
    Some(socket)
}
