//! Reading what is not to be seen from a terminal.

use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A line, without its end.
    Line(Vec<u8>),
    /// The key that interrupts programs. The signal has not been sent: the terminal had to be put
    /// right first.
    Interrupt,
    /// Nothing more will come.
    End,
}

/// The longest line that terminals give (`MAX_CANON` of Linux is less).
const LONGEST: usize = 4096;

/// Reads one line without showing it. Afterwards the terminal is as it was; the end of the line is
/// not shown either. What was typed before this began is thrown away.
///
/// # Errors
/// `ENOTTY` when this is no terminal.
pub fn read_hidden(terminal: BorrowedFd<'_>) -> io::Result<Typed> {
    let hidden = Hidden::new(terminal)?;
    let mut line = Vec::new();
    // The terminal gives whole lines, one with each read.
    let mut buffer = [0; LONGEST];
    let mut file = File::from(terminal.try_clone_to_owned()?);
    loop {
        let count = match file.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        line.extend(buffer.iter().take(count));
        match line.last() {
            _ if count == 0 && line.is_empty() => return Ok(Typed::End),
            Some(last) if *last == hidden.interrupt() => return Ok(Typed::Interrupt),
            Some(b'\n') => {
                line.pop();
                return Ok(Typed::Line(line));
            }
            _ if count == 0 || line.len() > LONGEST => return Ok(Typed::Line(line)),
            _ => {}
        }
    }
}

/// A terminal that shows nothing until this is dropped.
struct Hidden {
    terminal: RawFd,
    before: libc::termios,
}

impl Hidden {
    /// The key that interrupts ends the line instead of the program, which would leave the terminal
    /// as it is now.
    fn new(terminal: BorrowedFd<'_>) -> io::Result<Self> {
        let terminal = terminal.as_raw_fd();
        let mut before = MaybeUninit::<libc::termios>::uninit();
        // SAFETY: the kernel fills all of it in where it does not fail.
        let before = unsafe {
            match libc::tcgetattr(terminal, before.as_mut_ptr()) {
                0 => before.assume_init(),
                _ => return Err(io::Error::last_os_error()),
            }
        };
        let hidden = Self { terminal, before };
        let mut silent = before;
        silent.c_lflag &= !(libc::ECHO | libc::ECHONL | libc::ISIG);
        silent.c_lflag |= libc::ICANON;
        if let Some(end) = silent.c_cc.get_mut(libc::VEOL) {
            *end = hidden.interrupt();
        }
        hidden.set(&silent)?;
        Ok(hidden)
    }

    /// The key that interrupts, or, where there is none, the one that never comes.
    fn interrupt(&self) -> u8 {
        self.before.c_cc.get(libc::VINTR).copied().unwrap_or_default()
    }

    fn set(&self, attributes: &libc::termios) -> io::Result<()> {
        // SAFETY: the kernel only reads the attributes, which are whole.
        match unsafe { libc::tcsetattr(self.terminal, libc::TCSAFLUSH, attributes) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = self.set(&self.before);
    }
}
