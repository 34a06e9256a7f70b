//! Programs that are started, addressed and reaped.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use appserver_os::spawn::{Spawned, spawn};
use appserver_os::{Exit, PidFd, Signal, fork, poll, process, wait};

fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).stdin(Stdio::null());
    command
}

/// Waits for the end without reaping.
fn until_ended(child: &Spawned) {
    while !poll::is_readable(child.pidfd.as_fd()).unwrap() {
        poll::until_readable(std::iter::once(child.pidfd.as_fd())).unwrap();
    }
}

#[test]
fn an_exit_code_is_told() {
    let child = spawn(shell("exit 7"), &[]).unwrap();
    assert_eq!(wait::until_ended(child.pid).unwrap(), Exit::Code(7));
}

#[test]
fn a_pidfd_shows_the_end_and_the_child_is_reaped_once() {
    let child = spawn(shell("exit 0"), &[]).unwrap();
    until_ended(&child);
    for _ in 0..2 {
        assert_eq!(wait::look(child.pid).unwrap(), Some(Exit::Code(0)), "looking reaps nothing");
    }
    assert_eq!(wait::one(child.pid).unwrap(), Some(Exit::Code(0)));
    assert!(wait::one(child.pid).is_err());
    assert!(wait::look(child.pid).is_err());
}

#[test]
fn a_child_that_runs_has_no_exit_and_dies_of_the_signal_it_is_sent() {
    // It waits for the end of its input, which stays open here.
    let (input, _open) = std::io::pipe().unwrap();
    let mut command = Command::new("/bin/cat");
    command.stdin(input);
    let child = spawn(command, &[]).unwrap();
    assert!(!poll::is_readable(child.pidfd.as_fd()).unwrap());
    assert_eq!(wait::one(child.pid).unwrap(), None);
    assert_eq!(wait::look(child.pid).unwrap(), None);
    child.pidfd.signal(Signal::SIGKILL).unwrap();
    assert_eq!(wait::until_ended(child.pid).unwrap(), Exit::Signal(9));
}

#[test]
fn a_signal_to_a_child_that_is_gone_is_no_error() {
    let child = spawn(shell("exit 0"), &[]).unwrap();
    wait::until_ended(child.pid).unwrap();
    child.pidfd.signal(Signal::SIGTERM).unwrap();
}

#[test]
fn exactly_the_descriptors_that_are_kept_are_inherited() {
    let (mut reader, kept) = std::io::pipe().unwrap();
    let (mut silent, closed) = std::io::pipe().unwrap();
    let write = |number: i32| format!("echo written 2>/dev/null >/proc/self/fd/{number}; ");
    let script = write(process::number(&kept)) + &write(process::number(&closed)) + "exit 0";
    let child = spawn(shell(&script), &[kept.as_fd()]).unwrap();
    drop((kept, closed));
    assert_eq!(wait::until_ended(child.pid).unwrap(), Exit::Code(0));
    let (mut told, mut untold) = (String::new(), String::new());
    reader.read_to_string(&mut told).unwrap();
    silent.read_to_string(&mut untold).unwrap();
    assert_eq!((told.as_str(), untold.as_str()), ("written\n", ""));
}

#[test]
fn a_program_that_does_not_exist_is_an_error() {
    assert!(spawn(Command::new("/nonexistent/program"), &[]).is_err());
}

#[test]
fn a_pid_of_nobody_has_no_pidfd() {
    let child = spawn(shell("exit 0"), &[]).unwrap();
    wait::until_ended(child.pid).unwrap();
    let error = PidFd::open(child.pid).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(3), "ESRCH");
}

#[test]
fn a_process_with_threads_is_not_forked() {
    // The test harness runs this in a thread beside its main one.
    let error = fork::single_threaded().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    assert!(error.to_string().contains("thread(s) are running"), "{error}");
}

#[test]
fn the_memory_of_a_process_is_known_until_it_is_gone() {
    let me = appserver_os::Pid::this();
    assert!(process::resident_bytes(me).unwrap() > 1024 * 1024);
    let child = spawn(shell("exit 0"), &[]).unwrap();
    wait::until_ended(child.pid).unwrap();
    assert_eq!(process::resident_bytes(child.pid), None);
}

#[test]
fn an_inherited_number_is_adopted_only_if_it_is_open() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let raw = std::os::fd::IntoRawFd::into_raw_fd(writer);
    let mut adopted = std::fs::File::from(process::adopt(raw).unwrap());
    adopted.write_all(b"x").unwrap();
    drop(adopted);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "x");
    assert!(process::adopt(1_000_000).is_err());
}
