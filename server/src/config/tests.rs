//! Settings from text to what the server does with them.

use figment::{
    Figment,
    providers::{Format, Toml},
};

use super::{Config, ConfigError, Network, StorageConfig, settings::Settings};

fn from_toml(toml: &str) -> Result<Config, ConfigError> {
    Settings::read(Figment::new().merge(Toml::string(toml)))?.check()
}

#[test]
fn an_empty_file_gives_the_embedded_default() {
    let config = from_toml("").unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8787");
    assert!(config.database_url.is_none());
    assert!(
        matches!(&config.storage, StorageConfig::Directory { path } if path.is_absolute() && path.ends_with("parts"))
    );
    assert_eq!(config.part_profile.min_bytes, 7 * 1024 * 1024);
}

#[test]
fn no_file_is_fine_unless_one_was_named() {
    assert!(Config::load(None).is_ok());
    let error = Config::load(Some(std::path::Path::new("/nowhere/ferry.toml"))).unwrap_err();
    assert!(error.to_string().contains("/nowhere/ferry.toml"), "{error}");
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let error = from_toml("lisen = \"127.0.0.1:1\"").unwrap_err();
    assert!(error.to_string().contains("lisen"), "{error}");
}

#[test]
fn secrets_are_neither_explained_nor_debugged() {
    let config = from_toml(
        "database_url = \"postgres://u:hunter2@h/d\"\n[storage]\nkind = \"s3\"\nbucket = \"b\"\naccess_key_id = 12345678\nsecret_access_key = \"swordfish\"",
    )
    .unwrap();
    let shown = format!("{config:?}\n{}", config.explain());
    for secret in ["hunter2", "swordfish", "12345678"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
    assert!(shown.contains("the bucket b"));
}

#[test]
fn part_sizes_off_the_grid_are_refused() {
    for (min, max) in [(1, 65_536), (131_072, 65_536), (65_536, 20_971_520)] {
        let toml =
            format!("part_profile = \"custom\"\npart_min_bytes = {min}\npart_max_bytes = {max}");
        assert!(
            matches!(
                from_toml(&toml),
                Err(ConfigError::Invalid {
                    name: "part_profile",
                    ..
                })
            ),
            "{min}..{max}"
        );
    }
}

#[test]
fn a_budget_below_one_part_is_refused() {
    assert!(matches!(
        from_toml("body_budget_bytes = 1000000"),
        Err(ConfigError::Invalid {
            name: "body_budget_bytes",
            ..
        })
    ));
}

#[test]
fn origins_are_written_as_browsers_write_them() {
    let config =
        from_toml("allowed_origins = \"https://A.example/, http://b.example:8080\"").unwrap();
    assert_eq!(
        config.allowed_origins,
        ["https://a.example", "http://b.example:8080"]
    );
    assert!(from_toml("public_url = \"https://a.example/ferry\"").is_err());
}

#[test]
fn networks_hold_their_addresses_alone() {
    let inside = |network: &str, address: &str| {
        network
            .parse::<Network>()
            .unwrap()
            .contains(address.parse().unwrap())
    };
    assert!(inside("10.0.0.0/8", "10.255.0.1"));
    assert!(!inside("10.0.0.0/8", "11.0.0.1"));
    assert!(inside("127.0.0.1", "::ffff:127.0.0.1"));
    assert!(!inside("127.0.0.1", "127.0.0.2"));
    assert!(inside("0.0.0.0/0", "8.8.8.8"));
    assert!(inside("fd00::/8", "fd12::1"));
    assert!("10.0.0.0/33".parse::<Network>().is_err());
}

#[test]
fn several_stores_are_opened_and_none_twice() {
    let s3 = "bucket = \"b\"\naccess_key_id = \"k\"\nsecret_access_key = \"s\"";
    let config = from_toml(&format!("[storage]\nalso = [\"s3\"]\n{s3}")).unwrap();
    assert_eq!(config.storage.kind(), "directory");
    let also: Vec<_> = config.also.iter().map(StorageConfig::kind).collect();
    assert_eq!(also, ["s3"]);
    assert!(config.explain().contains("also in the bucket b"));
    let moved = from_toml(&format!(
        "[storage]\nkind = \"s3\"\nalso = \"directory\"\n{s3}"
    ));
    assert_eq!(moved.unwrap().also.len(), 1);
    for wrong in ["[\"directory\"]", "[\"s3\", \"s3\"]", "[\"tape\"]"] {
        assert!(
            from_toml(&format!("[storage]\nalso = {wrong}\n{s3}")).is_err(),
            "{wrong}"
        );
    }
    assert!(
        from_toml("[storage]\nalso = [\"s3\"]").is_err(),
        "a store without its settings"
    );
}
