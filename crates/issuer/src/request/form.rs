//! Forms, as browsers send them (WHATWG URL section 5, RFC 7578).

use multer::Multipart;
use serde_json::{Map, Value};

use super::body::{BodyError, Data};

/// A form in the encoding of queries. Of a name that is there twice the last one counts.
pub(super) fn urlencoded(body: &[u8]) -> Data {
    let pairs = form_urlencoded::parse(body);
    pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
}

/// A form in parts. A file is an empty object: it is there, and is no text.
///
/// # Errors
/// [`BodyError::Malformed`].
pub(super) async fn multipart(media_type: &str, body: &[u8]) -> Result<Data, BodyError> {
    let malformed = |error: multer::Error| {
        BodyError::Malformed(format!("Multipart form parse error - {error}"))
    };
    let boundary = multer::parse_boundary(media_type).map_err(malformed)?;
    let mut parts = Multipart::with_reader(body, boundary);
    let mut data = Data::new();
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        let value = match part.file_name() {
            Some(_) => Value::Object(Map::new()),
            None => Value::String(part.text().await.map_err(malformed)?),
        };
        data.insert(name, value);
    }
    Ok(data)
}
