//! A WebSocket, held by the client of Python's `websockets`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use appserver_testkit::{DEADLINE, Server, python};
use serde_json::Value;

/// Speaks lines on one side and a WebSocket on the other; it says how in its head.
const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/wire.py");

/// One connection, with whatever came over it and was not read yet.
pub(super) struct Wire {
    client: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Wire {
    /// Connects.
    #[track_caller]
    pub(super) fn open(server: &Server, path: &str, headers: &[&str]) -> Self {
        let wire = Self::connect(server, path, headers);
        assert_eq!(wire.next(), "open", "{path} was not accepted");
        wire
    }

    /// Fails to connect, and returns the status of the answer.
    #[track_caller]
    pub(super) fn refused(server: &Server, path: &str, headers: &[&str]) -> u16 {
        let said = Self::connect(server, path, headers).next();
        let status = said.strip_prefix("refused ").and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("{path} was not refused, but {said}"))
    }

    fn connect(server: &Server, path: &str, headers: &[&str]) -> Self {
        let url = format!("ws://{}{path}", server.address());
        let mut command = Command::new(python::newest().interpreter());
        command.arg(CLIENT).arg(url).args(headers).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(client.stdout.take().unwrap());
        let (sender, lines) = channel();
        // The thread ends with the client, and sends into nothing when nobody reads any more.
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { stdin: client.stdin.take(), client, lines }
    }

    /// Sends a text; `bytes HEX` and `close CODE` are what they say.
    pub(super) fn send(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{text}").unwrap();
    }

    /// Sends JSON.
    pub(super) fn send_json(&mut self, value: &Value) {
        self.send(&value.to_string());
    }

    /// The next JSON that comes.
    #[track_caller]
    pub(super) fn next_json(&self) -> Value {
        let said = self.next();
        let text = said.strip_prefix("text ").unwrap_or_else(|| panic!("no text, but {said}"));
        serde_json::from_str(text).unwrap()
    }

    /// The next JSON of this `type`; what comes before is passed over.
    #[track_caller]
    pub(super) fn next_of_type(&self, kind: &str) -> Value {
        loop {
            let event = self.next_json();
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// The code with which the connection ends; what comes before is passed over.
    #[track_caller]
    pub(super) fn closed(self) -> u16 {
        loop {
            let said = self.next();
            if let Some(end) = said.strip_prefix("closed ") {
                return end.split(' ').next().unwrap().parse().unwrap();
            }
        }
    }

    #[track_caller]
    fn next(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("the server says something")
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}
