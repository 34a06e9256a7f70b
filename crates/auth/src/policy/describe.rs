//! The policy for people: one line per rule.

use super::condition::{told, told_condition};
use crate::config::{Presence, Requirement, Rule};

/// `GET,POST /admin-api/** → all(local, any(corp, missing)) · scopes any[admin] · audience admin`.
pub(super) fn rule(rule: &Rule) -> String {
    let methods = if rule.methods.is_empty() { "*".to_owned() } else { rule.methods.join(",") };
    let mut parts = vec![format!("{methods} {} → {}", path(rule), requirement(&rule.require))];
    parts.extend(rule.scopes.iter().map(|wanted| format!("scopes {}", told(wanted))));
    parts.extend(rule.roles.iter().map(|wanted| format!("roles {}", told(wanted))));
    parts.extend(rule.claims.iter().map(|one| format!("claim {}", told_condition(one))));
    if !rule.audiences.is_empty() {
        parts.push(format!("audience {}", rule.audiences.join(", ")));
    }
    parts.extend(rule.bypass_preflight.map(|passes| {
        let verb = if passes { "pass" } else { "do not pass" };
        format!("preflights {verb}")
    }));
    parts.join(" · ")
}

/// What holds where no rule matches.
pub(super) fn default(presence: Presence) -> String {
    let text = match presence {
        Presence::None => "none",
        Presence::Optional => "optional",
        Presence::Required => "required",
    };
    format!("default → {text}")
}

fn path(rule: &Rule) -> String {
    let prefix = rule.path.trim_end_matches('/');
    if rule.exact {
        rule.path.clone()
    } else if prefix.ends_with("/**") {
        prefix.to_owned()
    } else {
        format!("{prefix}/**")
    }
}

fn requirement(require: &Requirement) -> String {
    let each =
        |parts: &[Requirement]| parts.iter().map(requirement).collect::<Vec<String>>().join(", ");
    match require {
        Requirement::None => "none".to_owned(),
        Requirement::Optional => "optional".to_owned(),
        Requirement::Required => "required".to_owned(),
        Requirement::Missing => "missing".to_owned(),
        Requirement::Provider(name) => name.clone(),
        Requirement::All(parts) => format!("all({})", each(parts)),
        Requirement::Any(parts) => format!("any({})", each(parts)),
    }
}
