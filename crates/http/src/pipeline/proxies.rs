//! What a trusted proxy says about the client.

use std::net::IpAddr;

use appserver_app::{Forwarded, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::proxies::TrustedProxies;
use crate::state::State;

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Reads the forwarding fields, if the peer may set them.
pub(super) fn read(state: &State, headers: &HeaderMap) -> Option<Box<Forwarded>> {
    if !state.is_told_by_proxy() {
        return None;
    }
    let trusted = &state.worker.config.trusted_proxies;
    let forwarded = Forwarded { client: client(headers, trusted), scheme: scheme(headers) };
    Some(Box::new(forwarded))
}

/// The right-most address that is not itself a trusted proxy's: everything left of it could have
/// been written by the client. If all are trusted, the left-most.
fn client(headers: &HeaderMap, trusted: &TrustedProxies) -> Option<Box<str>> {
    let lines = headers.get_all(&FORWARDED_FOR).iter();
    let lines: Vec<&str> = lines.map(HeaderValue::to_str).collect::<Result<_, _>>().ok()?;
    let mut client = None;
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = address(entry.trim()) else { break };
        client = Some(address);
        if !trusted.trusts_address(address) {
            break;
        }
    }
    client.map(|address| address.to_string().into())
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(text);
    let socket = || text.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
    bare.parse().ok().or_else(socket).map(|address: IpAddr| address.to_canonical())
}

/// The scheme, if every proxy on the way agrees with the last one's field.
fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    let told = headers.get_all(&FORWARDED_PROTO).iter().next_back()?.to_str().ok()?;
    let told = told.rsplit(',').next()?.trim();
    if told.eq_ignore_ascii_case("https") {
        Some(Scheme::Https)
    } else if told.eq_ignore_ascii_case("http") {
        Some(Scheme::Http)
    } else {
        None
    }
}
