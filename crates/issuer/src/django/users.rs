//! Who looks into the project's users, and where.

use appserver_passwords::Hashers;
use appserver_store::{Address, UserTable};

use super::{Project, Users, hashers};
use crate::Config;
use crate::config::{ClaimSource, UserChoice, UserSource};

/// Decides, where it was left to the project.
pub(super) fn fill(
    merged: &mut Config,
    project: &Project,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let UserSource::Django { choice, queries } = merged.users.clone() else {
        let is_ours = matches!(&merged.users, UserSource::Table(_, table) if table.is_ours);
        if !is_ours && let Ok(hashers) = hashers::of(&project.hashers) {
            // Another table than that of the model, which the project most likely writes all the same.
            merged.hashers = hashers;
        }
        return Ok(());
    };
    let reasons = project.obstacles.join("; ");
    match (choice, reasons.is_empty(), found(project)) {
        (UserChoice::Application, _, _) => application(merged, &queries, "users = \"app\""),
        (UserChoice::Table, _, Err(problem)) => {
            Err(format!("users = \"native\" cannot be: {problem}; set users to \"app\""))
        }
        (UserChoice::Auto, true, Err(problem)) => ask(merged, &queries, &problem, notes),
        (UserChoice::Auto, false, _) => ask(merged, &queries, &reasons, notes),
        (UserChoice::Table, is_plain, Ok(found)) => {
            if !is_plain {
                notes.push(format!("users = \"native\", so logins go by without this: {reasons}"));
            }
            table(merged, found, queries)
        }
        (UserChoice::Auto, true, Ok(found)) => table(merged, found, queries),
    }
}

/// What the server needs to look by itself.
struct Found<'a> {
    users: &'a Users,
    url: &'a str,
    hashers: Hashers,
}

fn found(project: &Project) -> Result<Found<'_>, String> {
    let users = project.users.as_ref();
    let users = users.ok_or("the users are in no table with a name and a password")?;
    let url = project.database.url.as_deref().ok_or_else(|| project.database.problem.clone())?;
    Ok(Found { users, url, hashers: hashers::of(&project.hashers)? })
}

fn ask(
    merged: &mut Config,
    queries: &[String],
    reason: &str,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    notes.push(format!("logins are checked by the application's authenticate(), because {reason}"));
    application(merged, queries, reason)
}

fn application(merged: &mut Config, queries: &[String], reason: &str) -> Result<(), String> {
    if !merged.claims.is_empty() || !queries.is_empty() {
        return Err(format!(
            "auth.jwt.issue.claims are read from the table of users, which the server does not look \
             into ({reason}); use claims_callback, or set users to \"native\""
        ));
    }
    merged.users = UserSource::Application;
    // What it says of a user is its USER_AUTHENTICATION_RULE, which knows all that is to be checked.
    merged.checks_active = true;
    Ok(())
}

fn table(merged: &mut Config, found: Found<'_>, queries: Vec<String>) -> Result<(), String> {
    let users = found.users;
    let columns = columns(merged, users)?;
    let table = UserTable {
        table: users.table.clone(),
        id: users.id.clone(),
        username: users.username.clone(),
        password: users.password.clone(),
        active: users.active.clone(),
        last_login: users.last_login.clone(),
        columns,
        queries,
        is_ours: false,
    };
    let address = Address {
        url: found.url.to_owned(),
        is_django: false,
        is_applications: true,
        has_integer_users: users.key_kind == "integer",
        ..merged.store.clone()
    };
    merged.users = UserSource::Table(address, table);
    merged.hashers = found.hashers;
    Ok(())
}

/// The columns that claims are made of. Templates name fields or columns, and name columns afterwards.
fn columns(merged: &mut Config, users: &Users) -> Result<Vec<String>, String> {
    let mut columns = Vec::new();
    for (claim, source) in &mut merged.claims {
        let ClaimSource::Template(template) = source else { continue };
        let mut renamed = String::new();
        let mut parts = template.split("{user.");
        renamed.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end = part.find([':', '}']).unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            renamed.push_str("{user.");
            if matches!(name, "id" | "username") {
                // Always known, whatever their columns are.
                renamed.push_str(part);
                continue;
            }
            let column = column(users, name).ok_or_else(|| {
                let label = &users.label;
                format!("auth.jwt.issue.claims.{claim}: {label} has no field {name:?}")
            })?;
            renamed.push_str(column);
            renamed.push_str(rest);
            columns.push(column.to_owned());
        }
        *template = renamed;
    }
    columns.sort_unstable();
    columns.dedup();
    Ok(columns)
}

fn column<'a>(users: &'a Users, name: &str) -> Option<&'a str> {
    let by_field = users.columns.get(name);
    by_field.or_else(|| users.columns.values().find(|column| *column == name)).map(String::as_str)
}
