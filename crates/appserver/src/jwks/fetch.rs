//! One fetch: a GET over HTTP/1.1 that nothing can make long, large or lead elsewhere.
//!
//! It blocks, with a loop of its own, so that no application that holds the worker's loop can make
//! it late. It follows no redirect, takes no compressed answer, and ends in time whatever the other
//! side does.

mod error;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use appserver_auth::config::{Remote, RemoteUrl};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, HOST, LOCATION, USER_AGENT,
};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::address::Address;
use super::freshness::freshness;
use super::{discovery, store};

pub use error::{FetchError, FetchResult};

/// The longest head of an answer, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;
/// What is sent as `User-Agent`.
const AGENT: &str = concat!("appserver/", env!("CARGO_PKG_VERSION"));

/// An answer that is complete.
pub(super) struct Fetched {
    /// What it holds; nobody has looked into it yet.
    pub(super) body: Vec<u8>,
    /// For how long it is fresh.
    pub(super) fresh: Duration,
}

/// Fetches a set once, and waits for it. What it holds is not looked at.
///
/// # Errors
/// The set cannot be had as the settings want it.
pub fn fetch_once(remote: &Remote) -> Result<Vec<u8>, FetchError> {
    fetch(remote).map(|fetched| fetched.body)
}

/// Fetches a set, and waits for it.
pub(super) fn fetch(remote: &Remote) -> Result<Fetched, FetchError> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().map_err(FetchError::Loop)?;
    let limited = async { tokio::time::timeout(remote.timeout, get_set(remote)).await };
    let outcome = runtime.block_on(limited);
    // A look-up of a name cannot be stopped; nobody waits for it.
    runtime.shutdown_background();
    outcome.unwrap_or(Err(FetchError::Timeout(remote.timeout)))
}

async fn get_set(remote: &Remote) -> Result<Fetched, FetchError> {
    let url = match &remote.url {
        RemoteUrl::Set(url) => url.clone(),
        RemoteUrl::Discovery(issuer) => {
            let (_, metadata) = get(&discovery::metadata_url(issuer), remote).await?;
            discovery::set_url(&metadata, issuer)?
        }
    };
    let (fields, body) = get(&url, remote).await?;
    Ok(Fetched { fresh: freshness(&fields, remote), body })
}

async fn get(url: &str, remote: &Remote) -> Result<(HeaderMap, Vec<u8>), FetchError> {
    let address = Address::parse(url, remote.allow_http).map_err(FetchError::Address)?;
    let stream = connect(&address, remote.timeout)
        .await
        .map_err(|source| FetchError::Connect { host: address.authority.clone(), source })?;
    let most = remote.max_bytes.min(store::LARGEST);
    if address.is_encrypted {
        let stream = tls::connect(&address, stream, remote.ca.as_deref()).await?;
        exchange(TokioIo::new(stream), &address, most).await
    } else {
        exchange(TokioIo::new(stream), &address, most).await
    }
}

/// Tries each address of the host, with an equal share of the time, so that one that swallows
/// everything does not hide the others.
async fn connect(address: &Address, time: Duration) -> io::Result<TcpStream> {
    let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await?;
    let found: Vec<SocketAddr> = found.collect();
    let share = time / u32::try_from(found.len()).unwrap_or(u32::MAX).max(1);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for each in found {
        match tokio::time::timeout(share, TcpStream::connect(each)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// One request and its answer, on a connection that is closed afterwards.
async fn exchange<S>(
    stream: S,
    address: &Address,
    most: usize,
) -> Result<(HeaderMap, Vec<u8>), FetchError>
where
    S: Read + Write + Unpin,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(LONGEST_HEAD);
    let (mut sender, connection) = builder.handshake(stream).await.map_err(FetchError::Protocol)?;
    let request = request(address)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(FetchError::Protocol)?;
        read(response, most).await
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // What was read before the connection ended is still to be taken.
        _ = &mut connection => answer.await,
    }
}

fn request(address: &Address) -> Result<Request<Empty<Bytes>>, FetchError> {
    Request::get(address.target.as_str())
        .header(HOST, address.authority.as_str())
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| FetchError::Address(format!("makes no request: {error}")))
}

async fn read(
    response: Response<Incoming>,
    most: usize,
) -> Result<(HeaderMap, Vec<u8>), FetchError> {
    let (head, mut body) = response.into_parts();
    if head.status.is_redirection() {
        return Err(FetchError::Redirect {
            status: head.status.as_u16(),
            host: led_to(&head.headers),
        });
    }
    if head.status != StatusCode::OK {
        return Err(FetchError::Status(head.status.as_u16()));
    }
    let encodings = head.headers.get_all(CONTENT_ENCODING);
    if encodings.iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(FetchError::Encoded);
    }
    if body.size_hint().lower() > most as u64 {
        return Err(FetchError::TooLong(most));
    }
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(FetchError::Protocol)?.into_data() else { continue };
        if data.len() > most.saturating_sub(text.len()) {
            return Err(FetchError::TooLong(most));
        }
        text.extend_from_slice(&data);
    }
    Ok((head.headers, text))
}

/// The host that a redirect leads to. The rest of the address may hold what nobody should log.
fn led_to(fields: &HeaderMap) -> String {
    let location = fields.get(LOCATION).and_then(|value| value.to_str().ok());
    let uri = location.and_then(|text| text.parse::<Uri>().ok());
    match uri {
        Some(uri) => uri.host().unwrap_or("no host").to_owned(),
        None => "an address that cannot be read".to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests;
