//! Work that a signal ends: what runs is dropped, and cleans up after itself.

use std::io;

use appserver_os::Signal;
use appserver_os::signals::{SignalStream, Signals};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// What ends the command.
const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// Where all work is done.
pub(super) struct Interrupts {
    signals: SignalStream,
    local: LocalSet,
    runtime: Runtime,
}

impl Interrupts {
    /// Catches the signals from now on.
    ///
    /// # Errors
    /// They cannot be caught, or nothing can be waited for.
    pub(super) fn catch() -> io::Result<Self> {
        let caught = Signals::catch(&SIGNALS)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _entered = runtime.enter();
            caught.into_stream()?
        };
        Ok(Self { signals, local: LocalSet::new(), runtime })
    }

    /// Does this work, to its end or until a signal arrives.
    ///
    /// # Errors
    /// The signal. The work is dropped then.
    pub(super) fn run<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Signal> {
        let Self { signals, local, runtime } = self;
        local.block_on(runtime, async {
            tokio::select! {
                biased;
                signal = signals.next() => Err(signal),
                done = work => Ok(done),
            }
        })
    }
}
