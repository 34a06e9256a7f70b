//! A terminal shows nothing of what is typed while a secret is asked for.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::thread;
use std::time::Instant;

use appserver_os::terminal::{Typed, read_hidden};

use crate::DEADLINE;

/// Both sides of a terminal: where somebody types and looks, and where the program reads.
fn terminal() -> (File, OwnedFd) {
    let (mut keyboard, mut program) = (-1, -1);
    let none = std::ptr::null_mut();
    // SAFETY: fills in two descriptors; everything else is left out.
    let made =
        unsafe { libc::openpty(&mut keyboard, &mut program, none, none.cast(), none.cast()) };
    assert_eq!(made, 0);
    // SAFETY: both are open and nobody else's.
    unsafe { (File::from_raw_fd(keyboard), OwnedFd::from_raw_fd(program)) }
}

fn flags(program: BorrowedFd<'_>) -> libc::tcflag_t {
    let mut attributes = std::mem::MaybeUninit::<libc::termios>::uninit();
    // SAFETY: all of it is filled in where it does not fail.
    unsafe {
        assert_eq!(libc::tcgetattr(program.as_raw_fd(), attributes.as_mut_ptr()), 0);
        attributes.assume_init().c_lflag
    }
}

/// Types once nothing is shown any more; gives what the program reads and what is on the screen.
fn typed(keys: &[u8]) -> (Typed, Vec<u8>) {
    let (mut keyboard, program) = terminal();
    let before = flags(program.as_fd());
    let reading = program.try_clone().unwrap();
    let reader = thread::spawn(move || read_hidden(reading.as_fd()).unwrap());
    let begin = Instant::now();
    while flags(program.as_fd()) & libc::ECHO != 0 {
        assert!(begin.elapsed() < DEADLINE, "the terminal still shows what is typed");
        thread::yield_now();
    }
    keyboard.write_all(keys).unwrap();
    let line = reader.join().unwrap();
    assert_eq!(flags(program.as_fd()), before, "the terminal is as it was");
    File::from(program).write_all(b".").unwrap();
    let mut screen = Vec::new();
    while screen.last() != Some(&b'.') {
        let mut byte = [0];
        keyboard.read_exact(&mut byte).unwrap();
        screen.extend(byte);
    }
    (line, screen)
}

#[test]
fn a_hidden_line_is_read_and_not_shown() {
    let (line, screen) = typed("pâss-wörd\n".as_bytes());
    assert_eq!(line, Typed::Line("pâss-wörd".as_bytes().to_vec()));
    assert_eq!(String::from_utf8(screen).unwrap(), ".");
}

#[test]
fn keys_that_correct_and_end_a_line_work() {
    assert_eq!(typed(b"ax\x7fb\n").0, Typed::Line(b"ab".to_vec()));
    assert_eq!(typed(b"\x04").0, Typed::End);
    assert_eq!(typed(b"half\x04\x04").0, Typed::Line(b"half".to_vec()));
}

#[test]
fn the_key_that_interrupts_leaves_the_terminal_as_it_was() {
    assert_eq!(typed(b"half\x03").0, Typed::Interrupt);
}

#[test]
fn a_file_is_no_terminal() {
    let file = File::open("/dev/null").unwrap();
    let error = read_hidden(file.as_fd()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ENOTTY));
}
