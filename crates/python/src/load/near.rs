//! Names near a wrong one.

use pyo3::intern;
use pyo3::prelude::*;

/// As many names as a hint lists.
const MOST: usize = 8;

/// The modules near a missing one, in the folder where it would be.
pub(super) fn modules(py: Python<'_>, missing: &str) -> Option<String> {
    let (parent, name) = match missing.rsplit_once('.') {
        Some((parent, name)) => (Some(parent), name),
        None => (None, missing),
    };
    let Ok(there) = names_of_modules(py, parent) else {
        return parent.map(|parent| format!("`{parent}` is a module, not a package"));
    };
    let place = parent.map_or("the current directory".to_owned(), |parent| format!("`{parent}`"));
    let near = close(py, name, &there);
    if !near.is_empty() {
        return Some(format!("did you mean {}?", quoted(&near, parent)));
    }
    if there.is_empty() {
        return Some(format!("there are no modules in {place}"));
    }
    Some(format!("in {place} there is {}", quoted(&there, parent)))
}

/// The callables of a module, those near `wanted` first.
pub(super) fn callables(
    module: &Bound<'_, PyModule>,
    name: &str,
    wanted: Option<&str>,
) -> Option<String> {
    let py = module.py();
    let all = names_of_callables(module, name).ok()?;
    let near = wanted.map(|wanted| close(py, wanted, &all)).unwrap_or_default();
    if !near.is_empty() {
        return Some(format!("did you mean {}?", quoted(&near, None)));
    }
    if all.is_empty() {
        return Some(format!("`{name}` defines nothing callable"));
    }
    if let Some(factory) =
        all.iter().find(|name| matches!(name.as_str(), "create_app" | "make_app"))
    {
        return Some(format!("a factory is named with parentheses: `{name}:{factory}()`"));
    }
    Some(format!("callable in `{name}`: {}", quoted(&all, None)))
}

fn names_of_modules(py: Python<'_>, parent: Option<&str>) -> PyResult<Vec<String>> {
    let path = match parent {
        Some(parent) => py.import(parent)?.getattr(intern!(py, "__path__"))?,
        None => vec![py.import("os")?.call_method0("getcwd")?].into_pyobject(py)?,
    };
    let modules = py.import("pkgutil")?.call_method1("iter_modules", (path,))?;
    let mut names = Vec::new();
    for module in modules.try_iter()? {
        names.push(module?.getattr("name")?.extract()?);
    }
    names.sort();
    Ok(names)
}

/// Public callables that the module itself made; what it imported is rarely meant.
fn names_of_callables(module: &Bound<'_, PyModule>, name: &str) -> PyResult<Vec<String>> {
    let mut names = Vec::new();
    for (key, value) in module.dict().iter() {
        let key: String = key.extract()?;
        let home = value.getattr_opt("__module__").ok().flatten();
        let home = home.and_then(|home| home.extract::<String>().ok());
        let imported = value.getattr_opt("__qualname__").is_ok_and(|name| name.is_some())
            && home.is_some_and(|home| home != name);
        if value.is_callable() && !imported && !key.starts_with('_') {
            names.push(key);
        }
    }
    names.sort();
    Ok(names)
}

fn close(py: Python<'_>, word: &str, names: &[String]) -> Vec<String> {
    let matches = py
        .import("difflib")
        .and_then(|difflib| difflib.call_method1("get_close_matches", (word, names)));
    matches.and_then(|matches| matches.extract()).unwrap_or_default()
}

fn quoted(names: &[String], parent: Option<&str>) -> String {
    let prefix = parent.map(|parent| format!("{parent}.")).unwrap_or_default();
    let mut list: Vec<_> =
        names.iter().take(MOST).map(|name| format!("`{prefix}{name}`")).collect();
    if names.len() > MOST {
        list.push(format!("{} more", names.len() - MOST));
    }
    list.join(", ")
}
