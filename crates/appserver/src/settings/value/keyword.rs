//! Values that are one of a few words.

use std::{fmt, path::PathBuf};

use super::{Setting, text::text_serde};

/// Declares an enum whose values are words; the words are written here and nowhere else.
macro_rules! keyword {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$inner])* $variant,)+ }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(match self { $(Self::$variant => $word,)+ })
            }
        }

        impl $name {
            /// The words.
            const WORDS: &[&str] = &[$($word),+];

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn expected_words() -> String {
                format!("one of \"{}\"", Self::WORDS.join("\", \""))
            }
        }

        super::text::text_serde!($name);
    };
}
pub(super) use keyword;

/// A [`keyword`] that has no other way to be written.
macro_rules! plain_keyword {
    ($($name:ident),+) => {$(
        impl Setting for $name {
            const WORDS: &'static [&'static str] = Self::WORDS;

            fn expected() -> String {
                Self::expected_words()
            }

            fn parse(text: &str) -> Option<Self> {
                Self::from_word(text)
            }
        }
    )+};
}
pub(super) use plain_keyword;

keyword! {
    /// How the app wants to be called.
    Interface {
        /// What the app looks like decides.
        Auto = "auto",
        /// PEP 3333.
        Wsgi = "wsgi",
        /// ASGI 3.
        Asgi = "asgi",
    }
}

keyword! {
    /// Where the app is loaded.
    Preload {
        /// Before the workers are forked, unless loading it left something that a fork breaks.
        Auto = "auto",
        /// Before the workers are forked.
        Before = "true",
        /// By each worker for itself.
        Each = "false",
    }
}

keyword! {
    /// Whether an ASGI app is told that its worker starts and stops.
    Lifespan {
        /// If it wants to know.
        Auto = "auto",
        /// It has to want it.
        On = "on",
        /// Never.
        Off = "off",
    }
}

keyword! {
    /// Which files may be used for a year.
    Immutable {
        /// Those whose names say that they never change.
        Auto = "auto",
        /// None.
        Off = "off",
    }
}

keyword! {
    /// Yes or no.
    Switch {
        /// Yes.
        On = "true",
        /// No.
        Off = "false",
    }
}

keyword! {
    /// The least important events that are still logged.
    LogLevel {
        /// Failures.
        Error = "error",
        /// Also what should be looked at.
        Warn = "warn",
        /// Also what the server does.
        Info = "info",
        /// Also why.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

keyword! {
    /// The shape of the server's log.
    LogFormat {
        /// Lines for people.
        Text = "text",
        /// One JSON object per line.
        Json = "json",
    }
}

keyword! {
    /// The shape of the access log.
    AccessFormat {
        /// The combined format that Apache made common.
        Combined = "combined",
        /// One JSON object per line.
        Json = "json",
    }
}

plain_keyword!(Interface, Lifespan, Immutable, LogLevel, LogFormat, AccessFormat);

impl Switch {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

impl Setting for Switch {
    const BARE: bool = true;
    const WORDS: &'static [&'static str] = Self::WORDS;

    fn expected() -> String {
        Self::expected_words()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::from_word(text)
    }

    fn from_bool(truth: bool) -> Option<Self> {
        Some(if truth { Self::On } else { Self::Off })
    }
}

impl Setting for Preload {
    const BARE: bool = true;
    const WORDS: &'static [&'static str] = Self::WORDS;

    fn expected() -> String {
        Self::expected_words()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::from_word(text)
    }

    fn from_bool(truth: bool) -> Option<Self> {
        Some(if truth { Self::Before } else { Self::Each })
    }
}

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLog {
    /// Nowhere.
    Off,
    /// To the standard output.
    Stdout,
    /// To a file, appended.
    File(PathBuf),
}

impl fmt::Display for AccessLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => formatter.write_str("off"),
            Self::Stdout => formatter.write_str("-"),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

impl Setting for AccessLog {
    const NAME: &'static str = "PATH";

    fn expected() -> String {
        "true, false, a path, or \"-\" for the standard output".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "off" | "false" => Some(Self::Off),
            "-" | "true" => Some(Self::Stdout),
            _ => PathBuf::parse(text).map(Self::File),
        }
    }

    fn from_bool(truth: bool) -> Option<Self> {
        Some(if truth { Self::Stdout } else { Self::Off })
    }
}

text_serde!(AccessLog);
