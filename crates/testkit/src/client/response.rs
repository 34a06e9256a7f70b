//! Reading one response, by the letter of RFC 9112.

use super::{Client, ClientError};

/// A complete response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The fields, as they came, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, without the framing.
    pub body: Vec<u8>,
}

impl Response {
    /// The first field of this name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_named(name).next()
    }

    /// All fields of this name.
    pub fn headers_named(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Whether the server closes the connection after it.
    pub fn closes(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// Asserts the status.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn assert_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

pub(super) fn read(client: &mut Client, method: &str) -> Result<Response, ClientError> {
    let head = client.take_until(b"\r\n\r\n")?;
    // Latin-1, as HTTP has always allowed it.
    let head: String = head.into_iter().map(char::from).collect();
    let mut response = parse_head(&head).ok_or_else(|| ClientError::Malformed(head.clone()))?;
    let has_no_body =
        method == "HEAD" || response.status < 200 || matches!(response.status, 204 | 304);
    if !has_no_body {
        response.body = body(client, &response)?;
    }
    Ok(response)
}

fn parse_head(head: &str) -> Option<Response> {
    let mut lines = head.trim_end_matches("\r\n").split("\r\n");
    let (version, rest) = lines.next()?.split_once(' ')?;
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    });
    Some(Response {
        status: status.parse().ok().filter(|_| version.starts_with("HTTP/1."))?,
        reason: reason.to_owned(),
        headers: headers.collect::<Option<_>>()?,
        body: Vec::new(),
    })
}

fn body(client: &mut Client, head: &Response) -> Result<Vec<u8>, ClientError> {
    if head.header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        return chunks(client);
    }
    match head.header("content-length") {
        Some(length) => {
            let length = length.parse().map_err(|_| ClientError::Malformed(length.to_owned()))?;
            client.take(length)
        }
        None => client.read_to_end(),
    }
}

fn chunks(client: &mut Client) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    loop {
        let line = String::from_utf8_lossy(&client.take_until(b"\r\n")?).into_owned();
        let size = usize::from_str_radix(line.trim_end(), 16);
        let size = size.map_err(|_| ClientError::Malformed(line))?;
        if size == 0 {
            while client.take_until(b"\r\n")? != b"\r\n" {}
            return Ok(body);
        }
        let chunk = client.take(size + 2)?;
        let Some(data) = chunk.strip_suffix(b"\r\n") else {
            return Err(ClientError::Malformed("a chunk without its end".into()));
        };
        body.extend_from_slice(data);
    }
}
