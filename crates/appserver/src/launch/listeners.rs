//! The listening sockets of the server, kept from one generation to the next.

use std::collections::BTreeMap;
use std::net::ToSocketAddrs;
use std::rc::{Rc, Weak};

use appserver_os::{ListenAddress, Listening, process};

use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
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
    /// Whether everything that was handed down has been taken.
    has_begun: bool,
}

impl Listeners {
    /// The sockets that these settings want: those that are open already, and new ones.
    ///
    /// # Errors
    /// When an address cannot be bound; sockets made before it are closed again.
    pub(crate) fn bind(&mut self, handed: &Handed) -> Result<Vec<Rc<Listening>>, Failure> {
        // Held until all are made: the list of open ones does not keep them.
        let adopted = match std::mem::replace(&mut self.has_begun, true) {
            false => self.adopt(&handed.settings)?,
            true => Vec::new(),
        };
        if !self.passed.is_empty() {
            return Ok(self.passed.clone());
        }
        let mut listeners = Vec::new();
        for bind in handed.settings.bind.iter() {
            let kept = self.kept(&bind.to_string());
            let sockets = if kept.is_empty() { make(bind, handed)? } else { kept };
            self.keep(bind, &sockets);
            listeners.extend(sockets);
        }
        drop(adopted);
        Ok(listeners)
    }

    /// Takes what was handed down, before this process opens anything: later, the same numbers are
    /// descriptors of its own.
    fn adopt(&mut self, settings: &Settings) -> Result<Vec<Rc<Listening>>, Failure> {
        self.passed = passed()?;
        let mut adopted = Vec::new();
        if self.passed.is_empty() {
            for bind in settings.bind.iter().filter(|bind| matches!(bind, Bind::Fd(_))) {
                let sockets = open(bind, 0)?;
                self.keep(bind, &sockets);
                adopted.extend(sockets);
            }
        }
        Ok(adopted)
    }

    fn keep(&mut self, bind: &Bind, sockets: &[Rc<Listening>]) {
        self.open.insert(bind.to_string(), sockets.iter().map(Rc::downgrade).collect());
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

/// New sockets, with the owner and the permissions that the settings want.
fn make(bind: &Bind, handed: &Handed) -> Result<Vec<Rc<Listening>>, Failure> {
    if let Bind::Fd(_) = bind {
        let text = format!("cannot listen on {bind}: it was not handed down at the start");
        return Err(Failure::new(FailureKind::Failed, text)
            .hint("a reload keeps descriptors, it cannot take new ones; restart the server"));
    }
    let backlog = i32::try_from(handed.settings.backlog).unwrap_or(i32::MAX);
    let sockets = process::with_umask(handed.umask(), || open(bind, backlog))?;
    let identity = handed.identity();
    if let Bind::Unix(path) = bind
        && (identity.user.is_some() || identity.group.is_some())
    {
        identity.own(path).map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    }
    Ok(sockets)
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
