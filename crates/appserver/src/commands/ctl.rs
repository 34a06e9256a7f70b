//! `ctl`: talk to a running server.

mod table;

use appserver_supervisor::control::{self, Answer, ControlError, Request};

use crate::cli::CtlAction;
use crate::commands::print;
use crate::failure::{Failure, FailureKind};
use crate::settings::{self, Sources};

/// Asks the server of this runtime directory and prints its answer.
pub(super) fn ctl(sources: &Sources, action: CtlAction, json: bool) -> Result<u8, Failure> {
    let Some(directory) = settings::runtime_dir(sources) else {
        let failure =
            Failure::new(FailureKind::Failed, "no directory of a control socket is found");
        let hint = "start the server with --runtime-dir DIRECTORY, and name the same one here";
        return Err(failure.hint(hint));
    };
    let request = match action {
        CtlAction::Status => Request::Status,
        CtlAction::Workers => Request::Workers,
        CtlAction::Reload => Request::Reload,
        CtlAction::Scale(workers) => Request::Scale { workers: workers as usize },
        CtlAction::Stop => Request::Stop,
        CtlAction::ReopenLogs => Request::ReopenLogs,
    };
    let answer = control::ask(&directory, request).map_err(|error| unanswered(&error))?;
    if let Answer::Failed(reason) = answer {
        return Err(Failure::new(FailureKind::Failed, "the server refused").detail(reason));
    }
    let text = if json { as_json(&answer) } else { table::text(&answer) };
    Ok(print(&text))
}

fn as_json(answer: &Answer) -> String {
    let text = match answer {
        Answer::Status(status) => serde_json::to_string_pretty(status),
        Answer::Workers(workers) => serde_json::to_string_pretty(workers),
        Answer::Done(text) | Answer::Failed(text) => serde_json::to_string(text),
    };
    text.unwrap_or_default()
}

fn unanswered(error: &ControlError) -> Failure {
    let failure = Failure::of(FailureKind::Failed, error);
    match error {
        ControlError::Unreachable { .. } => {
            failure.hint("is the server running? its log says where its control socket is; name that directory with --runtime-dir")
        }
        ControlError::NoAnswer => failure,
    }
}
