//! As much of HTTP/1.1 as a proxy needs to count and cut: heads, and where bodies end. Not a validating parser.

use std::io;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const LONGEST_HEAD_BYTES: usize = 64 * 1024;

/// The lines before a body, as they came.
pub struct Head {
    pub(super) raw: Vec<u8>,
    first: String,
    fields: Vec<(String, String)>,
}

/// Where a body ends.
#[derive(Clone, Copy)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl Head {
    /// Reads one; none when the other side closed between messages.
    pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Head>> {
        let mut raw = Vec::new();
        let mut lines = Vec::new();
        loop {
            let start = raw.len();
            let read = from.read_until(b'\n', &mut raw).await?;
            if read == 0 {
                return if raw.is_empty() {
                    Ok(None)
                } else {
                    bail!("the head broke off")
                };
            }
            if raw.len() > LONGEST_HEAD_BYTES {
                bail!("the head is too long");
            }
            let line = String::from_utf8_lossy(&raw[start..]).trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let mut lines = lines.into_iter();
        let first = lines.next().context("a head without a first line")?;
        let split = |line: String| {
            line.split_once(':')
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        };
        Ok(Some(Head {
            raw,
            first,
            fields: lines.filter_map(split).collect(),
        }))
    }

    /// A field's value; the name in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// All fields in order; names in lower case.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.fields.iter();
        fields.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Method of a request.
    pub fn method(&self) -> &str {
        self.first.split(' ').next().unwrap_or_default()
    }

    /// Path of a request, without its query.
    pub fn path(&self) -> &str {
        let target = self.first.split(' ').nth(1).unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }

    /// Status of an answer.
    pub(super) fn status(&self) -> Result<u16> {
        let text = self.first.split(' ').nth(1).context("no status")?;
        text.parse()
            .with_context(|| format!("not a status: {}", self.first))
    }

    /// A request's body.
    pub(super) fn request_framing(&self) -> Framing {
        self.declared_framing().unwrap_or(Framing::Length(0))
    }

    /// An answer's body.
    pub(super) fn answer_framing(&self, method: &str, status: u16) -> Framing {
        if method == "HEAD" || status == 204 || status == 304 {
            return Framing::Length(0);
        }
        self.declared_framing().unwrap_or(Framing::UntilClose)
    }

    fn declared_framing(&self) -> Option<Framing> {
        if self
            .field("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            return Some(Framing::Chunked);
        }
        self.field("content-length")?
            .parse()
            .ok()
            .map(Framing::Length)
    }

    /// The sender closes after this message.
    pub(super) fn closes(&self) -> bool {
        self.field("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Reads a body whole, without its framing.
pub(super) async fn read_body(
    from: &mut (impl AsyncBufRead + Unpin),
    framing: Framing,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    relay_body(from, &mut body, framing, |_| Ok(())).await?;
    if matches!(framing, Framing::Chunked) {
        body = unchunked(&body).ok_or(io::ErrorKind::InvalidData)?;
    }
    Ok(body)
}

fn unchunked(mut framed: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = framed.windows(2).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(&framed[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let chunk = framed.get(end + 2..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk.get(..size)?);
        framed = chunk.get(size + 2..)?;
    }
}

/// Copies a body as it is framed; `on_bytes` hears of each piece before it is written and may end the copy.
pub(super) async fn relay_body(
    from: &mut (impl AsyncBufRead + Unpin),
    into: &mut (impl AsyncWrite + Unpin),
    framing: Framing,
    mut on_bytes: impl FnMut(usize) -> io::Result<()>,
) -> io::Result<()> {
    match framing {
        Framing::Length(length) => relay_exactly(from, into, length, &mut on_bytes).await?,
        Framing::Chunked => relay_chunks(from, into, &mut on_bytes).await?,
        Framing::UntilClose => relay_until_close(from, into, &mut on_bytes).await?,
    }
    into.flush().await
}

async fn relay_exactly(
    from: &mut (impl AsyncBufRead + Unpin),
    into: &mut (impl AsyncWrite + Unpin),
    length: u64,
    on_bytes: &mut impl FnMut(usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut left = length;
    let mut buffer = vec![0; 64 * 1024];
    while left > 0 {
        let most = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = from.read(&mut buffer[..most]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        on_bytes(read)?;
        into.write_all(&buffer[..read]).await?;
        left -= read as u64;
    }
    Ok(())
}

async fn relay_chunks(
    from: &mut (impl AsyncBufRead + Unpin),
    into: &mut (impl AsyncWrite + Unpin),
    on_bytes: &mut impl FnMut(usize) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        let mut line = Vec::new();
        from.read_until(b'\n', &mut line).await?;
        into.write_all(&line).await?;
        let text = String::from_utf8_lossy(&line);
        let size = text.trim().split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size, 16)
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        relay_exactly(from, into, size + 2, on_bytes).await?;
        into.flush().await?;
        if size == 0 {
            return Ok(());
        }
    }
}

async fn relay_until_close(
    from: &mut (impl AsyncBufRead + Unpin),
    into: &mut (impl AsyncWrite + Unpin),
    on_bytes: &mut impl FnMut(usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        on_bytes(read)?;
        into.write_all(&buffer[..read]).await?;
    }
}
