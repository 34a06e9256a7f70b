//! What close frames say.

use appserver_app::websocket::Close;

use super::{parse, payload};

#[test]
fn what_is_said_is_heard() {
    for (code, reason) in [(1000, ""), (1012, "again"), (4999, "ende")] {
        let close = Close { code, reason: reason.into() };
        assert_eq!(parse(&payload(&close)).unwrap(), close);
    }
    let silent = Close::code(Close::NO_STATUS);
    assert!(payload(&silent).is_empty());
    assert_eq!(parse(&[]).unwrap(), silent);
}

#[test]
fn what_must_not_be_sent_is_not() {
    for code in [0, 999, 1004, 1006, 1015, 1016, 2999, 5000] {
        assert_eq!(payload(&Close::code(code)), 1011_u16.to_be_bytes());
    }
    let long = Close { code: 1000, reason: "ä".repeat(100).into() };
    let sent = payload(&long);
    assert_eq!(sent.len(), 2 + 122);
    assert_eq!(&*parse(&sent).unwrap().reason, "ä".repeat(61));
}
