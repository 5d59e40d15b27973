//! The settings as they are written: names, defaults, and where they are read from. What is checked of them is `check`'s.

use std::{net::SocketAddr, path::PathBuf};

use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret, telegram::TelegramSettings, text::list};
use crate::{jobs::CLEANUP_INTERVAL, uploads::ABANDONED_AFTER};

/// What the variables of all settings begin with,
pub(super) const PREFIX: &str = "FERRY_";
/// what stands there for the dot of a name,
pub(super) const NESTED: &str = "__";
/// and the one without the prefix, which others use too.
pub(super) const DATABASE_URL: &str = "DATABASE_URL";

/// What follows the prefix in variables that are no settings: those of `ferry`, the terminal client, and of test runs.
const OTHERS: [&str; 2] = ["cli_", "test_"];

/// Bytes on disk of parts on their way, where nothing else is set: four hundred slow senders of a disk part each.
const SPOOL_BYTES: u64 = 4 << 30;
/// What Postgres keeps for itself on the disk, where nothing else is set: more than its write-ahead log may take.
const DISK_RESERVE_BYTES: u64 = 512 << 20;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// `ferry.toml`. Each key is also an environment variable: `listen` is `FERRY_LISTEN`, `storage.bucket` is
/// `FERRY_STORAGE__BUCKET`; lists are separated by commas there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    pub(super) listen: SocketAddr,
    pub(super) public_url: Option<String>,
    pub(super) data_dir: PathBuf,
    pub(super) database_url: Option<Secret>,
    pub(super) storage: StorageSettings,
    pub(super) telegram: TelegramSettings,
    pub(super) secret_key: Option<Secret>,
    pub(super) secret_key_file: Option<PathBuf>,
    pub(super) part_profile: Option<String>,
    pub(super) part_min_bytes: Option<u32>,
    pub(super) part_max_bytes: Option<u32>,
    pub(super) disk_reserve_bytes: u64,
    pub(super) body_budget_bytes: Option<u32>,
    pub(super) body_budget_wait_secs: u64,
    pub(super) spool_bytes: u64,
    pub(super) body_idle_secs: u64,
    pub(super) headers_timeout_secs: u64,
    pub(super) keep_alive_secs: u64,
    pub(super) max_connections: usize,
    pub(super) max_connections_per_address: Option<usize>,
    pub(super) upload_ttl_secs: u64,
    pub(super) cleanup_interval_secs: u64,
    pub(super) default_quota_bytes: Option<u64>,
    pub(super) session_ttl_secs: u64,
    pub(super) login_attempts_per_name: u32,
    pub(super) login_attempts_per_address: u32,
    pub(super) login_window_secs: u64,
    #[serde(deserialize_with = "list")]
    pub(super) allowed_origins: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub(super) trusted_proxies: Vec<String>,
    pub(super) tls: TlsSettings,
    pub(super) shutdown_grace_secs: u64,
    pub(super) metrics_token: Option<Secret>,
    pub(super) log: String,
    pub(super) log_format: LogFormat,
}

/// `[storage]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StorageSettings {
    pub(super) kind: StorageKind,
    #[serde(deserialize_with = "list")]
    pub(super) also: Vec<StorageKind>,
    pub(super) path: Option<PathBuf>,
    pub(super) bucket: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) access_key_id: Option<Secret>,
    pub(super) secret_access_key: Option<Secret>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StorageKind {
    #[default]
    Directory,
    S3,
    Telegram,
}

/// `[tls]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TlsSettings {
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 8787)),
            public_url: None,
            data_dir: PathBuf::from(".ferry"),
            database_url: None,
            storage: StorageSettings::default(),
            telegram: TelegramSettings::default(),
            secret_key: None,
            secret_key_file: None,
            part_profile: None,
            part_min_bytes: None,
            part_max_bytes: None,
            disk_reserve_bytes: DISK_RESERVE_BYTES,
            body_budget_bytes: None,
            body_budget_wait_secs: 20,
            spool_bytes: SPOOL_BYTES,
            body_idle_secs: 30,
            headers_timeout_secs: 15,
            keep_alive_secs: 75,
            max_connections: 2_000,
            max_connections_per_address: None,
            upload_ttl_secs: ABANDONED_AFTER.as_secs(),
            cleanup_interval_secs: CLEANUP_INTERVAL.as_secs(),
            default_quota_bytes: None,
            session_ttl_secs: 30 * 86_400,
            login_attempts_per_name: 10,
            login_attempts_per_address: 50,
            login_window_secs: 300,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            tls: TlsSettings::default(),
            shutdown_grace_secs: 30,
            metrics_token: None,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

impl Settings {
    /// The file, then the environment, which wins.
    pub(super) fn sources(file: Option<&std::path::Path>) -> Result<Figment, ConfigError> {
        if let Some(named) = file.filter(|path| !path.is_file()) {
            return Err(ConfigError::invalid(
                "--config",
                format!("there is no file {}", named.display()),
            ));
        }
        let file = file.unwrap_or_else(|| std::path::Path::new("ferry.toml"));
        let figment = Figment::new();
        Ok(with_environment(if file.is_file() {
            figment.merge(Toml::file_exact(file))
        } else {
            figment
        }))
    }

    pub(super) fn read(figment: &Figment) -> Result<Self, ConfigError> {
        figment
            .extract()
            .map_err(|error| ConfigError::Unreadable(Box::new(error)))
    }
}

pub(super) fn with_environment(figment: Figment) -> Figment {
    figment.merge(Env::raw().only(&[DATABASE_URL])).merge(
        Env::prefixed(PREFIX)
            .filter(|key| !OTHERS.iter().any(|theirs| key.starts_with(theirs)))
            .split(NESTED),
    )
}
