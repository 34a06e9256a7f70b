//! Views that look at no token: simplejwt's own, which give tokens out, and others without
//! authentication classes. Clients send them expired tokens as well, and have to be let through.
//!
//! Promises: no rule of the configuration is changed, and none is added where the default wants a
//! token.

use super::{DjangoProject, Note};
use crate::config::{Config, Presence, Requirement, Rule};
use crate::policy;

/// Adds a rule for each view, and tells what could not be done.
pub(super) fn open(config: &mut Config, project: &DjangoProject) -> Vec<Note> {
    let mut notes: Vec<Note> = project.remarks.iter().cloned().map(Note).collect();
    let written = config.rules.clone();
    let covers = |path: &str| {
        written.iter().any(|rule| rule.methods.is_empty() && policy::matches(rule, path))
    };
    let mut open: Vec<&String> = project.open_views.iter().filter(|path| !covers(path)).collect();
    open.sort_unstable();
    open.dedup();
    match config.default {
        Presence::None => return notes,
        Presence::Optional => {
            let (plain, odd): (Vec<&String>, Vec<&String>) =
                open.into_iter().partition(|path| is_plain(path));
            config.rules.extend(plain.into_iter().map(|path| rule(path)));
            notes.extend(told(odd.into_iter().chain(&project.open_patterns)));
        }
        Presence::Required => notes.extend(closed(&open)),
    }
    notes
}

/// Whether everybody reads the path in one way, and it can be the path of a rule.
fn is_plain(path: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let is_odd = |segment: &str| segment.starts_with('.') || segment.ends_with('.');
    path.starts_with('/')
        && path.bytes().all(is_known)
        && !path.contains("//")
        && !path.split('/').any(is_odd)
}

fn told<'a>(paths: impl Iterator<Item = &'a String>) -> Option<Note> {
    let paths: Vec<&str> = paths.map(String::as_str).collect();
    (!paths.is_empty()).then(|| {
        let paths = paths.join(", ");
        Note(format!(
            "the views of {paths} look at no token, but a wrong one is refused there: write a rule \
             with require = \"none\" if their clients send expired ones"
        ))
    })
}

fn closed(paths: &[&String]) -> Option<Note> {
    let paths: Vec<&str> = paths.iter().map(|path| path.as_str()).collect();
    (!paths.is_empty()).then(|| {
        let paths = paths.join(", ");
        Note(format!(
            "the views of {paths} look at no token, but the default requires one: write a rule with \
             require = \"none\" to let clients in that have none"
        ))
    })
}

fn rule(path: &str) -> Rule {
    Rule {
        path: path.to_owned(),
        exact: true,
        methods: Vec::new(),
        require: Requirement::None,
        scopes: None,
        roles: None,
        claims: Vec::new(),
        audiences: Vec::new(),
        bypass_preflight: None,
    }
}
