//! `config check`: says in sentences what the server will do. Shows no secret.

use std::time::Duration;

use super::{Config, ServerKeyConfig, StorageConfig, TelegramLimits};

pub(super) fn explain(config: &Config) -> String {
    let mut lines = vec![
        format!("Listens on {} ({}).", config.listen, transport(config)),
        format!("Links begin with {}.", config.base_url(config.listen)),
        database(config),
        format!("Stores parts of new files in {}.", store(&config.storage)),
        also(config),
        format!(
            "Refuses parts while a disk of this machine would keep less than {} bytes free.",
            config.disk_reserve_bytes
        ),
        format!(
            "New parts have {} to {} bytes (profile {}).",
            config.part_profile.min_bytes, config.part_profile.max_bytes, config.part_profile.name
        ),
        connections(config),
        in_memory(config),
        on_the_way(config),
        format!(
            "Uploads without activity for {} are abandoned; looks for them every {}.",
            span(config.upload_ttl),
            span(config.cleanup_interval)
        ),
        match config.default_quota_bytes {
            Some(bytes) => format!("New users may store {bytes} bytes."),
            None => "New users may store without limit.".to_owned(),
        },
        sign_ins(config),
    ];
    if config.uses_telegram() {
        lines.extend(telegram(config));
    }
    lines.push(origins(config));
    if !config.trusted_proxies.is_empty() {
        lines.push(format!(
            "Believes X-Forwarded-For and -Proto of {} networks.",
            config.trusted_proxies.len()
        ));
    }
    lines.push(match config.metrics_token {
        Some(_) => {
            "Shows /metrics to administrators and to a client that has metrics_token (not shown)."
                .to_owned()
        }
        None => "Shows /metrics to administrators only.".to_owned(),
    });
    lines.push(format!(
        "When told to stop, parts in hand get {} to finish.",
        span(config.shutdown_grace)
    ));
    lines.push(format!(
        "Logs {:?} to standard error as {:?}.",
        config.log, config.log_format
    ));
    lines.join("\n")
}

fn connections(config: &Config) -> String {
    format!(
        "Keeps at most {} connections open, {} of one address.",
        config.requests.max_connections, config.requests.max_connections_per_address
    )
}

fn in_memory(config: &Config) -> String {
    format!(
        "Holds at most {} bytes of part bodies in memory; a part waits {} for its share.",
        config.requests.body_budget_bytes,
        span(config.requests.body_budget_wait)
    )
}

fn on_the_way(config: &Config) -> String {
    format!(
        "Keeps at most {} bytes of slow and interrupted parts in {}, for a day.",
        config.requests.spool_bytes,
        config.data_dir.join("spool").display()
    )
}

fn sign_ins(config: &Config) -> String {
    format!(
        "A sign-in lives {}; in {} at most {} failed ones a name and {} an address.",
        span(config.session_ttl),
        span(config.login.window),
        config.login.per_name,
        config.login.per_address
    )
}

fn transport(config: &Config) -> String {
    match &config.tls {
        Some(tls) => format!("TLS with the certificate {}", tls.cert.display()),
        None if config.listen.ip().is_loopback() => "plain HTTP, this machine only".to_owned(),
        None => {
            "plain HTTP: browsers refuse the page there without a TLS proxy in front".to_owned()
        }
    }
}

fn database(config: &Config) -> String {
    match &config.database_url {
        Some(_) => "Uses the Postgres of DATABASE_URL (the address is not shown).".to_owned(),
        None => format!(
            "Starts a private Postgres for the data directory {}.",
            config.data_dir.display()
        ),
    }
}

fn store(storage: &StorageConfig) -> String {
    match storage {
        StorageConfig::Directory { path } => format!("the directory {}", path.display()),
        StorageConfig::S3(s3) => format!(
            "the bucket {} of {} (region {}, prefix {:?}, keys not shown)",
            s3.bucket,
            s3.endpoint.as_deref().unwrap_or("AWS"),
            s3.region,
            s3.prefix
        ),
        StorageConfig::Telegram => "Telegram".to_owned(),
    }
}

/// Where Telegram is, who stores there, and what seals the tokens.
fn telegram(config: &Config) -> Vec<String> {
    let bots = match config.telegram.bots.len() {
        0 => "no bot is set here; those that an administrator adds are used".to_owned(),
        count => format!(
            "bots set here: {count}, in {} chats (tokens not shown); those that an administrator adds are used too",
            config.telegram.chats()
        ),
    };
    let key = match &config.server_key {
        ServerKeyConfig::Written(_) => "secret_key (not shown)".to_owned(),
        ServerKeyConfig::File(path) => format!("the key in {}", path.display()),
        ServerKeyConfig::Made(path) => format!(
            "the key in {}, which is made when it is missing (several servers on one database need the same)",
            path.display()
        ),
    };
    vec![
        format!("Calls the Bot API at {}; {bots}.", config.telegram.api_url),
        match config.telegram.limits {
            TelegramLimits::Telegram => format!(
                "A bot sends at most {} documents a minute into a chat, {} at once.",
                config.telegram.sends_per_minute, config.telegram.burst
            ),
            TelegramLimits::None => {
                "Keeps none of Telegram's limits: for a Bot API server that has none alone."
                    .to_owned()
            }
        },
        format!("Bot tokens are kept sealed with {key}."),
    ]
}

fn also(config: &Config) -> String {
    if config.also.is_empty() {
        return "No other store holds parts.".to_owned();
    }
    let stores: Vec<String> = config.also.iter().map(store).collect();
    format!("Parts of earlier files are also in {}.", stores.join("; "))
}

fn origins(config: &Config) -> String {
    if config.allowed_origins.is_empty() {
        return "No other site may call the API.".to_owned();
    }
    format!(
        "These sites may call the API with tokens: {}.",
        config.allowed_origins.join(", ")
    )
}

fn span(duration: Duration) -> String {
    let secs = duration.as_secs();
    match secs {
        _ if secs > 0 && secs.is_multiple_of(86_400) => format!("{} d", secs / 86_400),
        _ if secs > 0 && secs.is_multiple_of(3_600) => format!("{} h", secs / 3_600),
        _ if secs > 0 && secs.is_multiple_of(60) => format!("{} min", secs / 60),
        _ => format!("{secs} s"),
    }
}
