//! Verdicts on connections in every phase.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use appserver_app::{
    Application, Body, BodyMode, Connection, Endpoint, Reply, Request, Response, Scheme, Ticket,
};
use appserver_telemetry::Scoreboard;

use super::{LATE, Tick, Verdict, count_time, judge, look, look_at_all, nanos};
use crate::config::{Config, Limits, Timeouts, WebSocketConfig};
use crate::framing::Fault;
use crate::proxies::TrustedProxies;
use crate::state::{Running, State, Upload};
use crate::worker::{Events, RecycleReason, Worker};

struct Nothing;

impl Application for Nothing {
    fn body_mode(&self) -> BodyMode {
        BodyMode::Whole
    }

    fn call(&self, _: Request) -> Reply {
        Reply::Ready(Response::new(Body::Empty))
    }
}

impl Events for Nothing {
    fn recycle(&self, _: RecycleReason) {}
}

const SECOND: u64 = 1_000_000_000;

/// Each deadline differs, so that a test sees which one was meant.
const TIMEOUTS: Timeouts = Timeouts {
    header: Duration::from_secs(10),
    body: Duration::from_secs(20),
    body_min_rate: 100,
    write: Duration::from_secs(30),
    keepalive: Duration::from_secs(40),
    request: Some(Duration::from_secs(50)),
};

/// Of a connection that nothing has happened on.
pub(crate) fn state() -> State {
    state_of(&worker())
}

fn state_of(worker: &Rc<Worker>) -> State {
    let end = Endpoint::Unix(None);
    State::new(Rc::clone(worker), Connection::new(end.clone(), end, Scheme::Http))
}

fn worker() -> Rc<Worker> {
    let config = Config {
        limits: Limits {
            request_line: 0,
            header_count: 0,
            header_bytes: 0,
            head_bytes: 0,
            body: 0,
        },
        timeouts: TIMEOUTS,
        worker_connections: 1,
        limit_concurrency: None,
        websocket: WebSocketConfig {
            max_message: 1 << 20,
            ping_interval: None,
            ping_timeout: Duration::from_secs(60),
            deflate: true,
        },
        trusted_proxies: TrustedProxies::default(),
        temp_dir: "/".into(),
        body_memory: 0,
        max_requests: None,
        access_log: None,
        gate: None,
        endpoints: None,
        static_files: None,
    };
    let slot = Scoreboard::create(1).unwrap().slot(0);
    let worker = Worker::new(config, Rc::new(Nothing), slot, Rc::new(Nothing));
    worker.now.set(0);
    Rc::new(worker)
}

/// The verdicts just before and just after so many seconds.
fn around(seconds: u64, prepare: impl FnOnce(&State)) -> (Verdict, Verdict) {
    let state = state();
    prepare(&state);
    (judge(&state, seconds * SECOND, &TIMEOUTS), judge(&state, seconds * SECOND + 1, &TIMEOUTS))
}

fn status(verdict: Verdict) -> u16 {
    if let Verdict::Refuse(fault) = verdict { fault.status } else { 0 }
}

#[test]
fn a_silent_connection_is_closed() {
    assert_eq!(around(10, |_| ()), (Verdict::Fine, Verdict::Close));
    assert_eq!(around(40, |state| state.is_fresh.set(false)), (Verdict::Fine, Verdict::Close));
}

#[test]
fn a_slow_head_is_refused() {
    let (before, after) = around(10, |state| state.head_since.set(Some(0)));
    assert_eq!((before, status(after)), (Verdict::Fine, 408));
}

#[test]
fn the_time_of_a_head_starts_when_it_can_be_read() {
    let (before, after) = around(11, |state| {
        state.head_since.set(Some(0));
        state.outstanding.set(1);
    });
    assert_eq!((before, after), (Verdict::Fine, Verdict::Fine));
    let (before, after) = around(11, |state| {
        state.head_since.set(Some(0));
        state.outstanding.set(1);
        state.response_ended(SECOND);
    });
    assert_eq!((before, status(after)), (Verdict::Fine, 408));
}

#[test]
fn a_body_may_pause_but_not_stop() {
    let (before, after) = around(20, |state| {
        state.upload.set(Upload { is_open: true, waiting_since: Some(0), waited: 0, bytes: 0 });
    });
    assert_eq!((before, status(after)), (Verdict::Fine, 408));
}

#[test]
fn a_body_has_a_least_rate_after_a_time_of_grace() {
    let cases = [(5, 0, 0), (6, 0, 408), (6, 599, 408), (6, 600, 0), (100, 9_999, 408)];
    for (seconds, bytes, expected) in cases {
        let state = state();
        let waited = seconds * SECOND;
        state.upload.set(Upload { is_open: true, waiting_since: None, waited, bytes });
        let verdict = judge(&state, 0, &TIMEOUTS);
        assert_eq!(status(verdict), expected, "{bytes} bytes in {seconds} s");
    }
}

#[test]
fn an_application_has_its_own_time_and_no_other() {
    let (before, after) = around(50, |state| {
        state.outstanding.set(1);
        *state.running.borrow_mut() = Some(running(0));
    });
    assert_eq!((before, after), (Verdict::Fine, Verdict::Expire));
}

/// A request that the application has been at since then.
fn running(since: u64) -> Running {
    let (method, target) = Default::default();
    Running { since, ticket: None, is_queued: false, method, target }
}

/// Since when an application is taken to work, one second after it was called.
fn since(ticket: Option<Ticket>, upload: Upload, fault: Option<Fault>) -> u64 {
    let state = state();
    state.upload.set(upload);
    state.fault.set(fault);
    let ticket = ticket.map(Arc::new);
    *state.running.borrow_mut() = Some(Running { ticket, is_queued: true, ..running(0) });
    count_time(&state, SECOND, SECOND / 4);
    state.running.take().unwrap().since
}

#[test]
fn time_in_a_queue_is_not_the_applications() {
    let begun = Ticket::default();
    assert!(begun.begin());
    let upload = Upload::default();
    assert_eq!(since(None, upload, None), 0);
    assert_eq!(since(Some(Ticket::default()), upload, None), 0, "nobody waits longer in a queue");
    assert_eq!(since(Some(begun), upload, None), SECOND);
}

#[test]
fn time_that_a_client_takes_is_not_the_applications() {
    let waiting = Upload { is_open: true, waiting_since: Some(0), waited: 0, bytes: 0 };
    assert_eq!(since(None, waiting, None), SECOND / 4);
    assert_eq!(since(None, waiting, Some(Fault::timeout("late"))), 0, "the client has gone");
}

#[test]
fn a_client_that_does_not_read_is_cut() {
    let (before, after) = around(30, |state| {
        state.outstanding.set(1);
        state.write_since.set(Some(0));
    });
    assert_eq!((before, after), (Verdict::Fine, Verdict::Cut));
}

#[test]
fn every_connection_is_looked_at_once_in_a_round() {
    let worker = worker();
    let places = [(); 5].map(|()| worker.registry.insert(Rc::new(state_of(&worker))));
    let gone = [0, 2, 4];
    gone.iter().for_each(|&at| worker.registry.remove(places[at]));
    worker.registry.visit(|state| {
        state.upload.set(Upload { is_open: true, waiting_since: Some(0), waited: 0, bytes: 0 });
    });
    assert!(look_at_all(&worker, Tick::first(SECOND - 7).next(SECOND)).is_none());
    let mut seen = 0;
    worker.registry.visit(|state| {
        assert_eq!(state.upload.get().waited, 7);
        seen += 1;
    });
    assert_eq!(seen, places.len() - gone.len());
}

#[test]
fn the_oldest_request_of_all_is_found() {
    let worker = worker();
    for since in [2, 1, 0, 1, 2] {
        let state = state_of(&worker);
        state.running.replace(Some(running(SECOND + since)));
        worker.registry.insert(Rc::new(state));
    }
    let oldest = look_at_all(&worker, Tick::first(2 * SECOND)).unwrap();
    assert_eq!(oldest.running.borrow().as_ref().unwrap().since, SECOND);
}

#[test]
fn a_worker_that_was_held_up_hears_clients_out_before_it_judges_them() {
    let (late, silence) = (nanos(LATE) + 1, 100 * SECOND);
    let state = state();
    let held_up = Tick::first(silence).next(silence + late);
    look(&state, held_up);
    assert!(!state.wants_close.get());
    // It has listened since, so the next tick counts, late or not.
    look(&state, held_up.next(silence + 2 * late));
    assert!(state.wants_close.get());
}

#[test]
fn deadlines_hold_if_ticks_are_not_quite_punctual() {
    let (now, silence) = (nanos(LATE), 100 * SECOND);
    let state = state();
    look(&state, Tick::first(silence).next(silence + now));
    assert!(state.wants_close.get());
}

#[test]
fn a_body_is_not_late_while_nobody_listens() {
    let state = state();
    let arriving = Upload { is_open: true, waiting_since: Some(0), waited: 0, bytes: 0 };
    state.upload.set(arriving);
    let held_up = Tick::first(0).next(100 * SECOND);
    look(&state, held_up);
    assert!(state.fault.get().is_none());
    assert_eq!(state.upload.get().waited, nanos(LATE));
    look(&state, held_up.next(100 * SECOND + 1));
    assert_eq!(state.fault.get().unwrap().status, 408);
}
