//! What hyper calls: one future per request, without an allocation where the answer is at hand.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use appserver_app::{LocalFuture, Request, Response};
use hyper::body::Incoming;

use crate::body::Collect;
use crate::exchange::{Exchange, Outgoing};
use crate::pipeline::{
    Collecting, Deciding, Endpoint, Opening, Reading, answer, plain, receive, resume,
};
use crate::state::State;
use crate::turns::Turn;
use crate::worker::RecycleReason;

/// The service of one connection.
pub(crate) struct Handler {
    pub(crate) state: Rc<State>,
}

impl hyper::service::Service<hyper::Request<Incoming>> for Handler {
    type Response = http::Response<Outgoing>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: hyper::Request<Incoming>) -> Answer {
        receive(&self.state, request)
    }
}

/// An answer on its way.
pub(crate) enum Answer {
    /// It is here; taken by the first poll.
    Ready(Option<http::Response<Outgoing>>),
    /// Who the request is from is not known yet.
    Deciding(Box<Deciding>),
    /// The body is still arriving.
    Waiting(Box<Waiting>),
    /// The body is still arriving, and not for the application.
    Collecting(Box<Collecting>),
    /// Somebody else than the application is still working.
    Endpoint(Box<Endpoint>),
    /// A file is being read.
    Reading(Box<Reading>),
    /// The application is to be called.
    Due(Turn),
    /// The application is still working.
    App { future: LocalFuture<Response>, exchange: Option<Exchange> },
    /// The application is deciding whether it takes a WebSocket.
    Opening(Box<Opening>),
}

/// A request that waits for its body.
pub(crate) struct Waiting {
    pub(crate) collect: Collect,
    pub(crate) rest: Option<(Exchange, Request)>,
}

impl Answer {
    pub(crate) fn ready(response: http::Response<Outgoing>) -> Self {
        Self::Ready(Some(response))
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Self> {
        match self {
            Self::Ready(response) => Poll::Ready(Self::Ready(response.take())),
            Self::Deciding(deciding) => {
                ready!(deciding.poll(cx));
                Poll::Ready(deciding.decide_again())
            }
            Self::Waiting(waiting) => {
                let body = ready!(Pin::new(&mut waiting.collect).poll(cx));
                let rest = waiting.rest.take();
                Poll::Ready(rest.map_or(Self::Ready(None), |(exchange, request)| {
                    resume(exchange, request, body)
                }))
            }
            Self::Collecting(collecting) => collecting.poll(cx),
            Self::Endpoint(endpoint) => {
                let response = match endpoint.poll(cx) {
                    Poll::Ready(response) => endpoint.answered(response),
                    Poll::Pending => Some(expire(ready!(expired(&mut endpoint.exchange)))),
                };
                Poll::Ready(Self::Ready(response))
            }
            Self::Reading(reading) => match reading.poll(cx) {
                Poll::Ready(response) => Poll::Ready(reading.answered(response)),
                Poll::Pending => {
                    let exchange = ready!(expired(&mut reading.exchange));
                    Poll::Ready(Self::Ready(Some(expire(exchange))))
                }
            },
            Self::Due(turn) => turn.poll(),
            Self::App { future, exchange } => {
                let response = match future.as_mut().poll(cx) {
                    Poll::Ready(response) => exchange.take().map(|it| answered(it, response)),
                    Poll::Pending => Some(expire(ready!(expired(exchange)))),
                };
                Poll::Ready(Self::Ready(response))
            }
            Self::Opening(opening) => {
                let response = match opening.future.as_mut().poll(cx) {
                    Poll::Ready(verdict) => opening.answered(verdict),
                    Poll::Pending => Some(expire(ready!(expired(&mut opening.exchange)))),
                };
                Poll::Ready(Self::Ready(response))
            }
        }
    }
}

/// The exchange, once its application has had all the time that it may have.
fn expired(exchange: &mut Option<Exchange>) -> Poll<Exchange> {
    let expired = exchange.take_if(|exchange| exchange.state.is_expired.get());
    expired.map_or(Poll::Pending, Poll::Ready)
}

/// The application has answered. Sending the answer takes as long as the client does.
fn answered(exchange: Exchange, response: Response) -> http::Response<Outgoing> {
    exchange.state.running.take();
    answer(exchange, response)
}

/// Answers for the application. A request that it never began does not speak against its worker.
fn expire(exchange: Exchange) -> http::Response<Outgoing> {
    let worker = Rc::clone(&exchange.state.worker);
    let running = exchange.state.running.take();
    let ticket = running.and_then(|running| running.ticket);
    let is_held = ticket.is_none_or(|ticket| ticket.expire());
    let response = plain(exchange, 504);
    if is_held && worker.is_draining.get() {
        worker.events.stuck();
    } else if is_held {
        worker.events.recycle(RecycleReason::RequestTimeout);
    }
    response
}

impl Future for Answer {
    type Output = Result<http::Response<Outgoing>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Self::Ready(response) = &mut *self {
                // hyper polls a future no more once it was ready.
                return response.take().map_or(Poll::Pending, |it| Poll::Ready(Ok(it)));
            }
            let next = ready!(self.poll_step(cx));
            *self = next;
        }
    }
}
