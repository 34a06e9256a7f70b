//! JWK sets: which keys are admitted, and that one that is not leaves the others alone.

use super::*;
use crate::Algorithm::*;

const ASYMMETRIC: [Algorithm; 5] = [RS256, ES256, ES384, ES512, EdDSA];

fn secret_jwk(bytes: usize) -> Value {
    let secret: Vec<u8> = (0..bytes).map(|place| (place * 73 % 251) as u8).collect();
    json!({"kty": "oct", "k": encoded(&secret)})
}

#[test]
fn a_refused_key_leaves_the_others_alone() {
    let good = ec("P-256");
    let good_jwk = with(&ec_jwk("P-256", &good), &json!({"kid": "good"}));
    let bad = [
        with(&ec_jwk("P-256", &ec("P-256")), &json!({"kid": "enc", "use": "enc"})),
        json!({"kty": "new", "kid": "new"}),
        json!("no key"),
        json!({}),
    ];
    let keys = [&bad[..2], &[good_jwk], &bad[2..]].concat();
    let (set, errors) = set(&keys, &ASYMMETRIC);
    assert_eq!(only(&set).kid(), Some("good"));
    assert!(only(&set).verifies(MESSAGE, &ec_signature(&good)));
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "key \"enc\": its `use` is not `sig`",
            "key \"new\": its `kty` \"new\" is not known here",
            "key 4: it is no object",
            "key 5: `kty` is missing",
        ]
    );
}

#[test]
fn a_key_is_for_verifying() {
    let jwk = ec_jwk("P-256", &ec("P-256"));
    let good = [
        json!({"use": "sig"}),
        json!({"key_ops": ["verify"]}),
        json!({"use": "sig", "key_ops": ["sign", "verify"]}),
        json!({"x5c": [5], "x5u": "http://example.com", "ext": true, "more": {"a": []}}),
    ];
    for members in good {
        let (set, errors) = set(&[with(&jwk, &members)], &ASYMMETRIC);
        assert_eq!((set.len(), errors), (1, vec![]), "{members}");
    }
    let bad = [
        json!({"use": "enc"}),
        json!({"use": "SIG"}),
        json!({"use": ""}),
        json!({"use": null}),
        json!({"use": ["sig"]}),
        json!({"key_ops": []}),
        json!({"key_ops": ["encrypt"]}),
        json!({"key_ops": ["sign"]}),
        json!({"key_ops": "verify"}),
        json!({"key_ops": ["verify", "verify"]}),
        json!({"key_ops": ["verify", 5]}),
        json!({"use": "sig", "key_ops": ["encrypt"]}),
        json!({"kid": 5}),
        json!({"kid": null}),
        json!({"alg": null}),
        json!({"alg": ["ES256"]}),
        json!({"kty": 5}),
    ];
    for members in bad {
        refusal(&with(&jwk, &members), &ASYMMETRIC);
    }
}

#[test]
fn a_key_has_the_algorithm_that_it_names() {
    let (rsa, ec) = (rsa_jwk(&rsa()), ec_jwk("P-256", &ec("P-256")));
    let (named, errors) = set(&[with(&rsa, &json!({"alg": "PS384"}))], &[RS256, PS384, RS512]);
    assert_eq!(errors, []);
    assert_eq!(only(&named).algorithm(), PS384);
    let cases = [
        (with(&rsa, &json!({"alg": "PS256"})), &[RS256][..], "is PS256, which is not listed"),
        (with(&rsa, &json!({"alg": "RSA-OAEP"})), &[RS256], "\"RSA-OAEP\" is not known here"),
        (with(&rsa, &json!({"alg": "rs256"})), &[RS256], "\"rs256\" is not known here"),
        (with(&rsa, &json!({"alg": "none"})), &[RS256], "\"none\" is not known here"),
        (with(&rsa, &json!({"alg": "ES256"})), &[RS256, ES256], "but it is a key of RSA"),
        (with(&rsa, &json!({"alg": "HS256"})), &[RS256], "but it is a key of RSA"),
        (with(&ec, &json!({"alg": "ES384"})), &[ES256, ES384], "but it is a key of P-256"),
        (with(&ec, &json!({"alg": "ES256K"})), &[ES256], "\"ES256K\" is not known here"),
        (with(&ec, &json!({"alg": "ES521"})), &[ES256, ES512], "\"ES521\" is not known here"),
        (rsa.clone(), &[RS256, PS256], "list one algorithm"),
        (rsa.clone(), &[ES256], "a key of RSA serves none of the listed"),
        (ec.clone(), &[ES384, ES512], "a key of P-256 serves none of the listed"),
        (ec.clone(), &[RS256], "a key of P-256 serves none of the listed"),
    ];
    for (jwk, listed, problem) in cases {
        let told = refusal(&jwk, listed);
        assert!(told.contains(problem), "{told}");
    }
}

#[test]
fn symmetric_and_asymmetric_algorithms_do_not_mix() {
    for listed in [&[HS256, RS256][..], &[ES256, HS512], &[]] {
        let error = KeySet::from_jwk_set(b"{\"keys\":[]}", listed, 8).expect_err("refused");
        assert_eq!(error.what, "algorithms");
    }
}

#[test]
fn a_point_is_on_the_curve_that_is_named() {
    let jwk = ec_jwk("P-256", &ec("P-256"));
    let other = ec_jwk("P-256", &ec("P-256"));
    let long = ec_jwk("P-384", &ec("P-384"));
    let bad = [
        json!({"crv": "P-384"}),
        json!({"crv": "P-521"}),
        json!({"crv": "secp256k1"}),
        json!({"crv": "Ed25519"}),
        json!({"crv": "p-256"}),
        json!({"crv": null}),
        json!({"y": other["y"]}),
        json!({"x": encoded(&[0; 32]), "y": encoded(&[0; 32])}),
        json!({"x": encoded(&[0xff; 32])}),
        json!({"x": long["x"], "y": long["y"]}),
        json!({"x": encoded(&[1; 31])}),
        json!({"x": encoded(&[1; 33]), "y": encoded(&[1; 31])}),
        json!({"x": ""}),
        json!({"x": 5}),
        json!({"x": format!("{}=", jwk["x"].as_str().expect("x"))}),
        json!({"x": format!("{} ", jwk["x"].as_str().expect("x"))}),
    ];
    for members in bad {
        refusal(&with(&jwk, &members), &ASYMMETRIC);
    }
    let mut short = jwk.clone();
    short.as_object_mut().expect("members").remove("y");
    assert!(refusal(&short, &ASYMMETRIC).contains("`y` is missing"));
}

#[test]
fn ed25519_keys_are_whole_and_sound() {
    let jwk = ed_jwk(&ed());
    let mut small = [0xff; 32];
    (small[0], small[31]) = (0xec, 0x7f);
    let mut signed = [0; 32];
    (signed[0], signed[31]) = (1, 0x80);
    let bad = [
        json!({"crv": "Ed448"}),
        json!({"crv": "X25519"}),
        json!({"x": encoded(&[9; 31])}),
        json!({"x": encoded(&[9; 33])}),
        json!({"x": encoded(&[0; 32])}),
        json!({"x": encoded(&small)}),
        json!({"x": encoded(&signed)}),
        json!({"alg": "ES256"}),
        json!({"alg": "Ed448"}),
    ];
    for members in bad {
        refusal(&with(&jwk, &members), &ASYMMETRIC);
    }
}

#[test]
fn weak_rsa_keys_are_refused() {
    let jwk = rsa_jwk(&rsa());
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("n")).expect("base64url");
    let bad = [
        (json!({"n": encoded(&modulus[..128])}), "1024 bits"),
        (json!({"n": encoded(&modulus[..255])}), "bits can be broken"),
        (json!({"n": encoded(&modulus.repeat(5))}), "takes too long"),
        (json!({"n": encoded(&times(&modulus, 2))}), "no product of two large primes"),
        (json!({"n": encoded(&times(&modulus, 3))}), "no product of two large primes"),
        (json!({"n": encoded(&[&[0][..], &modulus].concat())}), "begins with a zero"),
        (json!({"n": ""}), "is empty"),
        (json!({"n": 5}), "`n` is no text"),
        (json!({"n": format!("{}=", encoded(&modulus))}), "canonical base64url"),
        (json!({"e": "AQ"}), "its exponent"),
        (json!({"e": "Ag"}), "its exponent"),
        (json!({"e": "AQAA"}), "its exponent"),
        (json!({"e": "AAEAAQ"}), "begins with a zero"),
        (json!({"e": "AQAB\n"}), "canonical base64url"),
        (json!({"e": "AR"}), "canonical base64url"),
        (json!({"e": encoded(&[1, 0, 0, 0, 0, 1])}), "its exponent"),
    ];
    for (members, problem) in bad {
        let told = refusal(&with(&jwk, &members), &[RS256]);
        assert!(told.contains(problem), "{told}");
    }
}

/// The product with a small number.
fn times(number: &[u8], factor: u32) -> Vec<u8> {
    let mut carry = 0;
    let mut digits: Vec<u8> = number
        .iter()
        .rev()
        .map(|digit| {
            let sum = u32::from(*digit) * factor + carry;
            carry = sum >> 8;
            (sum & 0xff) as u8
        })
        .collect();
    while carry > 0 {
        digits.push((carry & 0xff) as u8);
        carry >>= 8;
    }
    digits.reverse();
    digits
}

/// CVE-2017-15361: such a modulus is a power of 65537 modulo each small prime, as is one that is a
/// power of 65537 altogether.
#[test]
fn moduli_with_the_fingerprint_of_roca_are_refused() {
    let power = (0..128).fold(vec![1], |number, _| times(&number, 65537));
    let jwk = with(&rsa_jwk(&rsa()), &json!({"n": encoded(&power)}));
    assert!(refusal(&jwk, &[RS256]).contains("CVE-2017-15361"));
}

#[test]
fn private_keys_are_refused() {
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for jwk in [rsa_jwk(&rsa()), ec_jwk("P-256", &ec("P-256")), ed_jwk(&ed())] {
            let told = refusal(&with(&jwk, &json!({name: "AQAB"})), &ASYMMETRIC);
            assert!(told.contains("it is a private key"), "{told}");
        }
    }
}

#[test]
fn secrets_are_for_hmac_only() {
    let good = with(&secret_jwk(32), &json!({"kid": "a", "alg": "HS256"}));
    assert!(refusal(&good, &ASYMMETRIC).contains("a secret among public keys"));
    let (keys, errors) = set(std::slice::from_ref(&good), &[HS256, HS512]);
    assert_eq!((keys.len(), errors), (1, vec![]));
    let (keys, errors) = set(&[secret_jwk(32)], &[HS256]);
    assert_eq!((keys.len(), errors), (1, vec![]));
    let bad = [
        (secret_jwk(64), &[HS256, HS512][..], "list one"),
        (secret_jwk(8), &[HS256], "it has 8 bytes"),
        (secret_jwk(31), &[HS256], "it has 31 bytes"),
        (secret_jwk(47), &[HS384], "it has 47 bytes"),
        (secret_jwk(63), &[HS512], "it has 63 bytes"),
        (secret_jwk(0), &[HS256], "it is empty"),
        (json!({"kty": "oct"}), &[HS256], "`k` is missing"),
        (with(&good, &json!({"alg": "HS384"})), &[HS256], "not listed"),
        (with(&good, &json!({"alg": "RS256"})), &[HS256], "but it is a secret"),
        (with(&good, &json!({"alg": "A256GCM"})), &[HS256], "not known here"),
        (with(&good, &json!({"use": "enc"})), &[HS256], "`use` is not `sig`"),
        (rsa_jwk(&rsa()), &[HS256], "serves none of the listed"),
        (
            json!({"kty": "oct", "k": encoded(rsa_jwk(&rsa()).to_string().as_bytes())}),
            &[HS256],
            "it is a JWK",
        ),
    ];
    for (jwk, listed, problem) in bad {
        let told = refusal(&jwk, listed);
        assert!(told.contains(problem), "{told}");
    }
}

#[test]
fn keys_with_one_kid_are_all_refused() {
    let jwk = |kid: &str| with(&ec_jwk("P-256", &ec("P-256")), &json!({"kid": kid}));
    let (keys, errors) = set(&[jwk("a"), jwk("b"), jwk("a"), jwk("a")], &ASYMMETRIC);
    assert_eq!(only(&keys).kid(), Some("b"));
    let told: Vec<_> = errors.iter().map(|error| error.what.as_str()).collect();
    assert_eq!(told, ["key \"a\""]);
    assert_eq!(keys.candidates(ES256, Some("a")).count(), 0);
    // One that is for something else does not count.
    let unusable = json!({"kty": "new", "kid": "c"});
    let (keys, _) = set(&[jwk("c"), unusable], &ASYMMETRIC);
    assert_eq!(keys.candidates(ES256, Some("c")).count(), 1);
}

#[test]
fn keys_that_nothing_tells_apart_are_few() {
    let jwk = |_| ec_jwk("P-256", &ec("P-256"));
    let some = |count: usize| set(&(0..count).map(jwk).collect::<Vec<_>>(), &[ES256]).0.len();
    assert_eq!((some(16), some(17)), (16, 0));
}

#[test]
fn keys_are_found_by_kid() {
    let jwk = |members| with(&ec_jwk("P-256", &ec("P-256")), &members);
    let (keys, _) =
        set(&[jwk(json!({"kid": "a"})), jwk(json!({"kid": "b"})), jwk(json!({}))], &[ES256]);
    let found = |kid| keys.candidates(ES256, kid).map(Key::kid).collect::<Vec<_>>();
    assert_eq!(found(Some("a")), [Some("a")]);
    assert_eq!(found(Some("b")), [Some("b")]);
    assert_eq!(found(None), [None]);
    for other in ["", "A", "a ", "c", "../../dev/null"] {
        assert_eq!(found(Some(other)), [], "{other:?}");
    }
    assert_eq!(keys.candidates(ES384, Some("a")).count(), 0);
    let (one, _) = set(&[jwk(json!({"kid": "a"}))], &[ES256]);
    assert_eq!(one.candidates(ES256, None).count(), 1);
    let (one, _) = set(&[jwk(json!({}))], &[ES256]);
    assert_eq!(one.candidates(ES256, Some("a")).count(), 0);
}

#[test]
fn what_is_no_set_is_an_error() {
    let many = format!("{{\"keys\":[{}]}}", ["{}"; 5].join(","));
    let cases = [
        ("", "no valid JSON"),
        ("[]", "it is no object"),
        ("{}", "no array `keys`"),
        ("{\"keys\":{}}", "no array `keys`"),
        ("{\"kty\":\"EC\"}", "no array `keys`"),
        ("{\"keys\":[],\"keys\":[]}", "twice"),
        ("{\"keys\":[{\"kty\":\"EC\",\"kty\":\"RSA\"}]}", "twice"),
        ("{\"keys\":[{\"kty\":\"EC\",\"k\\u0074y\":\"RSA\"}]}", "twice"),
        ("{\"keys\":[]} x", "no valid JSON"),
        (&many, "5 keys, and 4 are allowed"),
    ];
    for (text, problem) in cases {
        let error = KeySet::from_jwk_set(text.as_bytes(), &[ES256], 4).expect_err(text);
        assert!(error.to_string().contains(problem), "{error}");
    }
    let deep = format!("{{\"keys\":[{}{}]}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(KeySet::from_jwk_set(deep.as_bytes(), &[ES256], 4).is_err());
    let (set, errors) = KeySet::from_jwk_set(b"{\"keys\":[]}", &[ES256], 4).expect("a set");
    assert!(set.is_empty() && errors.is_empty());
}

#[test]
fn what_is_told_of_a_key_is_short_and_printable() {
    let jwk = json!({"kty": "new", "kid": format!("a\n\u{1b}[31m{}", "x".repeat(1000))});
    let told = refusal(&jwk, &ASYMMETRIC);
    assert!(told.len() < 200 && !told.contains(char::is_control), "{told}");
}
