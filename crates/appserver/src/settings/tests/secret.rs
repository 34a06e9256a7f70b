//! Secrets stay out of the command line and out of messages.
#![expect(unreachable_pub, reason = "the declaration makes public items")]

use super::super::{
    layers,
    table::{areas, verify},
    value::Secret,
};

areas! {
    /// An area with a secret.
    pub struct Vault in "" {
        /// The key.
        key: Option<Secret> = None;
    }
}

#[test]
fn flags_do_not_set_secrets() {
    let fields = Vault::TABLE.all();
    assert!(crate::cli::flag_name("key", fields[0].1).is_none());
    let given = layers::Given {
        key: "key".to_owned(),
        texts: vec!["hush".to_owned()],
        place: "flag --set".to_owned(),
    };
    let mistake = layers::refuse_secret(&given, Vault::TABLE.find("key")).unwrap_err().to_string();
    assert!(mistake.starts_with("a secret is taken from") && !mistake.contains("hush"));
}

#[test]
fn a_wrong_secret_is_not_repeated() {
    let (_, field) = Vault::TABLE.all()[0];
    let value = figment::value::Value::from("hush-12345");
    let error = verify::<Secret>(&value, None).unwrap();
    let problem = super::super::load::problem(field, &error.kind);
    assert!(!problem.contains("12345"), "{problem}");
}
