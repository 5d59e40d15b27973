//! The page behind Debian's nginx: with the configuration that README gives, and with nginx's own limits.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ferry_tests::{
    browser::Browser,
    client::Person,
    fixture::{Fixture, FixtureBuilder, PASSWORD},
    line::{Line, Shape},
    nginx::{Nginx, free_port},
    tls,
};
use serde_json::json;

use crate::instances::second_server;

use super::{LONG, MIB, USER, ensure_stored, write_content};

const NAME: &str = "ferry.test";
/// Of the proxy, not of Ferry.
const BASIC: (&str, &str) = ("door", "opensesame");

fn builder() -> FixtureBuilder {
    FixtureBuilder::default().set("FERRY_TRUSTED_PROXIES", "127.0.0.1")
}

/// The `server` block that README shows, for this fixture.
fn readmes_server(fixture: &Fixture, port: u16) -> Result<String> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme)?;
    let block = readme
        .split("```nginx\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .context("README has no nginx block")?;
    let dir = fixture.dir().display();
    let pairs = [
        ("listen 443 ", format!("listen 127.0.0.1:{port} ")),
        ("ferry.example", NAME.to_owned()),
        ("/etc/ssl/ferry/", format!("{dir}/")),
        ("http://127.0.0.1:8787", fixture.proxy.url()),
    ];
    let mut server = block.to_owned();
    for (shown, here) in pairs {
        ensure!(server.contains(shown), "README's block has no {shown:?}");
        server = server.replace(shown, &here);
    }
    Ok(server)
}

/// The same behind basic authentication.
fn behind_a_door(fixture: &Fixture, server: &str) -> Result<String> {
    let (name, password) = BASIC;
    let file = fixture.dir().join("htpasswd");
    std::fs::write(&file, format!("{name}:{{PLAIN}}{password}\n"))?;
    let door = format!(
        "location / {{ auth_basic \"door\"; auth_basic_user_file {};",
        file.display()
    );
    Ok(server.replacen("location / {", &door, 1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readmes_nginx_serves_over_http2_also_behind_its_own_password() -> Result<()> {
    let fixture = builder().start().await?;
    tls::make_certificate(fixture.dir(), NAME)?;
    let port = free_port()?;
    let server = behind_a_door(&fixture, &readmes_server(&fixture, port)?)?;
    let nginx = Nginx::start(fixture.dir(), port, &server).await?;
    let flags = [
        "--host-resolver-rules=MAP ferry.test 127.0.0.1",
        "--ignore-certificate-errors",
    ];
    let browser = Browser::open_with(fixture.dir(), "1", &flags).await?;
    let page = browser.page();
    let (name, password) = BASIC;
    // In place of the browser's question; what is loaded by such an address keeps the password in its own.
    page.goto(&format!("https://{name}:{password}@{NAME}:{port}/healthz"))
        .await?;
    let token = fixture.server()?.setup_token().await?;
    let base = format!("https://{NAME}:{port}");
    page.set_up(&base, &format!("setup={token}"), USER, PASSWORD)
        .await
        .with_context(|| nginx.answers())?;
    let protocol = "return performance.getEntriesByType('navigation')[0].nextHopProtocol";
    let protocol = page.script(protocol, vec![]).await?;
    ensure!(protocol == json!("h2"), "{protocol}");
    goes_up_and_stays(&fixture, &page, 20 * MIB).await?;
    let pieces = fixture.proxy.ledger().count("PATCH /api/upload/chunk/");
    ensure!(pieces == 0, "{pieces} pieces though a part is let through");
    browser.kill().await?;
    nginx.stop().await?;
    fixture.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginxs_own_limits_are_found_and_lived_with() -> Result<()> {
    let fixture = builder().start().await?;
    let port = free_port()?;
    let server = format!(
        "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {}; proxy_set_header Host $http_host; }} }}",
        fixture.proxy.url()
    );
    let nginx = Nginx::start(fixture.dir(), port, &server).await?;
    let browser = Browser::open(fixture.dir(), "1").await?;
    let page = browser.page();
    let token = fixture.server()?.setup_token().await?;
    let base = format!("http://127.0.0.1:{port}");
    page.set_up(&base, &format!("setup={token}"), USER, PASSWORD)
        .await?;
    goes_up_and_stays(&fixture, &page, 20 * MIB).await?;
    let pieces = fixture.proxy.ledger().count("PATCH /api/upload/chunk/");
    ensure!(pieces > 10, "only {pieces} pieces of 1 MiB or less");
    browser.kill().await?;
    nginx.stop().await?;
    fixture.close().await
}

/// Two servers that take turns with the parts' requests, each with a spool of its own, and a line so slow that pieces are
/// tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balancer_without_sticky_sessions_is_lived_with() -> Result<()> {
    const BYTES_PER_SEC: u64 = 80_000;
    const SIZE_BYTES: u64 = 2_000_000;
    let fixture = builder().start().await?;
    let second = second_server(&fixture).await?;
    let port = free_port()?;
    let (first, other) = (fixture.proxy.address(), second.address());
    let server = format!(
        "upstream turns {{ server {first}; server {other}; }}
        server {{ listen 127.0.0.1:{port}; client_max_body_size 20m; proxy_set_header Host $http_host;
            location /api/upload/chunk/ {{ proxy_pass http://turns; }}
            location / {{ proxy_pass http://{first}; }} }}"
    );
    let nginx = Nginx::start(fixture.dir(), port, &server).await?;
    let shape = Shape {
        bytes_per_sec: BYTES_PER_SEC,
        delay: Duration::from_millis(20),
        cut: None,
    };
    let line = Line::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), shape).await?;
    let browser = Browser::open(fixture.dir(), "1").await?;
    let page = browser.page();
    let token = fixture.server()?.setup_token().await?;
    page.set_up(&line.url(), &format!("setup={token}"), USER, PASSWORD)
        .await?;
    goes_up_and_stays(&fixture, &page, SIZE_BYTES)
        .await
        .with_context(|| nginx.answers())?;
    let answers = nginx.answers();
    let corrected = answers.matches("\" 409 ").count();
    ensure!(corrected > 0, "no piece met the other server:\n{answers}");
    browser.kill().await?;
    nginx.stop().await?;
    ensure!(second.stop().await?.success(), "the second server's end");
    fixture.close().await
}

/// A file goes up on the page; what is stored is it.
async fn goes_up_and_stays(
    fixture: &Fixture,
    page: &ferry_tests::browser::Page,
    size_bytes: u64,
) -> Result<()> {
    let path = fixture.dir().join("film.bin");
    write_content(&path, 1, size_bytes)?;
    page.pick([&path]).await?;
    page.until_upload("film.bin", &["done"], LONG).await?;
    let person = Person::login(&fixture.api()?, USER, PASSWORD).await?;
    ensure_stored(&person, "film.bin", &path).await
}
