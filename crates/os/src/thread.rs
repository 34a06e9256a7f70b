//! Facts about and settings of the calling thread.

use std::io;

/// Makes the calling thread alone give way to others: by this much, up to 19 (setpriority(2); on
/// Linux the priority belongs to the thread). It cannot be taken back without privileges.
///
/// # Errors
/// When the kernel refuses.
pub fn lower_priority(by: i32) -> io::Result<()> {
    let lowered = priority().saturating_add(by).clamp(-20, 19);
    // SAFETY: changes one number of the calling thread.
    match unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, lowered) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The calling thread's nice value: -20, which comes first, to 19.
#[must_use]
pub fn priority() -> i32 {
    // SAFETY: reads one number of the calling thread. For oneself it cannot fail, so that -1 is no
    // error.
    unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_calling_thread_gives_way() {
        let before = priority();
        let lowered = std::thread::spawn(|| {
            lower_priority(3).unwrap();
            priority()
        });
        assert_eq!(lowered.join().unwrap(), (before + 3).min(19));
        assert_eq!(priority(), before);
    }
}
