//! What a gate is built from: plain values, resolved, in the words of the settings file.
//!
//! Secrets and keys are here in full, so this is handed between processes in memory only. How it is
//! written by an operator, and read from files, is not known here.

mod defaults;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Algorithm;

/// Everything that a gate needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The `realm` of challenges (RFC 6750 section 3).
    pub realm: String,
    /// The body of refusals.
    pub error_body: ErrorBody,
    /// What holds for paths that no rule matches.
    pub default: Presence,
    /// The longest token, in bytes of its text; a longer one is refused unread.
    pub max_token: usize,
    /// Whether CORS preflights pass without a token: `OPTIONS` with `Origin` and
    /// `Access-Control-Request-Method`. A rule may say otherwise.
    pub bypass_preflight: bool,
    /// The path below which the application is mounted, without a `/` at its end. Rules are about
    /// what follows.
    pub root_path: String,
    /// Origins besides the request's own whose pages may send cookies, as `scheme://host[:port]`.
    pub trusted_origins: Vec<String>,
    /// Origins whose pages may read refusals, as `scheme://host[:port]` in lower case; `*` is any.
    #[serde(default)]
    pub cors_origins: Vec<String>,
    /// Whom tokens may come from, in the order in which they are tried.
    pub providers: Vec<Provider>,
    /// First match wins.
    pub rules: Vec<Rule>,
    /// What the application is told.
    pub forward: Forward,
    /// Verified tokens of a provider that are remembered per process; 0 is none.
    pub cache_entries: usize,
    /// For how long at most a verified token is remembered.
    pub cache_time: Duration,
    /// Whether the Django project's own settings are to be merged in by [`crate::django`] first.
    pub from_django: bool,
}

/// The body of a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorBody {
    /// As Django REST framework with simplejwt answers.
    #[default]
    Drf,
    /// `application/problem+json` (RFC 9457).
    Problem,
    /// One line of text.
    Text,
    /// None.
    Empty,
}

/// Whether there has to be a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Presence {
    /// Tokens are not looked at.
    None,
    /// A request without a token passes; one with a wrong token does not.
    #[default]
    Optional,
    /// A token is required.
    Required,
}

/// Somebody whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Its name in rules, logs and counters.
    pub name: String,
    /// The exact `iss`; `None` is not checked.
    pub issuer: Option<String>,
    /// Values of `aud` of which a token needs one; empty is not checked.
    pub audiences: Vec<String>,
    /// The algorithms that are accepted: at least one, all of one family.
    pub algorithms: Vec<Algorithm>,
    /// Where the keys come from.
    pub keys: Keys,
    /// Accepted `typ` headers, compared as RFC 8725 section 3.11 wants; an empty text stands for a
    /// token without one.
    pub types: Vec<String>,
    /// Accepted values of the claim [`Self::token_type_claim`]; empty is not checked.
    pub token_types: Vec<String>,
    /// The claim that says what kind of token it is.
    pub token_type_claim: String,
    /// The claim that holds the user's id.
    pub user_claim: String,
    /// The claim that holds the token's id; `None` is no such claim.
    #[serde(default = "defaults::id_claim")]
    pub id_claim: Option<String>,
    /// Whether its tokens can be revoked. Each then needs an id and the time of its issue, and each
    /// use asks what [`crate::Gate::set_denials`] was given.
    #[serde(default)]
    pub is_revocable: bool,
    /// How far the clocks may differ.
    pub leeway: Duration,
    /// Claims that have to be there.
    pub required: Vec<String>,
    /// The longest time from now to `exp`.
    pub max_lifetime: Option<Duration>,
    /// What `sub` has to match: a pattern with `*`, for any text.
    pub subjects: Option<String>,
    /// Where tokens are looked for.
    pub sources: Vec<Source>,
    /// What a rule's scopes are looked for in.
    pub scope_claims: Vec<String>,
    /// What a rule's roles are looked for in: dotted paths.
    pub role_claims: Vec<String>,
}

/// Where keys come from.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Keys {
    /// Shared secrets for HMAC: the first is current, others still verify.
    Secrets(Vec<Vec<u8>>),
    /// The same, chosen by the application: weak ones are admitted, since they sign already.
    Chosen(Vec<Vec<u8>>),
    /// Public keys as the texts of PEM files, each with the file's name.
    Pem(Vec<(String, String)>),
    /// The text of a JWK set (RFC 7517 section 5), with its file's name.
    JwkSet(String, String),
    /// The text of the JWK set of our own keys, which may change while it is used; empty is not
    /// known yet.
    Local(String),
    /// A set that is fetched.
    Remote(Remote),
    /// None yet: those of the Django project.
    Django,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Secrets(_) | Self::Chosen(_) => "Secrets(***)",
            Self::Pem(_) => "Pem(…)",
            Self::JwkSet(..) => "JwkSet(…)",
            Self::Local(_) => "Local(…)",
            Self::Remote(remote) => return f.debug_tuple("Remote").field(remote).finish(),
            Self::Django => "Django",
        };
        f.write_str(kind)
    }
}

/// A JWK set that is fetched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remote {
    /// The address of the set; or of the issuer, whose metadata names it (OpenID Connect Discovery
    /// 1.0 section 4).
    pub url: RemoteUrl,
    /// For how long a set is fresh where the answer does not say; also the bounds of what it may say.
    pub cache: Duration,
    /// The shortest and the longest time that an answer may ask for.
    pub cache_bounds: (Duration, Duration),
    /// How long before its end a set is fetched anew.
    pub refresh_before: Duration,
    /// For how long after its end a set is still used while it cannot be fetched.
    pub stale_if_error: Duration,
    /// The least time between two fetches, whatever asks for them.
    pub cooldown: Duration,
    /// The longest time of a fetch.
    pub timeout: Duration,
    /// The longest answer, in bytes.
    pub max_bytes: usize,
    /// The most keys of a set.
    pub max_keys: usize,
    /// Certificates to trust instead of the system's: PEM.
    pub ca: Option<String>,
    /// Whether `http://` is allowed.
    pub allow_http: bool,
}

/// What is fetched first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoteUrl {
    /// The set.
    Set(String),
    /// The issuer's metadata.
    Discovery(String),
}

/// A place that tokens are looked for in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A header field, in lower case, with the scheme before the token. Schemes are compared
    /// without regard to case (RFC 9110 section 11.1). An empty scheme is none.
    Header {
        /// Its name.
        name: String,
        /// The scheme.
        scheme: String,
    },
    /// A cookie.
    Cookie {
        /// Its name.
        name: String,
        /// What keeps other sites from using it.
        csrf: Csrf,
    },
    /// A parameter of the query.
    Query {
        /// Its name.
        name: String,
    },
}

/// How a request with a cookie proves that no other site has made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Csrf {
    /// `Origin`, or else `Referer`, is the request's own origin or a trusted one.
    Origin,
    /// A header field repeats a cookie.
    DoubleSubmit {
        /// The cookie.
        cookie: String,
        /// The header field, in lower case.
        header: String,
    },
    /// It does not have to: the application sees to it.
    None,
}

/// What the application is told of a verified token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Forward {
    /// Whether the header field that the token came in stays. Cookies and queries always stay.
    pub token: bool,
    /// Header fields, in lower case, and the claims that they are set from.
    pub claim_headers: BTreeMap<String, String>,
    /// The claim that becomes `REMOTE_USER`.
    pub remote_user: Option<String>,
    /// Whether ASGI scopes get Starlette's `user` and `auth`.
    pub starlette: bool,
}

/// Who may call what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The path and all that is below it, as the application sees it: decoded, below the mount. `*`
    /// is one segment or a part of one, `**` any number of segments. Letter case is compared: where
    /// an application takes `/ADMIN/` for `/admin/`, both need a rule.
    pub path: String,
    /// Whether [`Self::path`] has to be the whole path: with or without a `/` at its end are two.
    pub exact: bool,
    /// The methods; empty is all. What holds for GET holds for HEAD.
    pub methods: Vec<String>,
    /// Whether a token is needed, and whose.
    pub require: Requirement,
    /// Scopes, of which the token needs all, or any.
    pub scopes: Option<Wanted>,
    /// Roles, of which the token needs all, or any.
    pub roles: Option<Wanted>,
    /// Conditions, all of which the claims have to fulfil.
    pub claims: Vec<Condition>,
    /// The audiences of this rule, instead of the provider's; empty is the provider's.
    pub audiences: Vec<String>,
    /// Whether CORS preflights pass; `None` is the default.
    pub bypass_preflight: Option<bool>,
}

/// Whose token is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Requirement {
    /// Nobody's.
    None,
    /// Anybody's, if there is one.
    Optional,
    /// Anybody's.
    Required,
    /// This provider's.
    Provider(String),
    /// Each of these holds.
    All(Vec<Self>),
    /// One of these holds.
    Any(Vec<Self>),
    /// There is no token at all. Only inside [`Self::Any`].
    Missing,
}

/// Several texts of which all or any are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// All.
    All(Vec<String>),
    /// At least one.
    Any(Vec<String>),
}

/// Something that a claim has to fulfil. A claim that is not there fulfils nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The dotted path of the claim.
    pub claim: String,
    /// What has to hold.
    pub test: Test,
}

/// What holds of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Test {
    /// It is this value, of the same JSON type.
    Equals(serde_json::Value),
    /// It is one of these.
    OneOf(Vec<serde_json::Value>),
    /// It is an array that holds this value, or a text with this word between spaces.
    Contains(serde_json::Value),
    /// It is a text that begins like this.
    Prefix(String),
    /// It is there (true) or not (false).
    Exists(bool),
}
