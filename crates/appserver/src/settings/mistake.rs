//! What can be wrong with settings, and where.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

use super::table::Table;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub problem: String,
    /// The full key, where the mistake belongs to one.
    pub key: Option<String>,
    /// Where it was written, where that is known.
    pub place: Option<String>,
}

impl Mistake {
    /// A mistake at a key.
    pub(crate) fn at(key: &str, place: &str, problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), key: Some(key.to_owned()), place: Some(place.to_owned()) }
    }

    /// A mistake at a place that belongs to no key.
    pub(crate) fn of_place(place: &str, problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), key: None, place: Some(place.to_owned()) }
    }

    /// A key that does not exist. `around` are the keys of the table that it was found in, where
    /// there may be several such tables.
    pub(crate) fn unknown(
        key: &str,
        place: &str,
        table: &'static Table,
        around: Vec<String>,
    ) -> Self {
        let fields = table.all();
        let elsewhere = fields.iter().find(|(_, field)| field.gunicorn == Some(key));
        let mut known: Vec<String> = fields.iter().map(|(key, _)| key.clone()).collect();
        known.extend(table.tables.iter().map(|inner| inner.name.to_owned()));
        known.extend(around);
        let near = elsewhere.map(|(key, _)| key.as_str()).or_else(|| nearest(key, &known));
        let problem = near.map_or_else(
            || "unknown setting".to_owned(),
            |near| format!("unknown setting (did you mean `{near}`?)"),
        );
        Self::at(key, place, problem)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.problem)?;
        match (&self.key, &self.place) {
            (Some(key), Some(place)) => write!(formatter, ", for `{key}` in {place}"),
            (Some(key), None) => write!(formatter, ", for `{key}`"),
            (None, Some(place)) => write!(formatter, ", in {place}"),
            (None, None) => Ok(()),
        }
    }
}

/// Why there are no settings.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The settings file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings are wrong. All mistakes are here.
    #[error("{}", summary(.0))]
    Mistakes(Vec<Mistake>),
}

fn summary(mistakes: &[Mistake]) -> String {
    match mistakes {
        [_] => "the settings have a mistake".to_owned(),
        _ => format!("the settings have {} mistakes", mistakes.len()),
    }
}

/// The known name that is most like this one, if any is like it.
pub(crate) fn nearest<'n>(name: &str, known: &'n [String]) -> Option<&'n str> {
    /// Below this likeness two names have nothing to do with each other.
    const LIKE: f64 = 0.75;
    let leaf = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    let likeness = |known: &str| {
        let whole = strsim::normalized_damerau_levenshtein(name, known);
        // The right name in the wrong table is nearer than a wrong name in the right one.
        if leaf(name) == leaf(known) { whole.max(0.9) } else { whole }
    };
    known
        .iter()
        .map(|known| (likeness(known), known.as_str()))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, known)| known)
}
