//! Tokens in cookies.

use appserver_issuer::config::Cookies;

use crate::auth::Reader;
use crate::settings::IssueCookies;
use crate::settings::value::SameSite;

impl Reader<'_> {
    /// The cookies, where there are any.
    pub(super) fn cookies(&mut self) -> Option<Cookies> {
        let cookies = self.loaded.settings.auth.jwt.issue.cookies.clone();
        if !cookies.enabled.is_on() {
            return None;
        }
        self.check_cookies(&cookies);
        Some(Cookies {
            access: cookies.access,
            refresh: cookies.refresh,
            access_path: cookies.access_path,
            refresh_path: cookies.refresh_path,
            domain: Some(cookies.domain).filter(|domain| !domain.is_empty()),
            same_site: cookies.same_site.to_string(),
            is_secure: cookies.secure.is_on(),
            only_cookies: cookies.only_cookies.is_on(),
        })
    }

    fn check_cookies(&mut self, cookies: &IssueCookies) {
        for (key, name, path) in [
            ("access", &cookies.access, &cookies.access_path),
            ("refresh", &cookies.refresh, &cookies.refresh_path),
        ] {
            if let Some(problem) = problem(name, path, cookies) {
                self.wrong(&format!("cookies.{key}"), problem);
            }
            if !path.starts_with('/') || !is_value(path) {
                let problem = format!("found \"{path}\", expected a path like \"/api/token/\"");
                self.wrong(&format!("cookies.{key}_path"), problem);
            }
        }
        if cookies.access == cookies.refresh {
            self.wrong("cookies.refresh", "the access token has a cookie of this name already");
        }
        if !is_value(&cookies.domain) {
            self.wrong("cookies.domain", "expected a domain like \"example.com\"");
        }
        self.check_reach(cookies);
        if cookies.same_site == SameSite::None && !cookies.secure.is_on() {
            let problem = "browsers take `SameSite=None` only with `secure`";
            self.wrong("cookies.same_site", problem);
        }
    }

    /// A token has to come to where it is exchanged or ended.
    fn check_reach(&mut self, cookies: &IssueCookies) {
        let settings = &self.loaded.settings;
        let paths = settings.auth.jwt.issue.paths.clone();
        let mount = settings.http.root_path.trim_end_matches('/').to_owned();
        for (key, cookie, wanted) in [
            ("refresh_path", &cookies.refresh_path, [&paths.refresh, &paths.blacklist].as_slice()),
            ("access_path", &cookies.access_path, &[&paths.sliding_refresh]),
        ] {
            let wanted = wanted.iter().filter(|path| !path.is_empty());
            let mut seen = wanted.map(|path| format!("{mount}{path}"));
            if let Some(missed) = seen.find(|path| !is_sent(cookie, path)) {
                let problem = format!("the cookie would not be sent to \"{missed}\"");
                self.wrong(&format!("cookies.{key}"), problem);
            }
        }
    }
}

/// Whether a cookie of this path is sent there (RFC 6265 section 5.1.4).
fn is_sent(path: &str, to: &str) -> bool {
    let rest = to.strip_prefix(path);
    rest.is_some_and(|rest| path.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

/// What is wrong with a cookie of this name (RFC 6265 section 4.1.1, and its successor about the
/// prefixes, which browsers hold a server to).
fn problem(name: &str, path: &str, cookies: &IssueCookies) -> Option<String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Some(format!("found \"{name}\", expected the name of a cookie"));
    }
    let lower = name.to_ascii_lowercase();
    let is_host = lower.starts_with("__host-");
    if (is_host || lower.starts_with("__secure-")) && !cookies.secure.is_on() {
        return Some("a cookie of such a name needs `secure`".to_owned());
    }
    let is_everywhere = path == "/" && cookies.domain.is_empty();
    (is_host && !is_everywhere)
        .then(|| "a cookie of such a name has the path \"/\" and no domain".to_owned())
}

/// Whether this can stand in an attribute.
fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';' && byte != b',')
}
