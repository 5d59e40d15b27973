//! What the proxy answers itself, below `/__bench/`: pages of a benchmark, a sink for bytes, and results posted by a page.
//! Same origin as the server's page, so that a strict Content-Security-Policy allows it.

use std::{collections::BTreeMap, time::Instant};

use anyhow::Result;
use tokio::{
    io::{AsyncWriteExt, BufReader, sink},
    net::tcp::{OwnedReadHalf, OwnedWriteHalf},
    sync::mpsc::UnboundedSender,
};

use super::http::{Head, relay_body};

/// Where these answers begin.
pub(super) const PREFIX: &str = "/__bench/";

/// Something a page posted.
#[derive(Debug)]
pub struct Posted {
    /// The path behind `/__bench/`.
    pub what: String,
    pub body: Vec<u8>,
    /// When its head arrived.
    pub at: Instant,
}

/// The answers.
#[derive(Default)]
pub(super) struct Own {
    pub(super) pages: BTreeMap<String, (&'static str, String)>,
    pub(super) posted: Option<UnboundedSender<Posted>>,
}

/// What to answer, decided before the body is read.
pub(super) enum Answer {
    Page(&'static str, String),
    Swallow,
    Post(UnboundedSender<Posted>),
    Nothing,
}

impl Own {
    pub(super) fn answer(&self, head: &Head) -> Answer {
        let name = head.path().strip_prefix(PREFIX).unwrap_or_default();
        match (head.method(), self.pages.get(name), &self.posted) {
            ("GET", Some((kind, text)), _) => Answer::Page(kind, text.clone()),
            ("PUT", ..) => Answer::Swallow,
            ("POST", _, Some(posted)) => Answer::Post(posted.clone()),
            _ => Answer::Nothing,
        }
    }
}

/// Reads the request to its end and answers it; true when the connection can carry another one.
pub(super) async fn exchange(
    answer: Answer,
    head: &Head,
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
) -> Result<bool> {
    let at = Instant::now();
    let framing = head.request_framing();
    let (status, kind, text) = match answer {
        Answer::Page(kind, text) => ("200 OK", kind, text),
        Answer::Swallow => {
            relay_body(from, &mut sink(), framing, |_| Ok(())).await?;
            ("201 Created", "application/json", "{}".to_owned())
        }
        Answer::Post(posted) => {
            let mut body = Vec::new();
            relay_body(from, &mut body, framing, |_| Ok(())).await?;
            let what = head
                .path()
                .strip_prefix(PREFIX)
                .unwrap_or_default()
                .to_owned();
            posted.send(Posted { what, body, at }).ok();
            ("200 OK", "application/json", "{}".to_owned())
        }
        Answer::Nothing => ("404 Not Found", "text/plain", String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        text.len()
    );
    to.write_all(&[head.as_bytes(), text.as_bytes()].concat())
        .await?;
    Ok(true)
}
