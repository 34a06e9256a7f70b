//! Cookies that are no gate's, by the same rules: what they hold, and whether another site has sent
//! them.

use crate::config::Csrf;
use crate::credentials::{cookie_value, csrf_check};
use crate::{Fields, Inquiry};

/// The value of a cookie; `None` where there is none.
///
/// # Errors
/// There are several that differ, in fixed words.
pub fn value(fields: &dyn Fields, name: &str) -> Result<Option<Vec<u8>>, &'static str> {
    cookie_value(fields, name).map_err(|_| "there are several cookies that differ")
}

/// Holds that `Origin`, or else `Referer`, is the request's own origin or a trusted one. `scheme` is
/// what the client used.
///
/// # Errors
/// What is missing or wrong, in fixed words.
pub fn check_origin(
    fields: &dyn Fields,
    scheme: &str,
    trusted_origins: &[String],
) -> Result<(), &'static str> {
    let inquiry = Inquiry {
        method: "POST",
        path: "/",
        query: None,
        fields,
        scheme,
        is_websocket: false,
        now: 0,
    };
    csrf_check(&Csrf::Origin, &inquiry, trusted_origins)
}
