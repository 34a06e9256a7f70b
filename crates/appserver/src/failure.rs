//! How the program ends: one failure, told once, with an exit code that means something.

use std::{error::Error, fmt, process::ExitCode};

use crate::settings::{NotDiscovered, SettingsError};

/// Declares the kinds of failure with their exit codes, so that the page is made of them.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $code:literal,)+) => {
        /// What kind of failure ended the program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FailureKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl FailureKind {
            /// The exit code.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$kind => $code,)+ }
            }
        }

        /// Each exit code with its meaning.
        const CODES: &[(u8, &str)] = &[$(($code, concat!($($doc),+)),)+];
    };
}

kinds! {
    /// Something failed while the program ran.
    Failed = 1,
    /// The command line or a setting is wrong.
    Usage = 2,
    /// No worker became ready after the start.
    WorkerBoot = 3,
    /// The app cannot be found or loaded.
    AppLoad = 4,
}

/// Why the program ends without having done what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind, which has the exit code.
    pub kind: FailureKind,
    /// What failed.
    pub message: String,
    /// Why: each line a cause. For settings each a mistake.
    pub causes: Vec<String>,
    /// A text that is shown as it is, like a traceback of the app.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without causes.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), detail: None, hint: None }
    }

    /// A failure with the chain of an error's causes.
    #[must_use]
    pub fn of(kind: FailureKind, error: &dyn Error) -> Self {
        let mut failure = Self::new(kind, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with a text to show as it is.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(formatter, "\n  {cause}")?;
        }
        if let Some(detail) = &self.detail {
            write!(formatter, "\n\n{}\n", detail.trim_end())?;
        }
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let failure = Self::of(FailureKind::Usage, &error);
        match error {
            SettingsError::Read { .. } => failure,
            SettingsError::Mistakes(mistakes) => Self {
                causes: mistakes.iter().map(ToString::to_string).collect(),
                ..failure.hint("`appserver config reference` prints what can be set")
            },
        }
    }
}

impl From<NotDiscovered> for Failure {
    fn from(error: NotDiscovered) -> Self {
        let near = match error.near.as_slice() {
            [] => String::new(),
            near => format!("; the directory holds {}", near.join(", ")),
        };
        Self {
            causes: error.looked.clone(),
            ..Self::new(
                FailureKind::AppLoad,
                format!("no app was found in {}", error.directory.display()),
            )
            .hint(format!("name the app, like `appserver run module:app`{near}"))
        }
    }
}

/// The reference page of the exit codes, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "<!-- Printed by `appserver config reference exit-codes`. A test compares it. -->\n\
         # Exit codes\n\n| code | meaning |\n|---|---|\n| 0 | All went well. |\n",
    );
    for (code, meaning) in CODES {
        page.push_str(&format!("| {code} | {} |\n", meaning.trim()));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Mistake;

    #[test]
    fn a_failure_is_told_once_with_its_causes_and_its_hint() {
        let error = SettingsError::Read {
            path: "/etc/x.toml".into(),
            source: std::io::Error::other("disk on fire"),
        };
        let failure = Failure::from(error).hint("call someone");
        let told = "error: cannot read /etc/x.toml\n  disk on fire\nhint: call someone";
        assert_eq!(failure.to_string(), told);
        assert_eq!(failure.kind.code(), 2);
    }

    #[test]
    fn each_mistake_has_its_line() {
        let mistake = |problem: &str| Mistake { problem: problem.into(), key: None, place: None };
        let failure = Failure::from(SettingsError::Mistakes(vec![mistake("one"), mistake("two")]));
        assert!(
            failure.to_string().starts_with("error: the settings have 2 mistakes\n  one\n  two\n")
        );
    }

    #[test]
    fn a_detail_is_shown_as_it_is() {
        let failure = Failure::new(FailureKind::AppLoad, "no app").detail("Traceback\n  x\n");
        assert_eq!(failure.to_string(), "error: no app\n\nTraceback\n  x\n");
    }
}
