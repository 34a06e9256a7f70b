//! The policy against random paths: whatever a careless reader makes of a path, it is no way round
//! a rule.

use proptest::prelude::*;

use super::{AMBIGUOUS, RULE, policy, required};
use crate::config::Requirement;
use crate::policy::{Matched, reading};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() }
}

/// Paths that are made of what confuses.
fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("/"),
        3 => Just("admin"),
        1 => Just("public"),
        1 => Just("x"),
        1 => Just("%61dmin"),
        2 => Just(".."),
        1 => Just("."),
        1 => Just("%2e"),
        1 => Just("%2f"),
        1 => Just("%25"),
        1 => Just("2e"),
        1 => Just("%5c"),
        1 => Just(";"),
        1 => Just("%00"),
        1 => Just("%23"),
        1 => Just("%3f"),
        1 => Just("%20"),
        1 => Just("%09"),
        1 => Just("%ff"),
        1 => Just("é"),
    ];
    prop::collection::vec(piece, 0..9).prop_map(|pieces| format!("/{}", pieces.concat()))
}

/// What one careless reader does, written anew and without care for speed.
#[derive(Clone, Copy, Debug)]
enum Habit {
    Decode,
    Backslashes,
    Parameters,
    Cut(char),
    Merge,
    Dots,
    Controls,
    Trim,
}

fn habit() -> impl Strategy<Value = Habit> {
    prop_oneof![
        3 => Just(Habit::Decode),
        1 => Just(Habit::Backslashes),
        1 => Just(Habit::Parameters),
        1 => prop::sample::select(vec!['\0', '#', '?', ';']).prop_map(Habit::Cut),
        1 => Just(Habit::Merge),
        2 => Just(Habit::Dots),
        1 => Just(Habit::Controls),
        1 => Just(Habit::Trim),
    ]
}

/// Texts hold one byte per character here.
fn after(habit: Habit, path: &str) -> String {
    let each =
        |change: &dyn Fn(&str) -> String| path.split('/').map(change).collect::<Vec<_>>().join("/");
    match habit {
        Habit::Decode => latin1(&crate::policy::percent_decoded(&bytes(path))),
        Habit::Backslashes => path.replace('\\', "/"),
        Habit::Parameters => each(&|text| text.split(';').next().unwrap().to_owned()),
        Habit::Cut(char) => path.split(char).next().unwrap().to_owned(),
        Habit::Merge => {
            let mut path = path.to_owned();
            while path.contains("//") {
                path = path.replace("//", "/");
            }
            path
        }
        Habit::Dots => dots(path),
        Habit::Controls => {
            let path: String = path.chars().filter(|char| !char.is_ascii_control()).collect();
            latin1(String::from_utf8_lossy(&bytes(&path)).replace('\u{fffd}', "").as_bytes())
        }
        Habit::Trim => each(&|text| match text {
            "." | ".." => text.to_owned(),
            _ => text.trim_end_matches(['.', ' ']).to_owned(),
        }),
    }
}

fn dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect()
}

fn is_below_admin(path: &str) -> bool {
    path == "/admin" || path.starts_with("/admin/")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_path_panics(method in ".{0,8}", path in ".{0,60}", prefix in "/[a-z*/]{0,12}") {
        let rules = vec![required("/a"), required(&prefix.replace("**", "*"))];
        if let Ok(policy) = crate::policy::Policy::new(&super::config(rules)) {
            let _ = policy.find(&method, &path);
        }
    }

    #[test]
    fn no_careless_reader_is_a_way_round(path in path(), habits in prop::collection::vec(habit(), 0..6)) {
        let read = habits.iter().fold(latin1(path.as_bytes()), |path, habit| after(*habit, &path));
        let found = policy(vec![required("/admin")]).find("GET", &path);
        if is_below_admin(&read) {
            prop_assert!(found == RULE || found == AMBIGUOUS, "{path} is read as {read}: {found:?}");
        }
    }

    #[test]
    fn nor_through_what_is_public(path in path(), habits in prop::collection::vec(habit(), 0..6)) {
        let read = habits.iter().fold(latin1(path.as_bytes()), |path, habit| after(*habit, &path));
        let rules = vec![super::rule("/admin/public", Requirement::None), required("/admin")];
        let found = policy(rules).find("GET", &path);
        let is_public = read == "/admin/public" || read.starts_with("/admin/public/");
        if is_below_admin(&read) && !is_public {
            prop_assert!(found == Ok(Matched::Rule(1)) || found == AMBIGUOUS, "{path}: {read}: {found:?}");
        }
    }

    #[test]
    fn a_plain_path_has_one_reading(path in "[/a.%;]{0,8}") {
        if reading::is_plain(path.as_bytes()) {
            let mut readings = Vec::new();
            let visited = reading::each(path.as_bytes(), b"", &mut |path| {
                readings.push(path.to_vec());
                true
            });
            prop_assert!(visited.is_ok());
            prop_assert_eq!(readings, vec![path.into_bytes()]);
        }
    }
}
