//! Whose token is needed.

use crate::Reason;
use crate::config::{Presence, Requirement};
use crate::policy::requirement::{Needed, Outcome, Passed, ProviderSet, rank};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn name(name: &str) -> Requirement {
    Requirement::Provider(name.into())
}

fn needed(require: &Requirement) -> Needed {
    Needed::new(require, &NAMES)
}

fn bad(reason: Reason) -> Outcome {
    Outcome::Invalid { reason, rank: rank(reason) }
}

/// What comes of a requirement when the providers say this. There is a token if any of those that
/// it names has seen one.
fn verdict(
    require: &Requirement,
    outcomes: [Outcome; 3],
) -> Result<Passed, (Reason, Option<usize>)> {
    let needed = needed(require);
    let seen = |number: usize| outcomes[number] != Absent;
    let has_token = (0..3).any(|number| needed.providers().contains(number) && seen(number));
    needed
        .evaluate(has_token, &mut |number| outcomes[number])
        .map_err(|failed| (failed.reason, failed.provider))
}

fn passed(identity: Option<usize>, others: &[usize]) -> Result<Passed, (Reason, Option<usize>)> {
    Ok(Passed { identity, others: others.to_vec() })
}

use Outcome::{Absent, Valid};

#[test]
fn one_provider() {
    let require = name("b");
    assert_eq!(verdict(&require, [Absent, Valid, Absent]), passed(Some(1), &[]));
    let missing = Err((Reason::Missing, Some(1)));
    assert_eq!(verdict(&require, [Absent, Absent, Absent]), missing);
    // Another's token is none of its own.
    assert_eq!(verdict(&require, [Valid, Absent, Valid]), missing);
    let expired = [Absent, bad(Reason::Expired), Absent];
    assert_eq!(verdict(&require, expired), Err((Reason::Expired, Some(1))));
}

#[test]
fn presence() {
    let issuer = bad(Reason::Issuer);
    for (require, none, bad, good) in [
        (Requirement::None, true, true, true),
        (Requirement::Optional, true, false, true),
        (Requirement::Required, false, false, true),
    ] {
        let passes = |outcomes| verdict(&require, outcomes).is_ok();
        assert_eq!(passes([Absent; 3]), none, "{require:?}");
        assert_eq!(passes([issuer; 3]), bad, "{require:?}");
        assert_eq!(passes([issuer, Absent, Valid]), good, "{require:?}");
    }
    assert_eq!(verdict(&Requirement::None, [Valid; 3]), passed(None, &[]));
    assert_eq!(verdict(&Requirement::Optional, [issuer, Valid, Valid]), passed(Some(1), &[]));
    assert_eq!(verdict(&Requirement::Required, [Absent; 3]), Err((Reason::Missing, None)));
}

/// Envoy once let a token of an unknown issuer pass as a missing one.
#[test]
fn an_unknown_issuers_token_is_not_missing() {
    let require = Requirement::Any(vec![name("a"), Requirement::Missing]);
    let other = [bad(Reason::Issuer), Absent, Absent];
    assert_eq!(verdict(&require, other), Err((Reason::Issuer, Some(0))));
    assert_eq!(verdict(&require, [Absent; 3]), passed(None, &[]));
    assert_eq!(verdict(&require, [Valid, Absent, Absent]), passed(Some(0), &[]));
    let turned = Requirement::Any(vec![Requirement::Missing, name("a")]);
    assert_eq!(verdict(&turned, other), Err((Reason::Issuer, Some(0))));
    // Inside `all`, a token for the one is a token for the other too.
    let both = Requirement::All(vec![name("b"), require]);
    assert_eq!(
        verdict(&both, [bad(Reason::Issuer), Valid, Absent]),
        Err((Reason::Issuer, Some(0)))
    );
    assert!(verdict(&both, [Absent, Valid, Absent]).is_err());
    // A token in a place that counts is none that is missing, whatever is made of it.
    let nothing = needed(&turned).evaluate(true, &mut |_| Absent);
    assert_eq!(nothing.map_err(|failed| failed.reason), Err(Reason::Missing));
}

#[test]
fn all_need_each_and_the_first_is_who_it_is() {
    let require = Requirement::All(vec![name("c"), name("a"), name("c")]);
    assert_eq!(verdict(&require, [Valid, Absent, Valid]), passed(Some(2), &[0]));
    let absent = verdict(&require, [Absent, Absent, Valid]);
    assert_eq!(absent, Err((Reason::Missing, Some(0))));
    let signature = [bad(Reason::Signature), Absent, Valid];
    assert_eq!(verdict(&require, signature), Err((Reason::Signature, Some(0))));
    assert!(needed(&require).wants_several());
    assert!(!needed(&Requirement::Required).wants_several());
    let nested = Requirement::Any(vec![name("b"), require]);
    assert!(needed(&nested).wants_several());
    assert_eq!(verdict(&nested, [Valid, Absent, Valid]), passed(Some(2), &[0]));
}

#[test]
fn the_failure_that_tells_most_is_told() {
    let require = Requirement::Any(vec![name("a"), name("b"), name("c")]);
    for (outcomes, reason, provider) in [
        ([bad(Reason::Issuer), bad(Reason::Expired), bad(Reason::UnknownKey)], Reason::Expired, 1),
        ([Absent, bad(Reason::Issuer), Absent], Reason::Issuer, 1),
        ([bad(Reason::Signature), Absent, bad(Reason::Signature)], Reason::Signature, 0),
        ([bad(Reason::NotCompact), bad(Reason::Issuer), Absent], Reason::NotCompact, 0),
    ] {
        assert_eq!(verdict(&require, outcomes), Err((reason, Some(provider))));
    }
}

#[test]
fn later_providers_are_not_asked_in_vain() {
    let mut asked = Vec::new();
    let passed = Needed::presence(Presence::Required, 3).evaluate(true, &mut |number| {
        asked.push(number);
        if number == 1 { Valid } else { bad(Reason::Issuer) }
    });
    assert!(passed.is_ok());
    assert_eq!(asked, [0, 1]);
}

#[test]
fn without_providers_nothing_is_required_of_nobody() {
    let optional = Needed::presence(Presence::Optional, 0);
    assert!(optional.evaluate(false, &mut |_| Valid).is_ok());
    let required = Needed::presence(Presence::Required, 0);
    assert!(required.evaluate(false, &mut |_| Valid).is_err());
    assert!(Needed::new(&name("unknown"), &NAMES).evaluate(true, &mut |_| Valid).is_err());
}

#[test]
fn sets() {
    let set = ProviderSet::default().with(0).with(63).with(64);
    assert!(set.contains(0) && set.contains(63) && !set.contains(64) && !set.contains(1));
    let one = ProviderSet::default().with(1);
    assert!(one.is_disjoint(set) && !one.with(63).is_disjoint(set));
    assert_eq!(one.union(set), set.with(1));
}
