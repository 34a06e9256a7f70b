//! Settings from environment variables.
//!
//! `APPSERVER_WORKERS` sets `workers`, `APPSERVER_HTTP__BODY_TIMEOUT` sets `http.body_timeout`. An
//! empty variable sets nothing. Names that begin with `APPSERVER__` are the server's own.

use super::{
    layers::Given,
    table::{Field, Table},
    value::Kind,
};

/// What every variable of the server begins with.
pub(crate) const PREFIX: &str = "APPSERVER_";

/// Variables that are no settings: the path of the settings file.
const NOT_SETTINGS: [&str; 1] = ["CONFIG"];

/// The values that the environment gives, weakest first.
pub(crate) fn given(environment: &[(String, String)], table: &'static Table) -> Vec<Given> {
    let variables = environment.iter().filter(|(_, value)| !value.is_empty());
    let platform = variables.clone().filter_map(|(name, value)| platform(name, value));
    let fields = table.all();
    let own = variables.filter_map(|(name, value)| own(name, value, &fields));
    platform.chain(own).collect()
}

/// A variable's value, if it is set and not empty.
pub(crate) fn variable<'e>(environment: &'e [(String, String)], name: &str) -> Option<&'e str> {
    let found = environment.iter().find(|(known, value)| known == name && !value.is_empty());
    found.map(|(_, value)| value.as_str())
}

/// The variables that hosting platforms set.
fn platform(name: &str, value: &str) -> Option<Given> {
    let (key, text) = match name {
        "PORT" => ("bind", format!("0.0.0.0:{value}")),
        "WEB_CONCURRENCY" => ("workers", value.to_owned()),
        "FORWARDED_ALLOW_IPS" => ("forwarded_allow_ips", value.to_owned()),
        _ => return None,
    };
    Some(Given { key: key.to_owned(), texts: vec![text], place: place(name) })
}

fn own(name: &str, value: &str, fields: &[(String, &'static Field)]) -> Option<Given> {
    let rest = name.strip_prefix(PREFIX)?;
    if rest.starts_with('_') || NOT_SETTINGS.contains(&rest) || is_service_link(rest) {
        return None;
    }
    let key = rest.to_ascii_lowercase().replace("__", ".");
    let mut given = Given { key, texts: vec![value.to_owned()], place: place(name) };
    // The names inside a table of names are the operator's: their case is kept.
    let tables = fields.iter().filter(|(_, field)| field.kind == Kind::Table);
    for (table, _) in tables {
        let inside = format!("{}__", table.to_ascii_uppercase().replace('.', "__"));
        if let Some(inner) = rest.strip_prefix(&inside) {
            given = Given {
                key: table.clone(),
                texts: vec![format!("{inner}={value}")],
                place: place(name),
            };
        }
    }
    Some(given)
}

/// Kubernetes gives each container variables for each service of its namespace. A service that is
/// called `appserver` gives these; they are not meant for the server.
fn is_service_link(rest: &str) -> bool {
    rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_")
}

fn place(name: &str) -> String {
    format!("environment {name}")
}
