//! The name of a request.

use appserver_app::RequestId;
use http::{HeaderMap, HeaderName};

use crate::state::State;

/// Long enough for every tracing system; short enough for every log line.
const LONGEST: usize = 128;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name that a trusted proxy gave, or one of our own.
pub(super) fn choose(state: &State, headers: &HeaderMap) -> RequestId {
    let own = state.worker.next_id();
    if !state.is_told_by_proxy() {
        return own;
    }
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.filter(|text| is_name(text));
    given.map_or(own, |text| RequestId::Given(text.into()))
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
