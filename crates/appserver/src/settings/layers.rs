//! The layers that settings are merged from, each value with the place it came from.

use std::{
    env,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::Serialized,
    value::{Dict, Map, Tag, Value},
};

use super::{
    FILE_NAME, Settings, environment,
    file::File,
    found::{current_directory, own_program},
    key::split,
    mistake::{Mistake, SettingsError},
    table::Field,
    value::Kind,
};

/// A value that a flag gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagValue {
    /// The full key of the setting.
    pub key: String,
    /// The flag as it was written, with its hyphens; or the name of the argument.
    pub flag: String,
    /// Its values, in order.
    pub texts: Vec<String>,
}

/// Where settings come from. Loading it again, after the file has changed, is a reload.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The directory that the server was started in. Absolute.
    pub directory: PathBuf,
    /// This program. Absolute.
    pub program: PathBuf,
    /// The settings file that was named, if one was. Relative to the directory to run in.
    pub config: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// What the flags gave.
    pub flags: Vec<FlagValue>,
}

impl Sources {
    /// The sources of this process, with these flags. Variables that are not UTF-8 are no settings.
    ///
    /// # Errors
    /// The current directory is gone or cannot be read.
    pub fn of_process(
        config: Option<PathBuf>,
        flags: Vec<FlagValue>,
    ) -> Result<Self, std::io::Error> {
        let environment = variables();
        let directory = current_directory(&environment)?;
        let program = own_program(&directory, &environment);
        Ok(Self { directory, program, config, environment, flags })
    }

    /// Those of this process in another directory; its own need not be there any more.
    #[must_use]
    pub fn of_directory(directory: PathBuf) -> Self {
        let environment = variables();
        let program = own_program(&directory, &environment);
        Self { directory, program, config: None, environment, flags: Vec::new() }
    }

    /// The directory to look for the settings file in.
    pub(crate) fn start(&self) -> PathBuf {
        let asked = self.asked_directory();
        asked.map_or_else(|| self.directory.clone(), |path| self.directory.join(path))
    }

    /// The directory that `--chdir` or its variable asks for, before any file is read.
    pub(crate) fn asked_directory(&self) -> Option<&str> {
        let flag = self.flags.iter().rev().find(|flag| flag.key == "chdir");
        flag.and_then(|flag| flag.texts.last().map(String::as_str))
            .or_else(|| environment::variable(&self.environment, "APPSERVER_CHDIR"))
    }

    fn named_file(&self) -> Option<&Path> {
        let variable = environment::variable(&self.environment, "APPSERVER_CONFIG");
        self.config.as_deref().or_else(|| variable.map(Path::new))
    }
}

/// A value as text, from the environment or from a flag.
pub(crate) struct Given {
    pub(crate) key: String,
    pub(crate) texts: Vec<String>,
    pub(crate) place: String,
}

/// All layers merged, and what is needed to say where a value came from.
pub(crate) struct Layers {
    figment: Figment,
    pub(crate) file: Option<(PathBuf, File)>,
    pub(crate) values: Dict,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Layers {
    pub(crate) fn read(sources: &Sources) -> Result<Self, SettingsError> {
        let file = File::find(&sources.start(), sources.named_file(), FILE_NAME)?;
        let mut figment =
            Figment::from(Named { metadata: Metadata::named("default"), values: defaults() });
        let mut mistakes = Vec::new();
        if let Some((path, file)) = &file {
            let metadata = Metadata::from("file", path.as_path());
            figment = figment.merge(Named { metadata, values: file.values.clone() });
            mistakes.extend(file.mistakes.iter().cloned());
        }
        let flags = sources.flags.iter().map(from_flag).map(|given| {
            refuse_secret(&given, Settings::TABLE.find(&given.key))?;
            given_value(&given)
        });
        let variables = environment::given(&sources.environment, &Settings::TABLE);
        for layer in variables.iter().map(given_value).chain(flags) {
            match layer {
                Ok(layer) => figment = figment.merge(layer),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let values = figment.data().ok().and_then(|mut data| data.remove(&Profile::Default));
        Ok(Self { figment, file, values: values.unwrap_or_default(), mistakes })
    }

    /// Where the value of a key came from, for people.
    pub(crate) fn place(&self, key: &str, tag: Tag) -> String {
        let Some(metadata) = self.figment.get_metadata(tag) else { return "default".to_owned() };
        match (&metadata.source, &self.file) {
            (Some(_), Some((_, file))) => file.place(key),
            _ => metadata.name.to_string(),
        }
    }

    /// The merged value of a full key.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        let (first, mut rest) = split(key);
        let mut value = self.values.get(first.as_ref())?;
        while let Some(inside) = rest {
            let (name, next) = split(inside);
            value = value.as_dict()?.get(name.as_ref())?;
            rest = next;
        }
        Some(value)
    }
}

fn defaults() -> Dict {
    let defaults = Serialized::defaults(Settings::default()).data().ok();
    defaults.and_then(|mut data| data.remove(&Profile::Default)).unwrap_or_default()
}

fn from_flag(flag: &FlagValue) -> Given {
    Given { key: flag.key.clone(), texts: flag.texts.clone(), place: format!("flag {}", flag.flag) }
}

/// Arguments can be read by every user of the machine, so no flag sets a secret.
pub(crate) fn refuse_secret(given: &Given, field: Option<&'static Field>) -> Result<(), Mistake> {
    if !field.is_some_and(|field| field.secret) {
        return Ok(());
    }
    let problem = "a secret is taken from the settings file or the environment only";
    Err(Mistake::at(&given.key, &given.place, problem))
}

/// Makes a layer of texts, as their setting needs it. A key that does not exist keeps its text: it
/// is found later, with those of the file.
fn given_value(given: &Given) -> Result<Named, Mistake> {
    let last = given.texts.last().map_or("", String::as_str);
    let value = match Settings::TABLE.find(&given.key).map_or(Kind::Text, |field| field.kind) {
        Kind::Text => Value::from(last),
        Kind::Integer => last.parse::<u64>().map_or_else(|_| Value::from(last), Value::from),
        Kind::List => {
            let parts = given.texts.iter().flat_map(|text| text.split(',')).map(str::trim);
            Value::from(parts.filter(|part| !part.is_empty()).collect::<Vec<_>>())
        }
        Kind::Table => {
            let pairs = given.texts.iter().map(|text| pair(given, text));
            Value::from(pairs.collect::<Result<Dict, Mistake>>()?)
        }
    };
    let metadata = Metadata::named(given.place.clone());
    Ok(Named { metadata, values: nest(&given.key, value) })
}

fn pair(given: &Given, text: &str) -> Result<(String, Value), Mistake> {
    match text.split_once('=').filter(|(name, _)| !name.is_empty()) {
        Some((name, value)) => Ok((name.to_owned(), Value::from(value))),
        None => {
            let problem = format!("found \"{text}\", expected NAME=VALUE");
            Err(Mistake::at(&given.key, &given.place, problem))
        }
    }
}

fn nest(key: &str, value: Value) -> Dict {
    match split(key) {
        (outer, Some(inner)) => Dict::from([(outer.into(), Value::from(nest(inner, value)))]),
        (name, None) => Dict::from([(name.into(), value)]),
    }
}

/// Values of one place.
struct Named {
    metadata: Metadata,
    values: Dict,
}

impl Provider for Named {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// What is text of this process's variables.
fn variables() -> Vec<(String, String)> {
    env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
