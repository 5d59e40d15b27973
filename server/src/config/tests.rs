//! Settings from text to what the server does with them.

use figment::{
    Figment,
    providers::{Format, Toml},
};

use proptest::strategy::Strategy as _;

use crate::storage::telegram::Policy;

use super::{
    Config, ConfigError, Network, StorageConfig, in_force, report,
    settings::{Settings, with_environment},
};

fn from_toml(toml: &str) -> Result<Config, ConfigError> {
    Settings::read(&sources(toml))?.check()
}

fn sources(toml: &str) -> Figment {
    with_environment(Figment::new().merge(Toml::string(toml)))
}

fn told(toml: &str) -> String {
    report(&sources(toml)).unwrap()
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
    let toml = "database_url = \"postgres://u:hunter2@h/d\"\n[storage]\nkind = \"s3\"\nbucket = \"b\"\naccess_key_id = 12345678\nsecret_access_key = \"swordfish\"";
    let config = from_toml(toml).unwrap();
    let shown = format!("{config:?}\n{}", told(toml));
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
    let toml = format!("[storage]\nalso = [\"s3\"]\n{s3}");
    let config = from_toml(&toml).unwrap();
    assert_eq!(config.storage.kind(), "directory");
    let also: Vec<_> = config.also.iter().map(StorageConfig::kind).collect();
    assert_eq!(also, ["s3"]);
    assert!(told(&toml).contains("also in the bucket b"));
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

const TOKEN: &str = "535362388:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao";

#[test]
fn telegram_brings_its_profile_and_shows_no_token() {
    let toml = format!(
        "secret_key = \"{}\"\n[storage]\nkind = \"telegram\"\n[[telegram.bots]]\ntoken = \"{TOKEN}\"\nchats = [-1001, -1002]",
        "5a".repeat(32)
    );
    let config = from_toml(&toml).unwrap();
    assert!(config.uses_telegram());
    assert_eq!(config.part_profile.name, "telegram");
    let bot = &config.telegram.bots[0];
    assert_eq!(
        (bot.token.bot_id(), bot.chats.clone()),
        (535_362_388, vec![-1002, -1001])
    );
    let shown = format!("{config:?}\n{}", told(&toml));
    for secret in ["AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao", "5a5a5a"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
    assert!(shown.contains("bots set here: 1, in 2 chats"), "{shown}");
    let slow = from_toml(&format!("part_profile = \"slow\"\n{toml}")).unwrap();
    assert_eq!(slow.part_profile.name, "slow");
}

#[test]
fn every_setting_is_listed_with_its_value_and_its_origin() {
    let toml = "listen = \"127.0.0.1:9\"\n[storage]\nkind = \"telegram\"\n[telegram]\nbots = \"7:abc@-1001\"";
    let figment = sources(toml).merge(("body_idle_secs", 7));
    let report = report(&figment).unwrap();
    let line = |name: &str| {
        let line = report
            .lines()
            .find(|line| line.starts_with(&format!("{name} = ")));
        line.unwrap_or_else(|| panic!("{name} is not in\n{report}"))
    };
    // as it is read: a key that the list leaves out would still be accepted
    let names = Settings::read(&figment)
        .map(|settings| format!("{settings:?}"))
        .unwrap();
    for field in [
        "listen",
        "public_url",
        "trusted_proxies",
        "log_format",
        "shutdown_grace_secs",
    ] {
        assert!(names.contains(field));
        line(field);
    }
    assert!(line("listen").contains("\"127.0.0.1:9\""));
    assert!(!line("listen").contains("default"), "{}", line("listen"));
    assert!(
        line("telegram.bots").contains("[secret]") && !report.contains("abc"),
        "{report}"
    );
    assert!(
        line("part_profile").contains("\"telegram\""),
        "what follows is in force"
    );
    assert!(line("telegram.sends_per_minute").contains("18.0"));
    for (name, variable) in [
        ("tls.cert", "FERRY_TLS__CERT"),
        (
            "storage.secret_access_key",
            "FERRY_STORAGE__SECRET_ACCESS_KEY",
        ),
        ("log", "FERRY_LOG"),
    ] {
        assert_eq!(in_force::variable(name), variable);
        assert!(
            line(name).ends_with(&format!("# default; {variable} sets it")),
            "{}",
            line(name)
        );
    }
}

#[test]
fn tls_needs_both_of_its_files() {
    for (toml, missing) in [
        ("[tls]\ncert = \"c.pem\"", "tls.key"),
        ("[tls]\nkey = \"k.pem\"", "tls.cert"),
    ] {
        let error = from_toml(toml).unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
    }
    assert!(
        from_toml("[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"")
            .unwrap()
            .tls
            .is_some()
    );
}

#[test]
fn limits_are_off_where_that_is_said_and_nowhere_else() {
    let read = |telegram: &str| {
        from_toml(&format!("[telegram]\n{telegram}")).map(|config| config.telegram)
    };
    let policy = read("").unwrap().policy();
    assert_eq!((policy.sends_per_minute, policy.burst), (18.0, 3.0));
    let own = Policy::default();
    for paced in [
        "sends_per_minute = 5",
        "sends_per_minute = 18.5",
        "sends_per_minute = 20",
        "burst = 30",
    ] {
        let policy = read(paced).unwrap().policy();
        let kept = (
            policy.minute_sends,
            policy.moment_sends,
            policy.in_flight_per_bot,
        );
        assert_eq!(
            kept,
            (own.minute_sends, own.moment_sends, own.in_flight_per_bot),
            "{paced}"
        );
    }
    for more in [
        "sends_per_minute = 20.5",
        "sends_per_minute = 100000",
        "limits = \"telegram\"\nsends_per_minute = 21",
    ] {
        let error = read(more).unwrap_err().to_string();
        assert!(
            error.contains("sends_per_minute") && error.contains("telegram.limits = \"none\""),
            "{error}"
        );
    }
    let policy = read("limits = \"none\"").unwrap().policy();
    assert_eq!(policy.pair_sends_per_minute(), None);
    let policy = read("limits = \"none\"\nsends_per_minute = 90\nburst = 9")
        .unwrap()
        .policy();
    assert_eq!((policy.sends_per_minute, policy.burst), (90.0, 9.0));
    assert_eq!(policy.pair_sends_per_minute(), None);
    assert!(read("limits = \"some\"").is_err());
}

#[test]
fn bots_are_written_in_one_line_too_and_a_wrong_one_is_named_without_its_token() {
    let line = |bots: &str| from_toml(&format!("[telegram]\nbots = \"{bots}\""));
    let config = line(&format!("{TOKEN}@-1001,-1002; 7:abc@-1003")).unwrap();
    let bots: Vec<_> = config
        .telegram
        .bots
        .iter()
        .map(|bot| (bot.token.bot_id(), bot.chats.len()))
        .collect();
    assert_eq!(bots, [(535_362_388, 2), (7, 1)]);
    for wrong in [
        TOKEN.to_owned(),
        format!("{TOKEN}@"),
        format!("{TOKEN}@general"),
        format!("{TOKEN}@0"),
        format!("{TOKEN}@-1;{TOKEN}@-2"),
        "AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao@-1001".to_owned(),
    ] {
        let error = line(&wrong).unwrap_err().to_string();
        assert!(error.contains("bot"), "{error}");
        assert!(!error.contains("gYncWnm5"), "the token is told: {error}");
    }
    for (toml, name) in [
        (
            "[telegram]\napi_url = \"api.telegram.org\"",
            "telegram.api_url",
        ),
        (
            "[[telegram.bots]]\ntoken = \"1:a\"\nchats = []",
            "telegram.bots",
        ),
        (
            "[[telegram.bots]]\ntoken = \"1:a\"\nchats = [-1]\nweight = 0.0",
            "telegram.bots",
        ),
        (
            "secret_key = \"a\"\nsecret_key_file = \"b\"",
            "secret_key_file",
        ),
    ] {
        let error = from_toml(toml).unwrap_err();
        assert!(
            matches!(&error, ConfigError::Invalid { name: wrong, .. } if *wrong == name),
            "{error}"
        );
    }
}

/// Every number of the settings, by its name in `ferry.toml`.
const NUMBERS: [&str; 16] = [
    "body_budget_bytes",
    "body_budget_wait_secs",
    "spool_bytes",
    "body_idle_secs",
    "headers_timeout_secs",
    "keep_alive_secs",
    "max_connections",
    "max_connections_per_address",
    "upload_ttl_secs",
    "cleanup_interval_secs",
    "default_quota_bytes",
    "session_ttl_secs",
    "login_attempts_per_name",
    "login_attempts_per_address",
    "login_window_secs",
    "shutdown_grace_secs",
];

/// What handlers and jobs compute with these: none of it may overflow, whatever the settings say.
fn compute_with(config: &Config) {
    use std::time::Instant;
    let spans = [
        config.requests.body_budget_wait,
        config.requests.body_idle,
        config.requests.headers_timeout,
        config.requests.keep_alive,
        config.upload_ttl,
        config.cleanup_interval,
        config.session_ttl,
        config.login.window,
        config.shutdown_grace,
    ];
    for span in spans {
        assert!(Instant::now().checked_add(span).is_some(), "{span:?}");
        let span = chrono::TimeDelta::from_std(span).unwrap();
        assert!(chrono::Utc::now().checked_add_signed(span).is_some());
        assert!(chrono::Utc::now().checked_sub_signed(span).is_some());
    }
    assert!(i64::try_from(config.requests.spool_bytes).is_ok());
    assert!(i64::try_from(config.default_quota_bytes.unwrap_or_default()).is_ok());
    assert!(i32::try_from(config.login.per_name).is_ok());
}

proptest::proptest! {
    #[test]
    fn whatever_the_settings_say_is_refused_by_name_or_can_be_computed_with(
        name in proptest::sample::select(&NUMBERS[..]),
        value in proptest::prop_oneof![
            0_u64..200,
            proptest::prelude::any::<u64>().prop_map(|any| any >> 1),
            proptest::sample::select(vec![u64::from(u32::MAX), 1 << 40, i64::MAX as u64]),
        ],
    ) {
        match from_toml(&format!("{name} = {value}")) {
            Ok(config) => compute_with(&config),
            Err(ConfigError::Invalid { name: refused, .. }) => proptest::prop_assert_eq!(refused, name),
            Err(unreadable) => proptest::prop_assert!(unreadable.to_string().contains(name), "{}", unreadable),
        }
    }
}
