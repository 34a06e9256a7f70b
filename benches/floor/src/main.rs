//! The floor of the benchmarks: hyper's HTTP/1.1 server in one thread, answering hello world.
//!
//! It promises nothing of a server: no limits, no timeouts, no drain. It must not know the project,
//! so that what it costs is what hyper, tokio and the kernel cost.
//!
//! Usage: `appserver-bench-floor ADDRESS:PORT`. It serves until a signal ends it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let address: SocketAddr =
        address.ok_or_else(|| io::Error::other("usage: appserver-bench-floor ADDRESS:PORT"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    LocalSet::new().block_on(&runtime, serve(address))
}

async fn serve(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(hello));
        // A connection that the client breaks ends alone.
        tokio::task::spawn_local(async move { connection.await.ok() });
    }
}

async fn hello(_request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = Bytes::from_static(b"Hello, world!");
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("13"));
    Ok(response)
}
