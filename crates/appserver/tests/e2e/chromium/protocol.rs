//! The DevTools protocol over a pair of pipes: JSON messages, each ended by a zero byte.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use appserver_testkit::{DEADLINE, Signal, process};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a Chromium is called.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Chromium reads commands from descriptor 3 and answers on 4.
const PIPES: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// No sandbox, because tests run as root and in containers; a page is never anything but ours.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-pipe",
];

/// A browser process and what it has said.
pub(super) struct Protocol {
    process: Child,
    commands: RefCell<ChildStdin>,
    messages: Receiver<Value>,
    /// Events that nobody has waited for yet.
    events: RefCell<Vec<Value>>,
    last_id: Cell<u64>,
    _profile: TempDir,
}

impl Protocol {
    /// Starts a browser.
    ///
    /// # Panics
    /// When there is none.
    pub(super) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", PIPES, "sh", find()]).args(FLAGS);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.env("HOME", profile.path()).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        // The thread ends with the browser, and sends into nothing when nobody reads any more.
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while answers.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let _ = sender.send(serde_json::from_slice(&message).unwrap());
                message.clear();
            }
        });
        Self {
            commands: RefCell::new(process.stdin.take().unwrap()),
            process,
            messages,
            events: RefCell::default(),
            last_id: Cell::default(),
            _profile: profile,
        }
    }

    /// The result of a command.
    #[track_caller]
    pub(super) fn ask(&self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        let answer = self.try_ask(session, method, parameters);
        answer.unwrap_or_else(|| panic!("{method}: the browser does not answer"))
    }

    /// The result of a command; `None` when it does not come in time.
    #[track_caller]
    pub(super) fn try_ask(
        &self,
        session: Option<&str>,
        method: &str,
        parameters: &Value,
    ) -> Option<Value> {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let mut command = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.commands.borrow_mut().write_all(format!("{command}\0").as_bytes()).unwrap();
        let answer = self.next(|message| message["id"] == id)?;
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        Some(answer["result"].clone())
    }

    /// Waits for an event that nobody has waited for yet.
    #[track_caller]
    pub(super) fn wait_for_event(&self, session: &str, method: &str) {
        let is_it =
            |message: &Value| message["method"] == method && message["sessionId"] == session;
        let known = self.events.borrow().iter().position(is_it);
        if let Some(known) = known {
            self.events.borrow_mut().remove(known);
            return;
        }
        assert!(self.next(is_it).is_some(), "{method} never happens");
    }

    /// The next such message. Events that come before are kept.
    fn next(&self, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).ok()?;
            if is_it(&message) {
                return Some(message);
            }
            self.events.borrow_mut().push(message);
        }
    }
}

impl Drop for Protocol {
    fn drop(&mut self) {
        let group = i32::try_from(self.process.id()).unwrap();
        process::signal(-group, Signal::SIGKILL);
        let _ = self.process.wait();
    }
}

/// The first Chromium on the `PATH`.
fn find() -> &'static str {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let is_there = |name: &&str| folders.iter().any(|folder| folder.join(name).is_file());
    let found = NAMES.into_iter().find(is_there);
    found.expect("Chromium is on the PATH; on Debian: apt-get install chromium")
}
