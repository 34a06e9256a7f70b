//! What the tests work on: an issuer with a store and users of its own.

use std::sync::Arc;
use std::time::Duration;

use appserver_auth::Algorithm;
use appserver_auth::config::{Keys, Provider};
use appserver_issuer::config::{Limits, Mode, Signing, UserSource};
use appserver_issuer::{Answer, Call, Caller, Config, Endpoint, Host, Issuer};
use appserver_passwords::{Algorithm as Hash, Hashers, Preferred};
use appserver_store::{Address, NewUser, UserTable, Users};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const SECRET: &[u8] = b"Vb3kq0Zt7-LxR9mWc1YdHs4GpUe8JnAoKiM2";
pub(crate) const PASSWORD: &str = "correct horse";

/// An issuer, with all that it needs.
pub(crate) struct Bench {
    pub(crate) issuer: Issuer,
    pub(crate) users: Arc<dyn Users>,
    /// The id of `ann`.
    pub(crate) ann: String,
    pub(crate) runtime: Runtime,
    _folder: TempDir,
}

impl Bench {
    pub(crate) fn new(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(&folder);
        change(&mut config);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let UserSource::Table(address, table) = &config.users else { unreachable!() };
        let users = {
            let _entered = runtime.enter();
            appserver_store::open_users(address, table, &None).unwrap()
        };
        let encoded = config.hashers.encode(PASSWORD).unwrap();
        let ann = runtime.block_on(async {
            users.prepare().await.unwrap();
            let new = |name: &str| NewUser {
                username: name.to_owned(),
                password: encoded.clone(),
                email: format!("{name}@shop.example"),
            };
            users.add(&new("bob")).await.unwrap().unwrap();
            users.set_active("bob", false).await.unwrap();
            users.add(&new("ann")).await.unwrap().unwrap()
        });
        let issuer = runtime.block_on(Issuer::start(config, Host::default())).unwrap();
        Self { issuer, users, ann, runtime, _folder: folder }
    }

    pub(crate) fn families(grace: Duration) -> Self {
        Self::new(|config| {
            *config = config.clone().in_mode(Mode::Family);
            config.rotation.grace = grace;
        })
    }

    pub(crate) fn send(&self, call: Call) -> Answer {
        self.runtime.block_on(self.issuer.answer(call))
    }

    pub(crate) fn post(&self, endpoint: Endpoint, body: &Value) -> Answer {
        self.send(call(endpoint, body))
    }

    pub(crate) fn login(&self) -> (String, String) {
        let body = json!({"username": "ann", "password": PASSWORD});
        let answer = self.post(Endpoint::Obtain, &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        (text(&answer, "access"), text(&answer, "refresh"))
    }

    pub(crate) fn refresh(&self, token: &str) -> Answer {
        self.post(Endpoint::Refresh, &json!({ "refresh": token }))
    }

    /// Whether a token counts as valid.
    pub(crate) fn verify(&self, token: &str) -> u16 {
        self.post(Endpoint::Verify, &json!({ "token": token })).status
    }
}

pub(crate) fn call(endpoint: Endpoint, body: &Value) -> Call {
    let fields = [("content-type", "application/json"), ("host", "shop.example")];
    Call {
        endpoint,
        id: "1".to_owned(),
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        path: "/".to_owned(),
        fields: fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into(),
        body: Some(body.to_string().into_bytes()),
        client: "192.0.2.7".parse().ok(),
        user: None,
    }
}

pub(crate) fn caller(user: &str) -> Option<Caller> {
    Some(Caller { user: user.to_owned(), session: None })
}

pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

pub(crate) fn text(answer: &Answer, name: &str) -> String {
    json(answer)[name].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

pub(crate) fn claims(token: &str) -> Value {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

pub(crate) fn field<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let fields = answer.fields.iter().filter(|(field, _)| *field == name);
    fields.map(|(_, value)| value.as_str()).collect()
}

/// simplejwt's ways with a secret, passwords that cost nothing, and everybody may try for ever.
fn config(folder: &TempDir) -> Config {
    let store = Address::new(format!("sqlite://{}", folder.path().join("tokens.db").display()));
    let store = Address { timeout: Duration::from_secs(30), ..store };
    let keys = Keys::Secrets(vec![SECRET.to_vec()]);
    let provider = Provider::new("local", vec![Algorithm::HS256], keys);
    let users = UserSource::Table(store.clone(), UserTable::embedded());
    let config = Config::new(provider, Signing::Secret(SECRET.to_vec()), users, store);
    Config {
        hashers: Hashers { preferred: Preferred::Md5, accepted: vec![Hash::Md5] },
        pool: (2, 32),
        limits: Limits::none(),
        ..config
    }
}
