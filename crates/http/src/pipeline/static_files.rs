//! The step that answers with a file, if one is wanted.
//!
//! A body that comes with such a request is not read. None of the application's places is taken.

use std::sync::Arc;
use std::task::{Context, Poll};

use appserver_app::{LocalFuture, Request, Response, Ticket};
use hyper::body::Incoming;

use super::{answer, pass_on};
use crate::exchange::Exchange;
use crate::service::Answer;
use crate::static_files::Served;

/// A request whose file is being read.
pub(crate) struct Reading {
    future: LocalFuture<Option<Response>>,
    /// Taken with the answer.
    pub(crate) exchange: Option<Exchange>,
    rest: Option<(Request, Incoming)>,
}

/// Answers with a file, or lets the request go on.
pub(super) fn serve(exchange: Exchange, request: Request, incoming: Incoming) -> Answer {
    let worker = &exchange.state.worker;
    let Some(files) = &worker.config.static_files else {
        return pass_on(exchange, request, incoming);
    };
    let Some(wanted) = files.wanted(&request.head) else {
        return pass_on(exchange, request, incoming);
    };
    let future = match files.serve(wanted, &request.head, exchange.started) {
        Served::Now(response) => return Answer::ready(answer(exchange, response)),
        Served::Later(future) => future,
    };
    // Nothing of the worker is held by a disk that does not answer: it is given up, no more.
    let line = (request.head.method.clone(), request.head.uri.clone());
    exchange.set_running(line, Some(Arc::new(Ticket::default())));
    let rest = Some((request, incoming));
    Answer::Reading(Box::new(Reading { future, exchange: Some(exchange), rest }))
}

impl Reading {
    /// The answer, or that there is none.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Response>> {
        self.future.as_mut().poll(cx)
    }

    /// Answers, or lets the request go on.
    pub(crate) fn answered(&mut self, response: Option<Response>) -> Answer {
        let (Some(exchange), Some((request, incoming))) = (self.exchange.take(), self.rest.take())
        else {
            return Answer::Ready(None);
        };
        exchange.state.running.take();
        match response {
            Some(response) => Answer::ready(answer(exchange, response)),
            None => pass_on(exchange, request, incoming),
        }
    }
}
