//! Signals as events: handlers write the signal's number into a pipe, a loop reads it.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, sigprocmask};
use signal_hook::low_level;
use tokio::io::unix::AsyncFd;

use crate::readable::{Watched, watch};

/// Signals that this process has asked for.
#[derive(Debug)]
pub struct Signals {
    pipe: OwnedFd,
    registered: Vec<signal_hook::SigId>,
    claim: Claim,
}

impl Signals {
    /// Catches these signals from now on.
    ///
    /// # Errors
    /// When a signal cannot be caught (`SIGKILL`, `SIGSTOP`) or no pipe can be made.
    pub fn catch(signals: &[Signal]) -> io::Result<Self> {
        let (pipe, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        let write = std::sync::Arc::new(write);
        let mut registered = Vec::new();
        let mut claim = Claim(Vec::new());
        for &signal in signals {
            if signal_hook::consts::FORBIDDEN.contains(&(signal as i32)) {
                return Err(Errno::EINVAL.into());
            }
            let write = std::sync::Arc::clone(&write);
            let byte = signal as u8;
            let action = move || {
                // SAFETY: write(2) is async-signal-safe; a full pipe loses a repeated signal only.
                unsafe { libc::write(write.as_raw_fd(), (&raw const byte).cast(), 1) };
            };
            // SAFETY: the action is async-signal-safe: it calls write(2) and nothing else.
            registered.push(unsafe { low_level::register(signal as i32, action) }?);
            claim.0.push((signal, disposition(signal)?));
        }
        Ok(Self { pipe, registered, claim })
    }

    /// What keeps these signals from others in this process.
    pub fn claim(&self) -> Claim {
        self.claim.clone()
    }

    /// The next signal that has arrived already, without waiting.
    pub fn pending(&self) -> Option<Signal> {
        let mut byte = [0_u8];
        match nix::unistd::read(&self.pipe, &mut byte) {
            Ok(1) => byte.first().and_then(|byte| Signal::try_from(i32::from(*byte)).ok()),
            _ => None,
        }
    }

    /// Turns these into a stream for an async loop. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the runtime has no I/O driver.
    pub fn into_stream(mut self) -> io::Result<SignalStream> {
        let registered = std::mem::take(&mut self.registered);
        let pipe = self.pipe.try_clone()?;
        Ok(SignalStream {
            fd: watch(pipe)?,
            signals: Self { pipe: self.pipe.try_clone()?, registered, claim: self.claim() },
        })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
    }
}

/// Signals that code of others in this process may have taken: whoever sets a handler of its own
/// leaves the one before without a word.
#[derive(Clone)]
pub struct Claim(Vec<(Signal, libc::sigaction)>);

impl Claim {
    /// Takes back what was taken; returns what that was. A handler that was set before ours still
    /// runs after it.
    pub fn renew(&self) -> Vec<Signal> {
        let is_taken = |(signal, ours): &&(Signal, libc::sigaction)| {
            disposition(*signal).is_ok_and(|now| now.sa_sigaction != ours.sa_sigaction)
        };
        let take_back = |(signal, ours): &(Signal, libc::sigaction)| {
            // SAFETY: what is installed is what the kernel told of our own handler.
            let done = unsafe { libc::sigaction(*signal as i32, ours, std::ptr::null_mut()) };
            (done == 0).then_some(*signal)
        };
        self.0.iter().filter(is_taken).filter_map(take_back).collect()
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(signal, _)| signal)).finish()
    }
}

/// What happens at a signal.
fn disposition(signal: Signal) -> io::Result<libc::sigaction> {
    let mut now = MaybeUninit::uninit();
    // SAFETY: nothing is changed; the place is ours.
    Errno::result(unsafe { libc::sigaction(signal as i32, std::ptr::null(), now.as_mut_ptr()) })?;
    // SAFETY: sigaction has filled it, because it did not fail.
    Ok(unsafe { now.assume_init() })
}

/// Signals, awaited.
#[derive(Debug)]
pub struct SignalStream {
    fd: AsyncFd<Watched<OwnedFd>>,
    signals: Signals,
}

impl SignalStream {
    /// The next signal.
    ///
    /// # Cancel safety
    /// Dropping the future loses no signal.
    pub async fn next(&mut self) -> Signal {
        loop {
            if let Some(signal) = self.signals.pending() {
                return signal;
            }
            match self.fd.readable().await {
                Ok(mut guard) => guard.clear_ready(),
                Err(_) => std::future::pending().await,
            }
            if let Some(signal) = self.signals.pending() {
                return signal;
            }
        }
    }
}

/// Puts a signal back to what the kernel does by default.
///
/// # Errors
/// For `SIGKILL` and `SIGSTOP`.
pub fn set_default(signal: Signal) -> io::Result<()> {
    // SAFETY: the default action runs no code of ours.
    unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) }?;
    Ok(())
}

/// Catches a signal and does nothing. Unlike an ignored signal it is not ignored by programs that
/// this process starts.
///
/// # Errors
/// For `SIGKILL` and `SIGSTOP`.
pub fn swallow(signal: Signal) -> io::Result<()> {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: the handler does nothing.
    unsafe { nix::sys::signal::signal(signal, SigHandler::Handler(nothing)) }?;
    Ok(())
}

/// Unblocks every signal, whatever mask was inherited.
///
/// # Errors
/// Never in practice.
pub fn unblock_all() -> io::Result<()> {
    Ok(sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?)
}
