//! One server under test: the real program in a process group of its own, with a temporary home.

mod builder;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;

use nix::sys::signal::Signal;
use tempfile::TempDir;

pub use builder::Builder;

use crate::client::{Address, Client, Response};
use crate::control::{self, Status, Worker};
use crate::log::Log;
use crate::process::{self, Ends, Exit, Process};

/// A running server. Dropping it kills the whole process group and looks for what is left.
pub struct Server {
    pid: i32,
    log: Log,
    ends: Mutex<Ends>,
    home: TempDir,
    project: PathBuf,
    program: PathBuf,
    is_over: bool,
}

/// A server that has ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub exit: Exit,
    /// Everything it said.
    pub text: String,
}

impl Ended {
    /// Asserts the exit code.
    ///
    /// # Panics
    /// When it is another, with everything that the program said.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.exit, Exit::Code(code), "the program said:\n{}", self.text);
        self
    }

    /// Asserts that it said this.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn assert_said(&self, text: &str) -> &Self {
        assert!(self.text.contains(text), "{text:?} was not said, but:\n{}", self.text);
        self
    }
}

impl Server {
    /// `appserver run TARGET` in the folder `examples/EXAMPLE`.
    pub fn example(example: &str, target: &str) -> Builder {
        Builder::example(example, target)
    }

    /// The process id of the master.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// What it says.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The temporary folder of this server; everything that it makes is in here.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder that it runs in.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// Replaces a file of the project (of a copy: see [`Builder::copied`]).
    pub fn replace(&self, name: &str, text: impl AsRef<[u8]>) {
        assert!(self.project.starts_with(self.home()), "the project is not a copy");
        crate::files::replace(&self.project.join(name), text);
    }

    /// The directory of the control socket.
    pub fn runtime_dir(&self) -> PathBuf {
        self.home().join("run")
    }

    /// Waits until all workers serve.
    ///
    /// # Panics
    /// When they do not, or the server ends before.
    #[track_caller]
    pub fn wait_ready(&self) {
        self.log.wait_for("ready: ");
    }

    /// The first address that it listens on.
    #[track_caller]
    pub fn address(&self) -> Address {
        let line = self.log.wait_for("listening on ");
        Address::parse(line.split_once("listening on ").expect("it was waited for").1)
    }

    /// All addresses that it listens on, once it is ready.
    #[track_caller]
    pub fn addresses(&self) -> Vec<Address> {
        self.wait_ready();
        let text = self.log.text();
        let lines = text.lines().filter_map(|line| line.split_once("listening on "));
        lines.map(|(_, address)| Address::parse(address)).collect()
    }

    /// A new connection.
    #[track_caller]
    pub fn client(&self) -> Client {
        Client::connect(&self.address()).expect("the server accepts connections")
    }

    /// One GET over a connection of its own.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        match self.client().get(path) {
            Ok(response) => response,
            Err(error) => panic!("GET {path}: {error}; the server said:\n{}", self.log.text()),
        }
    }

    /// How it is, over its control socket.
    #[track_caller]
    pub fn status(&self) -> Status {
        control::status(&self.runtime_dir()).expect("the control socket answers")
    }

    /// Its workers, over its control socket.
    #[track_caller]
    pub fn workers(&self) -> Vec<Worker> {
        control::workers(&self.runtime_dir()).expect("the control socket answers")
    }

    /// The process ids of its workers that serve, over its control socket.
    #[track_caller]
    pub fn worker_pids(&self) -> Vec<i32> {
        let workers = self.workers().into_iter().filter(|worker| worker.state == "ready");
        workers.map(|worker| worker.pid).collect()
    }

    /// All its processes.
    pub fn processes(&self) -> Vec<Process> {
        process::of_group(self.pid)
    }

    /// Its molds: the children of the master that are no workers.
    #[track_caller]
    pub fn mold_pids(&self) -> Vec<i32> {
        let workers: Vec<i32> = self.workers().into_iter().map(|worker| worker.pid).collect();
        let children = self.processes().into_iter().filter(|process| process.parent == self.pid);
        children.map(|child| child.pid).filter(|pid| !workers.contains(pid)).collect()
    }

    /// Runs `ctl` with these arguments against it, to the end.
    #[track_caller]
    pub fn ctl(&self, arguments: &[&str]) -> Output {
        let mut command = std::process::Command::new(&self.program);
        builder::clear(&mut command);
        command.arg("ctl").args(arguments).arg("--runtime-dir").arg(self.runtime_dir());
        command.current_dir(self.home()).output().expect("the program can be run")
    }

    /// Reloads over the control socket: its answer, which comes when only the new code serves, or
    /// the reason why not.
    #[track_caller]
    pub fn reload(&self) -> Result<String, String> {
        let output = self.ctl(&["reload"]);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Waits until so many workers serve and no other is left.
    ///
    /// # Panics
    /// When it never is so.
    #[track_caller]
    pub fn wait_workers(&self, count: usize) {
        let is_so = || self.workers().len() == count && self.worker_pids().len() == count;
        crate::wait_until(&format!("{count} workers\n{}", self.log.text()), is_so);
    }

    /// Waits until so many workers have begun to stop and not ended yet.
    ///
    /// # Panics
    /// When it never is so.
    #[track_caller]
    pub fn wait_draining(&self, count: usize) {
        crate::wait_until(&format!("{count} workers stop"), || {
            self.workers().iter().filter(|worker| worker.state == "draining").count() == count
        });
    }

    /// Waits until so many requests are in the application.
    ///
    /// # Panics
    /// When they never are.
    #[track_caller]
    pub fn wait_in_flight(&self, count: u64) {
        crate::wait_until(&format!("{count} requests in flight"), || {
            self.status().in_flight == count
        });
    }

    /// Sends the master a signal.
    pub fn signal(&self, signal: Signal) {
        process::signal(self.pid, signal);
    }

    /// Kills one of its processes with `SIGKILL`.
    #[track_caller]
    pub fn kill(&self, pid: i32) {
        assert!(self.processes().iter().any(|process| process.pid == pid), "{pid} is not ours");
        process::signal(pid, Signal::SIGKILL);
    }

    /// Waits for the end of the master.
    ///
    /// # Panics
    /// When it does not end.
    #[track_caller]
    pub fn wait_end(&self) -> Exit {
        let exit = self.ends.lock().unwrap().of(self.pid);
        exit.unwrap_or_else(|| panic!("it does not end; the server said:\n{}", self.log.text()))
    }

    /// Stops it gracefully and asserts that it ends with 0 and leaves nothing behind.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn stop(self) -> Ended {
        self.signal(Signal::SIGTERM);
        let ended = self.end();
        ended.assert_code(0);
        ended
    }

    /// Waits for its end and asserts that it leaves nothing behind.
    ///
    /// # Panics
    /// When something is left.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let exit = self.wait_end();
        self.assert_nothing_left();
        Ended { exit, text: self.log.text() }
    }

    /// Asserts that no process is left; waits for those that are on their way out.
    #[track_caller]
    pub fn assert_no_process_left(&mut self) {
        let left = self.ends.lock().unwrap().of_all();
        assert!(left.is_empty(), "still running: {left:?}\n{}", self.log.text());
        self.is_over = true;
        self.log.wait_end();
    }

    #[track_caller]
    fn assert_nothing_left(&mut self) {
        self.assert_no_process_left();
        let run = std::fs::read_dir(self.runtime_dir()).into_iter().flatten().flatten();
        let files: Vec<PathBuf> = run.map(|entry| entry.path()).collect();
        assert!(files.is_empty(), "left behind: {files:?}\n{}", self.log.text());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.is_over {
            process::kill_group(self.pid);
        }
        let left = self.ends.lock().map(|mut ends| ends.of_all()).unwrap_or_default();
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.log.text());
        } else {
            assert!(left.is_empty(), "still running after SIGKILL: {left:?}");
        }
    }
}
