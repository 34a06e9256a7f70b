//! From sources to settings, or to all their mistakes.

use std::path::{Path, PathBuf};

use figment::{
    error::{Actual, Kind as ErrorKind},
    value::{Dict, Value},
};

use super::{
    Settings,
    check::check,
    discover::{NotDiscovered, discover},
    found::find_runtime_dir,
    key::join,
    layers::{Layers, Sources},
    mistake::{Mistake, SettingsError},
    places::Places,
    show::{Shown, show},
    table::{Collection, Field, Order, Table},
    value::Kind,
};

/// Settings that are right, and where each came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The settings file that was read.
    pub file: Option<PathBuf>,
    /// The directory to run in. Absolute where the sources' directory is.
    pub directory: PathBuf,
    /// Every value with the place it came from.
    pub shown: Vec<Shown>,
    /// Where each key was set.
    pub(crate) places: Places,
}

impl Loaded {
    /// The app to serve: the one that was named, or else the one that the directory holds.
    ///
    /// # Errors
    /// None was named and none is found.
    pub fn target(&self) -> Result<String, NotDiscovered> {
        match &self.settings.app {
            Some(target) => Ok(target.clone()),
            None => Ok(discover(&self.directory, self.settings.interface)?.target),
        }
    }

    /// Every setting and where it came from, as lines for people or as JSON.
    #[must_use]
    pub fn show(&self, json: bool) -> String {
        if json {
            return serde_json::to_string_pretty(&self.shown).unwrap_or_default();
        }
        self.shown.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

/// Reads, merges and checks settings.
///
/// # Errors
/// The settings file cannot be read, or there are mistakes: all of them are in the error.
pub fn load(sources: &Sources) -> Result<Loaded, SettingsError> {
    let layers = Layers::read(sources)?;
    let mut mistakes = layers.mistakes.clone();
    verify_table(&layers, &Settings::TABLE, ("", &layers.values), &mut mistakes);
    if !mistakes.is_empty() {
        return Err(SettingsError::Mistakes(mistakes));
    }
    let settings: Settings = Value::from(layers.values.clone()).deserialize().map_err(|error| {
        SettingsError::Mistakes(vec![Mistake::of_place("settings", error.to_string())])
    })?;
    let directory = directory(sources, settings.chdir.as_deref());
    let places = Places::new(&layers);
    mistakes.extend(check(&settings, &directory, &|key| places.of(key)));
    if !mistakes.is_empty() {
        return Err(SettingsError::Mistakes(mistakes));
    }
    let shown = show(&layers);
    Ok(Loaded { settings, file: layers.file.map(|(path, _)| path), directory, shown, places })
}

/// The directory of the control socket that these sources mean, even if other settings are wrong.
/// `None` where none is named and none is found.
#[must_use]
pub fn runtime_dir(sources: &Sources) -> Option<PathBuf> {
    let found = || find_runtime_dir(&sources.environment);
    let Ok(layers) = Layers::read(sources) else { return found() };
    let path = |key: &str| layers.value(key)?.deserialize::<Option<PathBuf>>().ok().flatten();
    let Some(named) = path("runtime_dir") else { return found() };
    Some(directory(sources, path("chdir").as_deref()).join(named))
}

/// A `chdir` of the file is relative to where the file was looked for.
fn directory(sources: &Sources, chdir: Option<&Path>) -> PathBuf {
    match chdir {
        Some(path) if sources.asked_directory().is_none() => sources.start().join(path),
        _ => sources.start(),
    }
}

/// Finds the unknown keys and the wrong values of one table and of those inside it.
fn verify_table(
    layers: &Layers,
    table: &'static Table,
    level: (&str, &Dict),
    mistakes: &mut Vec<Mistake>,
) {
    let (prefix, values) = level;
    for (name, value) in values {
        let key = join(prefix, name);
        let place = || layers.place(&key, value.tag());
        if let Some(field) = table.fields.iter().find(|field| field.name == name) {
            mistakes.extend(verify_field(layers, field, &key, value));
        } else if let Some(inner) = table.tables.iter().find(|inner| inner.name == name) {
            verify_inner(layers, inner, (&key, value), mistakes);
        } else if let Some(each) = table.collections.iter().find(|each| each.table.name == name) {
            verify_collection(layers, each, (&key, value), mistakes);
        } else {
            let around = keys_of(table, prefix);
            mistakes.push(Mistake::unknown(&key, &place(), &Settings::TABLE, around));
        }
    }
}

/// The full keys of the tables around, which are those of one of several.
fn keys_of(table: &'static Table, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    table.walk(prefix, &mut |key, _| keys.push(key));
    let collections = table.collections.iter().map(|each| each.table.name);
    let tables = table.tables.iter().map(|inner| inner.name).chain(collections);
    keys.extend(tables.map(|name| join(prefix, name)));
    keys
}

fn verify_inner(
    layers: &Layers,
    table: &'static Table,
    (key, value): (&str, &Value),
    mistakes: &mut Vec<Mistake>,
) {
    match value.as_dict() {
        Some(values) => verify_table(layers, table, (key, values), mistakes),
        None => mistakes.push(wrong_shape(layers, (key, value), "a table")),
    }
}

fn verify_collection(
    layers: &Layers,
    collection: &'static Collection,
    (key, value): (&str, &Value),
    mistakes: &mut Vec<Mistake>,
) {
    let mut each = |name: &str, value: &Value| {
        verify_inner(layers, collection.table, (&join(key, name), value), mistakes);
    };
    match (collection.order, value) {
        (Order::Named, Value::Dict(_, tables)) => {
            tables.iter().for_each(|(name, value)| each(name, value));
        }
        (Order::Listed, Value::Array(_, items)) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, item)| each(&index.to_string(), item));
        }
        (Order::Named, _) => mistakes.push(wrong_shape(layers, (key, value), "a table of tables")),
        (Order::Listed, _) => mistakes.push(wrong_shape(layers, (key, value), "a list of tables")),
    }
}

fn wrong_shape(layers: &Layers, (key, value): (&str, &Value), expected: &str) -> Mistake {
    let problem = format!("found {}, expected {expected}", found(&value.to_actual()));
    Mistake::at(key, &layers.place(key, value.tag()), problem)
}

fn verify_field(layers: &Layers, field: &Field, key: &str, value: &Value) -> Vec<Mistake> {
    let Some(items) = value.as_array().filter(|_| field.kind == Kind::List) else {
        return verify_value(layers, field, (key, key), value).into_iter().collect();
    };
    // Each value of a list alone, so that all wrong ones are found, each with its own line.
    let single = |(index, item): (usize, &Value)| {
        let place = join(key, &index.to_string());
        let list = Value::Array(value.tag(), vec![item.clone()]);
        verify_value(layers, field, (key, &place), &list)
    };
    items.iter().enumerate().filter_map(single).collect()
}

/// Verifies a value that is reported under one key and was written at another.
fn verify_value(
    layers: &Layers,
    field: &Field,
    (key, written): (&str, &str),
    value: &Value,
) -> Option<Mistake> {
    let error = (field.verify)(value, field.range)?;
    if field.kind != Kind::Table {
        return Some(Mistake::at(
            key,
            &layers.place(written, value.tag()),
            problem(field, &error.kind),
        ));
    }
    // The path leads to the name inside the table that is wrong.
    let inner = error.path.iter().fold(key.to_owned(), |key, part| join(&key, part));
    let tag = value.find_ref(&error.path.join(".")).map_or(value.tag(), Value::tag);
    Some(Mistake::at(&inner, &layers.place(&inner, tag), problem(field, &error.kind)))
}

pub(crate) fn problem(field: &Field, kind: &ErrorKind) -> String {
    let (actual, expected) = match kind {
        ErrorKind::InvalidValue(actual, expected) if field.kind == Kind::List => {
            (actual, expected.clone())
        }
        ErrorKind::InvalidType(actual, _) | ErrorKind::InvalidValue(actual, _) => {
            (actual, (field.expected)())
        }
        other => return other.to_string(),
    };
    // The environment of the app holds secrets, too.
    if field.secret || field.hidden {
        return format!("expected {expected}");
    }
    format!("found {}, expected {expected}", found(actual))
}

/// What was found, in the words of someone who writes TOML.
pub(crate) fn found(actual: &Actual) -> String {
    match actual {
        Actual::Bool(truth) => truth.to_string(),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}
