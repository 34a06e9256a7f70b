//! How a server is started.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

use super::{Ended, Server};
use crate::log::Log;
use crate::process::{Ends, become_subreaper};
use crate::python::Python;
use crate::{files, program, python};

/// Variables that would change what is tested.
const FOREIGN: [&str; 13] = [
    "PORT",
    "WEB_CONCURRENCY",
    "FORWARDED_ALLOW_IPS",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "VIRTUAL_ENV",
    "RUNTIME_DIRECTORY",
    "XDG_RUNTIME_DIR",
    "PYTHONPATH",
    "PYTHONHOME",
    "DJANGO_SETTINGS_MODULE",
];

/// A server to be. Unless told otherwise it listens on a free port of 127.0.0.1, and everything that
/// it writes goes to a temporary folder.
pub struct Builder {
    home: TempDir,
    program: PathBuf,
    wrapper: Vec<OsString>,
    words: Vec<OsString>,
    target: Option<OsString>,
    arguments: Vec<OsString>,
    binds: Option<Vec<String>>,
    has_runtime_dir: bool,
    environment: Vec<(OsString, OsString)>,
    stdin: Stdio,
    project: PathBuf,
    python: Option<Python>,
}

/// Removes from a command what the test's own environment would add.
pub(super) fn clear(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("APPSERVER_") {
            command.env_remove(name);
        }
    }
    for name in FOREIGN {
        command.env_remove(name);
    }
}

impl Builder {
    /// `appserver run TARGET` in the folder `examples/EXAMPLE`, with the newest Python.
    pub fn example(example: &str, target: &str) -> Self {
        let mut builder = Self::of(program::built("appserver"));
        builder.project = program::example(example);
        builder.python = Some(python::newest());
        builder.target = Some(target.into());
        builder
    }

    /// `appserver run app:application` in an empty folder with this `app.py`.
    pub fn source(source: &str) -> Self {
        let mut builder = Self::of(program::built("appserver"));
        builder.python = Some(python::newest());
        builder.target = Some("app:application".into());
        builder.file("app.py", source)
    }

    /// `PROGRAM run` in an empty folder: a native application.
    pub fn native(program: impl AsRef<Path>) -> Self {
        Self::of(program.as_ref().to_owned())
    }

    /// Running this program instead.
    pub fn program(mut self, program: &Path) -> Self {
        self.program = program.to_owned();
        self
    }

    fn of(program: PathBuf) -> Self {
        let home = tempfile::Builder::new().prefix("appserver-test-").tempdir();
        let home = home.expect("a temporary folder can be made");
        let project = home.path().join("project");
        for folder in ["project", "run", "tmp"] {
            std::fs::create_dir(home.path().join(folder)).expect("a folder can be made");
        }
        Self {
            home,
            program,
            wrapper: Vec::new(),
            words: vec!["run".into()],
            target: None,
            arguments: Vec::new(),
            binds: None,
            has_runtime_dir: true,
            environment: Vec::new(),
            stdin: Stdio::null(),
            project,
            python: None,
        }
    }

    /// Another command than `run`.
    pub fn command(mut self, words: &[&str]) -> Self {
        self.words = words.iter().map(OsString::from).collect();
        self
    }

    /// Without a target: the server has to find the app.
    pub fn without_target(mut self) -> Self {
        self.target = None;
        self
    }

    /// In a copy of the project, which may be changed. Call it before [`Self::file`].
    pub fn copied(mut self) -> Self {
        let copy = self.home.path().join("project");
        files::copy_tree(&self.project, &copy);
        self.project = copy;
        self
    }

    /// In this folder instead, which is another server's: for commands about that one.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.project = folder.to_owned();
        self
    }

    /// With this file in the project, which must be a copy.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        assert!(self.project.starts_with(self.home.path()), "the project is not a copy");
        files::replace(&self.project.join(name), text);
        self
    }

    /// With this Python instead of the newest.
    pub fn python(mut self, python: &Python) -> Self {
        self.python = Some(python.clone());
        self
    }

    /// Without any virtualenv in its environment.
    pub fn without_python(mut self) -> Self {
        self.python = None;
        self
    }

    /// With these arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// With so many workers.
    pub fn workers(self, count: usize) -> Self {
        self.args(["--workers", &count.to_string()])
    }

    /// With so many threads in each worker.
    pub fn threads(self, count: usize) -> Self {
        self.args(["--threads", &count.to_string()])
    }

    /// With this variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Listening here instead of on a free port; more calls add more addresses.
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.binds.get_or_insert_default().push(address.into());
        self
    }

    /// Without any flag that says where to listen.
    pub fn without_bind(mut self) -> Self {
        self.binds = Some(Vec::new());
        self
    }

    /// Without a directory for the control socket.
    pub fn without_runtime_dir(mut self) -> Self {
        self.has_runtime_dir = false;
        self
    }

    /// With this as its standard input.
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// Through another program, which must become ours by exec.
    pub fn through(mut self, words: &[&str]) -> Self {
        self.wrapper = words.iter().map(OsString::from).collect();
        self
    }

    /// The temporary folder of this server.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder that it will run in.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// Starts it and waits until all workers serve.
    #[track_caller]
    pub fn start(self) -> Server {
        let server = self.spawn();
        server.wait_ready();
        server
    }

    /// Starts it and waits for its end.
    #[track_caller]
    pub fn run(self) -> Ended {
        self.spawn().end()
    }

    /// Starts it.
    #[track_caller]
    #[expect(clippy::zombie_processes, reason = "`Ends` reaps the whole group")]
    pub fn spawn(mut self) -> Server {
        become_subreaper();
        let stdin = std::mem::replace(&mut self.stdin, Stdio::null());
        let mut child = self.to_command().stdin(stdin).spawn().expect("the program can be started");
        let pid = i32::try_from(child.id()).expect("a process id is an i32");
        let log = Log::default();
        log.follow(child.stdout.take().expect("it is piped"));
        log.follow(child.stderr.take().expect("it is piped"));
        let ends = Mutex::new(Ends::watch(pid));
        let Self { home, project, program, .. } = self;
        Server { pid, log, ends, home, project, program, is_over: false }
    }

    fn to_command(&self) -> Command {
        let mut words = self.wrapper.clone();
        words.push(self.program.clone().into());
        words.extend(self.words.iter().cloned());
        words.extend(self.target.iter().cloned());
        words.extend(self.arguments.iter().cloned());
        if self.words[0] == "run" {
            words.extend(self.places());
        }
        let mut command = Command::new(&words[0]);
        clear(&mut command);
        command.args(&words[1..]).current_dir(&self.project).process_group(0);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A file that is replaced within a second by one of the same size looks compiled already.
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("TMPDIR", self.home.path().join("tmp"));
        if let Some(python) = &self.python {
            command.env("VIRTUAL_ENV", &python.venv);
        }
        command.envs(self.environment.iter().cloned());
        command
    }

    fn places(&self) -> Vec<OsString> {
        let mut words = Vec::new();
        let free = vec!["127.0.0.1:0".to_owned()];
        for bind in self.binds.as_ref().unwrap_or(&free) {
            words.extend(["--bind".into(), bind.into()]);
        }
        if self.has_runtime_dir {
            words.extend(["--runtime-dir".into(), self.home.path().join("run").into()]);
        }
        words
    }
}
