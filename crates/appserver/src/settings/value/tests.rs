//! Every type of value is read, printed and carried by serde.

use std::{fmt::Display, net::IpAddr};

use super::*;

/// Holds that a text is read and printed, and that serde carries the value.
fn reads<T: Setting + Display + PartialEq + std::fmt::Debug>(cases: &[(&str, &str)]) {
    for (text, printed) in cases {
        let value = T::parse(text).unwrap_or_else(|| panic!("{text} is not read"));
        assert_eq!(value.to_string(), *printed);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
    }
}

fn refuses<T: Setting>(texts: &[&str]) {
    for text in texts {
        assert!(T::parse(text).is_none(), "{text} is read");
    }
}

#[test]
fn durations_have_units() {
    reads::<Duration>(&[
        ("30s", "30s"),
        ("500ms", "500ms"),
        ("120 s", "2m"),
        ("1h", "1h"),
        ("0s", "0s"),
        ("1500ms", "1500ms"),
    ]);
    refuses::<Duration>(&["", "30", "s", "-1s", "1.5s", "1y", "99999999999999999999d", "1s2"]);
}

#[test]
fn sizes_have_units_or_are_bytes() {
    reads::<ByteSize>(&[("1MiB", "1MiB"), ("64KB", "64000B"), ("8kib", "8KiB"), ("1024", "1KiB")]);
    refuses::<ByteSize>(&["", "-1", "1x", "1.5MiB", "99999999999GiB"]);
}

#[test]
fn off_is_a_value() {
    reads::<OrOff<Duration>>(&[("off", "off"), ("0", "off"), ("0s", "off"), ("2s", "2s")]);
    reads::<OrOff<ByteSize>>(&[("0B", "off"), ("3B", "3B")]);
    refuses::<OrOff<Duration>>(&["5", "on"]);
    assert_eq!(serde_json::from_str::<OrOff<Duration>>("false").unwrap(), OrOff::off());
    assert_eq!(serde_json::from_str::<OrOff<ByteSize>>("0").unwrap(), OrOff::off());
}

#[test]
fn rates_and_tiers_have_two_parts() {
    reads::<Rate>(&[("20/m", "20/m"), ("1/s", "1/s"), ("5 / h", "5/h"), ("100/d", "100/d")]);
    refuses::<Rate>(&["", "20", "/m", "20/w", "-1/m", "+1/m", "1.5/m", "20/", "99999999999/m"]);
    reads::<OrOff<Rate>>(&[("off", "off"), ("0/m", "off"), ("3/s", "3/s")]);
    reads::<Tier>(&[("5:1m", "5:1m"), ("10 : 90s", "10:90s")]);
    refuses::<Tier>(&["", "5", "0:1m", "5:", ":1m", "5:1", "-5:1m"]);
    let rate = Rate::parse("20/h").unwrap();
    assert_eq!((rate.count(), rate.per()), (20, std::time::Duration::from_hours(1)));
}

#[test]
fn automatic_is_a_value() {
    reads::<OrAuto<Duration>>(&[("auto", "auto"), ("2d", "2d")]);
    refuses::<OrAuto<Duration>>(&["", "never", "5"]);
}

#[test]
fn addresses_of_databases_tell_no_password() {
    reads::<Address>(&[("", ""), ("sqlite:///a.db", "sqlite:///a.db")]);
    refuses::<Address>(&["postgres://h/d?password=geheim", "postgres://h/d?a=1&Password=geheim"]);
    let named: Address = serde_json::from_str(r#"{ "env": "DATABASE_URL" }"#).unwrap();
    assert_eq!(named, Address::Secret(Secret::Variable("DATABASE_URL".to_owned())));
    assert_eq!(serde_json::to_string(&named).unwrap(), r#"{"env":"DATABASE_URL"}"#);
    let wrong = r#"{ "password": "geheim" }"#;
    assert!(!serde_json::from_str::<Address>(wrong).unwrap_err().to_string().contains("geheim"));
}

#[test]
fn workers_are_counted_or_automatic() {
    reads::<Workers>(&[("auto", "auto"), ("4", "4")]);
    refuses::<Workers>(&["-1", "many"]);
    assert!(Workers::Auto.count() >= 1);
    assert_eq!(serde_json::to_string(&Workers::Count(3)).unwrap(), "3");
}

#[test]
fn addresses_of_every_family() {
    reads::<Bind>(&[
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        (":8000", "0.0.0.0:8000"),
        ("[::1]:0", "[::1]:0"),
        ("localhost:80", "localhost:80"),
        ("unix:/run/app.sock", "unix:/run/app.sock"),
        ("fd://3", "fd://3"),
    ]);
    refuses::<Bind>(&[
        "",
        "8000",
        "host",
        "host:",
        "host:+80",
        ":65536",
        "::1:80",
        "[::1]",
        "[x]:1",
        "unix:",
        "fd://-1",
        "a b:1",
        "http://x:80",
    ]);
}

#[test]
fn networks_contain_their_addresses() {
    reads::<Network>(&[
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("::1", "::1"),
        ("1.2.3.4/32", "1.2.3.4"),
        ("*", "*"),
    ]);
    refuses::<Network>(&["10.0.0.0/33", "localhost", "10.0.0/8", ""]);
    let holds = |network: &str, peer: &str| {
        Network::parse(network).unwrap().contains(peer.parse::<IpAddr>().unwrap())
    };
    assert!(holds("10.0.0.0/8", "10.255.0.1"));
    assert!(holds("10.0.0.0/8", "::ffff:10.0.0.1"));
    assert!(!holds("10.0.0.0/8", "11.0.0.1"));
    assert!(!holds("127.0.0.1", "127.0.0.2"));
    assert!(holds("0.0.0.0/0", "8.8.8.8"));
    assert!(!holds("0.0.0.0/0", "::1"));
    assert!(holds("2001:db8::/32", "2001:db8:1::1"));
    assert!(!holds("2001:db8::/32", "2001:db9::1"));
    assert!(holds("*", "::1"));
}

#[test]
fn umasks_are_octal_texts() {
    reads::<Umask>(&[("027", "027"), ("0o22", "022"), ("0", "000")]);
    refuses::<Umask>(&["8", "1000", "+7", ""]);
    assert_eq!(Umask::parse("027").unwrap().bits(), 0o27);
    assert!(serde_json::from_str::<Umask>("22").is_err(), "a bare number is not octal");
}

#[test]
fn words_take_the_booleans_that_mean_them() {
    reads::<Preload>(&[("auto", "auto"), ("true", "true"), ("false", "false")]);
    reads::<AccessLog>(&[("true", "-"), ("off", "off"), ("/var/log/a.log", "/var/log/a.log")]);
    assert_eq!(serde_json::from_str::<Preload>("true").unwrap(), Preload::Before);
    assert_eq!(serde_json::from_str::<AccessLog>("false").unwrap(), AccessLog::Off);
    refuses::<LogLevel>(&["INFO!", ""]);
}

#[test]
fn accounts_are_names_or_numbers() {
    reads::<Account>(&[("www-data", "www-data"), ("1000", "1000")]);
    refuses::<Account>(&["", "a b"]);
    assert_eq!(serde_json::from_str::<Account>("33").unwrap().id(), Some(33));
}

#[test]
fn lists_come_from_commas_too() {
    let list: List<Network> = serde_json::from_str("\"127.0.0.1, ::1,\"").unwrap();
    assert_eq!(list.len(), 2);
    let list: List<Bind> = serde_json::from_str("[\":80\", \"unix:/a,b\"]").unwrap();
    assert_eq!(list[1], Bind::Unix("/a,b".into()));
}

#[test]
fn secrets_are_named_and_never_written_down() {
    for (text, expected) in [
        (r#"{"env":"KEY"}"#, Secret::Variable("KEY".to_owned())),
        (r#"{"file":"key"}"#, Secret::File("key".into())),
    ] {
        let secret: Secret = serde_json::from_str(text).unwrap();
        assert_eq!(secret, expected);
        assert_eq!(serde_json::to_string(&secret).unwrap(), text);
    }
    let wrong =
        [r#""hush""#, "{}", r#"{"env":""}"#, r#"{"env":"A","file":"b"}"#, r#"{"value":"hush"}"#];
    for text in wrong {
        assert!(serde_json::from_str::<Secret>(text).is_err(), "{text}");
    }
    refuses::<Secret>(&["hush", "KEY"]);
}

#[test]
fn requirements_are_words_names_and_trees() {
    for text in [
        r#""none""#,
        r#""required""#,
        r#""corp""#,
        r#"{"all":["local",{"any":["corp","missing"]}]}"#,
    ] {
        let requirement: Requirement = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&requirement).unwrap(), text);
    }
    for text in [r#""""#, "3", "{}", r#"{"all":[],"any":[]}"#, r#"{"not":["a"]}"#, r#"{"all":3}"#] {
        assert!(serde_json::from_str::<Requirement>(text).is_err(), "{text}");
    }
}

#[test]
fn several_texts_are_wanted_all_or_any() {
    for text in [r#"{"all":["a","b"]}"#, r#"{"any":["a"]}"#] {
        let wanted: Wanted = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&wanted).unwrap(), text);
    }
    for text in [r#"{"all":[]}"#, "{}", r#"["a"]"#, r#"{"all":["a"],"any":["b"]}"#] {
        assert!(serde_json::from_str::<Wanted>(text).is_err(), "{text}");
    }
}

#[test]
fn algorithms_have_exact_names() {
    reads::<Algorithm>(&[("HS256", "HS256"), ("EdDSA", "EdDSA"), ("ES512", "ES512")]);
    refuses::<Algorithm>(&["", "none", "hs256", "HS1", "RSA256"]);
}
