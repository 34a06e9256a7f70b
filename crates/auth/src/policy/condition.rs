//! What a rule wants of a verified token besides that it is verified.

use serde_json::Value;

use crate::config::{Condition, Rule, Test, Wanted};
use crate::{Claims, Reason, Refusal, Verified};

/// Whether a verified token has the scopes and roles that a rule wants, and fulfils its conditions.
///
/// # Errors
/// The first that is missing: [`Reason::Scope`], [`Reason::Role`] or [`Reason::Condition`].
pub(crate) fn check(rule: &Rule, verified: &Verified) -> Result<(), Refusal> {
    if let Some(wanted) = &rule.scopes
        && !has(wanted, &verified.scopes())
    {
        let refusal = Refusal::new(Reason::Scope, format!("the rule wants {}", told(wanted)));
        return Err(Refusal { scopes: texts(wanted).to_vec(), ..refusal });
    }
    if let Some(wanted) = &rule.roles
        && !has(wanted, &verified.roles())
    {
        return Err(Refusal::new(Reason::Role, format!("the rule wants {}", told(wanted))));
    }
    match rule.claims.iter().find(|condition| !holds(condition, verified.claims())) {
        None => Ok(()),
        Some(condition) => {
            let detail = format!("the rule wants claim {}", told_condition(condition));
            Err(Refusal::new(Reason::Condition, detail))
        }
    }
}

/// Whether the claims fulfil a condition.
pub(crate) fn holds(condition: &Condition, claims: &Claims) -> bool {
    let claim = claims.get(&condition.claim);
    if let Test::Exists(is_wanted) = &condition.test {
        return claim.is_some() == *is_wanted;
    }
    let Some(claim) = claim else { return false };
    match &condition.test {
        Test::Equals(value) => is_equal(claim, value),
        Test::OneOf(values) => values.iter().any(|value| is_equal(claim, value)),
        Test::Contains(value) => contains(claim, value),
        Test::Prefix(prefix) => claim.as_str().is_some_and(|text| text.starts_with(&**prefix)),
        Test::Exists(_) => true,
    }
}

/// Values are equal if they are the same JSON value. `3` and `3.0` are; integers that no double holds
/// exactly are compared as integers only.
fn is_equal(one: &Value, other: &Value) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let (Value::Number(one), Value::Number(other)) = (one, other) else { return one == other };
    if one.is_f64() == other.is_f64() {
        return one == other;
    }
    let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) else { return false };
    one.abs() < EXACT && one.total_cmp(&other).is_eq()
}

fn contains(claim: &Value, value: &Value) -> bool {
    match (claim, value) {
        (Value::Array(items), _) => items.iter().any(|item| is_equal(item, value)),
        (Value::String(text), Value::String(word)) => {
            !word.is_empty() && text.split(' ').any(|part| part == word)
        }
        _ => false,
    }
}

fn has(wanted: &Wanted, granted: &[&str]) -> bool {
    let is_granted = |text: &String| granted.contains(&text.as_str());
    match wanted {
        Wanted::All(texts) => texts.iter().all(is_granted),
        Wanted::Any(texts) => texts.iter().any(is_granted),
    }
}

pub(super) fn texts(wanted: &Wanted) -> &[String] {
    match wanted {
        Wanted::All(texts) | Wanted::Any(texts) => texts,
    }
}

/// For people: `any[a, b]`.
pub(super) fn told(wanted: &Wanted) -> String {
    let kind = if matches!(wanted, Wanted::All(_)) { "all" } else { "any" };
    format!("{kind}[{}]", texts(wanted).join(", "))
}

/// For people: `tier = 3`.
pub(super) fn told_condition(condition: &Condition) -> String {
    let claim = &condition.claim;
    match &condition.test {
        Test::Equals(value) => format!("{claim} = {value}"),
        Test::OneOf(values) => {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            format!("{claim} one of {}", values.join(", "))
        }
        Test::Contains(value) => format!("{claim} contains {value}"),
        Test::Prefix(prefix) => format!("{claim} begins with {}", Value::from(prefix.as_str())),
        Test::Exists(true) => format!("{claim} exists"),
        Test::Exists(false) => format!("{claim} does not exist"),
    }
}
