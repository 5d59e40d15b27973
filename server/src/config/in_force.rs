//! Every setting with the value in force and where it came from, from the same structs that are read: a setting that is not
//! in this list does not exist. Shows no secret.

use figment::{Figment, Source};
use serde_json::Value;

use super::{
    Config, ServerKeyConfig, StorageConfig,
    settings::{DATABASE_URL, NESTED, PREFIX, Settings},
};

/// `name = value`, then where the value comes from; one line a setting, by name.
pub(super) fn list(figment: &Figment, settings: &Settings, config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::to_value(settings.clone().filled_in(config)) {
        flatten(String::new(), &value, &mut found);
    }
    let width = found
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .max()
        .unwrap_or_default();
    found
        .into_iter()
        .map(|(name, value)| {
            let origin = origin(figment, &name);
            let rest = width - name.len() - value.len();
            format!("{name} = {value}{:rest$}  # {origin}", "")
        })
        .collect()
}

impl Settings {
    /// With what follows from other settings in place of nothing.
    fn filled_in(mut self, config: &Config) -> Self {
        self.data_dir.clone_from(&config.data_dir);
        self.part_profile = Some(config.part_profile.name.clone());
        self.part_min_bytes = Some(config.part_profile.min_bytes);
        self.part_max_bytes = Some(config.part_profile.max_bytes);
        self.body_budget_bytes = Some(config.requests.body_budget_bytes);
        self.max_connections = config.requests.max_connections;
        self.max_connections_per_address = Some(config.requests.max_connections_per_address);
        self.login_attempts_per_name = config.login.per_name;
        self.login_attempts_per_address = config.login.per_address;
        for store in config.stores() {
            match store {
                StorageConfig::Directory { path } => self.storage.path = Some(path.clone()),
                StorageConfig::S3(s3) => {
                    self.storage.region = Some(s3.region.clone());
                    self.storage.prefix = Some(s3.prefix.clone());
                }
                StorageConfig::Telegram => {}
            }
        }
        if let ServerKeyConfig::Made(path) = &config.server_key {
            self.secret_key_file = Some(path.clone());
        }
        self.telegram.sends_per_minute = Some(config.telegram.sends_per_minute);
        self.telegram.burst = Some(config.telegram.burst);
        self
    }
}

/// Tables become names with dots; a list stays one value.
fn flatten(name: String, value: &Value, found: &mut Vec<(String, String)>) {
    let Value::Object(fields) = value else {
        let shown = match value {
            Value::Null => "not set".to_owned(),
            value => value.to_string(),
        };
        return found.push((name, shown));
    };
    for (key, value) in fields {
        let dot = if name.is_empty() { "" } else { "." };
        flatten(format!("{name}{dot}{key}"), value, found);
    }
}

/// The environment variable of a setting: `storage.bucket` is `FERRY_STORAGE__BUCKET`.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('.', NESTED).to_uppercase())
}

fn origin(figment: &Figment, name: &str) -> String {
    let Some(metadata) = figment.find_metadata(name) else {
        return format!("default; {} sets it", variable(name));
    };
    match &metadata.source {
        Some(Source::File(path)) => path.display().to_string(),
        // of the two sources of variables, one has the prefix in its name
        None if metadata.name.contains(PREFIX) => {
            format!("environment variable {}", variable(name))
        }
        None => format!("environment variable {DATABASE_URL}"),
        Some(source) => source.to_string(),
    }
}
