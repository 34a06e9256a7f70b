//! What a gate would make of a token: the question, and the answer for people and programs.
//!
//! The question can be asked in another process, one that has the application loaded. Answers never
//! repeat a token.

use std::fmt;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use appserver_auth::key::KeySet;
use appserver_auth::{Config, Decision, Gate, Inquiry, Trace};
use serde::{Deserialize, Serialize};

use super::sample::Sample;
use super::visible::visible;
use crate::failure::{Failure, FailureKind};

/// What is asked.
#[derive(Clone, Serialize, Deserialize)]
pub struct Question {
    /// The method of the request.
    pub method: String,
    /// Its path, perhaps with a query.
    pub path: String,
    /// The tokens, each of which is asked about alone. `None` is a request without a token.
    pub tokens: Vec<Option<String>>,
    /// How it is answered.
    pub shape: Shape,
    /// The text of a JWK set and its name, instead of sets that would be fetched.
    pub jwks: Option<(String, String)>,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
    /// One JSON object per token, each on a line.
    Lines,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The text.
    pub text: String,
    /// The exit code: whether the request passes. With a line per token it is always 0.
    pub code: u8,
}

/// What a gate makes of one token.
#[derive(Serialize)]
struct Verdict {
    passes: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    rule: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<String>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, tokens, shape, .. } = self;
        write!(f, "{method} {path} with {} tokens as {shape:?}", tokens.len())
    }
}

impl Question {
    /// Answers with this configuration, into which a Django project's settings have been merged
    /// where it wants them. Sets of keys are fetched, unless the question has one.
    ///
    /// # Errors
    /// No gate can be built of the configuration, or a set cannot be fetched.
    pub fn answer(&self, config: &Config) -> Result<Answered, Failure> {
        let gate = Gate::new(config.clone()).map_err(|errors| {
            let causes = errors.iter().map(ToString::to_string).collect();
            let failure = Failure::new(FailureKind::Usage, "the settings about tokens are wrong");
            Failure { causes, ..failure }
        })?;
        // What is revoked is the running server's to know.
        gate.set_denials(std::sync::Arc::new(appserver_auth::Undenied));
        self.settle_keys(&gate, config)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let verdicts: Vec<Verdict> =
            self.tokens.iter().map(|token| self.ask((&gate, config), token, now)).collect();
        let passes = verdicts.iter().all(|verdict| verdict.passes);
        let lines: Vec<String> = match self.shape {
            Shape::Text => verdicts.iter().map(Verdict::text).collect(),
            Shape::Json => verdicts.iter().map(|verdict| json(verdict, true)).collect(),
            Shape::Lines => verdicts.iter().map(|verdict| json(verdict, false)).collect(),
        };
        let code =
            if passes || self.shape == Shape::Lines { 0 } else { FailureKind::Failed.code() };
        Ok(Answered { text: visible(&lines.join("\n")), code })
    }

    /// Puts the sets in that a running server would have fetched; like there, a key that is not
    /// admitted is left out.
    fn settle_keys(&self, gate: &Gate, config: &Config) -> Result<(), Failure> {
        for (provider, remote, ring) in gate.remotes() {
            let (text, name) = match &self.jwks {
                Some(given) => given.clone(),
                None => super::fetch::keys(provider, remote)?,
            };
            let of = config.providers.iter().find(|each| each.name == provider);
            let algorithms = of.map_or(&[][..], |of| &of.algorithms);
            let read = KeySet::from_jwk_set(text.as_bytes(), algorithms, remote.max_keys);
            let (keys, left_out) = read.map_err(|error| {
                let text = format!("the keys of provider {provider} in {name} are unusable");
                let failure = Failure::new(FailureKind::Failed, text);
                Failure { causes: vec![visible(&error.to_string())], ..failure }
            })?;
            for error in left_out {
                let error = visible(&error.to_string());
                let _ = writeln!(
                    io::stderr(),
                    "warning: a key of provider {provider} is left out: {error}"
                );
            }
            ring.replace(keys);
        }
        Ok(())
    }

    fn ask(&self, (gate, config): (&Gate, &Config), token: &Option<String>, now: u128) -> Verdict {
        let (path, query) = self
            .path
            .split_once('?')
            .map_or((&*self.path, None), |(path, query)| (path, Some(query)));
        let sample = Sample::new(config, token.as_deref(), query);
        let inquiry = Inquiry {
            method: &self.method,
            path,
            query: sample.query(),
            fields: &sample,
            scheme: "https",
            is_websocket: false,
            now,
        };
        if self.shape == Shape::Lines {
            let decision = gate.decide(&inquiry);
            return Verdict::new(gate, Trace { rule: String::new(), lines: Vec::new(), decision });
        }
        Verdict::new(gate, gate.explain(&inquiry))
    }
}

impl Verdict {
    fn new(gate: &Gate, trace: Trace) -> Self {
        let Trace { rule, lines: checks, decision } = trace;
        let mut verdict = Self {
            passes: false,
            reason: None,
            detail: String::new(),
            status: None,
            provider: None,
            subject: None,
            rule,
            checks,
        };
        match decision {
            Decision::Open => verdict.passes = true,
            Decision::Pass(verified) => {
                verdict.passes = true;
                verdict.provider = verified.as_ref().map(|verified| verified.provider().to_owned());
                verdict.subject = verified.and_then(|verified| verified.subject());
            }
            Decision::Refuse(refusal) => {
                verdict.status = Some(gate.answer(&refusal).status);
                verdict.reason = Some(refusal.reason.name());
                verdict.provider = refusal
                    .provider
                    .and_then(|number| gate.providers().nth(number).map(str::to_owned));
                verdict.detail = refusal.detail;
            }
            // Only a running server fetches keys while it decides.
            Decision::Refetch(_) => verdict.reason = Some(appserver_auth::Reason::NoKeys.name()),
        }
        verdict
    }

    fn text(&self) -> String {
        let rule = if self.rule.is_empty() { "none" } else { &self.rule };
        let mut lines = vec![format!("rule: {rule}")];
        lines.extend(self.checks.iter().map(|check| format!("  {check}")));
        lines.push(match (self.passes, &self.provider) {
            (true, Some(provider)) => {
                let subject = self.subject.as_deref().unwrap_or("somebody without a name");
                let subject = subject.escape_debug();
                format!("passes as {subject}, by a token of provider {provider}")
            }
            (true, None) => "passes as nobody in particular".to_owned(),
            (false, _) => {
                let status =
                    self.status.map_or_else(String::new, |status| format!(" with {status}"));
                format!("refused{status}: {}", self.reason.unwrap_or("unknown"))
            }
        });
        lines.join("\n")
    }
}

fn json(verdict: &Verdict, pretty: bool) -> String {
    let text = match pretty {
        true => serde_json::to_string_pretty(verdict),
        false => serde_json::to_string(verdict),
    };
    text.unwrap_or_default()
}
