//! Rules: which path matches which pattern, however the path is written.
//!
//! The first line is the path of a rule, with `=` in front if it is exact; the rest is the path of a
//! request. Patterns are matched here by the book, with a table; and where the policy says that a path
//! is clear, the ways in which applications are known to read paths must all lead to the same rule.

#![no_main]

#[path = "shared/config.rs"]
mod config;

use appserver_auth::config::{Requirement, Rule};
use appserver_auth::policy::{Matched, Policy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((pattern, path)) = text.split_once('\n') else { return };
    let (pattern, exact) = pattern.strip_prefix('=').map_or((pattern, false), |rest| (rest, true));
    let rule = Rule {
        path: pattern.to_owned(),
        exact,
        methods: Vec::new(),
        require: Requirement::None,
        scopes: None,
        roles: None,
        claims: Vec::new(),
        audiences: Vec::new(),
        bypass_preflight: None,
    };
    let providers = vec![config::provider("local", config::secret())];
    let Ok(policy) = Policy::new(&config::config(providers, vec![rule])) else { return };
    let Ok(found) = policy.find("GET", path) else { return };
    let is_found = found == Matched::Rule(0);
    let seen = decoded(path.as_bytes());
    assert_eq!(matches(pattern, exact, &seen), is_found);
    for one in STEPS {
        let once = one(&seen);
        assert_eq!(matches(pattern, exact, &once), is_found);
        for two in STEPS {
            assert_eq!(matches(pattern, exact, &two(&once)), is_found);
        }
    }
});

/// Whether the items up to each one match the segments up to each one.
fn matches(pattern: &str, exact: bool, path: &[u8]) -> bool {
    // The root of a server is `/` with or without it.
    let path = if path.is_empty() { b"/" } else { path };
    let pattern = if exact { pattern } else { pattern.trim_end_matches('/') };
    let mut segments: Vec<&str> = pattern.split('/').skip(1).collect();
    if !exact {
        segments.push("**");
    }
    let Some(path) = path.strip_prefix(b"/") else { return false };
    let items: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let mut row = vec![false; items.len() + 1];
    row[0] = true;
    for segment in segments {
        let mut next = vec![false; items.len() + 1];
        for (end, cell) in row.iter().enumerate().filter(|(_, cell)| **cell) {
            match segment {
                "**" => next[end..].fill(*cell),
                _ => {
                    let fits = items.get(end).is_some_and(|item| one_matches(segment, item));
                    next[(end + 1).min(items.len())] |= fits;
                }
            }
        }
        row = next;
    }
    row[items.len()]
}

fn one_matches(segment: &str, item: &[u8]) -> bool {
    let segment = segment.as_bytes();
    if segment == b"*" {
        return !item.is_empty();
    }
    let mut row = vec![false; item.len() + 1];
    row[0] = true;
    for byte in segment {
        let mut next = vec![false; item.len() + 1];
        for (end, _) in row.iter().enumerate().filter(|(_, cell)| **cell) {
            if *byte == b'*' {
                next[end..].fill(true);
            } else if item.get(end) == Some(byte) {
                next[end + 1] = true;
            }
        }
        row = next;
    }
    row[item.len()]
}

type Step = fn(&[u8]) -> Vec<u8>;

const STEPS: [Step; 7] = [
    decoded,
    merged,
    resolved,
    |path| cut(path, 0),
    |path| cut(path, b'?'),
    |path| cut(path, b'#'),
    |path| path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect(),
];

fn decoded(path: &[u8]) -> Vec<u8> {
    let digit = |at: usize| path.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut at) = (Vec::new(), 0);
    while at < path.len() {
        match (path[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

fn merged(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for byte in path {
        if *byte != b'/' || out.last() != Some(&b'/') {
            out.push(*byte);
        }
    }
    out
}

/// RFC 3986 section 5.2.4.
fn resolved(path: &[u8]) -> Vec<u8> {
    let Some(path) = path.strip_prefix(b"/") else { return path.to_vec() };
    let (mut out, mut is_open): (Vec<&[u8]>, bool) = (Vec::new(), false);
    for item in path.split(|byte| *byte == b'/') {
        is_open = item == b"." || item == b"..";
        match item {
            b"." => {}
            b".." => drop(out.pop()),
            other => out.push(other),
        }
    }
    if is_open {
        out.push(b"");
    }
    [b"/", out.join(&b'/').as_slice()].concat()
}

fn cut(path: &[u8], at: u8) -> Vec<u8> {
    path.split(|byte| *byte == at).next().unwrap_or_default().to_vec()
}
