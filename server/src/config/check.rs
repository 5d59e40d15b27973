//! The step from settings as they are written to what the server does: what cannot be right is refused by name, and what
//! is not set follows from the rest.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ferry_core::{
    plan::{DISK, PROFILES, PlanParams, Profile, TELEGRAM},
    wire::PartProfile,
};

use super::{
    Config, ConfigError, LoginLimits, Network, RequestLimits, S3Config, Secret, ServerKeyConfig,
    StorageConfig, TlsConfig,
    settings::{Settings, StorageKind, StorageSettings, TlsSettings},
};
use crate::uploads::LEAST_ABANDONED_AFTER_SECS;

/// Bytes of part bodies in memory where nothing else is set.
const BODY_BUDGET_BYTES: u32 = 64 << 20;
/// The same where they go to Telegram: its parts are larger and take longer, so more of them are on their way.
const TELEGRAM_BODY_BUDGET_BYTES: u32 = 160 << 20;

/// Below this a deletion of a large file may not fit.
const LEAST_RESERVE_BYTES: u64 = 64 << 20;
/// Above this it is a slip of the pen.
const MOST_RESERVE_BYTES: u64 = 1 << 40;
/// A token of the metrics that is shorter could be guessed.
const METRICS_TOKEN_CHARS: usize = 16;

/// Ten years.
const LONGEST_SECS: u64 = 10 * 366 * 86_400;
/// What Postgres counts bytes up to.
const MOST_BYTES: u64 = 9_223_372_036_854_775_807;
/// Below this not even a few people are served at once.
const LEAST_CONNECTIONS: usize = 16;
/// A browser opens six to a server.
const LEAST_CONNECTIONS_PER_ADDRESS: usize = 8;
/// So many addresses together may take all connections, where nothing else is set: an office behind one address still
/// has room for eighty browsers.
const ADDRESSES_AT_LEAST: usize = 4;
/// More open connections than a process may have files.
const MOST_CONNECTIONS: u64 = 1_000_000;
/// More than anybody types wrong.
const MOST_ATTEMPTS: u64 = 1_000_000;

impl Settings {
    pub(super) fn check(self) -> Result<Config, ConfigError> {
        let part_profile = self.part_profile()?;
        let requests = self.request_limits(&part_profile)?;
        let data_dir = absolute("data_dir", &self.data_dir)?;
        let (storage, also) = self.storage.check(&data_dir)?;
        Ok(Config {
            listen: self.listen,
            public_url: self
                .public_url
                .map(|url| origin("public_url", &url))
                .transpose()?,
            database_url: self.database_url,
            telegram: self.telegram.check()?,
            server_key: server_key(self.secret_key, self.secret_key_file, &data_dir)?,
            storage,
            disk_reserve_bytes: within(
                "disk_reserve_bytes",
                self.disk_reserve_bytes,
                LEAST_RESERVE_BYTES,
                MOST_RESERVE_BYTES,
            )?,
            also,
            data_dir,
            part_profile,
            requests,
            upload_ttl: span(
                "upload_ttl_secs",
                self.upload_ttl_secs,
                LEAST_ABANDONED_AFTER_SECS,
            )?,
            cleanup_interval: span("cleanup_interval_secs", self.cleanup_interval_secs, 1)?,
            default_quota_bytes: self.default_quota_bytes.map(quota).transpose()?,
            session_ttl: span("session_ttl_secs", self.session_ttl_secs, 60)?,
            login: LoginLimits {
                per_name: attempts("login_attempts_per_name", self.login_attempts_per_name)?,
                per_address: attempts(
                    "login_attempts_per_address",
                    self.login_attempts_per_address,
                )?,
                window: span("login_window_secs", self.login_window_secs, 1)?,
            },
            allowed_origins: self
                .allowed_origins
                .iter()
                .map(|o| origin("allowed_origins", o))
                .collect::<Result<_, _>>()?,
            trusted_proxies: self
                .trusted_proxies
                .iter()
                .map(|n| n.parse())
                .collect::<Result<Vec<Network>, _>>()?,
            tls: self.tls.check()?,
            shutdown_grace: span("shutdown_grace_secs", self.shutdown_grace_secs, 0)?,
            metrics_token: self.metrics_token.map(metrics_token).transpose()?,
            log: self.log,
            log_format: self.log_format,
        })
    }

    fn part_profile(&self) -> Result<PartProfile, ConfigError> {
        let name = self
            .part_profile
            .as_deref()
            .unwrap_or(match self.storage.kind {
                StorageKind::Directory | StorageKind::S3 => DISK.name,
                StorageKind::Telegram => TELEGRAM.name,
            });
        let (min, max) = match (name, Profile::by_name(name)) {
            (_, Some(profile)) => (profile.min_bytes, profile.max_bytes),
            ("custom", None) => match (self.part_min_bytes, self.part_max_bytes) {
                (Some(min), Some(max)) => (min, max),
                _ => {
                    return Err(ConfigError::invalid(
                        "part_profile",
                        "`custom` needs part_min_bytes and part_max_bytes",
                    ));
                }
            },
            (other, None) => {
                return Err(ConfigError::invalid(
                    "part_profile",
                    format!(
                        "{other:?} is none of {}, custom",
                        PROFILES.map(|profile| profile.name).join(", ")
                    ),
                ));
            }
        };
        PlanParams::new(min, max, [0; 8])
            .map_err(|error| ConfigError::invalid("part_profile", error.to_string()))?;
        Ok(PartProfile {
            name: name.to_owned(),
            min_bytes: min,
            max_bytes: max,
        })
    }

    fn request_limits(&self, profile: &PartProfile) -> Result<RequestLimits, ConfigError> {
        let largest = ferry_core::wire::MAX_PART_BODY_BYTES;
        let body_budget_bytes = self.body_budget_bytes.unwrap_or(match self.storage.kind {
            StorageKind::Directory | StorageKind::S3 => BODY_BUDGET_BYTES,
            StorageKind::Telegram => TELEGRAM_BODY_BUDGET_BYTES,
        });
        if body_budget_bytes < largest {
            return Err(ConfigError::invalid(
                "body_budget_bytes",
                format!(
                    "must hold one part of {largest} bytes at least (the profile's largest is {})",
                    profile.max_bytes
                ),
            ));
        }
        let spool_bytes = within("spool_bytes", self.spool_bytes, largest.into(), MOST_BYTES)?;
        Ok(RequestLimits {
            body_budget_bytes,
            spool_bytes,
            body_budget_wait: span("body_budget_wait_secs", self.body_budget_wait_secs, 0)?,
            body_idle: span("body_idle_secs", self.body_idle_secs, 1)?,
            headers_timeout: span("headers_timeout_secs", self.headers_timeout_secs, 1)?,
            keep_alive: span("keep_alive_secs", self.keep_alive_secs, 1)?,
            max_connections: connections(
                "max_connections",
                self.max_connections,
                LEAST_CONNECTIONS,
            )?,
            max_connections_per_address: match self.max_connections_per_address {
                Some(most) => connections(
                    "max_connections_per_address",
                    most,
                    LEAST_CONNECTIONS_PER_ADDRESS,
                )?,
                None => {
                    (self.max_connections / ADDRESSES_AT_LEAST).max(LEAST_CONNECTIONS_PER_ADDRESS)
                }
            },
        })
    }
}

impl StorageSettings {
    /// The store for new files, then those that hold earlier ones.
    fn check(&self, data_dir: &Path) -> Result<(StorageConfig, Vec<StorageConfig>), ConfigError> {
        let mut seen = vec![self.kind];
        for kind in &self.also {
            if seen.contains(kind) {
                return Err(ConfigError::invalid(
                    "storage.also",
                    "names a store twice, or the one of storage.kind",
                ));
            }
            seen.push(*kind);
        }
        let also = self.also.iter().map(|kind| self.of(*kind, data_dir));
        Ok((
            self.of(self.kind, data_dir)?,
            also.collect::<Result<_, _>>()?,
        ))
    }

    fn of(&self, kind: StorageKind, data_dir: &Path) -> Result<StorageConfig, ConfigError> {
        match kind {
            StorageKind::Directory => Ok(StorageConfig::Directory {
                path: match &self.path {
                    Some(path) => absolute("storage.path", path)?,
                    None => data_dir.join("parts"),
                },
            }),
            StorageKind::S3 => Ok(StorageConfig::S3(self.s3()?)),
            StorageKind::Telegram => Ok(StorageConfig::Telegram),
        }
    }

    fn s3(&self) -> Result<S3Config, ConfigError> {
        let missing = |name| ConfigError::invalid(name, "S3 needs it");
        Ok(S3Config {
            bucket: self
                .bucket
                .clone()
                .ok_or_else(|| missing("storage.bucket"))?,
            endpoint: self.endpoint.clone(),
            region: self
                .region
                .clone()
                .unwrap_or_else(|| "us-east-1".to_owned()),
            prefix: self.prefix.clone().unwrap_or_default(),
            access_key_id: self
                .access_key_id
                .clone()
                .ok_or_else(|| missing("storage.access_key_id"))?,
            secret_access_key: self
                .secret_access_key
                .clone()
                .ok_or_else(|| missing("storage.secret_access_key"))?,
        })
    }
}

impl TlsSettings {
    fn check(self) -> Result<Option<TlsConfig>, ConfigError> {
        match (self.cert, self.key) {
            (None, None) => Ok(None),
            (Some(cert), Some(key)) => Ok(Some(TlsConfig { cert, key })),
            (Some(_), None) => Err(ConfigError::invalid("tls.key", "tls.cert needs it")),
            (None, Some(_)) => Err(ConfigError::invalid("tls.cert", "tls.key needs it")),
        }
    }
}

fn absolute(name: &'static str, path: &Path) -> Result<PathBuf, ConfigError> {
    std::path::absolute(path).map_err(|error| ConfigError::invalid(name, error.to_string()))
}

fn attempts(name: &'static str, attempts: u32) -> Result<u32, ConfigError> {
    let attempts = within(name, attempts.into(), 1, MOST_ATTEMPTS)?;
    Ok(u32::try_from(attempts).unwrap_or(u32::MAX))
}

fn connections(name: &'static str, wanted: usize, least: usize) -> Result<usize, ConfigError> {
    let in_numbers = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    within(
        name,
        in_numbers(wanted),
        in_numbers(least),
        MOST_CONNECTIONS,
    )?;
    Ok(wanted)
}

fn metrics_token(token: Secret) -> Result<Secret, ConfigError> {
    if token.expose().chars().count() >= METRICS_TOKEN_CHARS {
        return Ok(token);
    }
    Err(ConfigError::invalid(
        "metrics_token",
        format!("must have {METRICS_TOKEN_CHARS} characters or more"),
    ))
}

fn quota(bytes: u64) -> Result<u64, ConfigError> {
    within("default_quota_bytes", bytes, 0, MOST_BYTES)
}

/// Seconds from `floor` on. Beyond ten years a span is a slip of the pen, and a date that far from now may not exist.
fn span(name: &'static str, secs: u64, floor: u64) -> Result<Duration, ConfigError> {
    within(name, secs, floor, LONGEST_SECS).map(Duration::from_secs)
}

fn within(name: &'static str, value: u64, least: u64, most: u64) -> Result<u64, ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::invalid(
        name,
        format!("{value} is not between {least} and {most}"),
    ))
}

/// The key itself, or the file that holds it; where neither is named, one that the server makes.
fn server_key(
    written: Option<Secret>,
    file: Option<PathBuf>,
    data_dir: &Path,
) -> Result<ServerKeyConfig, ConfigError> {
    match (written, file) {
        (Some(_), Some(_)) => Err(ConfigError::invalid(
            "secret_key_file",
            "secret_key is set too: only one of them",
        )),
        (Some(key), None) => Ok(ServerKeyConfig::Written(key)),
        (None, Some(path)) => Ok(ServerKeyConfig::File(absolute("secret_key_file", &path)?)),
        (None, None) => Ok(ServerKeyConfig::Made(data_dir.join("server.key"))),
    }
}

/// `scheme://host[:port]` without a trailing slash, lower case, as browsers write it in `Origin`.
fn origin(name: &'static str, text: &str) -> Result<String, ConfigError> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(text),
        _ => Err(ConfigError::invalid(
            name,
            format!(
                "{text:?} is not of the form https://host[:port]; a path before it cannot be served: give Ferry a host \
                 name or a port of its own"
            ),
        )),
    }
}
