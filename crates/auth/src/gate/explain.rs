//! A decision, told check by check, for people who wonder.

use super::decide::Making;
use super::{Decision, Gate};
use crate::policy::Matched;
use crate::policy::requirement::Needed;
use crate::{Inquiry, Refusal};

/// How a decision was made.
pub struct Trace {
    /// The rule that counts, as [`Gate::describe`] has it.
    pub rule: String,
    /// Each step in order, with what came of it.
    pub lines: Vec<String>,
    /// What became of it.
    pub decision: Decision,
}

impl Gate {
    /// Decides, and tells of each step.
    #[must_use]
    pub fn explain(&self, inquiry: &Inquiry<'_>) -> Trace {
        let matched = self.policy.find(inquiry.method, inquiry.path).ok();
        let rule = matched.map_or_else(String::new, |matched| self.policy.describe_one(matched));
        let mut lines = Vec::new();
        match matched {
            None => lines.push("path: it can be read in several ways".to_owned()),
            Some(Matched::Default) => lines.push("path: no rule matches".to_owned()),
            Some(Matched::Rule(number)) => lines.push(format!("path: rule {} matches", number + 1)),
        }
        let decision = match matched {
            Some(matched) => self.tell(inquiry, matched, &mut lines),
            None => self.decide(inquiry),
        };
        Trace { rule, lines, decision }
    }

    fn tell(&self, inquiry: &Inquiry<'_>, matched: Matched, lines: &mut Vec<String>) -> Decision {
        let access = self.policy.access(matched);
        let rule = self.policy.matched(matched);
        if self.is_open(access, rule, inquiry) {
            let is_nobody = access.needed == Needed::Nobody;
            let why = if is_nobody { "the rule wants none" } else { "this is a CORS preflight" };
            lines.push(format!("token: not looked at, {why}"));
            return Decision::Open;
        }
        let mut making = match Making::new(self, inquiry, (access, rule)) {
            Ok(making) => making,
            Err(refusal) => {
                lines.push(format!("token: {}", told(&refusal)));
                return Decision::Refuse(refusal);
            }
        };
        let decision = making.decide(true);
        for (number, result) in &making.found {
            let name = self.providers().nth(*number).unwrap_or_default();
            match result {
                Ok(_) => lines.push(format!("provider {name}: the token is good")),
                Err(refusal) => lines.push(format!("provider {name}: {}", told(refusal))),
            }
        }
        if making.found.is_empty() {
            lines.push("token: there is none".to_owned());
        }
        if let Decision::Refuse(refusal) = &decision {
            lines.push(format!("refused: {}", told(refusal)));
        }
        decision
    }
}

fn told(refusal: &Refusal) -> String {
    let reason = refusal.reason;
    match refusal.detail.as_str() {
        "" => reason.to_string(),
        detail => format!("{reason} ({detail})"),
    }
}
