//! What somebody without a credential can hold: a body that drips is refused before it is read, one address gets its
//! share of the connections, and the people who are signed in notice nothing.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ferry_core::{
    plan::SLOW,
    wire::{ErrorCode, Problem},
};
use ferry_tests::{
    client::{Api, Person, SealedFile, content},
    fixture::{Fixture, FixtureBuilder},
    wait,
};
use reqwest::Method;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::Instant,
};

use crate::in_a_browser::{run_counts, run_sets};

/// Far below the times that bodies get; well above what a busy machine needs.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Strangers get eight seconds for a body, and two more while the rest of it is dropped.
const STRANGERS_TIME: Duration = Duration::from_secs(20);
/// And ten seconds to linger.
const ENDLESS_TIME: Duration = Duration::from_secs(30);
const DRIP: Duration = Duration::from_millis(300);

/// Trusted, and nowhere near: where a proxy is named the addresses of the own host are counted like others.
const ELSEWHERE: &str = "198.51.100.1";

/// From an address of the loopback network of its own.
async fn connect_from(number: u8, to: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 1, number), 0).into())?;
    Ok(socket.connect(to).await?)
}

/// Sends the head of a request, then a byte now and then until it is answered; the answer.
async fn drip(mut stream: TcpStream, head: &str, time: Duration) -> Result<String> {
    stream.write_all(head.as_bytes()).await?;
    let (mut reads, mut writes) = stream.into_split();
    let dripping = tokio::spawn(async move {
        while writes.write_all(b" ").await.is_ok() {
            tokio::time::sleep(DRIP).await;
        }
    });
    let has_body = !head.starts_with("HEAD ");
    let answer = async {
        let mut answer = Vec::new();
        while !is_whole(&answer, has_body) && reads.read_buf(&mut answer).await? > 0 {}
        anyhow::Ok(answer)
    };
    let answer = wait::within(time, "an answer to a body that drips", answer).await;
    dripping.abort();
    Ok(String::from_utf8_lossy(&answer??).into_owned())
}

/// As long as its head says.
fn is_whole(answer: &[u8], has_body: bool) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
    !has_body || length.is_none_or(|length| body.len() >= length)
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

fn problem(answer: &str) -> Result<Problem> {
    let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
    Ok(serde_json::from_str(body)?)
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: ferry.test\r\nContent-Type: application/json\r\n{more}\r\n"
    )
}

/// Method and path of each operation, and whether it wants a credential.
async fn operations(fixture: &Fixture) -> Result<Vec<(String, String, bool)>> {
    let document: Value = fixture.api()?.get("/openapi.json").await?.good()?;
    let paths = document["paths"].as_object().context("no paths")?;
    let mut found = Vec::new();
    for (path, item) in paths {
        let mut path = path.clone();
        for (name, value) in [("part_number", "1"), ("bot_id", "1")] {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        for name in ["file_id", "token_id", "invitation_id"] {
            let id = "00000000-0000-4000-8000-000000000000";
            path = path.replace(&format!("{{{name}}}"), id);
        }
        if path == "/api/upload/check" {
            path += "?filename=a&size=1";
        }
        for (method, operation) in item.as_object().context("no operations")? {
            let is_guarded = operation["security"].is_array();
            found.push((method.to_uppercase(), path.clone(), is_guarded));
        }
    }
    ensure!(found.len() > 40, "{found:?}");
    Ok(found)
}

#[tokio::test]
async fn a_body_without_a_credential_is_refused_before_it_is_read() -> Result<()> {
    let fixture = Fixture::new().await?;
    let address = fixture.server()?.address();
    let made_up = "Authorization: Bearer fry_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
    for (method, path, is_guarded) in operations(&fixture).await? {
        if !is_guarded || path == "/api/auth/logout" {
            continue;
        }
        for credential in ["", made_up] {
            let bodies = [
                ("Content-Length: 900000\r\n", ""),
                ("Transfer-Encoding: chunked\r\n", "dbba0\r\n"),
            ];
            for (length, begun) in bodies {
                let head = head(&method, &path, &format!("{credential}{length}")) + begun;
                let stream = TcpStream::connect(address).await?;
                let answer = drip(stream, &head, AT_ONCE)
                    .await
                    .with_context(|| format!("{method} {path}"))?;
                ensure!(
                    ["401", "403"].contains(&status(&answer)),
                    "{method} {path}: {answer}"
                );
            }
        }
    }
    fixture.close().await
}

#[tokio::test]
async fn a_strangers_sign_in_that_drips_is_soon_over() -> Result<()> {
    let fixture = Fixture::new().await?;
    let address = fixture.server()?.address();
    let dripping = ["/api/auth/login", "/api/auth/register"].map(async |path| {
        let head = head("POST", path, "Content-Length: 1000\r\n");
        let answer = drip(TcpStream::connect(address).await?, &head, STRANGERS_TIME).await?;
        ensure!(status(&answer) == "400", "{answer}");
        ensure!(
            problem(&answer)?.code == ErrorCode::BodyIncomplete,
            "{answer}"
        );
        Ok(())
    });
    for outcome in futures_util::future::join_all(dripping).await {
        outcome?;
    }
    // And none is long.
    let long =
        head("POST", "/api/auth/login", "Content-Length: 20000\r\n") + " ".repeat(20_000).as_str();
    let answer = drip(TcpStream::connect(address).await?, &long, STRANGERS_TIME).await?;
    ensure!(status(&answer) == "413", "{answer}");
    fixture.close().await
}

/// Refused, answered without having been read, or read to the end of its time: no body that never ends keeps its
/// connection for longer than the server lingers.
#[tokio::test]
async fn a_chunked_body_that_never_ends_keeps_no_connection() -> Result<()> {
    let fixture = Fixture::new().await?;
    let address = fixture.server()?.address();
    let endless = [
        ("POST", "/api/tokens", "401"),
        ("GET", "/healthz", "200"),
        ("POST", "/api/auth/login", "400"),
        ("POST", "/api/nowhere", "404"),
    ]
    .map(async |(method, path, expected)| {
        let mut stream = TcpStream::connect(address).await?;
        let begun = head(method, path, "Transfer-Encoding: chunked\r\n") + "dbba0\r\n{";
        stream.write_all(begun.as_bytes()).await?;
        let mut answer = Vec::new();
        // Ten seconds to linger, after those of a stranger's body.
        let ended = wait::within(ENDLESS_TIME, path, stream.read_to_end(&mut answer)).await?;
        ended.with_context(|| format!("{path}: no clean end"))?;
        let answer = String::from_utf8_lossy(&answer);
        ensure!(status(&answer) == expected, "{path}: {answer}");
        anyhow::Ok(())
    });
    for outcome in futures_util::future::join_all(endless).await {
        outcome?;
    }
    fixture.close().await
}

#[tokio::test]
async fn a_body_that_names_no_type_is_not_taken_for_none() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let path = "/api/upload/cleanup-abandoned";
    let (sender, pieces) = mpsc::channel(1);
    let call = admin.api.call(Method::POST, path).chunked(pieces);
    sender.send(br#"{"dry_run":true}"#.to_vec()).await?;
    drop(sender);
    call.send().await?.refused(400, ErrorCode::InvalidRequest)?;
    let (_, no_pieces) = mpsc::channel(1);
    let empty = admin.api.call(Method::POST, path).chunked(no_pieces);
    empty.send().await?.expect_status(200)?;
    fixture.close().await
}

/// Whether the server keeps the connection and answers on it.
async fn is_served(stream: &mut TcpStream) -> bool {
    let asked = stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: ferry.test\r\n\r\n")
        .await;
    let mut answer = [0; 512];
    asked.is_ok() && stream.read(&mut answer).await.is_ok_and(|read| read > 0)
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_MAX_CONNECTIONS_PER_ADDRESS", 8)
        .set("FERRY_TRUSTED_PROXIES", ELSEWHERE)
        .start()
        .await?;
    let address = fixture.server()?.address();
    let mut greedy = Vec::new();
    for _ in 0..8 {
        let mut stream = connect_from(1, address).await?;
        ensure!(is_served(&mut stream).await, "within its share");
        greedy.push(stream);
    }
    ensure!(
        !is_served(&mut connect_from(1, address).await?).await,
        "the ninth"
    );
    ensure!(
        is_served(&mut connect_from(2, address).await?).await,
        "another address"
    );
    fixture.api()?.get("/healthz").await?.expect_status(200)?;
    greedy.pop();
    let again = || async {
        let is_served = is_served(&mut connect_from(1, address).await?).await;
        wait::holds(is_served, "not yet")
    };
    wait::until(AT_ONCE, "who closes one may open another", again).await?;
    drop(greedy);
    fixture.close().await
}

/// A proxy on the same host that no setting names: a bound for its address would be one for the whole site.
#[tokio::test]
async fn where_no_proxy_is_named_the_own_host_is_not_bounded() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_MAX_CONNECTIONS_PER_ADDRESS", 8)
        .start()
        .await?;
    let address = fixture.server()?.address();
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut stream = connect_from(1, address).await?;
        ensure!(is_served(&mut stream).await, "the host itself");
        open.push(stream);
    }
    for _ in 0..2 {
        let forwarded = head("GET", "/healthz", "X-Forwarded-For: 203.0.113.8\r\n");
        open[0].write_all(forwarded.as_bytes()).await?;
        ensure!(open[0].read(&mut [0; 512]).await? > 0, "answered");
    }
    let log = fixture.server()?.log()?;
    let told = log.matches("X-Forwarded-For").count();
    ensure!(told == 1, "said {told} times:\n{log}");
    drop(open);
    fixture.close().await
}

#[tokio::test]
async fn behind_a_trusted_proxy_its_clients_are_counted_and_not_the_proxy() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_MAX_CONNECTIONS_PER_ADDRESS", 8)
        .set(
            "FERRY_TRUSTED_PROXIES",
            IpAddr::from(Ipv4Addr::new(127, 0, 1, 9)),
        )
        .start()
        .await?;
    let address = fixture.server()?.address();
    let of = |client: &str| {
        let more = format!("X-Forwarded-For: {client}\r\nContent-Length: 900\r\n");
        head("POST", "/api/auth/login", &more)
    };
    let mut open = Vec::new();
    // More than its share: whichever are refused, its places are taken.
    for _ in 0..12 {
        let mut stream = connect_from(9, address).await?;
        stream.write_all(of("203.0.113.7").as_bytes()).await?;
        open.push(stream);
    }
    let refused = || async {
        let stream = connect_from(9, address).await?;
        // One that is not refused at once came before the eighth was counted.
        let answer = drip(stream, &of("203.0.113.7"), Duration::from_secs(1)).await?;
        let is_busy = problem(&answer).is_ok_and(|problem| problem.code == ErrorCode::Busy);
        wait::holds(is_busy, &answer)
    };
    wait::until(AT_ONCE, "the ninth of one client", refused).await?;
    for _ in 0..20 {
        let mut stream = connect_from(9, address).await?;
        let head = head("GET", "/healthz", "X-Forwarded-For: 203.0.113.8\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        ensure!(answer.ends_with(b"200"), "another client of the proxy");
        open.push(stream);
    }
    drop(open);
    fixture.close().await
}

/// A connection that sends a byte a second, of a body or of its headers, and begins anew when it was closed.
async fn hold(number: u8, address: SocketAddr, begun: String) {
    loop {
        if let Ok(mut stream) = connect_from(number, address).await
            && stream.write_all(begun.as_bytes()).await.is_ok()
        {
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn hold_many(count: u64, address: SocketAddr) -> Result<JoinSet<()>> {
    let mut held = JoinSet::new();
    for number in 0..count {
        let from = u8::try_from(10 + number % 200)?;
        let begun = match number % 2 {
            0 => head("POST", "/api/auth/login", "Content-Length: 900\r\n"),
            _ => "GET /healthz HTTP/1.1\r\nHost: ferry.test\r\nX-Drip:".to_owned(),
        };
        held.spawn(hold(from, address, begun));
    }
    Ok(held)
}

/// How long the parts of a new file take, one after another; they are sealed before.
async fn upload(person: &Person, api: &Api, seed: u64, size_bytes: usize) -> Result<f64> {
    let name = format!("file {seed}");
    let file =
        SealedFile::with_profile(&person.keys, &name, content(seed, size_bytes), SLOW, false)?;
    file.start(api).await?;
    let numbers = 1..=file.total_parts();
    let parts: Vec<_> = numbers
        .map(|number| Ok((number, file.part(number)?)))
        .collect::<Result<_>>()?;
    let began = Instant::now();
    for (number, part) in &parts {
        file.put(api, *number, part).await?.expect_status(201)?;
    }
    Ok(began.elapsed().as_secs_f64())
}

/// So many connections drip in CI; `cargo xtask soak dripping` takes 2,000 and compares speeds.
const DRIPPING: u64 = 200;
const SOAK: &str = "FERRY_TEST_DRIPPING";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_drip_hold_up_nobody_else() -> Result<()> {
    let wanted = run_counts(SOAK, DRIPPING)?;
    let (rounds, size_bytes) = match run_sets(SOAK) {
        Some(_) => (5, 200_000_000),
        None => (1, 10_000_000),
    };
    let (fixture, admin) = Fixture::with_admin().await?;
    let address = fixture.server()?.address();
    let api = admin.api.moved_to(&fixture.server()?.url());
    upload(&admin, &api, 0, size_bytes).await?;
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let alone = upload(&admin, &api, 2 * round + 1, size_bytes).await?;
        let mut held = hold_many(wanted, address)?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let beside = upload(&admin, &api, 2 * round + 2, size_bytes).await?;
        held.shutdown().await;
        ratios.push(alone / beside);
    }
    ratios.sort_by(f64::total_cmp);
    println!("{wanted} connections drip: others keep {ratios:.2?} of their speed");
    if run_sets(SOAK).is_some() {
        ensure!(ratios[ratios.len() / 2] >= 0.9, "{ratios:?}");
    }
    fixture.close().await
}
