//! The mold of a native program: the program itself, executed again.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use appserver_app::{Application, LocalFuture};
use appserver_os::{Signal, fork, process, signals};
use appserver_supervisor::message::FromMold;
use appserver_supervisor::mold::{self, Outcome};
use appserver_supervisor::{BootReport, Inheritance};

use crate::handed::Handed;
use crate::worker::{LoopHooks, Plain, Seat};

/// Makes the application.
type Make = Box<dyn Fn() -> Rc<dyn Application>>;

/// Runs the mold that was handed this descriptor, and every worker that is forked from it. Returns
/// the exit code.
pub(super) fn run(fd: i32, make: Make) -> i32 {
    match seat(fd) {
        Ok(Some(seat)) => work(seat, make),
        Ok(None) => 0,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            1
        }
    }
}

/// A seat in a worker; none in the mold, when its time is over.
fn seat(fd: i32) -> Result<Option<Seat>, Box<dyn std::error::Error>> {
    let inheritance = Inheritance::unwrap(fd)?;
    let handed: Handed = serde_json::from_value(inheritance.settings.clone())?;
    handed.init_log();
    process::set_name("appserver:mold");
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGPWR] {
        signals::swallow(signal)?;
    }
    if let Some(umask) = handed.settings.umask {
        process::set_umask(umask.bits());
    }
    if let Err(error) = handed.identity().assume() {
        let report = BootReport::worker(format!("{error}"));
        mold::tell(&inheritance.control, &FromMold::LoadFailed(report))?;
        return Ok(None);
    }
    let loaded = FromMold::Loaded { preloaded: false, notes: Vec::new() };
    mold::tell(&inheritance.control, &loaded)?;
    match mold::serve(&inheritance.control, &mut fork::single_threaded)? {
        Outcome::Dismissed => Ok(None),
        Outcome::Worker { slot } => Ok(Some(Seat::take(inheritance, handed, slot)?)),
    }
}

fn work(seat: Seat, make: Make) -> i32 {
    let app = || {
        let made = catch_unwind(AssertUnwindSafe(make)).map_err(|_| {
            let summary = "the application panicked while it was made".to_owned();
            BootReport { summary, app_failed: true, ..BootReport::default() }
        });
        Box::pin(std::future::ready(made)) as LocalFuture<_>
    };
    let end = seat.serve(Box::new(app), &Plain(LoopHooks::default()));
    end.map_or_else(|report| report.exit_code(), |_| 0)
}
