//! The gate at work in one worker: asks it, counts what it says, and tells the application.
//!
//! What the application is told in header fields is told by nobody else: such fields of a client are
//! removed from every request that passes, whether there is a rule for it or not.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use appserver_app::Request;
use appserver_auth::answer::Readers;
use appserver_auth::{
    Answer, Decision, Fields, Gate, Inquiry, Refusal, Verdict, Verified, redacted,
};
use appserver_telemetry::{AuthCounters, AuthResult, Slot};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::exchange::Outcome;

/// The gate of one worker.
pub(crate) struct Authenticator {
    gate: Rc<Gate>,
    counters: AuthCounters,
    /// Of the gate's memory, as they were counted last.
    cache_counts: Cell<(u64, u64)>,
    providers: Box<[Rc<str>]>,
    told: Box<[Told]>,
    /// Fields, with their schemes, that a token does not stay in.
    withheld: Box<[(HeaderName, Box<str>)]>,
    secrets: Box<[String]>,
}

/// A field that the application is told a claim in.
struct Told {
    name: HeaderName,
    /// The name that applications cannot tell from it, and that has no `_`: others with one are
    /// dropped before.
    incoming: HeaderName,
    claim: Box<str>,
}

impl Authenticator {
    /// With this gate, counting in this slot.
    pub(crate) fn new(gate: Rc<Gate>, slot: &Slot) -> Self {
        let counters = slot.count_auth(gate.providers());
        let forward = gate.forward();
        let told = forward.claim_headers.iter().filter_map(|(name, claim)| Told::new(name, claim));
        let fields = gate.token_fields().filter(|_| !forward.token);
        let withheld =
            fields.filter_map(|(name, scheme)| Some((name.parse().ok()?, scheme.into())));
        Self {
            counters,
            cache_counts: Cell::default(),
            providers: gate.providers().map(Rc::from).collect(),
            told: told.collect(),
            withheld: withheld.collect(),
            secrets: gate.query_parameters().map(str::to_owned).collect(),
            gate,
        }
    }

    /// Names of query parameters whose values are not to be logged.
    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The name of a provider.
    pub(crate) fn provider(&self, number: usize) -> Option<Rc<str>> {
        self.providers.get(number).cloned()
    }

    /// How often a request may wait for keys: each provider may have some to fetch.
    pub(crate) fn most_rounds(&self) -> usize {
        self.providers.len()
    }

    /// Decides about a request, and counts what came of it. Without leave to fetch keys those that
    /// there are have to do: then it is no [`Decision::Refetch`].
    pub(crate) fn decide(
        &self,
        request: &Request,
        is_websocket: bool,
        may_fetch: bool,
    ) -> Decision {
        let head = &request.head;
        let inquiry = Inquiry {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query(),
            fields: &HeaderFields(&head.headers),
            scheme: request.scheme().as_str(),
            is_websocket,
            now: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()),
        };
        let decision = match may_fetch {
            true => self.gate.decide(&inquiry),
            false => self.gate.decide_now(&inquiry),
        };
        match &decision {
            Decision::Open | Decision::Pass(None) => self.count(None, Verdict::Anonymous),
            Decision::Pass(Some(verified)) => self.count(self.number(verified), Verdict::Verified),
            Decision::Refuse(refusal) => {
                self.count(refusal.provider, Verdict::Refused(refusal.reason));
            }
            Decision::Refetch(_) => {}
        }
        decision
    }

    fn count(&self, provider: Option<usize>, verdict: Verdict) {
        let result = match verdict {
            Verdict::Anonymous => AuthResult::Anonymous,
            Verdict::Verified => AuthResult::Verified,
            Verdict::Refused(reason) => AuthResult::Refused(reason as usize),
        };
        self.counters.decided(provider, result);
        let (hits, misses) = self.gate.cache_counts();
        let (old_hits, old_misses) = self.cache_counts.replace((hits, misses));
        if (hits, misses) != (old_hits, old_misses) {
            self.counters.looked_up(hits.wrapping_sub(old_hits), misses.wrapping_sub(old_misses));
        }
    }

    fn number(&self, verified: &Verified) -> Option<usize> {
        self.providers.iter().position(|name| **name == *verified.provider())
    }

    /// The answer to a refusal.
    pub(crate) fn answer(&self, refusal: &Refusal) -> Answer {
        self.gate.answer(refusal)
    }

    /// Whether the pages of an origin may read refusals.
    pub(crate) fn readers(&self, origin: &str) -> Option<Readers> {
        self.gate.readers(origin)
    }

    /// Whether pages of any other origin may read what the server itself answers.
    pub(crate) fn has_readers(&self) -> bool {
        self.gate.has_readers()
    }

    /// What the access log tells of a request that has passed.
    pub(crate) fn passed(&self, verified: Option<&Verified>) -> Outcome {
        let Some(verified) = verified else {
            return Outcome { result: "anonymous", provider: None, subject: None };
        };
        let number = self.number(verified);
        let provider = number.and_then(|number| self.provider(number));
        let subject = verified.subject().map(shortened);
        Outcome { result: "verified", provider, subject }
    }

    /// What the access log tells of a request that was refused.
    pub(crate) fn refused(&self, refusal: &Refusal) -> Outcome {
        let provider = refusal.provider.and_then(|number| self.provider(number));
        Outcome { result: refusal.reason.name(), provider, subject: None }
    }

    /// Whether a token may have been in the query, where others find it: in histories and caches.
    pub(crate) fn has_query_token(&self, head: &Parts) -> bool {
        let query = head.uri.query().filter(|_| !self.secrets.is_empty());
        query.is_some_and(|query| matches!(redacted(query, &self.secrets), Cow::Owned(_)))
    }

    /// Tells the application who the request is from, and lets nobody else tell it.
    pub(crate) fn introduce(&self, head: &mut Parts, verified: Option<Verified>) {
        for told in &self.told {
            head.headers.remove(&told.incoming);
        }
        let Some(verified) = verified else { return };
        for (name, scheme) in &self.withheld {
            let mut values = head.headers.get_all(name).iter();
            if values.any(|value| has_scheme(value.as_bytes(), scheme.as_bytes())) {
                head.headers.remove(name);
            }
        }
        for told in &self.told {
            let value = verified.claims().get(&told.claim).and_then(|claim| told.value(claim));
            if let Some(value) = value {
                head.headers.insert(told.name.clone(), value);
            }
        }
        head.extensions.insert(verified);
    }
}

impl Told {
    fn new(name: &str, claim: &str) -> Option<Self> {
        let incoming = name.replace('_', "-").parse().ok()?;
        Some(Self { name: name.parse().ok()?, incoming, claim: claim.into() })
    }

    /// A claim as the value of a field: a text, an integer or a boolean that is one as it stands.
    /// Other numbers are not exact: two of them could be written alike.
    fn value(&self, claim: &Value) -> Option<HeaderValue> {
        let value = match claim {
            Value::String(text) if text.is_ascii() && text.trim_ascii() == text => {
                HeaderValue::from_str(text).ok()
            }
            Value::Number(number) if number.is_i64() || number.is_u64() => {
                HeaderValue::from_str(&number.to_string()).ok()
            }
            Value::Bool(truth) => {
                Some(HeaderValue::from_static(if *truth { "true" } else { "false" }))
            }
            _ => None,
        };
        if value.is_none() {
            let (name, claim) = (&self.name, &self.claim);
            tracing::debug!(%name, ?claim, "a claim is no value of a header field: not told");
        }
        value
    }
}

/// Whoever signs tokens decides how long a subject is, but not how long a line of the log is.
fn shortened(mut subject: String) -> String {
    if let Some((end, _)) = subject.char_indices().nth(MOST_CHARACTERS) {
        subject.truncate(end);
    }
    subject
}

/// Of a subject, in a line of the access log.
const MOST_CHARACTERS: usize = 256;

/// Whether a field's value begins with this scheme (RFC 9110 section 11.1). Every value does with none.
fn has_scheme(value: &[u8], scheme: &[u8]) -> bool {
    let Some((start, rest)) = value.split_at_checked(scheme.len()) else { return false };
    start.eq_ignore_ascii_case(scheme) && (scheme.is_empty() || rest.first() == Some(&b' '))
}

struct HeaderFields<'a>(&'a HeaderMap);

impl Fields for HeaderFields<'_> {
    fn each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }
}
