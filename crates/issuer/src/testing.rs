//! What tests of this crate share.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::{Call, Endpoint};

/// A call from a page of our own.
pub(crate) fn call(endpoint: Endpoint, body: &str) -> Call {
    let fields = [("content-type", "application/json"), ("host", "shop.example")];
    Call {
        endpoint,
        id: "1".to_owned(),
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        path: "/".to_owned(),
        fields: fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into(),
        body: Some(body.as_bytes().to_vec()),
        client: "192.0.2.7".parse().ok(),
        user: None,
    }
}

/// What a future that waits for nothing comes to.
pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits"),
    }
}
