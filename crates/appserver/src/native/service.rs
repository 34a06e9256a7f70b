//! A tower service as an application.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use appserver_app::{
    Application, BodyError, BodyMode, Connection, LocalFuture, Reply, Request, RequestId, Response,
    ResponseStream,
};
use bytes::Bytes;
use http_body::Frame;
use tower_service::Service;

use super::Body;

/// An application made of a service.
pub(super) struct ServiceApp<S>(pub(super) S);

impl<S, B> Application for ServiceApp<S>
where
    S: Service<http::Request<Body>, Response = http::Response<B>, Error = Infallible>
        + Clone
        + 'static,
    S::Future: 'static,
    B: http_body::Body<Data = Bytes> + 'static,
    B::Error: std::fmt::Display,
{
    fn body_mode(&self) -> BodyMode {
        BodyMode::Streamed
    }

    fn call(&self, request: Request) -> Reply {
        let (service, id) = (self.0.clone(), request.id.clone());
        let answering = answer(service, translate(request));
        Reply::Pending(Box::pin(Guarded { inner: Box::pin(answering), id }))
    }
}

/// The request as the service expects it; what came with it is among the extensions.
fn translate(request: Request) -> http::Request<Body> {
    let Request { mut head, body, connection, forwarded, id, .. } = request;
    head.extensions.insert::<Arc<Connection>>(connection);
    head.extensions.insert::<RequestId>(id);
    if let Some(forwarded) = forwarded {
        head.extensions.insert(*forwarded);
    }
    http::Request::from_parts(head, Body::from(body))
}

async fn answer<S, B>(mut service: S, request: http::Request<Body>) -> Response
where
    S: Service<http::Request<Body>, Response = http::Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes> + 'static,
    B::Error: std::fmt::Display,
{
    let ready = std::future::poll_fn(|cx| service.poll_ready(cx)).await;
    let Ok(()) = ready;
    let Ok(response) = service.call(request).await;
    response.map(|body| {
        let stream: ResponseStream = Box::pin(Mapped(Box::pin(body)));
        appserver_app::Body::Stream(stream)
    })
}

/// A panic of the service is a 500 of its request, not the end of the worker.
struct Guarded {
    inner: LocalFuture<Response>,
    id: RequestId,
}

impl Future for Guarded {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        let inner = std::panic::AssertUnwindSafe(|| self.inner.as_mut().poll(cx));
        std::panic::catch_unwind(inner).unwrap_or_else(|_| {
            tracing::error!(request = %self.id, "the application panicked");
            let mut response = Response::new(appserver_app::Body::full("Internal Server Error\n"));
            *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
            Poll::Ready(response)
        })
    }
}

struct Mapped<B>(Pin<Box<B>>);

impl<B> http_body::Body for Mapped<B>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.as_mut().poll_frame(cx).map_err(|error| {
            tracing::error!("the application's response failed: {error}");
            BodyError::Application
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.0.size_hint()
    }
}
