//! One request on its way through the proxy, and its answer: passed on, cut, held back or lied about.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    Shared,
    fault::{self, Action},
    http::{self, Head},
    ledger::{Confirmed, Outcome, PartId, Seen},
    lie::{self, Answered},
    locked,
};

/// One request's place in the ledger; cut unless it was answered.
pub(super) struct Entry<'a> {
    shared: &'a Shared,
    index: usize,
}

impl<'a> Entry<'a> {
    pub(super) fn open(shared: &'a Shared, head: &Head) -> Self {
        let mut ledger = locked(&shared.ledger);
        ledger.seen.push(Seen {
            what: format!("{} {}", head.method(), head.path()),
            part: PartId::of(head.method(), head.path()),
            forwarded_bytes: 0,
            first_byte_at: None,
            stalled: false,
            offset_bytes: number_in(head, "upload-offset").unwrap_or(0),
            confirmed: None,
            outcome: Outcome::InFlight,
        });
        shared.changed.notify_waiters();
        Entry {
            shared,
            index: ledger.seen.len() - 1,
        }
    }

    /// What the answer says of a part's body, before the client hears of it.
    fn note_confirmed(&self, status: u16, answer: &Head) {
        let at = Instant::now();
        self.update(|seen| {
            let path = seen.what.split(' ').nth(1).unwrap_or_default();
            let bytes = match status {
                200 | 201 if seen.part.is_some() => Some(seen.offset_bytes + seen.forwarded_bytes),
                204 => number_in(answer, "upload-offset"),
                _ => None,
            };
            seen.confirmed =
                PartId::at(path)
                    .zip(bytes)
                    .map(|(part, bytes)| Confirmed { part, bytes, at });
        });
    }

    fn update(&self, change: impl FnOnce(&mut Seen)) {
        if let Some(seen) = locked(&self.shared.ledger).seen.get_mut(self.index) {
            change(seen);
        }
        self.shared.changed.notify_waiters();
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.update(|seen| {
            if seen.outcome == Outcome::InFlight {
                seen.outcome = Outcome::Cut;
            }
        });
    }
}

/// Passes one request on and its answer back; true when the connection can carry another one.
pub(super) async fn exchange(
    entry: &Entry<'_>,
    head: &Head,
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
) -> Result<bool> {
    let action = fault::take(&mut locked(&entry.shared.faults), head);
    match action {
        Some(Action::CutBefore) => anyhow::bail!("cut before the server heard of it"),
        Some(Action::Delay(time)) => tokio::time::sleep(time).await,
        Some(Action::Hold) => entry.shared.released.notified().await,
        _ => {}
    }
    let lie = lie::take(&mut locked(&entry.shared.lies), head);
    if let (Some(Action::LimitBody(most)), http::Framing::Length(length)) =
        (action, head.request_framing())
        && length > most
    {
        return refuse_long_body(entry, head, from, to).await;
    }
    let most_bytes = match action {
        Some(Action::CutAfterBytes(most) | Action::StallAfterBytes(most)) => most,
        _ => u64::MAX,
    };
    let upstream = entry.shared.upstream_of(head.path());
    let upstream = upstream.context("there is no server yet")?;
    let upstream = TcpStream::connect(upstream).await?;
    upstream.set_nodelay(true)?;
    let (answers, mut server) = upstream.into_split();
    let mut answers = BufReader::with_capacity(64 * 1024, answers);
    server.write_all(&head.raw).await?;
    let pace = match action {
        Some(Action::Throttle { bytes_per_sec }) => Some(Pace::new(bytes_per_sec)),
        _ => None,
    };
    let mut server = Tolerant {
        inner: &mut server,
        broken: false,
        copy: None,
        pace,
    };
    let sending = send_body(entry, head, from, &mut server, most_bytes);
    let answering = async {
        if matches!(action, Some(Action::DropAnswer | Action::StallAnswer)) {
            swallow_answer(head.method(), &mut answers).await?;
            anyhow::bail!("the answer was dropped");
        }
        match lie {
            Some(change) => lied(entry, head.method(), &mut answers, to, &*change).await,
            None => answer(entry, head.method(), &mut answers, to).await,
        }
    };
    let exchanged = tokio::try_join!(sending, answering);
    let stalls = matches!(
        action,
        Some(Action::StallAfterBytes(_) | Action::StallAnswer)
    );
    if stalls && exchanged.is_err() {
        stall(entry, &mut answers).await;
    }
    let (sent, goes_on) = exchanged?;
    Ok(sent && goes_on && !head.closes())
}

/// A header field that is a number.
fn number_in(head: &Head, name: &str) -> Option<u64> {
    let mut fields = head.fields();
    let (_, value) = fields.find(|(field, _)| *field == name)?;
    value.trim().parse().ok()
}

/// What nginx says with its own default settings.
const TOO_LARGE: &str = "<html><head><title>413 Request Entity Too Large</title></head></html>";

async fn refuse_long_body(
    entry: &Entry<'_>,
    head: &Head,
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
) -> Result<bool> {
    let mut nowhere = tokio::io::sink();
    http::relay_body(from, &mut nowhere, head.request_framing(), |_| Ok(())).await?;
    let answer = format!(
        "HTTP/1.1 413 Request Entity Too Large\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{TOO_LARGE}",
        TOO_LARGE.len()
    );
    to.write_all(answer.as_bytes()).await?;
    entry.update(|seen| seen.outcome = Outcome::Answered(413));
    Ok(!head.closes())
}

/// Until the server has ended or the test says so.
async fn stall(entry: &Entry<'_>, answers: &mut BufReader<OwnedReadHalf>) {
    let mut released = std::pin::pin!(entry.shared.released.notified());
    // From here on no release is missed; the test may act as soon as it sees this.
    released.as_mut().enable();
    entry.update(|seen| seen.stalled = true);
    let mut nowhere = tokio::io::sink();
    tokio::select! {
        _ = tokio::io::copy(answers, &mut nowhere) => {}
        () = released => {}
    }
}

/// Hands the body on; where the server closed early, the rest is read and dropped so that the client sees the answer.
async fn send_body(
    entry: &Entry<'_>,
    head: &Head,
    from: &mut BufReader<OwnedReadHalf>,
    server: &mut Tolerant<'_>,
    most_bytes: u64,
) -> Result<bool> {
    let mut forwarded = 0;
    let count = |bytes: usize| {
        forwarded += bytes as u64;
        entry.update(|seen| {
            seen.forwarded_bytes = forwarded;
            seen.first_byte_at.get_or_insert_with(Instant::now);
        });
        if forwarded > most_bytes {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    };
    let is_recorded = locked(&entry.shared.record).is_some();
    server.copy = is_recorded.then(|| head.raw.clone());
    let relayed = http::relay_body(from, server, head.request_framing(), count).await;
    if let (Some(copy), Some(record)) = (server.copy.take(), locked(&entry.shared.record).as_mut())
    {
        record.push(copy);
    }
    relayed?;
    Ok(!server.broken)
}

/// Passes the answer back; true when the connection can carry another request.
async fn answer(
    entry: &Entry<'_>,
    method: &str,
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
) -> Result<bool> {
    loop {
        let head = Head::read(from)
            .await?
            .context("the server closed without an answer")?;
        let status = head.status()?;
        if status >= 200 {
            entry.note_confirmed(status, &head);
        }
        to.write_all(&head.raw).await?;
        if status < 200 {
            continue;
        }
        let framing = head.answer_framing(method, status);
        http::relay_body(from, to, framing, |_| Ok(())).await?;
        entry.update(|seen| seen.outcome = Outcome::Answered(status));
        return Ok(!head.closes() && !matches!(framing, http::Framing::UntilClose));
    }
}

/// Takes the answer whole, has it changed, and passes that back.
async fn lied(
    entry: &Entry<'_>,
    method: &str,
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
    change: &(dyn Fn(&mut Answered) + Send + Sync),
) -> Result<bool> {
    loop {
        let head = Head::read(from)
            .await?
            .context("the server closed without an answer")?;
        let status = head.status()?;
        if status < 200 {
            continue;
        }
        let body = http::read_body(from, head.answer_framing(method, status)).await?;
        let mut answered = Answered::of(&head, status, body);
        change(&mut answered);
        tokio::time::sleep(answered.late_by).await;
        to.write_all(&answered.to_bytes()).await?;
        entry.update(|seen| seen.outcome = Outcome::Answered(answered.status));
        return Ok(!head.closes());
    }
}

async fn swallow_answer(method: &str, from: &mut BufReader<OwnedReadHalf>) -> Result<()> {
    loop {
        let head = Head::read(from)
            .await?
            .context("the server closed without an answer")?;
        let status = head.status()?;
        if status >= 200 {
            let framing = head.answer_framing(method, status);
            return Ok(http::relay_body(from, &mut tokio::io::sink(), framing, |_| Ok(())).await?);
        }
    }
}

/// Writes until the other side refuses, then pretends.
struct Tolerant<'a> {
    inner: &'a mut OwnedWriteHalf,
    broken: bool,
    /// What was written, where it is kept.
    copy: Option<Vec<u8>>,
    pace: Option<Pace>,
}

/// How fast a throttled body goes on.
struct Pace {
    bytes_per_sec: u32,
    pause: Pin<Box<tokio::time::Sleep>>,
}

impl Pace {
    fn new(bytes_per_sec: u32) -> Pace {
        Pace {
            bytes_per_sec,
            pause: Box::pin(tokio::time::sleep(Duration::ZERO)),
        }
    }

    /// What may be written at once: a tenth of a second's worth.
    fn piece<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let most = usize::try_from(self.bytes_per_sec / 10).unwrap_or(usize::MAX);
        &bytes[..bytes.len().min(most.max(1))]
    }

    fn wrote(&mut self, bytes: usize) {
        let time = Duration::from_secs_f64(bytes as f64 / f64::from(self.bytes_per_sec));
        self.pause
            .as_mut()
            .reset(tokio::time::Instant::now() + time);
    }
}

impl AsyncWrite for Tolerant<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let mut bytes = bytes;
        if let Some(pace) = this.pace.as_mut().filter(|_| !this.broken) {
            std::task::ready!(pace.pause.as_mut().poll(cx));
            bytes = pace.piece(bytes);
        }
        let written = if this.broken {
            Poll::Ready(Ok(bytes.len()))
        } else {
            Pin::new(&mut *this.inner).poll_write(cx, bytes)
        };
        let written = written.map(|written| {
            written.unwrap_or_else(|_| {
                this.broken = true;
                bytes.len()
            })
        });
        if let Poll::Ready(length) = &written {
            if let Some(copy) = &mut this.copy {
                copy.extend_from_slice(&bytes[..*length]);
            }
            if let Some(pace) = &mut this.pace {
                pace.wrote(*length);
            }
        }
        written.map(Ok)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
