//! Offers and what comes of them.

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue};

use super::negotiate;

fn answer(lines: &[&'static str]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(line));
    }
    let header = negotiate(&headers)?.header();
    header.to_str().ok().map(str::to_owned)
}

const PLAIN: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

#[test]
fn usual_offers_are_accepted() {
    for offer in [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=15",
        "permessage-deflate; client_max_window_bits=\"8\"",
        "permessage-deflate;server_no_context_takeover ; client_no_context_takeover",
        "PerMessage-Deflate; Client_Max_Window_Bits",
        "x-webkit-deflate-frame, permessage-deflate",
    ] {
        assert_eq!(answer(&[offer]).as_deref(), Some(PLAIN), "{offer}");
    }
    assert_eq!(answer(&["permessage-bzip2", "permessage-deflate"]).as_deref(), Some(PLAIN));
}

#[test]
fn a_smaller_window_is_confirmed() {
    let answer = answer(&["permessage-deflate; server_max_window_bits=10"]);
    assert_eq!(answer, Some(format!("{PLAIN}; server_max_window_bits=10")));
}

#[test]
fn what_cannot_be_accepted_is_passed_over() {
    for offer in [
        "",
        "permessage-snappy",
        "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; server_max_window_bits=\"10",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate;",
    ] {
        assert_eq!(answer(&[offer]), None, "{offer}");
    }
    let fallback = "permessage-deflate; server_max_window_bits=8, permessage-deflate";
    assert_eq!(answer(&[fallback]).as_deref(), Some(PLAIN));
}
