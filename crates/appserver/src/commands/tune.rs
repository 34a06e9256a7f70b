//! `tune`: the app under load with several numbers of workers and threads, and the best of them.
//!
//! Safe on any machine: the server listens on the loopback interface, on a port that nobody else
//! knows; only GET is sent; time, requests and memory are bounded; and nothing is left running or
//! written but what was asked for.

mod chart;
mod findings;
mod grid;
mod group;
mod interface;
mod interrupts;
mod lines;
mod load;
mod measure;
mod memory_limit;
mod probe;
mod processes;
mod progress;
mod recipe;
mod recommend;
mod report;
mod said;
mod server;
mod session;
mod state;
mod summary;
mod table;
mod terminal;
mod units;
mod write;

use std::io::{self, Write};

use appserver_os::Signal;
use http::header::HOST;

use crate::cli::{self, AppKind, TuneOptions};
use crate::commands::{LoadNative, print, warn};
use crate::failure::{Failure, FailureKind};
use crate::settings::value::Workers;
use crate::settings::{self, Loaded, Sources};

use grid::Point;
use group::Group;
use interface::{App, Found};
use interrupts::Interrupts;
use measure::Questions;
use progress::Progress;
use recipe::Recipe;
use report::Report;
use session::{Bounds, Session};
use state::State;
use terminal::Look;

/// Measures, recommends, and writes if that is wanted. Interrupted, it tells what it has.
pub(super) fn tune(
    kind: AppKind,
    sources: &Sources,
    options: &TuneOptions,
    load_native: LoadNative<'_>,
) -> Result<u8, Failure> {
    let loaded = settings::load(sources)?;
    let questions = questions(options, sources)?;
    let handed = interface::handed(kind, (&loaded, sources), load_native)?;
    let failed = |error: io::Error| Failure::of(FailureKind::Failed, &error);
    Group::adopt_orphans().map_err(failed)?;
    let mut interrupts = Interrupts::catch().map_err(failed)?;
    let app = match interrupts.run(interface::find(&handed, sources)) {
        Ok(Ok(Found::App(app))) => app,
        Ok(Ok(Found::Refused(code))) => return Ok(code),
        Ok(Err(failure)) => return Err(failure),
        Err(signal) => return Ok(interrupted(signal)),
    };
    if !options.threads.is_empty() && !app.interface.has_threads() {
        let text = format!("--threads: {} apps have no threads to choose", app.interface);
        return Err(Failure::new(FailureKind::Usage, text).hint("try --workers alone"));
    }
    let chosen = (options.workers.as_slice(), options.threads.as_slice());
    let points = grid::points(app.interface, questions.cpus, chosen);
    let bounds = Bounds {
        max_time: options.max_time,
        memory: options.memory_limit.unwrap_or_else(memory_limit::of_machine),
        rounds: options.rounds,
    };
    let (state, warning) = State::read(&loaded, &sources.environment);
    warn(warning.as_slice());
    let mut session = Session::new(Recipe::new(sources, state), questions.clone(), bounds);
    let signal = run(&mut session, &points, &mut interrupts)?;
    tell((&app, &questions), &session, options, signal.is_some());
    match signal {
        Some(signal) => Ok(interrupted(signal)),
        None => conclude(&session, (options, &loaded)),
    }
}

/// The exit code of a command that a signal has ended.
fn interrupted(signal: Signal) -> u8 {
    let _ = writeln!(io::stderr(), "interrupted: not everything was tried");
    128 + signal as u8
}

/// Measures all combinations, or until a signal arrives, which is returned. No server runs
/// afterwards.
fn run(
    session: &mut Session,
    points: &[Point],
    interrupts: &mut Interrupts,
) -> Result<Option<Signal>, Failure> {
    let progress = Progress::new();
    let outcome = interrupts.run(session.run(points, progress));
    progress.clear();
    // Whoever asks twice does not want to wait.
    let _ = interrupts.run(session.stop());
    session.server = None;
    match outcome {
        Ok(outcome) => outcome.map(|()| None),
        Err(signal) => Ok(Some(signal)),
    }
}

/// What to ask for.
fn questions(options: &TuneOptions, sources: &Sources) -> Result<Questions, Failure> {
    let mut fields = options.headers.clone();
    for path in &options.header_files {
        let path = sources.directory.join(path);
        let wrong = |why: String| {
            Failure::new(FailureKind::Usage, format!("--header-file {}: {why}", path.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            fields.push(cli::header(line).map_err(wrong)?);
        }
    }
    let host = options.host.clone().map(|host| (HOST, host));
    fields.extend(host);
    Ok(Questions {
        urls: options.urls.clone(),
        fields,
        connections: options.connections,
        warm_up: options.warm_up,
        duration: options.duration,
        requests: options.requests,
        cpus: Workers::Auto.count(),
    })
}

/// Prints what is known.
fn tell(
    (app, questions): (&App, &Questions),
    session: &Session,
    options: &TuneOptions,
    is_interrupted: bool,
) {
    let samples = session.findings.samples();
    let outcomes = summary::outcomes(samples);
    let choice = recommend::recommend(&outcomes, session.memory_limit());
    let choice = choice.filter(|_| !is_interrupted);
    let report = Report {
        app: &app.name,
        interface: app.interface,
        questions,
        memory_limit: session.memory_limit(),
        outcomes: &outcomes,
        left_out: session.findings.left_out(),
        choice: choice.as_ref(),
        notes: &summary::notes(samples, questions.cpus),
    };
    match options.output.json {
        true => print(&report.json()),
        false => print(&report.text(Look::of_output(options.output.ascii))),
    };
}

/// Writes what is recommended, if that is wanted.
fn conclude(session: &Session, (options, loaded): (&TuneOptions, &Loaded)) -> Result<u8, Failure> {
    let limit = session.memory_limit();
    let outcomes = summary::outcomes(session.findings.samples());
    let Some(choice) = recommend::recommend(&outcomes, limit) else {
        let text = match outcomes.is_empty() {
            true => "nothing was measured".to_owned(),
            false => format!("no combination works without errors within {}", units::bytes(limit)),
        };
        return Err(Failure::new(FailureKind::Failed, text));
    };
    if !options.output.write {
        return Ok(0);
    }
    let path = write::write(choice.point, loaded)?;
    let _ = writeln!(io::stderr(), "written to {}", path.display());
    for key in ["workers", "threads"] {
        let place = loaded.places.of(key);
        if let Some(name) = place.strip_prefix("environment ") {
            let _ = writeln!(io::stderr(), "warning: {name} is set, which wins over the file");
        }
    }
    Ok(0)
}
