//! What holds where nothing else is said. The settings file has the same defaults; a test compares them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use appserver_auth::Algorithm;
use appserver_auth::config::Provider;
use appserver_auth::issue::Format;
use appserver_passwords::{Algorithm as Hash, Hashers, Preferred};
use appserver_store::Address;

use super::{Config, Cookies, KeyDirectory, Limits, Mode, Rotation, Signing, UserSource};
use crate::Endpoint;

/// The name of the field that users are named in: Django's.
pub(crate) const LOGIN_FIELD: &str = "username";
/// The longest name and the longest password, in bytes: hashing costs as much as it is long. Django
/// takes names of 150 characters and passwords of 4096.
const LONGEST: (usize, usize) = (1024, 4096);
/// What Django stores passwords with, except for what is no protection.
const ACCEPTED: [Hash; 6] = [
    Hash::Pbkdf2Sha256,
    Hash::Pbkdf2Sha1,
    Hash::Argon2,
    Hash::BcryptSha256,
    Hash::Bcrypt,
    Hash::Scrypt,
];
/// OWASP's first choice of 2025: 19 MiB, two passes.
const EMBEDDED: Preferred = Preferred::Argon2 { memory: 19 * 1024, time: 2, parallelism: 1 };
/// Django 5.2's; until a project says it, this is also what names that there are not cost.
const DJANGO: Preferred = Preferred::Pbkdf2Sha256 { iterations: 1_000_000 };

const DAY: Duration = Duration::from_hours(24);

impl Config {
    /// With what signs, what verifies it, and where users and the state are. Refresh tokens are
    /// exchanged as simplejwt does; see [`Self::in_mode`].
    #[must_use]
    pub fn new(provider: Provider, signing: Signing, users: UserSource, store: Address) -> Self {
        let algorithm = provider.algorithms.first().copied().unwrap_or(Algorithm::HS256);
        Self {
            paths: paths(&signing),
            format: Format::new(algorithm),
            provider,
            signing,
            own_keys: None,
            rotation: Rotation::new(Mode::Parity),
            hashers: hashers(&users),
            users,
            upgrade_passwords: true,
            password_claim: None,
            update_last_login: false,
            checks_active: true,
            login_field: LOGIN_FIELD.to_owned(),
            longest: LONGEST,
            pool: (1, 32),
            limits: Limits::default(),
            store,
            is_store_chosen: false,
            poll: Duration::from_millis(500),
            stale_after: None,
            cookies: None,
            claims: Vec::new(),
            has_callback: false,
            realm: "api".to_owned(),
            trusted_origins: Vec::new(),
            from_django: false,
        }
    }

    /// With this relation between refresh tokens, which tokens show.
    #[must_use]
    pub fn in_mode(mut self, mode: Mode) -> Self {
        self.rotation = Rotation::new(mode);
        self.format.has_session = mode == Mode::Family;
        self
    }
}

/// A secret has no public half.
fn paths(signing: &Signing) -> BTreeMap<Endpoint, String> {
    let has_keys = !matches!(signing, Signing::Secret(_));
    let keys = has_keys.then_some((Endpoint::Jwks, "/.well-known/jwks.json"));
    let others = [
        (Endpoint::Obtain, "/api/token/"),
        (Endpoint::Refresh, "/api/token/refresh/"),
        (Endpoint::Verify, "/api/token/verify/"),
        (Endpoint::Blacklist, "/api/token/blacklist/"),
        (Endpoint::LogoutAll, "/api/token/logout-all/"),
    ];
    let all = others.into_iter().chain(keys);
    all.map(|(endpoint, path)| (endpoint, path.to_owned())).collect()
}

fn hashers(users: &UserSource) -> Hashers {
    let is_ours = matches!(users, UserSource::Table(_, table) if table.is_ours);
    let preferred = if is_ours { EMBEDDED } else { DJANGO };
    Hashers { preferred, accepted: ACCEPTED.to_vec() }
}

impl Rotation {
    /// In this mode.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        let is_family = mode == Mode::Family;
        Self {
            mode,
            rotates: is_family,
            blacklists: is_family,
            grace: Duration::from_secs(10),
            session_max_age: None,
        }
    }
}

impl KeyDirectory {
    /// At this path.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            algorithm: Algorithm::ES256,
            rotate_every: Some(90 * DAY),
            publish_ahead: DAY,
            retire_after: DAY,
            max_age: Duration::from_mins(5),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let minute = Duration::from_mins(1);
        Self {
            per_address: Some((20, minute)),
            per_user: Some((10, minute)),
            tiers: vec![(5, minute), (10, 15 * minute), (20, 120 * minute)],
            window: DAY,
        }
    }
}

impl Limits {
    /// None: everybody may try as often as they like.
    #[must_use]
    pub fn none() -> Self {
        Self { per_address: None, per_user: None, tiers: Vec::new(), window: DAY }
    }
}

impl Default for Cookies {
    fn default() -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            access: text("access"),
            refresh: text("refresh"),
            access_path: text("/"),
            refresh_path: text("/api/token/"),
            domain: None,
            same_site: text("Strict"),
            is_secure: true,
            only_cookies: true,
        }
    }
}
