//! The reference page of all settings, printed from their declaration.

use std::fmt::Write;

use super::{Field, Order, Settings, Table, key::join, show::toml_text, value::Kind};
use crate::cli::flag_name;

/// The page, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    describe_table(&mut page, &Settings::TABLE, "", &defaults);
    page
}

/// Stands for a name that the operator gives.
const NAME: &str = "NAME";

const HEAD: &str = "\
<!-- Printed by `appserver config reference settings`. A test compares it. -->
# Settings

A setting is looked for in this order; the last one that has it wins: its default, the file
`appserver.toml` of the directory (or the one that `--config` or `APPSERVER_CONFIG` names),
variables that hosting platforms set, variables that begin with `APPSERVER_`, flags. In the
name of a variable, two underscores lead into a table: `APPSERVER_HTTP__BODY_TIMEOUT` is
`http.body_timeout`. An empty variable sets nothing; the variables that Kubernetes makes for a
service called `appserver` are let be. A setting without a flag of its own is set
with `--set KEY=VALUE`. Units are part of the value. `appserver config show` prints every value
and where it came from.
";

fn describe_table(
    page: &mut String,
    table: &'static Table,
    prefix: &str,
    defaults: &serde_json::Value,
) {
    let (open, close) = if prefix.ends_with("[]") { ("[[", "]]") } else { ("[", "]") };
    let title = match prefix {
        "" => "Top of the file".to_owned(),
        prefix => format!("`{open}{}{close}`", prefix.trim_end_matches("[]")),
    };
    let _ = writeln!(page, "\n## {title}\n\n{}", prose(table.doc));
    for field in table.fields {
        let default = defaults.get(field.name).unwrap_or(&serde_json::Value::Null);
        describe_field(page, field, &join(prefix, field.name), default);
    }
    for inner in table.tables {
        let defaults = defaults.get(inner.name).unwrap_or(&serde_json::Value::Null);
        describe_table(page, inner, &join(prefix, inner.name), defaults);
    }
    for each in table.collections {
        let name = join(prefix, each.table.name);
        let prefix = match each.order {
            Order::Named => format!("{name}.{NAME}"),
            Order::Listed => format!("{name}[]"),
        };
        describe_table(page, each.table, &prefix, &(each.table.defaults)());
    }
}

fn describe_field(page: &mut String, field: &Field, key: &str, default: &serde_json::Value) {
    let default = match (field.unset, default) {
        (Some(unset), _) => unset.to_owned(),
        (None, serde_json::Value::Null) => "not set".to_owned(),
        (None, value) => format!("`{}`", toml_text(value)),
    };
    let _ = writeln!(page, "\n### `{key}`\n\n{}\n", prose(field.doc));
    let _ = writeln!(page, "- default: {default}");
    let _ = writeln!(page, "- value: {}", (field.expected)());
    if let Some((least, greatest)) = field.range {
        let _ = writeln!(page, "- range: {least} to {greatest}");
    }
    if let Some(flag) = flag_name(key, field) {
        let short = field.short.map_or_else(String::new, |short| format!(", `-{short}`"));
        let _ = writeln!(page, "- flag: `--{flag}`{short}");
    }
    // What stands in a list has no name of its own, a path cannot be a part of a variable's name, and
    // a variable names a secret, but is none.
    if !key.contains("[]") && !key.starts_with("static.mounts.") && !field.secret {
        let _ = writeln!(page, "- variable: `{}`", variable(key, field));
    }
    if let Some(gunicorn) = field.gunicorn {
        let _ = writeln!(page, "- in Gunicorn: `{gunicorn}`");
    }
}

fn variable(key: &str, field: &Field) -> String {
    let name = key.to_ascii_uppercase().replace('.', "__");
    let inner = if field.kind == Kind::Table { "__NAME" } else { "" };
    format!("{}{name}{inner}", super::environment::PREFIX)
}

/// A doc comment as one paragraph.
pub(crate) fn prose(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
