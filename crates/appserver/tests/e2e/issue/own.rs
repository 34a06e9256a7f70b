//! Services that a test starts for itself, to kill them and to start them again with their data.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use appserver_testkit::wait_until;
use tempfile::TempDir;

/// A service with a port and a folder of its own. Dropping it kills it.
pub(super) struct Service {
    folder: TempDir,
    port: u16,
    start: fn(&Path, u16) -> Command,
    is_up: fn(u16) -> bool,
    child: Option<Child>,
    scheme: &'static str,
    database: &'static str,
}

impl Service {
    /// A Redis that loses nothing; `None`, with a message, where it is not installed.
    pub(super) fn redis() -> Option<Self> {
        is_there("redis-server")?;
        let start = |folder: &Path, port: u16| {
            let mut command = Command::new("redis-server");
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]);
            command.args(["--appendfsync", "always", "--maxmemory-policy", "noeviction"]);
            command.arg("--port").arg(port.to_string()).arg("--dir").arg(folder);
            command
        };
        let is_up = |port: u16| {
            let mut command = Command::new("redis-cli");
            let output = command.args(["-p", &port.to_string(), "ping"]).output();
            output.is_ok_and(|output| output.stdout.starts_with(b"PONG"))
        };
        Some(Self::new("redis", "0", start, is_up))
    }

    /// A PostgreSQL; `None`, with a message, where it is not installed.
    pub(super) fn postgres() -> Option<Self> {
        if postgres_programs().is_none() {
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        }
        let start = |folder: &Path, port: u16| {
            let mut command = unprivileged("postgres");
            command.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
            command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
            command
        };
        let is_up = |port: u16| {
            let mut command = Command::new(postgres_program("pg_isready"));
            command.args(["--quiet", "--username=postgres", "--host=127.0.0.1"]);
            let output = command.arg("--port").arg(port.to_string()).output();
            output.is_ok_and(|output| output.status.success())
        };
        Some(Self::new("postgres", "postgres", start, is_up))
    }

    fn new(
        scheme: &'static str,
        database: &'static str,
        start: fn(&Path, u16) -> Command,
        is_up: fn(u16) -> bool,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if scheme == "postgres" {
            make_cluster(folder.path());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut service = Self { folder, port, start, is_up, child: None, scheme, database };
        service.start();
        service
    }

    pub(super) fn url(&self) -> String {
        let user = if self.scheme == "postgres" { "postgres@" } else { "" };
        format!("{}://{user}127.0.0.1:{}/{}", self.scheme, self.port, self.database)
    }

    /// Starts it with what it had, and waits until it answers.
    pub(super) fn start(&mut self) {
        wait_until("the service answers", || {
            let has_ended = match &mut self.child {
                Some(child) => child.try_wait().unwrap().is_some(),
                None => true,
            };
            // PostgreSQL does not start as long as its old processes are on their way out.
            if has_ended {
                let mut command = (self.start)(self.folder.path(), self.port);
                let command = command.stdin(Stdio::null());
                let command = command.stdout(Stdio::null()).stderr(Stdio::null());
                self.child = Some(command.spawn().unwrap());
            }
            (self.is_up)(self.port)
        });
    }

    /// Kills it as a machine does that loses its power.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        wait_until("nobody answers any more", || !(self.is_up)(self.port));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn make_cluster(folder: &Path) {
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder));
    }
    let mut command = unprivileged("initdb");
    command.args(["-U", "postgres", "--auth=trust", "--no-sync", "-D"]).arg(folder.join("data"));
    run(&mut command);
}

/// A program of PostgreSQL's as the user of the service, where we are root: it refuses to run as that.
fn unprivileged(program: &str) -> Command {
    let program = postgres_program(program);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

fn postgres_program(name: &str) -> PathBuf {
    postgres_programs().expect("whoever starts one has looked before").join(name)
}

/// The folder of PostgreSQL's programs: Debian keeps them off the PATH, one folder for each version.
fn postgres_programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = installed.map(|entry| entry.path()).collect();
    folders.sort_by_key(|folder| {
        let version = folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all =
        folders.iter().map(|folder| folder.join("bin")).chain(std::env::split_paths(&path));
    all.find(|folder| folder.join("initdb").is_file())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn is_there(program: &str) -> Option<()> {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped: {program} is not on the PATH");
    }
    is_there.then_some(())
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
