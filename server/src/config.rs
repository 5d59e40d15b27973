//! Settings: `ferry.toml`, then the environment (`FERRY_*`, `DATABASE_URL`), checked once where they enter.
//! The only file that reads the environment. What a setting does is said here and shown by `ferry-server config check`.

mod check;
mod explain;
mod in_force;
mod settings;
mod telegram;
mod text;

use std::{net::IpAddr, net::SocketAddr, path::PathBuf, time::Duration};

use ferry_core::wire;
use ipnet::IpNet;

pub use settings::LogFormat;
use settings::Settings;
pub use telegram::{BotConfig, TelegramConfig, TelegramLimits};
pub use text::Secret;

/// Everything a server is told from outside, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address people use, where it differs from `listen` (behind a proxy).
    pub public_url: Option<String>,
    /// Holds the private Postgres and the parts, as far as those are not elsewhere. Absolute.
    pub data_dir: PathBuf,
    /// Postgres to use; none starts a private one in the data directory.
    pub database_url: Option<Secret>,
    /// Where sealed parts of new files go.
    pub storage: StorageConfig,
    /// Free bytes of this machine's disks that parts never take, so that Postgres can always delete.
    pub disk_reserve_bytes: u64,
    /// Stores that hold parts which were put there earlier.
    pub also: Vec<StorageConfig>,
    /// Telegram, as far as parts are kept there.
    pub telegram: TelegramConfig,
    /// The key that seals what Postgres keeps of others' secrets.
    pub server_key: ServerKeyConfig,
    /// Sizes of new parts.
    pub part_profile: wire::PartProfile,
    /// Limits of requests and their bodies.
    pub requests: RequestLimits,
    /// Time without activity after which an upload is abandoned.
    pub upload_ttl: Duration,
    /// How often abandoned uploads are cleaned up.
    pub cleanup_interval: Duration,
    /// Quota of new users, bytes; none is unlimited.
    pub default_quota_bytes: Option<u64>,
    /// Life of a sign-in.
    pub session_ttl: Duration,
    /// Limits of failed sign-ins.
    pub login: LoginLimits,
    /// Origins of other sites that may call the API with tokens.
    pub allowed_origins: Vec<String>,
    /// Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<Network>,
    /// Certificate and key, where the server speaks TLS itself.
    pub tls: Option<TlsConfig>,
    /// Time that parts in hand get to finish when the server is told to stop.
    pub shutdown_grace: Duration,
    /// Whoever shows it may read `/metrics`; administrators always may.
    pub metrics_token: Option<Secret>,
    /// What is logged, as a `tracing` filter.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
}

/// A store of sealed parts.
#[derive(Debug, Clone)]
pub enum StorageConfig {
    /// A directory of this machine, or one that all instances share.
    Directory {
        /// Absolute.
        path: PathBuf,
    },
    /// A bucket that speaks S3.
    S3(S3Config),
    /// Chats of Telegram, through bots: [`Config::telegram`].
    Telegram,
}

impl StorageConfig {
    /// As it is named in `GET /api/config`.
    pub fn kind(&self) -> &'static str {
        match self {
            StorageConfig::Directory { .. } => "directory",
            StorageConfig::S3(_) => "s3",
            StorageConfig::Telegram => "telegram",
        }
    }
}

/// Where the server's key is: 64 hexadecimal digits. All instances of one database need the same.
#[derive(Debug, Clone)]
pub enum ServerKeyConfig {
    /// In the settings.
    Written(Secret),
    /// In this file, which must exist.
    File(PathBuf),
    /// In this file, which the server makes when it first needs it.
    Made(PathBuf),
}

#[derive(Debug, Clone)]
pub struct S3Config {
    pub bucket: String,
    /// Where the service is; AWS when absent.
    pub endpoint: Option<String>,
    pub region: String,
    /// Prefix of all keys.
    pub prefix: String,
    pub access_key_id: Secret,
    pub secret_access_key: Secret,
}

/// Limits of requests and their bodies.
#[derive(Debug, Clone)]
pub struct RequestLimits {
    /// Bytes of part bodies held in memory at once.
    pub body_budget_bytes: u32,
    /// Bytes of parts on their way that this server keeps on its own disk.
    pub spool_bytes: u64,
    /// How long a part waits for its share, of memory or of disk, before it is told to come back.
    pub body_budget_wait: Duration,
    /// Longest silence inside a body.
    pub body_idle: Duration,
    /// Time for a request's headers.
    pub headers_timeout: Duration,
    /// Silence after which an idle connection is closed.
    pub keep_alive: Duration,
    /// Open connections at once.
    pub max_connections: usize,
    /// Of one address; behind a trusted proxy, open requests of an address that it names.
    pub max_connections_per_address: usize,
}

/// Failed sign-ins that are let through.
#[derive(Debug, Clone, Copy)]
pub struct LoginLimits {
    /// For one name in a window.
    pub per_name: u32,
    /// From one address in a window.
    pub per_address: u32,
    pub window: Duration,
}

/// Certificate and key files (PEM).
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// Chain, leaf first.
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// An address or a network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// It holds the address (IPv4 and its IPv6-mapped form are one).
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let mapped = match address {
            IpAddr::V4(v4) => IpAddr::V6(v4.to_ipv6_mapped()),
            IpAddr::V6(_) => address,
        };
        self.0.contains(&address) || self.0.contains(&mapped)
    }
}

impl std::str::FromStr for Network {
    type Err = ConfigError;
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim();
        let address = text.parse::<IpAddr>().map(IpNet::from);
        let network = address.or_else(|_| text.parse::<IpNet>());
        network.map(Network).map_err(|_| {
            ConfigError::invalid(
                "trusted_proxies",
                format!("{text:?} is neither an address nor a network"),
            )
        })
    }
}

/// A setting that cannot be used, by name.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable cannot be read as what it should be.
    #[error("settings cannot be read: {0}")]
    Unreadable(#[from] Box<figment::Error>),
    /// A value makes no sense.
    #[error("setting `{name}`: {reason}")]
    Invalid { name: &'static str, reason: String },
}

impl ConfigError {
    fn invalid(name: &'static str, reason: impl Into<String>) -> Self {
        ConfigError::Invalid {
            name,
            reason: reason.into(),
        }
    }
}

impl Config {
    /// Reads the file (`ferry.toml` of the working directory when none is named) and the environment.
    pub fn load(file: Option<&std::path::Path>) -> Result<Self, ConfigError> {
        Settings::read(&Settings::sources(file)?)?.check()
    }

    /// What the server will do with these settings, in sentences, then every setting with the value in force and where
    /// it came from. Secrets are left out.
    pub fn report(file: Option<&std::path::Path>) -> Result<String, ConfigError> {
        report(&Settings::sources(file)?)
    }

    /// The address that links begin with, when the server listens on `bound`.
    pub fn base_url(&self, bound: SocketAddr) -> String {
        self.public_url
            .clone()
            .unwrap_or_else(|| self.own_url(bound))
    }

    /// The address of the server itself, whatever is in front of it.
    pub fn own_url(&self, bound: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{bound}")
    }

    /// The server's own pages are reached over TLS, here or in front of it.
    pub fn is_https(&self) -> bool {
        self.tls.is_some()
            || self
                .public_url
                .as_deref()
                .is_some_and(|url| url.starts_with("https://"))
    }

    /// The store for new files, then the others.
    pub fn stores(&self) -> impl Iterator<Item = &StorageConfig> {
        std::iter::once(&self.storage).chain(&self.also)
    }

    /// Some parts are, or will be, in Telegram.
    pub fn uses_telegram(&self) -> bool {
        self.stores()
            .any(|storage| matches!(storage, StorageConfig::Telegram))
    }
}

fn report(figment: &figment::Figment) -> Result<String, ConfigError> {
    let settings = Settings::read(figment)?;
    let config = settings.clone().check()?;
    let sentences = explain::explain(&config);
    let list = in_force::list(figment, &settings, &config).join("\n");
    Ok(format!("{sentences}\n\n{list}"))
}

#[cfg(test)]
mod tests;
