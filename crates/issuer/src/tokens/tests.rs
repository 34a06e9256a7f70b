//! Claims, as simplejwt has them, and what replaces what.

use std::time::Duration;

use appserver_auth::Algorithm;
use appserver_auth::issue::{Format, Kind, Signer};
use serde_json::{Map, Value, json};

use super::{Claims, Mint, entry, text_of};

const SECRET: &[u8] = b"Vb3kq0Zt7-LxR9mWc1YdHs4GpUe8JnAoKiM2";
const NOW: i64 = 1_800_000_000;

fn format() -> Format {
    Format::new(Algorithm::HS256)
}

fn with<T>(format: &Format, max_age: Option<u64>, test: impl FnOnce(&Mint<'_>) -> T) -> T {
    let signer = Signer::from_secret(Algorithm::HS256, SECRET).unwrap();
    let session_max_age = max_age.map(Duration::from_secs);
    test(&Mint { format, signer: &signer, session_max_age })
}

fn names(claims: &Claims) -> Vec<&str> {
    claims.0.iter().map(|(name, _)| name.as_str()).collect()
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn claims_are_simplejwts_in_its_order() {
    with(&format(), None, |mint| {
        let more = map(&json!({"hash_password": "AB"}));
        let refresh = mint.begin(Kind::Refresh, "1", NOW, &more).unwrap();
        assert_eq!(
            names(&refresh),
            ["token_type", "exp", "iat", "jti", "user_id", "hash_password"]
        );
        assert_eq!(refresh.get("token_type"), Some(&json!("refresh")));
        assert_eq!(refresh.get("exp"), Some(&json!(NOW + 86_400)));
        assert_eq!(refresh.get("user_id"), Some(&json!("1")));
        let sliding = mint.begin(Kind::Sliding, "1", NOW, &Map::new()).unwrap();
        assert_eq!(names(&sliding), ["token_type", "exp", "iat", "jti", "refresh_exp", "user_id"]);
    });
}

#[test]
fn an_id_is_a_version_4_uuid_without_dashes() {
    with(&format(), None, |mint| {
        let id = || {
            let claims = mint.begin(Kind::Access, "1", NOW, &Map::new()).unwrap();
            claims.get("jti").unwrap().as_str().unwrap().to_owned()
        };
        let (one, other) = (id(), id());
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
        assert_eq!(one.as_bytes()[12], b'4');
        assert!(b"89ab".contains(&one.as_bytes()[16]));
    });
}

#[test]
fn an_access_token_has_all_that_is_not_the_refresh_tokens_own() {
    with(&format(), None, |mint| {
        let more = map(&json!({"email": "a@b", "sid": "s"}));
        let refresh = mint.begin(Kind::Refresh, "1", NOW, &more).unwrap();
        let access = mint.access(&refresh, NOW + 7).unwrap();
        assert_eq!(names(&access), ["token_type", "exp", "iat", "jti", "user_id", "email", "sid"]);
        assert_eq!(access.get("token_type"), Some(&json!("access")));
        assert_eq!(access.get("exp"), Some(&json!(NOW + 307)));
        assert_ne!(access.get("jti"), refresh.get("jti"));
    });
}

#[test]
fn a_claim_of_another_name_is_not_copied_either() {
    let format = Format { jti_claim: Some("id".to_owned()), ..format() };
    with(&format, None, |mint| {
        let foreign = Claims::from(map(&json!({"jti": "third", "id": "own", "user_id": 1})));
        let access = mint.access(&foreign, NOW).unwrap();
        assert_eq!(names(&access), ["token_type", "exp", "iat", "id", "user_id"]);
        assert_ne!(access.get("id"), Some(&json!("own")));
    });
}

#[test]
fn a_successor_is_the_same_whenever_it_is_made() {
    with(&format(), None, |mint| {
        let claims = mint.begin(Kind::Refresh, "1", NOW, &map(&json!({"a": [1]}))).unwrap();
        let token = mint.sign(Kind::Refresh, &claims).unwrap().text;
        let successor = mint.successor(&claims, &token, NOW + 60);
        assert_eq!(successor, mint.successor(&claims, &token, NOW + 60));
        assert_ne!(successor.get("jti"), claims.get("jti"));
        assert_eq!(successor.get("exp"), Some(&json!(NOW + 60 + 86_400)));
        assert_eq!(successor.get("a"), Some(&json!([1])));
        let another = mint.begin(Kind::Refresh, "1", NOW, &Map::new()).unwrap();
        let another_token = mint.sign(Kind::Refresh, &another).unwrap().text;
        let other = mint.successor(&another, &another_token, NOW + 60);
        assert_ne!(successor.get("jti"), other.get("jti"));
    });
}

#[test]
fn no_token_outlives_its_session() {
    with(&format(), Some(86_500), |mint| {
        let begun = mint.begin(Kind::Refresh, "1", NOW, &Map::new()).unwrap();
        assert_eq!(begun.get("auth_time"), Some(&json!(NOW)));
        assert_eq!(begun.get("exp"), Some(&json!(NOW + 86_400)));
        let later = mint.successor(&begun, "a.b.c", NOW + 1000);
        assert_eq!(later.get("exp"), Some(&json!(NOW + 86_500)));
        let access = mint.access(&later, NOW + 86_400).unwrap();
        assert_eq!(access.get("exp"), Some(&json!(NOW + 86_500)));
        assert_eq!(mint.session_end(&later), Some(NOW + 86_500));
    });
}

#[test]
fn audience_and_issuer_come_last() {
    let format = Format {
        issuer: Some("https://shop.example".to_owned()),
        audience: Some(json!(["shop"])),
        ..format()
    };
    with(&format, None, |mint| {
        let claims = mint.begin(Kind::Access, "1", NOW, &Map::new()).unwrap();
        let text = mint.sign(Kind::Access, &claims).unwrap().text;
        let payload = text.split('.').nth(1).unwrap();
        use base64::Engine as _;
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
        let payload = String::from_utf8(payload).unwrap();
        assert!(payload.ends_with(r#","aud":["shop"],"iss":"https://shop.example"}"#), "{payload}");
    });
}

#[test]
fn the_store_knows_a_token_by_its_claims() {
    let claims = Claims::from(map(&json!({
        "jti": "j", "user_id": 7, "iat": NOW, "exp": 1_800_000_000.5, "refresh_exp": NOW + 9,
    })));
    let found = entry(&format(), &claims, "text");
    assert_eq!((found.jti.as_str(), found.session.as_str()), ("j", "j"));
    assert_eq!((found.subject.as_str(), found.issued, found.expires), ("7", NOW, NOW + 9));
    assert_eq!(found.digest.len(), 64);
    let session = Claims::from(map(&json!({"jti": "j", "sid": "s", "exp": NOW})));
    assert_eq!(entry(&format(), &session, "text").session, "s");
    let without = Claims::from(map(&json!({"exp": NOW})));
    assert_eq!(entry(&format(), &without, "text").jti, found.digest);
}

#[test]
fn ids_of_users_are_texts() {
    for (value, text) in
        [(json!("1"), Some("1")), (json!(1), Some("1")), (json!(1.5), None), (json!([1]), None)]
    {
        assert_eq!(text_of(&value).as_deref(), text);
    }
}
