//! A second server of a fixture that speaks TLS, with a certificate made for the test.

use std::{net::TcpListener, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{fixture::Fixture, server::Server};

/// A server behind TLS.
pub struct Secure {
    /// The process.
    pub server: Server,
    /// Its address by the name of its certificate.
    pub url: String,
}

/// Starts one on the fixture's database and parts.
pub async fn serve(fixture: &Fixture, name: &str) -> Result<Secure> {
    let dir = fixture.dir().join("tls");
    std::fs::create_dir(&dir)?;
    make_certificate(&dir, name)?;
    // What the browser will send as Origin must be known before the server listens.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("https://{name}:{port}");
    let mut config = fixture.server_config().clone();
    let parts = fixture.parts_dir();
    let more = [
        ("FERRY_LISTEN", format!("127.0.0.1:{port}")),
        ("FERRY_PUBLIC_URL", url.clone()),
        ("FERRY_STORAGE__PATH", parts.display().to_string()),
        (
            "FERRY_TLS__CERT",
            dir.join("cert.pem").display().to_string(),
        ),
        ("FERRY_TLS__KEY", dir.join("key.pem").display().to_string()),
    ];
    let more = more.map(|(name, value)| (name.to_owned(), value));
    config.settings.extend(more);
    config.data_dir = dir.join("data");
    std::fs::create_dir(&config.data_dir)?;
    let server = config.start().await?;
    Ok(Secure { server, url })
}

/// `cert.pem` and `key.pem`, signed by itself, good for two days.
pub fn make_certificate(dir: &Path, name: &str) -> Result<()> {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
    openssl.args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj"]);
    openssl.arg(format!("/CN={name}"));
    openssl.args(["-addext", &format!("subjectAltName=DNS:{name}")]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem"]);
    let output = openssl.current_dir(dir).output();
    let output = output.context("openssl does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "openssl: {said}");
    Ok(())
}
