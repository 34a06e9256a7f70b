//! Which app a directory holds, told from its files alone: no Python runs.

#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::value::Interface;

/// Files that may hold the app, likeliest first.
const MODULES: [&str; 4] = ["asgi", "wsgi", "app", "main"];
/// Names that the app may have there, likeliest first.
const ATTRIBUTES: [&str; 2] = ["application", "app"];
/// Names of functions that make the app.
const FACTORIES: [&str; 2] = ["create_app", "make_app"];

/// An app that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// The app as `module:attribute` or `module:factory()`.
    pub target: String,
    /// The file that told so.
    pub file: PathBuf,
}

/// No app was found.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no app was found in {}: {}", .directory.display(), .looked.join("; "))]
pub struct NotDiscovered {
    /// Where it was looked for.
    pub directory: PathBuf,
    /// What was looked at, each with why it is not the app.
    pub looked: Vec<String>,
    /// Python files and packages of the directory that may be meant.
    pub near: Vec<String>,
}

/// Finds the app of a directory: a Django project by its `manage.py`, else an app in one of the
/// usual files.
///
/// # Errors
/// None of the files holds one. The error says what each lacks.
pub fn discover(directory: &Path, interface: Interface) -> Result<Discovered, NotDiscovered> {
    let mut looked = Vec::new();
    match django(directory, interface) {
        Ok(found) => return Ok(found),
        Err(why) => looked.push(format!("manage.py {why}")),
    }
    for module in MODULES.into_iter().filter(|module| suits(module, interface)) {
        let file = directory.join(format!("{module}.py"));
        match fs::read_to_string(&file).map(|source| attribute(&source)) {
            Ok(Some(name)) => return Ok(Discovered { target: format!("{module}:{name}"), file }),
            Ok(None) => {
                looked.push(format!("{module}.py defines no `application`, `app` or `create_app`"));
            }
            Err(_) => looked.push(format!("{module}.py is not there")),
        }
    }
    Err(NotDiscovered { directory: directory.to_owned(), looked, near: near(directory) })
}

/// A file that is named after the other interface is not the app.
fn suits(module: &str, interface: Interface) -> bool {
    !matches!((module, interface), ("asgi", Interface::Wsgi) | ("wsgi", Interface::Asgi))
}

fn django(directory: &Path, interface: Interface) -> Result<Discovered, String> {
    let file = directory.join("manage.py");
    let source = fs::read_to_string(&file).map_err(|_| "is not there")?;
    let settings = settings_module(&source).ok_or("names no DJANGO_SETTINGS_MODULE")?;
    // `mysite.settings` and `mysite.settings.production` are both of the package `mysite`.
    let package = settings
        .split_once(".settings")
        .or_else(|| settings.rsplit_once('.'))
        .map_or(settings, |(package, _)| package);
    let folder = directory.join(package.replace('.', "/"));
    let order: &[&str] = match interface {
        // Channels has its projects name an ASGI application; Django's own template a WSGI one.
        Interface::Auto if names_asgi_only(directory, settings) => &["asgi", "wsgi"],
        Interface::Auto => &["wsgi", "asgi"],
        Interface::Wsgi => &["wsgi"],
        Interface::Asgi => &["asgi"],
    };
    let module = order.iter().find(|module| folder.join(format!("{module}.py")).is_file());
    let module = module.ok_or_else(|| {
        format!("leads to the package {package}, which has no {}.py", order.join(".py or "))
    })?;
    Ok(Discovered { target: format!("{package}.{module}:application"), file })
}

/// Whether the settings of a project name an ASGI application and no WSGI application.
fn names_asgi_only(directory: &Path, settings: &str) -> bool {
    let file = directory.join(settings.replace('.', "/")).with_extension("py");
    let source = fs::read_to_string(file).unwrap_or_default();
    let names = |name| source.lines().any(|line| defines(line, name));
    names("ASGI_APPLICATION") && !names("WSGI_APPLICATION")
}

/// The module that `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "…")` names.
fn settings_module(source: &str) -> Option<&str> {
    let code: Vec<&str> =
        source.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let line = code.iter().position(|line| line.contains("DJANGO_SETTINGS_MODULE"))?;
    // The name may stand on the line after, as formatters wrap it.
    let here = code.get(line)?.split_once("DJANGO_SETTINGS_MODULE")?.1;
    let rest = here.get(1..).unwrap_or_default();
    quoted(rest).or_else(|| code.get(line + 1).and_then(|next| quoted(next)))
}

/// The first text in quotes.
fn quoted(code: &str) -> Option<&str> {
    let start = code.find(['"', '\''])?;
    let (_, rest) = code.split_at(start);
    let quote = rest.chars().next()?;
    let inner = rest.strip_prefix(quote)?;
    let (text, _) = inner.split_once(quote)?;
    Some(text).filter(|text| !text.is_empty())
}

/// The name of the app that a module's source defines at its top level.
fn attribute(source: &str) -> Option<String> {
    let assigned = ATTRIBUTES.iter().find(|name| source.lines().any(|line| defines(line, name)));
    let made = || {
        let factory = FACTORIES.iter().find(|name| {
            let head = format!("def {name}(");
            source.lines().any(|line| line.starts_with(&head))
        });
        factory.map(|name| format!("{name}()"))
    };
    assigned.map(|name| (*name).to_owned()).or_else(made)
}

/// Whether a line binds a name at the top level: by assignment, definition or import.
fn defines(line: &str, name: &str) -> bool {
    let word =
        |rest: &str| !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
    let after = |head: &str| line.strip_prefix(head).and_then(|rest| rest.strip_prefix(name));
    if let Some(rest) = line.strip_prefix(name).filter(|rest| word(rest)) {
        let rest = rest.trim_start();
        return rest.starts_with(':') || (rest.starts_with('=') && !rest.starts_with("=="));
    }
    if ["def ", "async def ", "class "].into_iter().filter_map(after).any(word) {
        return true;
    }
    let imported = line.starts_with("from ").then(|| line.split_once(" import ")).flatten();
    imported.is_some_and(|(_, names)| {
        let names = names.split('#').next().unwrap_or_default();
        names.split(',').any(|one| one.split_whitespace().last() == Some(name))
    })
}

/// What else in the directory looks like Python, in order of name.
fn near(directory: &Path) -> Vec<String> {
    /// More names than these help nobody.
    const MOST: usize = 8;
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| {
            let path = entry.path();
            path.extension().is_some_and(|extension| extension == "py")
                || path.join("__init__.py").is_file()
                || path.join("manage.py").is_file()
        })
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names.truncate(MOST);
    names
}
