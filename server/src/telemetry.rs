//! Logs to standard error: one line an event, for people or as JSON. Standard output is for what scripts read.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Config, LogFormat};

/// Said last, so that no setting takes it back. The Postgres client writes the values of every statement at `debug`:
/// verifiers, hashes of tokens, labels. The HTTP parser calls what a stranger sends an error of ours.
const NEVER: &[&str] = &[
    "tokio_postgres=info",
    "tokio_postgres::query=info",
    "tokio_postgres::prepare=info",
    "actix_http::h1=off",
];

/// Begins logging; the first call counts.
pub fn begin(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = NEVER
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    let begun = match config.log_format {
        LogFormat::Text => registry.with(lines.with_target(false)).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    if let Err(error) = begun {
        tracing::debug!(%error, "logging has begun already");
    }
}
