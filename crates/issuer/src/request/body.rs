//! The body of a request, by its media type.

use serde_json::{Map, Value};

use super::form;

/// What was sent: fields with their values.
pub(crate) type Data = Map<String, Value>;

/// Why a body is none that an endpoint reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is not what its media type says; for people.
    Malformed(String),
    /// It is no object; what is wrong.
    NoObject(String),
    /// Nobody reads this media type.
    MediaType(String),
    /// It is longer than anything that an endpoint takes.
    TooLong,
}

/// Reads a body of this media type (RFC 9110 section 8.3). An empty one has no fields, whatever its
/// type.
///
/// # Errors
/// See [`BodyError`].
pub(crate) async fn read(media_type: &str, body: &[u8]) -> Result<Data, BodyError> {
    if body.is_empty() {
        return Ok(Data::new());
    }
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => json(body),
        "application/x-www-form-urlencoded" => Ok(form::urlencoded(body)),
        "multipart/form-data" => form::multipart(media_type, body).await,
        _ => Err(BodyError::MediaType(media_type.to_owned())),
    }
}

fn json(body: &[u8]) -> Result<Data, BodyError> {
    let kind = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(fields)) => return Ok(fields),
        Ok(Value::Null) => return Err(BodyError::NoObject("No data provided".to_owned())),
        Ok(Value::Array(_)) => "list",
        Ok(Value::String(_)) => "str",
        Ok(Value::Bool(_)) => "bool",
        Ok(Value::Number(number)) if number.is_f64() => "float",
        Ok(Value::Number(_)) => "int",
        Err(error) => return Err(BodyError::Malformed(format!("JSON parse error - {error}"))),
    };
    let problem = format!("Invalid data. Expected a dictionary, but got {kind}.");
    Err(BodyError::NoObject(problem))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use serde_json::json;

    use super::{BodyError, read};

    fn parsed(media_type: &str, body: &str) -> Result<serde_json::Value, BodyError> {
        // All of it is there: nothing is waited for.
        match pin!(read(media_type, body.as_bytes())).poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(read) => read.map(serde_json::Value::Object),
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn three_media_types_say_the_same() {
        let expected = json!({"username": "ann", "password": "a b"});
        let multipart = "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nann\r\n\
                         --x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\na b\r\n--x--\r\n";
        for (media_type, body) in [
            ("application/json", r#"{"username":"ann","password":"a b"}"#),
            ("Application/JSON; charset=utf-8", r#"{"username":"ann","password":"a b"}"#),
            ("application/x-www-form-urlencoded", "username=ann&password=a+b"),
            ("application/x-www-form-urlencoded", "username=bob&username=ann&password=a%20b"),
            ("multipart/form-data; boundary=x", multipart),
        ] {
            assert_eq!(parsed(media_type, body).unwrap(), expected, "{media_type}");
        }
    }

    #[test]
    fn a_file_is_no_text() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"username\"; filename=\"a\"\r\n\r\nann\r\n--x--\r\n";
        let found = parsed("multipart/form-data; boundary=x", body).unwrap();
        assert_eq!(found, json!({"username": {}}));
    }

    #[test]
    fn what_is_no_object_is_told() {
        for (body, kind) in
            [("[1]", "list"), ("\"a\"", "str"), ("1", "int"), ("1.5", "float"), ("true", "bool")]
        {
            let told = format!("Invalid data. Expected a dictionary, but got {kind}.");
            assert_eq!(parsed("application/json", body), Err(BodyError::NoObject(told)));
        }
        let nothing = BodyError::NoObject("No data provided".to_owned());
        assert_eq!(parsed("application/json", "null"), Err(nothing));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (media_type, body) in [
            ("application/json", "{bad"),
            ("application/json", "\u{feff}{}"),
            ("multipart/form-data", "--x--"),
            ("multipart/form-data; boundary=x", "nothing"),
        ] {
            let refused = parsed(media_type, body);
            assert!(matches!(refused, Err(BodyError::Malformed(_))), "{media_type} {refused:?}");
        }
        for media_type in ["text/plain", "", "application/jsonp"] {
            assert_eq!(parsed(media_type, "{}"), Err(BodyError::MediaType(media_type.to_owned())));
        }
        assert_eq!(parsed("text/plain", "").unwrap(), json!({}));
    }
}
