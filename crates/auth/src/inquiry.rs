//! What a decision is made from.

/// The header fields of a request.
pub trait Fields {
    /// Calls `each` with every value of a field, in order. The name is in lower case.
    fn each(&self, name: &str, each: &mut dyn FnMut(&[u8]));
}

/// One request, as far as it matters here.
pub struct Inquiry<'a> {
    /// The method, as sent.
    pub method: &'a str,
    /// The path, as sent: still encoded, without the query.
    pub path: &'a str,
    /// The query, without its `?`.
    pub query: Option<&'a str>,
    /// The header fields.
    pub fields: &'a dyn Fields,
    /// `http` or `https`: what the client used.
    pub scheme: &'a str,
    /// Whether this opens a WebSocket, which other sites can do with cookies.
    pub is_websocket: bool,
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    pub now: u128,
}
