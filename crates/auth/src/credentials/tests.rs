//! Tokens where they may be, where they may not, and twice.

mod cookies;
mod csrf;
mod headers;
mod queries;

use super::{Places, Token};
use crate::config::{Csrf, Presence, Provider, Requirement, Source};
use crate::policy::requirement::{Needed, ProviderSet};
use crate::testing::{List, inquiry, local};
use crate::{Inquiry, Reason};

const MAX_TOKEN: usize = 40;

fn header() -> Source {
    Source::Header { name: "authorization".into(), scheme: "Bearer".into() }
}

fn cookie(csrf: Csrf) -> Source {
    Source::Cookie { name: "access".into(), csrf }
}

fn query() -> Source {
    Source::Query { name: "access_token".into() }
}

fn provider(name: &str, sources: Vec<Source>) -> Provider {
    Provider { name: name.into(), sources, ..local() }
}

/// The places of providers, any of which will do.
fn places(sources: Vec<Vec<Source>>) -> Places {
    let each = sources.into_iter().enumerate();
    let providers: Vec<Provider> =
        each.map(|(number, sources)| provider(&number.to_string(), sources)).collect();
    Places::new(&providers, &Needed::presence(Presence::Required, providers.len()))
}

fn find(places: &Places, fields: &[(&str, &str)]) -> Result<Vec<Token>, Reason> {
    let fields = List(fields);
    let found = places.find(&inquiry("GET", "/", &fields), MAX_TOKEN);
    found.map_err(|refusal| refusal.reason)
}

fn texts(found: Result<Vec<Token>, Reason>) -> Result<Vec<String>, Reason> {
    found.map(|tokens| tokens.into_iter().map(|token| token.text).collect())
}

fn one(text: &str) -> Result<Vec<String>, Reason> {
    Ok(vec![text.to_owned()])
}

#[test]
fn the_same_token_in_two_places_is_one() {
    let places = places(vec![vec![header(), cookie(Csrf::None)], vec![cookie(Csrf::None)]]);
    let both = [("authorization", "Bearer a.b.c"), ("cookie", "access=a.b.c")];
    let found = find(&places, &both).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].providers, ProviderSet::default().with(0).with(1));
    let found = find(&places, &[("authorization", "Bearer a.b.c")]).unwrap();
    assert_eq!(found[0].providers, ProviderSet::default().with(0));
    assert_eq!(find(&places, &[]), Ok(Vec::new()));
}

#[test]
fn tokens_that_differ_are_refused() {
    let all = vec![header(), cookie(Csrf::None), query()];
    let fields = [("authorization", "Bearer good"), ("cookie", "access=bad")];
    for places in
        [places(vec![all.clone()]), places(vec![vec![header()], vec![cookie(Csrf::None)]])]
    {
        assert_eq!(find(&places, &fields), Err(Reason::SeveralTokens));
    }
    let list = List(&fields[..1]);
    let request = Inquiry { query: Some("access_token=bad"), ..inquiry("GET", "/", &list) };
    let found = places(vec![all]).find(&request, MAX_TOKEN);
    assert_eq!(found.map_err(|refusal| refusal.reason), Err(Reason::SeveralTokens));
}

#[test]
fn places_that_nobody_looks_in_do_not_count() {
    let providers = [provider("a", vec![header()]), provider("b", vec![cookie(Csrf::None)])];
    let needed = Needed::Provider(0);
    let places = Places::new(&providers, &needed);
    let fields = [("authorization", "Bearer good"), ("cookie", "access=bad")];
    assert_eq!(texts(find(&places, &fields)), one("good"));
    assert_eq!(texts(find(&places, &fields[1..])), Ok(Vec::new()));
}

#[test]
fn several_are_needed_where_all_of_several_providers_are() {
    let both = Needed::All([Needed::Provider(0), Needed::Provider(1)].into());
    let own = [provider("a", vec![header()]), provider("b", vec![cookie(Csrf::None)])];
    let fields = [("authorization", "Bearer good"), ("cookie", "access=other")];
    let found = find(&Places::new(&own, &both), &fields).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0].providers.contains(0) && !found[0].providers.contains(1));
    assert!(found[1].providers.contains(1) && !found[1].providers.contains(0));
    // Where one looks in both places, it is not clear which is meant.
    let shared = [provider("a", vec![header(), cookie(Csrf::None)]), own[1].clone()];
    let found = find(&Places::new(&shared, &both), &fields);
    assert_eq!(found, Err(Reason::SeveralTokens));
}

#[test]
fn preflights() {
    let both = [("origin", "https://a.test"), ("access-control-request-method", "PUT")];
    let is_preflight =
        |method, fields: &[_]| super::is_preflight(&inquiry(method, "/", &List(fields)));
    assert!(is_preflight("OPTIONS", &both));
    assert!(!is_preflight("GET", &both));
    assert!(!is_preflight("options", &both));
    assert!(!is_preflight("OPTIONS", &both[..1]));
    assert!(!is_preflight("OPTIONS", &both[1..]));
}

#[test]
fn nothing_that_is_told_has_a_token_in_it() {
    let places = places(vec![vec![header(), cookie(Csrf::None)]]);
    let long = format!("Bearer sEcReT{}", "x".repeat(50));
    for fields in [
        vec![("authorization", "Bearer sEcReT sEcReT")],
        vec![("authorization", long.as_str())],
        vec![("authorization", "Bearer sEcReT"), ("cookie", "access=other")],
        vec![("cookie", "access=sEcReT,")],
        vec![("cookie", "access=sEcReT; access=other")],
    ] {
        let list = List(&fields);
        let refusal = places.find(&inquiry("GET", "/", &list), MAX_TOKEN).unwrap_err();
        assert!(!format!("{refusal:?}").contains("sEcReT"), "{refusal:?}");
    }
}

#[test]
fn a_requirement_for_nobody_looks_nowhere() {
    let providers = [provider("a", vec![header()])];
    let needed = Needed::new(&Requirement::None, &["a"]);
    let places = Places::new(&providers, &needed);
    assert_eq!(find(&places, &[("authorization", "Bearer a b c")]), Ok(Vec::new()));
}
