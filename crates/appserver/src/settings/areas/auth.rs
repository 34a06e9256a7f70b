//! The settings about tokens. Only declarations live here: what they mean is elsewhere.

use std::path::PathBuf;

use super::super::{
    table::areas,
    value::{
        Algorithm, ByteSize, CsrfProof, Duration, ErrorBody, Json, List, OrOff, Pairs, Presence,
        Requirement, Secret, Switch, Wanted,
    },
};
use super::issue::{Issue, IssueKeys, IssueStore};
use super::listed;

areas! {
    /// Who may call the app.
    pub struct Auth in "auth" {
        tables { jwt: Jwt, }
    }

    /// JSON Web Tokens, verified before the app is called. Nothing is looked at until there is a
    /// provider, or `from_django`.
    pub struct Jwt in "jwt" {
        /// Whether the Django project's own settings are taken over, as a provider called `django`:
        /// `SIMPLE_JWT`, and what it leaves open. The log names what cannot be taken over.
        from_django: Switch = Switch::Off;
        /// The `realm` of challenges.
        realm: String = "api".to_owned();
        /// The body of refusals: as Django REST framework's, an object of RFC 9457, a line of text,
        /// or none.
        error_body: ErrorBody = ErrorBody::Drf;
        /// What holds for paths that no rule matches. With `none` tokens are not looked at; with
        /// `optional` a request without a token passes, one with a wrong token does not; with
        /// `required` there has to be a right one.
        default: Presence = Presence::Optional;
        /// The longest token. A longer one is refused unread.
        max_token_size: ByteSize = ByteSize::from_bytes(8 << 10), in "256B"..="16KiB";
        /// Whether CORS preflights pass without a token: `OPTIONS` requests with `Origin` and
        /// `Access-Control-Request-Method`.
        bypass_preflight: Switch = Switch::On;
        /// Origins besides the request's own whose pages may send tokens in cookies, like
        /// `https://shop.example`.
        trusted_origins: List<String> = List::default();
        /// Origins whose pages may read refusals, like `https://shop.example`; `*` is any. What the
        /// app itself answers is its own matter.
        cors_origins: List<String> = List::default();
        /// How many verified tokens of each provider a worker remembers; 0 is none.
        cache_entries: u32 = 10_000, in "0"..="1000000";
        /// For how long at most a verified token is remembered. It is never longer than the token
        /// is valid.
        cache_time: Duration = Duration::from_secs(300), in "1s"..="1d";
        tables { forward: Forward, issue: Issue, keys: IssueKeys, store: IssueStore, }
        named { providers: JwtProvider, }
        listed { rules: JwtRule, }
    }

    /// What the app is told of a verified token.
    pub struct Forward in "forward" {
        /// Whether the app still gets the header field that the token came in. Tokens of cookies
        /// and of the query stay in any case.
        token: Switch = Switch::On;
        /// Header fields that the app gets, each with the claim that it is set from. Fields of
        /// these names that a client sends are dropped from every request, in every spelling.
        claim_headers: Pairs = Pairs::default();
        /// The claim that becomes `REMOTE_USER` of WSGI.
        remote_user: String = String::new();
        /// Whether ASGI apps get `user` and `auth` in their scope, as Starlette has them.
        starlette_user: Switch = Switch::Off;
    }

    /// Somebody whose tokens are accepted. Its keys are one of `secret`, `public_keys`,
    /// `jwks_file`, `jwks_url` and `discovery`.
    pub struct JwtProvider in "providers" {
        /// The exact `iss` of its tokens. Where it is not set it is not checked, except with
        /// `discovery`, whose address it then is.
        issuer: String = String::new();
        /// Values of `aud` of which a token needs one. Where none is set, `aud` is not checked.
        audiences: List<String> = List::default();
        /// The algorithms that are accepted, all of one kind. Needed, except with a secret.
        algorithms: List<Algorithm> = List::default(), unset "`[\"HS256\"]` with a secret";
        /// The secret that signs and verifies, from a variable or a file, of which one newline at
        /// the end is cut. At least as long as the hash of the algorithm: 32 bytes for HS256. A
        /// reload reads a file again; a variable stays what it was at the start.
        secret: Option<Secret> = None;
        /// Older secrets that still verify.
        previous_secrets: List<Secret> = List::default();
        /// PEM files with public keys.
        public_keys: List<PathBuf> = List::default();
        /// A file with a JWK set.
        jwks_file: Option<PathBuf> = None;
        /// The address of a JWK set, which is fetched and kept.
        jwks_url: String = String::new();
        /// The address of an issuer, whose metadata names the JWK set (OpenID Connect Discovery).
        discovery: String = String::new();
        /// Accepted `typ` headers; an empty text stands for a token without one.
        types: List<String> = listed_texts(&["JWT", ""]);
        /// Accepted values of the claim that says what kind of token it is. Where none is set, it
        /// is not checked.
        token_types: List<String> = List::default();
        /// The claim that says what kind of token it is.
        token_type_claim: String = "token_type".to_owned();
        /// The claim with the user's id.
        user_claim: String = "user_id".to_owned();
        /// How far the clocks may differ.
        leeway: Duration = Duration::from_secs(0), in "0s"..="10m";
        /// Claims that a token has to have.
        require: List<String> = listed("exp");
        /// The longest time from now to `exp`.
        max_lifetime: OrOff<Duration> = OrOff::off(), in "1s"..="3650d";
        /// What `sub` has to match; `*` stands for any text. Where it is not set, `sub` is not
        /// checked.
        subjects: String = String::new();
        /// The claims in which a rule's scopes are looked for.
        scope_claims: List<String> = listed("scope,scp");
        /// The claims in which a rule's roles are looked for; dots lead into objects.
        role_claims: List<String> = listed("roles");
        tables { jwks: Jwks, }
        listed { sources: TokenSource, }
    }

    /// How a JWK set is fetched and kept.
    pub struct Jwks in "jwks" {
        /// For how long a set is fresh, where the answer does not say.
        cache: Duration = Duration::from_secs(600), in "1s"..="30d";
        /// The shortest time that an answer may ask for.
        min_cache: Duration = Duration::from_secs(30), in "1s"..="30d";
        /// The longest time that an answer may ask for.
        max_cache: Duration = Duration::from_secs(86_400), in "1s"..="30d";
        /// How long before its end a set is fetched anew.
        refresh_before: Duration = Duration::from_secs(30), in "0s"..="1d";
        /// For how long after its end a set is still used while it cannot be fetched.
        stale_if_error: Duration = Duration::from_secs(86_400), in "0s"..="30d";
        /// The least time between two fetches, also when tokens name keys that are not there.
        cooldown: Duration = Duration::from_secs(30), in "1s"..="1h";
        /// The longest time of a fetch.
        timeout: Duration = Duration::from_secs(3), in "100ms"..="1m";
        /// The longest answer.
        max_bytes: ByteSize = ByteSize::from_bytes(150 << 10), in "1KiB"..="4MiB";
        /// The most keys of a set.
        max_keys: u32 = 64, in "1"..="1000";
        /// A PEM file with certificates that are trusted instead of the system's.
        ca_file: Option<PathBuf> = None;
        /// Whether addresses may begin with `http://`. Whoever is on the way can then make tokens.
        allow_http: Switch = Switch::Off;
    }

    /// A place that tokens are looked for in: one of `header`, `cookie` and `query`. Without any
    /// the place is the header field `Authorization` with the scheme `Bearer`.
    pub struct TokenSource in "sources" {
        /// A header field.
        header: String = String::new();
        /// The scheme before the token in the header field, of any case; empty is none.
        scheme: String = "Bearer".to_owned();
        /// A cookie.
        cookie: String = String::new();
        /// What keeps other sites from using the cookie with unsafe methods and WebSockets:
        /// `origin` wants `Origin` or `Referer` to be of the request's own origin or a trusted one,
        /// `double-submit` wants `csrf_header` to repeat `csrf_cookie`, `none` leaves it to the app.
        csrf: CsrfProof = CsrfProof::Origin;
        /// The cookie that is repeated.
        csrf_cookie: String = "csrftoken".to_owned();
        /// The header field that repeats it.
        csrf_header: String = "X-CSRFToken".to_owned();
        /// A parameter of the query. Addresses are kept in many places, so tokens should not be in
        /// them.
        query: String = String::new();
    }

    /// What holds for some paths. The first rule counts whose path and method match.
    pub struct JwtRule in "rules" {
        /// The path, as the app sees it: a prefix up to a `/`, or a pattern in which `*` stands for
        /// one segment and `**` for any number. Letter case counts.
        path: String = String::new(), unset "has to be set";
        /// Whether the path has to be the whole path.
        exact: Switch = Switch::Off;
        /// The methods. Without any, all. `GET` is also `HEAD`.
        methods: List<String> = List::default();
        /// Whose token is needed.
        require: Requirement = Requirement(appserver_auth::config::Requirement::Required);
        /// The scopes that the token needs.
        scopes: Option<Wanted> = None;
        /// The roles that the token needs.
        roles: Option<Wanted> = None;
        /// Values of `aud` of which a token needs one, instead of the provider's.
        audiences: List<String> = List::default(), unset "the provider's";
        /// Whether CORS preflights pass without a token.
        bypass_preflight: Option<Switch> = None, unset "`auth.jwt.bypass_preflight`";
        listed { claims: ClaimTest, }
    }

    /// A claim of which something has to hold: one of `equals`, `one_of`, `contains`, `prefix` and
    /// `exists`. All that a rule lists have to hold. A claim that is not there holds nothing.
    pub struct ClaimTest in "claims" {
        /// The claim; dots lead into objects.
        claim: String = String::new(), unset "has to be set";
        /// It is this value, of the same type.
        equals: Option<Json> = None;
        /// It is one of these values.
        one_of: List<Json> = List::default();
        /// It is a list that holds this value, or a text with this word.
        contains: Option<Json> = None;
        /// It is a text that begins like this.
        prefix: Option<String> = None;
        /// It is there, or is not.
        exists: Option<Switch> = None;
    }
}

/// Texts of which one may be empty.
fn listed_texts(texts: &[&str]) -> List<String> {
    List::from(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
}
