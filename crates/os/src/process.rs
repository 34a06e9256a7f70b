//! Facts about and settings of the calling process.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// How many threads the calling process has.
///
/// # Errors
/// When `/proc` is not mounted.
pub fn thread_count() -> io::Result<usize> {
    Ok(fs::read_dir("/proc/self/task")?.count())
}

/// Resident memory of a process in bytes; `None` once it is gone.
pub fn resident_bytes(pid: nix::unistd::Pid) -> Option<u64> {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size())
}

fn page_size() -> u64 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}

/// Makes orphaned descendants come to this process instead of to init.
///
/// # Errors
/// When the kernel refuses.
pub fn become_subreaper() -> io::Result<()> {
    Ok(nix::sys::prctl::set_child_subreaper(true)?)
}

/// Raises the soft limit of open files to the hard limit; returns the limit in force.
///
/// # Errors
/// When the kernel refuses.
pub fn raise_open_files() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    }
    Ok(hard)
}

/// Takes ownership of a descriptor that the parent process handed down by number, and closes it on
/// exec from now on.
///
/// # Errors
/// `EBADF` when there is no such descriptor.
pub fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: only borrowed for the check that it is open at all.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    fcntl(borrowed, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    // SAFETY: it is open, and by contract with the parent nobody else in this process owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Leaves a descriptor open in the next program that this process executes.
///
/// # Errors
/// When the kernel refuses.
pub fn keep_on_exec(fd: BorrowedFd<'_>) -> io::Result<()> {
    fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(())
}

/// Sets or clears non-blocking mode.
///
/// # Errors
/// `EBADF` when it is closed.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let flags = nix::fcntl::OFlag::from_bits_truncate(fcntl(fd, FcntlArg::F_GETFL)?);
    let mut wanted = flags;
    wanted.set(nix::fcntl::OFlag::O_NONBLOCK, on);
    if wanted != flags {
        fcntl(fd, FcntlArg::F_SETFL(wanted))?;
    }
    Ok(())
}

/// Ends the process at once, with no destructor or exit handler: what a forked process does when
/// its parent's handlers are not its own.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process; nothing of it is used afterwards.
    unsafe { libc::_exit(code) }
}

/// Sends this signal to the calling thread; returns when its handler has run.
pub fn raise(signal: nix::sys::signal::Signal) {
    // Fails for numbers that are no signal only.
    let _ = nix::sys::signal::raise(signal);
}

/// Ends the process by this signal, so that its parent sees the true cause.
pub fn die_of(signal: nix::sys::signal::Signal) -> ! {
    let _ = nix::sys::signal::raise(signal);
    exit_now(128 + signal as i32)
}

/// The number of a descriptor, for handing it to a child by number.
pub fn number(fd: &impl AsRawFd) -> RawFd {
    fd.as_raw_fd()
}

/// Sets the file mode creation mask.
pub fn set_umask(bits: u32) {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(bits));
}

/// Does something under another file mode creation mask, where one is given. The mask belongs to
/// the whole process: no other thread should make files meanwhile.
pub fn with_umask<T>(bits: Option<u32>, make: impl FnOnce() -> T) -> T {
    let Some(bits) = bits else { return make() };
    let before = nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(bits));
    let made = make();
    nix::sys::stat::umask(before);
    made
}

/// Names the process, as `top` and `ps -o comm` show it. Longer names are cut at 15 bytes.
pub fn set_name(name: &str) {
    if let Ok(name) = std::ffi::CString::new(name) {
        let _ = nix::sys::prctl::set_name(&name);
    }
}

/// Keeps freed memory for the next request instead of giving it back to the kernel each time: with
/// glibc's defaults, every body of a hundred kilobytes costs a page fault for each of its pages.
/// The allocator gives memory back once more than this lies free at the end of one of its heaps.
pub fn keep_freed_memory() {
    #[cfg(target_env = "gnu")]
    {
        const KEPT: libc::c_int = 8 << 20;
        const MAPPED_FROM: libc::c_int = 2 << 20;
        // SAFETY: sets two numbers of the allocator; no other thread runs yet.
        unsafe {
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM);
        }
    }
}
