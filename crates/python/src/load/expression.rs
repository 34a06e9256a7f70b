//! Looking up the attribute of a target, and calling it if it is written as a call.
//!
//! Arguments are literals only: a target is a name, not a program.

use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{LoadError, near};

/// The names that are meant when none is given, in this order.
const DEFAULTS: [&str; 2] = ["application", "app"];

/// What an expression asks for.
struct Wanted<'py> {
    names: Vec<String>,
    call: Option<(Bound<'py, PyTuple>, Bound<'py, PyDict>)>,
}

/// The application of a target without an attribute.
pub(super) fn default<'py>(
    module: &Bound<'py, PyModule>,
    name: &str,
) -> Result<Bound<'py, PyAny>, LoadError> {
    let found = DEFAULTS.iter().find_map(|name| module.getattr_opt(*name).transpose());
    match found {
        Some(Ok(found)) => Ok(found),
        Some(Err(error)) => {
            Err(LoadError::raised(module.py(), &format!("looking into `{name}`"), &error))
        }
        None => {
            let [first, second] = DEFAULTS;
            let what = format!("module `{name}` has neither `{first}` nor `{second}`");
            Err(LoadError::new(what).with_hint(near::callables(module, name, None)))
        }
    }
}

/// The object that the expression stands for.
pub(super) fn evaluate<'py>(
    module: &Bound<'py, PyModule>,
    name: &str,
    expression: &str,
) -> Result<Bound<'py, PyAny>, LoadError> {
    let py = module.py();
    let wanted = parse(py, expression).map_err(|_| {
        LoadError::new(format!("`{expression}` is neither an attribute nor a call of one"))
            .with_hint(Some("the arguments of a factory must be literals".to_owned()))
    })?;
    let mut object = module.clone().into_any();
    for (depth, attribute) in wanted.names.iter().enumerate() {
        object = object.getattr(attribute.as_str()).map_err(|error| {
            if !error.is_instance_of::<PyAttributeError>(py) {
                return LoadError::raised(py, &format!("looking up `{name}:{expression}`"), &error);
            }
            let what = format!("module `{name}` has no `{}`", wanted.names.join("."));
            let hint =
                if depth == 0 { near::callables(module, name, Some(attribute)) } else { None };
            LoadError::new(what).with_hint(hint)
        })?;
    }
    match wanted.call {
        Some((arguments, keywords)) => object.call(arguments, Some(&keywords)).map_err(|error| {
            LoadError::raised(py, &format!("calling `{name}:{expression}`"), &error)
        }),
        None => Ok(object),
    }
}

fn parse<'py>(py: Python<'py>, expression: &str) -> PyResult<Wanted<'py>> {
    let ast = py.import(intern!(py, "ast"))?;
    let keywords = PyDict::new(py);
    keywords.set_item("mode", "eval")?;
    let tree = ast.call_method(intern!(py, "parse"), (expression,), Some(&keywords))?;
    let mut node = tree.getattr(intern!(py, "body"))?;
    let mut call = None;
    if node.is_instance(&ast.getattr(intern!(py, "Call"))?)? {
        call = Some(arguments(&ast, &node)?);
        node = node.getattr(intern!(py, "func"))?;
    }
    let mut names = Vec::new();
    while node.is_instance(&ast.getattr(intern!(py, "Attribute"))?)? {
        names.push(node.getattr(intern!(py, "attr"))?.extract()?);
        node = node.getattr(intern!(py, "value"))?;
    }
    names.push(node.getattr(intern!(py, "id"))?.extract()?);
    names.reverse();
    Ok(Wanted { names, call })
}

fn arguments<'py>(
    ast: &Bound<'py, PyModule>,
    call: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    let py = call.py();
    let literal = |node: Bound<'py, PyAny>| ast.call_method1(intern!(py, "literal_eval"), (node,));
    let mut values = Vec::new();
    for argument in call.getattr(intern!(py, "args"))?.try_iter()? {
        values.push(literal(argument?)?);
    }
    let named = PyDict::new(py);
    for keyword in call.getattr(intern!(py, "keywords"))?.try_iter()? {
        let keyword = keyword?;
        let name: String = keyword.getattr(intern!(py, "arg"))?.extract()?;
        named.set_item(name, literal(keyword.getattr(intern!(py, "value"))?)?)?;
    }
    Ok((PyTuple::new(py, values)?, named))
}
