//! Secrets for HMAC: weak ones, and keys of another kind.

use super::*;
use crate::Algorithm::*;
use crate::key::secret::{Severity, weakness};

/// A sound secret of this many bytes.
fn sound(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn severity(secret: &[u8], algorithm: Algorithm) -> Option<Severity> {
    weakness(secret, algorithm).map(|it| it.severity)
}

#[track_caller]
fn refused(secret: &[u8], expected: Severity) -> String {
    assert_eq!(severity(secret, HS256), Some(expected), "{}", secret.escape_ascii());
    let error = KeySet::from_secrets(&[secret.to_vec()], &[HS256]).expect_err("refused");
    assert_eq!(error.what, "secret 1");
    error.problem
}

#[test]
fn a_secret_is_as_long_as_the_hash() {
    for (algorithm, minimum) in [(HS256, 32), (HS384, 48), (HS512, 64)] {
        for length in [1, 16, minimum - 1] {
            assert_eq!(severity(&sound(length), algorithm), Some(Severity::Weak), "{length}");
            assert!(KeySet::from_secrets(&[sound(length)], &[algorithm]).is_err());
        }
        assert_eq!(severity(&sound(minimum), algorithm), None);
        assert_eq!(KeySet::from_secrets(&[sound(minimum)], &[algorithm]).expect("a set").len(), 1);
    }
}

#[test]
fn zeros_add_nothing_to_a_secret() {
    let padded = [sound(24), vec![0; 8]].concat();
    assert!(refused(&padded, Severity::Weak).contains("it has 24 bytes"));
    let by_chance = [sound(30), vec![0; 2]].concat();
    assert_eq!(severity(&by_chance, HS256), None);
}

#[test]
fn nothing_is_no_secret() {
    for empty in [&b""[..], b" ", b"\n", b" \t\r\n", &[b' '; 64], &[0; 64], b"\0 \0\n"] {
        assert!(refused(empty, Severity::Fatal).starts_with("it is empty"));
    }
    assert!(KeySet::from_secrets(&[], &[HS256]).is_err());
}

#[test]
fn known_words_and_patterns_are_weak() {
    let weak = [
        "secret",
        "changeme",
        "your-256-bit-secret",
        "your-256-bit-secret-your-512-bit-secret",
        "a-string-secret-at-least-256-bits-long",
        "django-insecure-x7$k2!q9w@e4r#t6y^u8i*o0p(a)s_d+f",
        "CHANGE-ME-change_me-ChangeMe-change me!",
        "this-is-my-secret-key-please-change-this",
        "super-secret-password-for-example",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abababababababababababababababababababab",
        "django-insecure-3k8vq0zt7m1x5b9w2n6c4r8y0p3s7d1f5g9h2j6k4l8a0e3u7i",
        "aabbabaaabbbabbaabababbbaaabbaabbabab",
        "secretsecretsecretsecretsecretsecret",
        "tale9kite4tale9kite4tale9kite4tale9kite4",
        "12345678901234567890123456789012",
        "0123456789abcdefghijklmnopqrstuvwxyz",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
    ];
    for secret in weak {
        let problem = refused(secret.as_bytes(), Severity::Weak);
        assert!(problem.contains("openssl rand -hex 32"), "{problem}");
        assert!(!problem.contains(secret), "the secret is told");
    }
}

#[test]
fn a_word_in_a_long_secret_does_no_harm() {
    let random = "f3a1c9e07b5d2846f3b1c8e17a5d2946c0ffee1234";
    for secret in
        [format!("jwt-secret-key-{random}"), format!("{random}example"), random.to_owned()]
    {
        assert_eq!(severity(secret.as_bytes(), HS256), None, "{secret}");
    }
}

#[test]
fn a_key_in_any_form_is_no_secret() {
    let (rsa_pair, ec_pair, ed_pair) = (rsa(), ec("P-256"), ed());
    let pkcs1 = rsa_pair.public_key().as_ref().to_vec();
    let mut forms = vec![
        pkcs1.clone(),
        [&pkcs1[..], b"\n"].concat(),
        ec_pair.public_key().as_ref().to_vec(),
        block("RSA PUBLIC KEY", &pkcs1).into_bytes(),
    ];
    let keys =
        [spki(rsa_pair.public_key()), spki(ec_pair.public_key()), spki(ed_pair.public_key())];
    for der in keys {
        let pem = block("PUBLIC KEY", &der);
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        forms.extend([
            der.clone(),
            pem.clone().into_bytes(),
            pem.trim_end().as_bytes().to_vec(),
            pem.replace('\n', "\r\n").into_bytes(),
            format!("  \n{pem}").into_bytes(),
            format!("\u{feff}{pem}").into_bytes(),
            format!("key={pem}").into_bytes(),
            STANDARD.encode(&pem).into_bytes(),
            body.clone().into_bytes(),
            format!("prefix {body}").into_bytes(),
            STANDARD.encode(body).into_bytes(),
            encoded(&der).into_bytes(),
            pem.replace("-----BEGIN PUBLIC KEY-----\n", "").into_bytes(),
            der.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
        ]);
    }
    for jwk in [rsa_jwk(&rsa_pair), ec_jwk("P-256", &ec_pair), ed_jwk(&ed_pair)] {
        let text = jwk.to_string();
        forms.extend([
            text.clone().into_bytes(),
            format!(" \r\n{text}").into_bytes(),
            json!({"keys": [jwk]}).to_string().into_bytes(),
            json!({"a": {"b": [{"c": jwk}]}}).to_string().into_bytes(),
            json!([text]).to_string().into_bytes(),
            text.replace("kty", "\\u006bty").into_bytes(),
            json!({"outer": text.replace("kty", "\\u006bty")}).to_string().into_bytes(),
            encoded(text.as_bytes()).into_bytes(),
            STANDARD.encode(text).into_bytes(),
        ]);
    }
    let ssh = [&[0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 32], ed_pair.public_key().as_ref()];
    let ssh = ssh.concat();
    forms.extend([
        ssh.clone(),
        STANDARD.encode(&ssh).into_bytes(),
        format!("ssh-ed25519 {} me@here", STANDARD.encode(&ssh)).into_bytes(),
        format!("no-pty ssh-rsa {}", STANDARD.encode(sound(64))).into_bytes(),
        b"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----".to_vec(),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".to_vec(),
    ]);
    for form in forms {
        assert!(refused(&form, Severity::Fatal).contains("which others may know"));
    }
}

#[test]
fn encodings_of_random_bytes_are_secrets() {
    let random = sound(48);
    let hexadecimal: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let json = format!("{{\"pepper\": \"{hexadecimal}\"}}");
    for secret in [STANDARD.encode(&random), encoded(&random), hexadecimal, json] {
        assert_eq!(severity(secret.as_bytes(), HS256), None, "{secret}");
    }
    for start in [&[0x30, 30][..], &[0x30, 30, 0x04, 28]] {
        let like_der = [start, &sound(32 - start.len())].concat();
        assert_eq!(severity(&like_der, HS256), None, "{start:?}");
    }
}

#[test]
fn somebody_elses_weak_secret_is_admitted_with_a_warning() {
    let weak = b"django-insecure-x7$k2!q9w@e4r#t6y^u8i*o0p(a)s_d+f".to_vec();
    let (set, warnings) =
        KeySet::from_secrets_with_warnings(&[sound(32), weak], &[HS256]).expect("a set");
    assert_eq!(set.len(), 2);
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].what, "secret 2");
    assert!(KeySet::from_secrets_with_warnings(&[Vec::new()], &[HS256]).is_err());
}

#[test]
fn a_secret_has_one_algorithm() {
    for listed in [&[][..], &[HS256, HS512], &[RS256], &[HS256, RS256], &[ES256, EdDSA]] {
        let error = KeySet::from_secrets(&[sound(64)], listed).expect_err("refused");
        assert_eq!(error.what, "algorithms", "{listed:?}");
    }
    assert!(KeySet::from_secrets(&[sound(64)], &[HS256, HS256]).is_ok());
}
