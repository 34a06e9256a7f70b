//! Signals, caught and awaited. Each test has a signal of its own: handlers are the process's.

use appserver_os::signals::{Signals, swallow};
use appserver_os::{Pid, PidFd, Signal};

use super::in_a_loop;

fn send(signal: Signal) {
    PidFd::open(Pid::this()).unwrap().signal(signal).unwrap();
}

#[test]
fn a_signal_that_came_before_the_loop_is_not_lost() {
    let signals = Signals::catch(&[Signal::SIGUSR1]).unwrap();
    send(Signal::SIGUSR1);
    in_a_loop(async {
        let mut stream = signals.into_stream().unwrap();
        assert_eq!(stream.next().await, Signal::SIGUSR1);
    });
}

#[test]
fn a_signal_wakes_the_loop() {
    in_a_loop(async {
        let signals = Signals::catch(&[Signal::SIGUSR2, Signal::SIGWINCH]).unwrap();
        let mut stream = signals.into_stream().unwrap();
        for signal in [Signal::SIGUSR2, Signal::SIGWINCH, Signal::SIGUSR2] {
            let (next, ()) = tokio::join!(stream.next(), async { send(signal) });
            assert_eq!(next, signal);
        }
    });
}

#[test]
fn nothing_is_pending_until_something_comes() {
    let signals = Signals::catch(&[Signal::SIGURG]).unwrap();
    assert_eq!(signals.pending(), None);
}

#[test]
fn what_cannot_be_caught_is_refused() {
    assert!(Signals::catch(&[Signal::SIGKILL]).is_err());
}

#[test]
fn what_others_take_is_taken_back() {
    let signal = Signal::SIGXFSZ;
    let signals = Signals::catch(&[signal, Signal::SIGVTALRM]).unwrap();
    let claim = signals.claim();
    assert_eq!(claim.renew(), []);
    swallow(signal).unwrap();
    send(signal);
    assert_eq!(signals.pending(), None);
    assert_eq!(claim.renew(), [signal]);
    assert_eq!(claim.renew(), []);
    in_a_loop(async {
        let mut stream = signals.into_stream().unwrap();
        send(signal);
        assert_eq!(stream.next().await, signal);
    });
}
