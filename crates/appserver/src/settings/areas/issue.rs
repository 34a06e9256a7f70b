//! The settings about tokens that the server gives out itself. Only declarations live here: what
//! they mean is elsewhere.

use std::path::PathBuf;

use super::super::{
    table::areas,
    value::{
        Address, Algorithm, Duration, IssueMode, IssueUsers, List, OrAuto, OrOff, Pairs, Rate,
        SameSite, Secret, Switch, Tier,
    },
};
use super::listed;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

areas! {
    /// Tokens that the server gives out itself: login, refresh, logout. They are verified by the
    /// provider `django` with `from_django`, else by the provider `local`, which is made where it
    /// is not written.
    pub struct Issue in "issue" {
        /// Whether the server gives tokens out.
        enabled: Switch = Switch::Off;
        /// How refresh tokens are exchanged. With `parity` as simplejwt does; with `family` each is
        /// used once, and using one twice ends its session (RFC 9700). `auto` is `parity` with
        /// `from_django`, else `family`.
        mode: IssueMode = IssueMode::Auto;
        /// `iss` of the tokens.
        issuer: String = String::new(), unset "the provider's `issuer`";
        /// `aud` of the tokens.
        audience: List<String> = List::default(), unset "the provider's `audiences`";
        /// The secret that signs and verifies, for HS256 and the like. Without it and `private_key`
        /// the keys are the server's own, of `[auth.jwt.keys]`; with `from_django` the project's.
        secret: Option<Secret> = None;
        /// A PEM file with the private key that signs.
        private_key: Option<PathBuf> = None;
        /// What `secret` or `private_key` sign with.
        algorithm: Option<Algorithm> = None, unset "`HS256` with a secret, else `ES256`";
        /// How long access tokens are valid.
        access_lifetime: Duration = Duration::from_secs(5 * MINUTE), in "1s"..="365d";
        /// How long refresh tokens are valid.
        refresh_lifetime: Duration = Duration::from_secs(DAY), in "1s"..="3650d";
        /// How long sliding tokens open views.
        sliding_lifetime: Duration = Duration::from_secs(5 * MINUTE), in "1s"..="365d";
        /// How long sliding tokens can be refreshed.
        sliding_refresh_lifetime: Duration = Duration::from_secs(DAY), in "1s"..="3650d";
        /// For how long a session can be refreshed at all, however often that was done.
        session_max_age: OrOff<Duration> = OrOff::off(), in "1s"..="3650d";
        /// Whether refreshing gives another refresh token as well. In families it always does.
        rotate: Switch = Switch::Off;
        /// Whether the old refresh token ends then. In families it always does.
        blacklist_after_rotation: Switch = Switch::Off;
        /// For how long a used refresh token gives its successor again, for clients that lost the
        /// answer. Only in families.
        grace: Duration = Duration::from_secs(10), in "0s"..="5m";
        /// Who knows the users: `native` is the server, in the user table of the Django project or
        /// that of `[auth.jwt.issue.user_table]`; `app` is the Django project's `authenticate()`;
        /// `embedded` is a table of the server's own, filled with `appserver users`. `auto` is
        /// `native` where the server sees all that the project does, else `app`; without a project
        /// the table that is named, else `embedded`.
        users: IssueUsers = IssueUsers::Auto;
        /// The field that users are named in where they log in.
        login_field: String = "username".to_owned();
        /// Whether a login sets the time of the user's last one.
        update_last_login: Switch = Switch::Off;
        /// Whether a login hashes the password anew that was hashed in an outdated way.
        upgrade_passwords: Switch = Switch::On;
        /// How many threads of each worker hash passwords. With 0, all workers together have one
        /// less than there are CPUs, and each at least one.
        hash_threads: u32 = 0, in "0"..="64";
        /// How many logins may wait for such a thread. More are answered with 503.
        hash_queue: u32 = 32, in "1"..="10000";
        /// More claims: texts in which `{user.COLUMN}` stands for a column of the user, or
        /// `{user.COLUMN:bool}`, `:int` and `:json` for one that is not a text; or `sql:` and a
        /// query whose `$1` is the user's id and whose rows become a list.
        claims: Pairs = Pairs::default();
        /// A function of the app, as `module.function`, that is called with the user and the kind
        /// of token, and returns more claims.
        claims_callback: String = String::new();
        tables {
            paths: IssuePaths, limits: IssueLimits, cookies: IssueCookies, user_table: UserTable,
        }
    }

    /// Where what is answered, below `http.root_path`. An empty path is not served. The app never
    /// sees requests to these paths, whatever their method.
    pub struct IssuePaths in "paths" {
        /// Name and password for a refresh token and an access token.
        obtain: String = "/api/token/".to_owned();
        /// A refresh token for an access token.
        refresh: String = "/api/token/refresh/".to_owned();
        /// Whether a token is valid.
        verify: String = "/api/token/verify/".to_owned();
        /// Ends a refresh token.
        blacklist: String = "/api/token/blacklist/".to_owned();
        /// Ends everything that the caller has. It wants an access token.
        logout_all: String = "/api/token/logout-all/".to_owned();
        /// Ends any token, as RFC 7009 has it.
        revoke: String = String::new();
        /// Name and password for a sliding token.
        sliding_obtain: String = String::new();
        /// A sliding token for a newer one.
        sliding_refresh: String = String::new();
        /// The public keys, where there are any.
        jwks: String = "/.well-known/jwks.json".to_owned();
        /// What there is, as RFC 8414 has it.
        metadata: String = String::new();
    }

    /// How often logins may be tried, over all workers and all machines that share a store.
    pub struct IssueLimits in "limits" {
        /// Logins from one address; of IPv6 from one network of 64 bits.
        per_address: OrOff<Rate> = OrOff::on(Rate::per_minute(20));
        /// Logins with one name.
        per_user: OrOff<Rate> = OrOff::on(Rate::per_minute(10));
        /// After so many failures, for how long a name is locked for an address; both rise.
        tiers: List<Tier> = listed("5:1m,10:15m,20:2h");
        /// For how long failures are remembered.
        window: Duration = Duration::from_secs(DAY), in "1s"..="30d";
    }

    /// Tokens in cookies that scripts cannot read.
    pub struct IssueCookies in "cookies" {
        /// Whether tokens are set as cookies, and taken from them. Requests with unsafe methods
        /// have to come from the server's own origin, or from one of `auth.jwt.trusted_origins`.
        enabled: Switch = Switch::Off;
        /// The name of the access token's cookie.
        access: String = "access".to_owned();
        /// The name of the refresh token's cookie.
        refresh: String = "refresh".to_owned();
        /// The path that the access token is sent to.
        access_path: String = "/".to_owned();
        /// The path that the refresh token is sent to.
        refresh_path: String = "/api/token/".to_owned();
        /// The domain that the cookies are sent to, where that is more than the host.
        domain: String = String::new();
        /// `SameSite`: whether other sites' requests have the cookies.
        same_site: SameSite = SameSite::Strict;
        /// Whether the cookies are sent over TLS only.
        secure: Switch = Switch::On;
        /// Whether tokens are left out of the bodies of answers.
        only_cookies: Switch = Switch::On;
    }

    /// The table of users, where there is no Django project that says it, or another is meant.
    pub struct UserTable in "user_table" {
        /// The address of the database: `sqlite:///`, `postgres://` or `mysql://`.
        database: Address = Address::default();
        /// The table.
        table: String = "auth_user".to_owned();
        /// The column of the id.
        id: String = "id".to_owned();
        /// The column that users are named by.
        username: String = "username".to_owned();
        /// The column of the password, hashed as Django does.
        password: String = "password".to_owned();
        /// The column that says whether a user may log in. Empty where there is none.
        active: String = "is_active".to_owned();
        /// The column of the last login. Empty where there is none.
        last_login: String = "last_login".to_owned();
    }

    /// Keys of the server's own, made when they are first needed.
    pub struct IssueKeys in "keys" {
        /// The directory of the keys.
        dir: Option<PathBuf> = None, unset "`keys` in `state_dir`";
        /// What they are for: one with public keys.
        algorithm: Algorithm = Algorithm(appserver_auth::Algorithm::ES256);
        /// After which time another key signs.
        rotate_every: OrOff<Duration> = OrOff::on(Duration::from_secs(90 * DAY)), in "1h"..="3650d";
        /// For how long a key is published before it signs, so that everybody has it by then.
        publish_ahead: Duration = Duration::from_secs(DAY), in "0s"..="365d";
        /// For how long a key verifies after it has signed last. `auto` is as long as the longest
        /// token is valid.
        retire_after: OrAuto<Duration> = OrAuto::auto(), in "1s"..="3650d";
        /// For how long others may keep the published keys.
        jwks_max_age: Duration = Duration::from_secs(5 * MINUTE), in "0s"..="1d";
    }

    /// Where it is kept which tokens are used up or revoked, and who fails to log in. Several
    /// servers may share a store.
    pub struct IssueStore in "store" {
        /// The address: `sqlite:///PATH`, `postgres://`, `mysql://`, `redis://`, `rediss://`, or
        /// `django://` for the tables of simplejwt's blacklist app.
        url: Address = Address::default(), unset "the Django project's tables where it has simplejwt's blacklist app, else SQLite in `state_dir`";
        /// What the names of Redis keys begin with.
        prefix: String = "appserver:".to_owned();
        /// How often the store is asked for what other machines have revoked.
        poll: Duration = Duration::from_millis(500), in "50ms"..="1h";
        /// How long the store may take to answer.
        timeout: Duration = Duration::from_secs(5), in "100ms"..="1m";
        /// For how long access tokens pass while the store cannot be asked. With `off` they do
        /// until they expire.
        stale_after: OrOff<Duration> = OrOff::off(), in "1s"..="30d";
    }
}
