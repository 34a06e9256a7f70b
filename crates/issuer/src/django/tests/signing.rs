//! What signs where anybody may verify.

use appserver_auth::Algorithm;
use appserver_auth::config::{Keys, Provider};
use serde_json::{Value, json};

use super::{config, project, provider, text};
use crate::Endpoint;
use crate::config::Signing;
use crate::django::merge;
use crate::django::signing::own_keys;

#[test]
fn public_keys_are_the_projects_or_ours() {
    let public = |more: Value| {
        let mut set = json!({"ALGORITHM": "RS256"});
        set.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        project(set)
    };
    let ours = own_keys(&config(), &public(json!({}))).unwrap().unwrap();
    assert_eq!(ours.algorithm, Algorithm::RS256, "what simplejwt verifies with");
    assert!(own_keys(&config(), &public(json!({"VERIFYING_KEY": "pem"}))).is_err());
    let mut with_key = public(json!({"VERIFYING_KEY": "pem"}));
    with_key.private_key = Some(text("pem"));
    assert_eq!(own_keys(&config(), &with_key), Ok(None));
    assert_eq!(own_keys(&config(), &project(json!({}))), Ok(None));
    let verifier = Provider {
        algorithms: vec![Algorithm::RS256],
        keys: Keys::Local(String::new()),
        ..provider()
    };
    let fetched = public(json!({"JWK_URL": "http://127.0.0.1/.well-known/jwks.json"}));
    let (merged, notes) = merge(&config(), &fetched, &verifier).unwrap();
    assert!(merged.signing == Signing::Directory(ours));
    assert!(merged.paths.contains_key(&Endpoint::Jwks));
    assert!(notes[0].0.contains("JWK_URL"), "{notes:?}");
    let error = merge(&config(), &with_key, &verifier).unwrap_err();
    assert!(error.starts_with("SIMPLE_JWT[\"SIGNING_KEY\"] cannot sign: "), "{error}");
}
