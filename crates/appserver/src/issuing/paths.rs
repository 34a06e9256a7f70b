//! Where what is answered.

use std::collections::BTreeMap;

use appserver_issuer::Endpoint;
use appserver_issuer::config::Signing;

use crate::auth::Reader;
use crate::settings::IssuePaths;

impl Reader<'_> {
    /// The paths that are served, as clients see them.
    pub(super) fn paths(&mut self, signing: &Signing, mount: &str) -> BTreeMap<Endpoint, String> {
        let named = named(&self.loaded.settings.auth.jwt.issue.paths);
        let mut served: BTreeMap<Endpoint, String> = BTreeMap::new();
        for (key, endpoint, path) in named {
            if path.is_empty() {
                continue;
            }
            let key = format!("paths.{key}");
            if !is_plain(&path) {
                let problem =
                    format!("found \"{path}\", expected a path like \"/api/token/\", or nothing");
                self.wrong(&key, problem);
            }
            if let Some((other, _)) = served.iter().find(|(_, other)| **other == path) {
                let problem = format!("\"{path}\" is that of {} already", name(*other));
                self.wrong(&key, problem);
            }
            served.insert(endpoint, path);
        }
        if matches!(signing, Signing::Secret(_)) {
            // A secret has no public half.
            served.remove(&Endpoint::Jwks);
        }
        served.into_iter().map(|(endpoint, path)| (endpoint, format!("{mount}{path}"))).collect()
    }
}

fn named(paths: &IssuePaths) -> [(&'static str, Endpoint, String); 10] {
    use Endpoint::{
        Blacklist, Jwks, LogoutAll, Metadata, Obtain, Refresh, Revoke, SlidingObtain,
        SlidingRefresh, Verify,
    };
    [
        (Obtain, &paths.obtain),
        (Refresh, &paths.refresh),
        (Verify, &paths.verify),
        (Blacklist, &paths.blacklist),
        (LogoutAll, &paths.logout_all),
        (Revoke, &paths.revoke),
        (SlidingObtain, &paths.sliding_obtain),
        (SlidingRefresh, &paths.sliding_refresh),
        (Jwks, &paths.jwks),
        (Metadata, &paths.metadata),
    ]
    .map(|(endpoint, path)| (name(endpoint), endpoint, path.clone()))
}

/// What the settings call an endpoint.
pub(super) fn name(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Obtain => "obtain",
        Endpoint::Refresh => "refresh",
        Endpoint::Verify => "verify",
        Endpoint::Blacklist => "blacklist",
        Endpoint::Revoke => "revoke",
        Endpoint::LogoutAll => "logout_all",
        Endpoint::SlidingObtain => "sliding_obtain",
        Endpoint::SlidingRefresh => "sliding_refresh",
        Endpoint::Jwks => "jwks",
        Endpoint::Metadata => "metadata",
    }
}

/// Whether there is only one way to write and to read a path.
fn is_plain(path: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let mut segments = path.split('/').skip(1).peekable();
    let mut is_right = path.starts_with('/') && path.bytes().all(is_letter);
    while let Some(segment) = segments.next() {
        is_right &= !matches!(segment, "." | "..");
        is_right &= !segment.is_empty() || segments.peek().is_none();
    }
    is_right
}
