//! What people start by hand: `ferry-server config check`.

use std::{path::Path, process::Output};

use anyhow::{Result, ensure};
use ferry_tests::{run_dir, server::ServerConfig};

async fn config_check(dir: &Path, settings: &[(&str, &str)]) -> Result<Output> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let config = ServerConfig {
        data_dir: dir.join("data"),
        settings: settings.iter().map(own).collect(),
    };
    let mut command = config.command()?;
    Ok(command.args(["config", "check"]).output().await?)
}

#[tokio::test]
async fn config_check_shows_what_is_in_force_and_keeps_secrets() -> Result<()> {
    let dir = run_dir::new_dir("config-")?;
    let settings = [
        ("FERRY_LISTEN", "127.0.0.1:7171"),
        ("FERRY_UPLOAD_TTL_SECS", "86400"),
        ("DATABASE_URL", "postgresql://ada:hush-one@127.0.0.1/ferry"),
        ("FERRY_STORAGE__KIND", "s3"),
        ("FERRY_STORAGE__BUCKET", "some-bucket"),
        ("FERRY_STORAGE__ACCESS_KEY_ID", "key-id"),
        ("FERRY_STORAGE__SECRET_ACCESS_KEY", "hush-two"),
    ];
    let output = config_check(dir.path(), &settings).await?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{:?}: {said}", output.status);
    for shown in ["127.0.0.1:7171", "some-bucket"] {
        ensure!(said.contains(shown), "{shown} is not in:\n{said}");
    }
    ensure!(!said.contains("hush"), "a secret is shown:\n{said}");
    ensure!(
        !dir.path().join("data").exists(),
        "looking at the settings made a data directory"
    );
    Ok(())
}

#[tokio::test]
async fn config_check_names_the_setting_that_cannot_be_used() -> Result<()> {
    let dir = run_dir::new_dir("config-")?;
    let wrong = [
        ("FERRY_LISTEN", "nonsense", "listen"),
        ("FERRY_UPLOAD_TTL_SECS", "soon", "upload_ttl_secs"),
        ("FERRY_PART_PROFILE", "huge", "part_profile"),
        ("FERRY_STORAGE__KIND", "tape", "storage.kind"),
        ("FERRY_TRUSTED_PROXIES", "everybody", "trusted_proxies"),
        ("FERRY_NO_SUCH_SETTING", "1", "no_such_setting"),
    ];
    for (name, value, setting) in wrong {
        let output = config_check(dir.path(), &[(name, value)]).await?;
        let said = String::from_utf8(output.stderr)?.to_lowercase();
        ensure!(!output.status.success(), "{name}={value} is taken: {said}");
        ensure!(said.contains(setting), "{setting} is not named: {said}");
    }
    Ok(())
}
