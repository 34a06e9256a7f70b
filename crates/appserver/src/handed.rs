//! What a mold and its workers know of the settings: resolved, as the master read them.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use appserver_auth::Gate;
use appserver_http::{
    Config, Limits, StaticError, StaticFiles, Timeouts, TrustedProxies, WebSocketConfig,
};
use appserver_os::privileges::Identity;
use appserver_telemetry::{AccessFormat, AccessLog, AccessTarget, LogFormat};

use crate::settings::{Settings, value};
use crate::static_files;

/// For how long a connection is kept for its next request where `keepalive` is off.
const NO_KEEPALIVE: Duration = Duration::ZERO;
/// No limit, where a limit is off.
const UNLIMITED: u64 = u64::MAX;

/// The settings of one generation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handed {
    /// The settings.
    pub settings: Settings,
    /// The application, where it is not built in.
    pub target: Option<String>,
    /// The directory to run in, absolute.
    pub directory: PathBuf,
    /// Who may call what, with secrets and keys; `None` where nobody has to say who they are.
    pub auth: Option<appserver_auth::Config>,
    /// What gives tokens out, with secrets and keys; `None` where the server does not.
    #[serde(default)]
    pub issuer: Option<appserver_issuer::Config>,
}

/// What of the settings a worker cannot use.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// `forwarded_allow_ips`.
    #[error("cannot use forwarded_allow_ips: {0}")]
    Proxies(String),
    /// The file of the access log.
    #[error("cannot open the access log: {0}")]
    AccessLog(std::io::Error),
    /// Providers and rules, with what is wrong with each.
    #[error("cannot use auth.jwt: {0}")]
    Gate(String),
    /// A folder of static files.
    #[error("cannot use static.mounts: {0}")]
    Static(#[from] StaticError),
}

impl Handed {
    /// Whom to run as.
    pub fn identity(&self) -> Identity {
        self.settings.identity()
    }

    /// The permission bits that new files do not get, where they are set.
    pub fn umask(&self) -> Option<u32> {
        self.settings.umask.map(value::Umask::bits)
    }

    /// Starts the log of this process.
    pub fn init_log(&self) {
        init_log(&self.settings);
    }

    /// What the worker's HTTP side is told.
    ///
    /// # Errors
    /// When the access log cannot be opened, or what the settings say cannot be used.
    pub fn http(&self) -> Result<Config, Unusable> {
        let settings = &self.settings;
        let networks: Vec<String> =
            settings.forwarded_allow_ips.iter().map(ToString::to_string).collect();
        let trusted = TrustedProxies::parse(networks.iter().map(String::as_str));
        Ok(Config {
            limits: limits(settings),
            timeouts: timeouts(settings),
            worker_connections: settings.worker_connections as usize,
            websocket: websocket(settings),
            limit_concurrency: Some(settings.limit_concurrency as usize).filter(|most| *most > 0),
            trusted_proxies: trusted.map_err(|error| Unusable::Proxies(error.to_string()))?,
            temp_dir: settings.http.temp_dir.clone().unwrap_or_else(std::env::temp_dir),
            body_memory: settings.http.body_memory.len(),
            max_requests: max_requests(settings),
            access_log: access_log(settings).map_err(Unusable::AccessLog)?,
            gate: self.gate()?.map(Rc::new),
            endpoints: None,
            static_files: self.static_files()?.map(Rc::new),
        })
    }

    fn static_files(&self) -> Result<Option<StaticFiles>, StaticError> {
        let mounts = static_files::mounts(&self.settings, &self.directory);
        if mounts.is_empty() {
            return Ok(None);
        }
        StaticFiles::open(mounts, self.settings.r#static.memory.len()).map(Some)
    }

    fn gate(&self) -> Result<Option<Gate>, Unusable> {
        let gate = self.auth.clone().map(Gate::new).transpose();
        gate.map_err(|mistakes| {
            let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            Unusable::Gate(mistakes.join("; "))
        })
    }
}

impl Settings {
    /// Whom workers run as.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let text = |account: &Option<value::Account>| account.as_ref().map(ToString::to_string);
        Identity { user: text(&self.user), group: text(&self.group) }
    }
}

/// Starts the log of this process as these settings want it.
pub fn init_log(settings: &Settings) {
    let format = match settings.log.format {
        value::LogFormat::Text => LogFormat::Text,
        value::LogFormat::Json => LogFormat::Json,
    };
    appserver_telemetry::init_log(&settings.log.level.to_string(), format);
}

fn limits(settings: &Settings) -> Limits {
    let http = &settings.http;
    Limits {
        request_line: http.limit_request_line as usize,
        header_count: http.limit_request_fields as usize,
        header_bytes: http.limit_request_field_size as usize,
        head_bytes: http.limit_request_head.len(),
        body: http.limit_request_body.get().map_or(UNLIMITED, |size| size.len() as u64),
    }
}

fn timeouts(settings: &Settings) -> Timeouts {
    let http = &settings.http;
    Timeouts {
        header: http.header_timeout.into(),
        body: http.body_timeout.into(),
        body_min_rate: http.body_min_rate.get().map_or(0, |rate| rate.len() as u64),
        write: http.write_timeout.into(),
        keepalive: settings.keepalive.get().map_or(NO_KEEPALIVE, Into::into),
        request: settings.timeout.get().map(Into::into),
    }
}

fn websocket(settings: &Settings) -> WebSocketConfig {
    let websocket = &settings.websocket;
    WebSocketConfig {
        max_message: websocket.max_message.len(),
        ping_interval: websocket.ping_interval.get().map(Into::into),
        ping_timeout: websocket.ping_timeout.into(),
        deflate: websocket.permessage_deflate.is_on(),
    }
}

/// A different number in each worker, so that they are not replaced together.
fn max_requests(settings: &Settings) -> Option<u64> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let base = settings.max_requests;
    let jitter = match settings.max_requests_jitter {
        0 => 0,
        most => RandomState::new().build_hasher().finish() % most.saturating_add(1),
    };
    (base > 0).then(|| base.saturating_add(jitter))
}

fn access_log(settings: &Settings) -> std::io::Result<Option<Rc<AccessLog>>> {
    let target = match &settings.log.access {
        value::AccessLog::Off => return Ok(None),
        value::AccessLog::Stdout => AccessTarget::Stdout,
        value::AccessLog::File(path) => AccessTarget::File(path.clone()),
    };
    let format = match settings.log.access_format {
        value::AccessFormat::Combined => AccessFormat::Combined,
        value::AccessFormat::Json => AccessFormat::Json,
    };
    Ok(Some(Rc::new(AccessLog::open(target, format)?)))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use appserver_auth::config::Keys;

    use super::Handed;
    use crate::auth;
    use crate::settings::{self, FILE_NAME, Sources};

    fn handed(file: &str) -> Handed {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), file).unwrap();
        let secret = ("JWT_SECRET".to_owned(), "Vb3kq0Zt7-LxR9mWc1YdHs4GpUe8JnAoKiM2".to_owned());
        let sources = Sources {
            directory: folder.path().to_owned(),
            program: PathBuf::from("appserver"),
            config: None,
            environment: [secret].into(),
            flags: Vec::new(),
        };
        let loaded = settings::load(&sources).unwrap();
        let auth::Resolved { config: auth, issuer, .. } =
            auth::resolve(&loaded, &sources.environment).unwrap();
        Handed { settings: loaded.settings, target: None, directory: PathBuf::new(), auth, issuer }
    }

    fn error(handed: &Handed) -> String {
        handed.http().err().unwrap().to_string()
    }

    #[test]
    fn what_a_worker_cannot_use_is_named() {
        let mut handed = handed("auth.jwt.providers.corp.secret = { env = \"JWT_SECRET\" }\n");
        assert!(handed.http().is_ok());
        handed.auth.as_mut().unwrap().providers[0].keys = Keys::Django;
        let told = error(&handed);
        assert!(told.starts_with("cannot use auth.jwt: providers.corp: "), "{told}");
        let told = error(&self::handed("log.access = \"/\"\n"));
        assert!(told.starts_with("cannot open the access log: "), "{told}");
    }
}
