//! One decision: rule, credentials, tokens, and what the rule wants of them.

use std::rc::Rc;

use super::{Decision, Gate};
use crate::cache::Digest;
use crate::config::Rule;
use crate::credentials::{self, Token};
use crate::key::ring::{Refetch, Together};
use crate::policy::requirement::{Failed, Needed, Outcome, Passed, rank};
use crate::policy::{Access, condition};
use crate::provider::{Failure, Remembered, audiences, check_audience};
use crate::{Inquiry, Reason, Refusal, Verified};

/// What came of one provider's token.
type Found = (usize, Result<Verified, Refusal>);

/// A decision in the making, with what is needed to tell of it.
pub(super) struct Making<'a> {
    gate: &'a Gate,
    inquiry: &'a Inquiry<'a>,
    access: &'a Access,
    rule: Option<&'a Rule>,
    tokens: Vec<Token>,
    /// Each provider is asked once.
    pub(super) found: Vec<Found>,
}

impl Gate {
    /// Decides about one request.
    #[must_use]
    pub fn decide(&self, inquiry: &Inquiry<'_>) -> Decision {
        self.decide_with(inquiry, true)
    }

    /// Decides with the keys that there are: never [`Decision::Refetch`].
    #[must_use]
    pub fn decide_now(&self, inquiry: &Inquiry<'_>) -> Decision {
        self.decide_with(inquiry, false)
    }

    fn decide_with(&self, inquiry: &Inquiry<'_>, may_fetch: bool) -> Decision {
        let Ok(matched) = self.policy.find(inquiry.method, inquiry.path) else {
            let detail = "the path can be read in several ways, for which different rules hold";
            return Decision::Refuse(Refusal::new(Reason::AmbiguousPath, detail));
        };
        let access = self.policy.access(matched);
        let rule = self.policy.matched(matched);
        if self.is_open(access, rule, inquiry) {
            return Decision::Open;
        }
        match Making::new(self, inquiry, (access, rule)) {
            Ok(mut making) => making.decide(may_fetch),
            Err(refusal) => Decision::Refuse(refusal),
        }
    }

    /// Whether tokens are not looked at.
    pub(super) fn is_open(
        &self,
        access: &Access,
        rule: Option<&Rule>,
        inquiry: &Inquiry<'_>,
    ) -> bool {
        if access.needed == Needed::Nobody {
            return true;
        }
        let bypass = rule.and_then(|rule| rule.bypass_preflight);
        bypass.unwrap_or(self.config.bypass_preflight) && credentials::is_preflight(inquiry)
    }
}

impl<'a> Making<'a> {
    pub(super) fn new(
        gate: &'a Gate,
        inquiry: &'a Inquiry<'a>,
        (access, rule): (&'a Access, Option<&'a Rule>),
    ) -> Result<Self, Refusal> {
        let tokens = access.places.find(inquiry, gate.config.max_token)?;
        Ok(Self { gate, inquiry, access, rule, tokens, found: Vec::new() })
    }

    pub(super) fn decide(&mut self, may_fetch: bool) -> Decision {
        let has_token = !self.tokens.is_empty();
        let access = self.access;
        let evaluated = access.needed.evaluate(has_token, &mut |provider| self.outcome(provider));
        match evaluated {
            Ok(passed) => self.pass(&passed),
            Err(failed) => self.lacks_key(may_fetch).unwrap_or_else(|| self.fail(failed)),
        }
    }

    fn outcome(&mut self, provider: usize) -> Outcome {
        let known = self.found.iter().position(|(number, _)| *number == provider);
        let at = match known {
            Some(at) => at,
            None => {
                let Some(result) = self.ask(provider) else { return Outcome::Absent };
                self.found.push((provider, result));
                self.found.len() - 1
            }
        };
        match self.found.get(at) {
            Some((_, Ok(_))) => Outcome::Valid,
            Some((_, Err(refusal))) => {
                Outcome::Invalid { reason: refusal.reason, rank: rank(refusal.reason) }
            }
            None => Outcome::Absent,
        }
    }

    /// What a provider says of the token that is meant for it, if there is one.
    fn ask(&self, number: usize) -> Option<Result<Verified, Refusal>> {
        let token = self.tokens.iter().find(|token| token.providers.contains(number))?;
        let provider = self.gate.providers.get(number)?;
        let (verified, remembered) = provider.verify(&token.text, self.now());
        self.count(remembered);
        let refusal = |failure: Failure| {
            let fingerprint = Some(Digest::of(&token.text).fingerprint());
            let refusal = Refusal::new(failure.reason, failure.detail);
            Refusal { provider: Some(number), fingerprint, ..refusal }
        };
        Some(verified.map_err(refusal).and_then(|verified| {
            let audiences = audiences(&provider.config, self.rule);
            check_audience(verified.claims(), audiences).map_err(refusal)?;
            let denials = self.gate.denials.borrow();
            if let Some(revocable) = verified.revocable() {
                revocable.check(denials.as_deref()).map_err(refusal)?;
            }
            let trusted = &self.gate.config.trusted_origins;
            let proven = self.access.places.check_csrf(token, self.inquiry, trusted);
            proven
                .map_err(|other| refusal(Failure { reason: other.reason, detail: other.detail }))?;
            Ok(verified)
        }))
    }

    fn count(&self, remembered: Remembered) {
        let count = match remembered {
            Remembered::Hit => &self.gate.hits,
            Remembered::Miss => &self.gate.misses,
            Remembered::Unasked => return,
        };
        count.set(count.get().wrapping_add(1));
    }

    /// Seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "a quarter of a microsecond is enough")]
    fn now(&self) -> f64 {
        let seconds = self.inquiry.now / 1_000_000_000;
        let nanos = self.inquiry.now % 1_000_000_000;
        seconds as f64 + nanos as f64 / 1e9
    }

    fn verified(&self, provider: usize) -> Option<Verified> {
        let found = self.found.iter().find(|(number, _)| *number == provider);
        found.and_then(|(_, result)| result.as_ref().ok()).cloned()
    }

    fn pass(&self, passed: &Passed) -> Decision {
        let Some(identity) = passed.identity else { return Decision::Pass(None) };
        let Some(verified) = self.verified(identity) else {
            return Decision::Refuse(Refusal::new(Reason::Missing, ""));
        };
        if let Some(rule) = self.rule
            && let Err(refusal) = condition::check(rule, &verified)
        {
            return Decision::Refuse(Refusal { provider: Some(identity), ..refusal });
        }
        if passed.others.is_empty() {
            return Decision::Pass(Some(verified));
        }
        let others: Vec<Verified> =
            passed.others.iter().filter_map(|number| self.verified(*number)).collect();
        Decision::Pass(Some(verified.with_others(&others)))
    }

    /// Providers whose keys may have changed are asked for them, all at once, before a token is
    /// refused. Not for a token that another one has found genuine: it is nobody else's.
    fn lacks_key(&self, may_fetch: bool) -> Option<Decision> {
        let refusals = || self.found.iter().filter_map(|(_, result)| result.as_ref().err());
        if !may_fetch || refusals().any(|refusal| is_genuine(refusal.reason)) {
            return None;
        }
        let lacking = self.found.iter().filter(|(_, result)| result.as_ref().is_err_and(lacks_key));
        let source = |(number, _): &Found| self.gate.providers.get(*number)?.ring.source();
        let mut sources: Vec<Rc<dyn Refetch>> = lacking.filter_map(source).collect();
        match sources.len() {
            0 | 1 => sources.pop().map(Decision::Refetch),
            _ => Some(Decision::Refetch(Rc::new(Together(sources)))),
        }
    }

    fn fail(&self, failed: Failed) -> Decision {
        let told = self.found.iter().find_map(|(number, result)| match result {
            Err(refusal) if Some(*number) == failed.provider && refusal.reason == failed.reason => {
                Some(refusal.clone())
            }
            _ => None,
        });
        Decision::Refuse(told.unwrap_or_else(|| {
            let refusal = Refusal::new(failed.reason, "");
            Refusal { provider: failed.provider, ..refusal }
        }))
    }
}

fn lacks_key(refusal: &Refusal) -> bool {
    matches!(refusal.reason, Reason::UnknownKey | Reason::NoKeys)
}

/// Whether a token that is refused for this has the signature of the provider that refuses it, and
/// says that it is from there.
fn is_genuine(reason: Reason) -> bool {
    reason > Reason::Signature && reason != Reason::Issuer
}
