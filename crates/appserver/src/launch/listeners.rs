//! The listening sockets of the server, kept from one generation to the next.

use std::collections::BTreeMap;
use std::net::ToSocketAddrs;
use std::rc::{Rc, Weak};

use appserver_os::{ListenAddress, Listening};

use crate::failure::{Failure, FailureKind};
use crate::settings::Settings;
use crate::settings::value::Bind;

/// The first descriptor that a service manager passes (sd_listen_fds(3)).
const FIRST_PASSED: i32 = 3;

/// Every socket that a generation still uses, by the text of its setting.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    open: BTreeMap<String, Vec<Weak<Listening>>>,
    /// Sockets of a service manager; where there are any, they are used instead of `bind`.
    passed: Vec<Rc<Listening>>,
}

impl Listeners {
    /// The sockets that these settings want: those that are open already, and new ones.
    ///
    /// # Errors
    /// When an address cannot be bound; sockets made before it are closed again.
    pub(crate) fn bind(&mut self, settings: &Settings) -> Result<Vec<Rc<Listening>>, Failure> {
        if self.passed.is_empty() {
            self.passed = passed()?;
        }
        if !self.passed.is_empty() {
            return Ok(self.passed.clone());
        }
        let mut listeners = Vec::new();
        let backlog = i32::try_from(settings.backlog).unwrap_or(i32::MAX);
        for bind in settings.bind.iter() {
            let key = bind.to_string();
            let kept = self.kept(&key);
            let sockets = if kept.is_empty() { open(bind, backlog)? } else { kept };
            self.open.insert(key, sockets.iter().map(Rc::downgrade).collect());
            listeners.extend(sockets);
        }
        Ok(listeners)
    }

    fn kept(&self, key: &str) -> Vec<Rc<Listening>> {
        let open = self.open.get(key).map(Vec::as_slice).unwrap_or_default();
        open.iter().filter_map(Weak::upgrade).collect()
    }
}

/// The sockets that a service manager has opened for this process.
fn passed() -> Result<Vec<Rc<Listening>>, Failure> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<i32>().ok());
    let mine = number("LISTEN_PID") == Some(std::process::id().cast_signed());
    let count = number("LISTEN_FDS").filter(|_| mine).unwrap_or(0);
    (FIRST_PASSED..FIRST_PASSED.saturating_add(count))
        .map(|fd| open(&Bind::Fd(fd), 0))
        .collect::<Result<Vec<_>, _>>()
        .map(|sockets| sockets.into_iter().flatten().collect())
}

/// A host name may have several addresses; each gets a socket.
fn open(bind: &Bind, backlog: i32) -> Result<Vec<Rc<Listening>>, Failure> {
    let addresses = match bind {
        Bind::Unix(path) => vec![ListenAddress::Unix(path.clone())],
        Bind::Fd(fd) => vec![ListenAddress::Inherited(*fd)],
        Bind::Tcp { host, port } => (host.as_str(), *port)
            .to_socket_addrs()
            .map_err(|error| cannot_bind(bind, &error))?
            .map(ListenAddress::Tcp)
            .collect(),
    };
    let sockets = addresses.iter().map(|address| Listening::bind(address, backlog).map(Rc::new));
    sockets.collect::<Result<_, _>>().map_err(|error| cannot_bind(bind, &error))
}

fn cannot_bind(bind: &Bind, error: &std::io::Error) -> Failure {
    let failure = Failure::new(FailureKind::Failed, format!("cannot listen on {bind}: {error}"));
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            failure.hint("another program listens there; stop it, or choose another `bind`")
        }
        std::io::ErrorKind::PermissionDenied => {
            failure.hint("ports below 1024 and some directories need more rights")
        }
        _ => failure,
    }
}
