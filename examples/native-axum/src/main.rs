//! An axum router under the server: same command line, master, workers and reload as any app.

use std::time::Duration;

use appserver::auth::Verified;
use axum::extract::{Extension, Path};
use axum::routing::{get, post};
use axum::{Json, Router};

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "Hello from axum\n" }))
        .route("/pid", get(|| async { std::process::id().to_string() }))
        .route("/hello/{name}", get(hello))
        .route("/me", get(me))
        .route("/slow/{millis}", get(slow))
        .route("/echo", post(|body: axum::body::Bytes| async move { body }))
        .route("/panic", get(panics))
}

async fn hello(Path(name): Path<String>) -> Json<[String; 2]> {
    Json(["hello".to_owned(), name])
}

/// Whom a verified token is about: nobody but the server can say so.
async fn me(verified: Option<Extension<Verified>>) -> String {
    let subject = verified.and_then(|Extension(verified)| verified.subject());
    subject.unwrap_or_else(|| "nobody in particular".to_owned())
}

async fn slow(Path(millis): Path<u64>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "done\n"
}

#[expect(clippy::panic, reason = "shows that a panic ends one request and nothing else")]
async fn panics() -> &'static str {
    panic!("this view panics")
}

fn main() {
    appserver::main(router)
}
