//! One call of the application, from a request to an outcome: the same in both modes.

use appserver_app::{Request, RequestBody};
use http::StatusCode;
use pyo3::prelude::*;

use super::WsgiConfig;
use super::environ::Environs;
use super::failure::{fail, plain};
use super::input::Input;
use super::outcome::Outcome;
use super::response::respond;
use super::start_response::Callable;
use crate::origin::Origin;

/// What one thread needs to call the application.
pub(crate) struct Bridge {
    application: Py<PyAny>,
    environs: Environs,
    /// The callable of the call before, if the application did not keep it.
    spare: Option<Callable>,
}

impl Bridge {
    /// A bridge to this application, for one thread.
    ///
    /// # Errors
    ///
    /// When Python has no memory.
    pub(crate) fn new(
        py: Python<'_>,
        application: Py<PyAny>,
        config: &WsgiConfig,
    ) -> PyResult<Self> {
        Ok(Self { application, environs: Environs::new(py, config)?, spare: None })
    }

    /// Calls the application. Whatever it does is an outcome.
    pub(crate) fn call(&mut self, py: Python<'_>, request: Request) -> Outcome {
        let Request { mut head, body, connection, forwarded, id, .. } = request;
        let length = length_of(&body);
        let Some(input) = self.input(py, body) else {
            tracing::error!(request_id = %id, "the request body was not collected");
            return plain(StatusCode::INTERNAL_SERVER_ERROR, b"Internal Server Error\n");
        };
        let about = super::environ::About {
            head: &head,
            connection: &connection,
            forwarded: forwarded.as_deref(),
            id: &id,
            length,
        };
        let environ = self.environs.build(py, &about, input);
        let headers = std::mem::take(&mut head.headers);
        let origin = Origin { id, method: head.method, uri: head.uri };
        let called = environ.and_then(|environ| {
            let start_response = self.start_response(py)?;
            start_response.exchange().reset(headers);
            Ok((environ, start_response))
        });
        match called {
            Ok((environ, start_response)) => self.run(py, environ, start_response, origin),
            Err(error) => fail(&origin, py, &error),
        }
    }

    fn run(
        &mut self,
        py: Python<'_>,
        environ: Bound<'_, PyAny>,
        start_response: Callable,
        origin: Origin,
    ) -> Outcome {
        let result = self.application.bind(py).call1((environ, start_response.method(py)));
        let exchange = start_response.exchange();
        let outcome = match result {
            Ok(result) => respond(&result, exchange, origin),
            Err(error) => fail(&origin, py, &error),
        };
        if start_response.is_reusable(py) {
            self.spare = Some(start_response);
        }
        outcome
    }

    fn start_response(&mut self, py: Python<'_>) -> PyResult<Callable> {
        match self.spare.take() {
            Some(spare) => Ok(spare),
            None => Callable::new(py),
        }
    }

    fn input(&self, py: Python<'_>, body: RequestBody) -> Option<Py<Input>> {
        if matches!(body, RequestBody::Empty) {
            return Some(self.environs.empty_input(py));
        }
        Py::new(py, Input::new(body)?).ok()
    }
}

fn length_of(body: &RequestBody) -> Option<u64> {
    match body {
        RequestBody::Memory(bytes) => Some(bytes.len() as u64),
        RequestBody::File(spooled) => Some(spooled.length),
        RequestBody::Empty | RequestBody::Stream(_) => None,
    }
}
