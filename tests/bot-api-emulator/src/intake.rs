//! Reads a request's body in any of the four encodings; files go to disk while they come. It decides nothing.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{body::Incoming as Body, header, http::request::Parts};
use tokio::time::Instant;

use crate::{
    multipart::{self, Parser, Piece},
    params::Params,
    store::{Incoming, Received, Receiving},
};

/// All parameters of a call together, as in the real server.
const LARGEST_PARAMS_BYTES: usize = 1024 * 1024;
const MOST_FILES: usize = 50;
/// A client that is refused while it still sends is heard out up to this, so that it reads the answer.
const DRAINED_BYTES: u64 = 256 * 1024 * 1024;

/// A body that was read.
#[derive(Default)]
pub(crate) struct Intake {
    pub(crate) params: Params,
    pub(crate) files: Vec<SentFile>,
}

/// A file part.
pub(crate) struct SentFile {
    pub(crate) field: String,
    pub(crate) name: String,
    pub(crate) received: Received,
}

impl Intake {
    /// Of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.received.size).sum()
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(crate) enum Unread {
    /// Larger than the front lets through.
    TooLarge,
    /// Answered by this status and nothing else.
    Unparsable(u16),
    /// The client went.
    Gone,
    /// It was to be cut here.
    Cut,
    /// The emulator's disk.
    Io(io::Error),
}

/// A body, read at a speed and up to a length.
pub(crate) struct Reader {
    pub(crate) body: Body,
    pub(crate) largest_bytes: u64,
    pub(crate) cut_after: Option<u64>,
    pub(crate) bytes_per_sec: Option<u64>,
    read: u64,
    since: Instant,
}

impl Reader {
    pub(crate) fn new(body: Body, largest_bytes: u64) -> Reader {
        Reader {
            body,
            largest_bytes,
            cut_after: None,
            bytes_per_sec: None,
            read: 0,
            since: Instant::now(),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Unread> {
        loop {
            let Some(frame) = self.body.frame().await else {
                return Ok(None);
            };
            let Ok(bytes) = frame.map_err(|_| Unread::Gone)?.into_data() else {
                continue;
            };
            self.read += bytes.len() as u64;
            if self.cut_after.is_some_and(|cut| self.read >= cut) {
                return Err(Unread::Cut);
            }
            if self.read > self.largest_bytes {
                return Err(Unread::TooLarge);
            }
            if let Some(speed) = self.bytes_per_sec {
                let due = self.read as f64 / speed.max(1) as f64;
                tokio::time::sleep_until(self.since + Duration::from_secs_f64(due)).await;
            }
            return Ok(Some(bytes));
        }
    }

    async fn whole(&mut self, largest_bytes: usize) -> Result<Vec<u8>, Unread> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.next().await? {
            if whole.len() + bytes.len() > largest_bytes {
                return Err(Unread::Unparsable(413));
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole)
    }

    /// Reads and forgets what is left; false when it is too much.
    pub(crate) async fn drain(&mut self) -> bool {
        while let Some(Ok(frame)) = self.body.frame().await {
            self.read += frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
            if self.read > DRAINED_BYTES {
                return false;
            }
        }
        true
    }
}

/// Reads the parameters and files of a call.
pub(crate) async fn read(
    head: &Parts,
    reader: &mut Reader,
    incoming: &Incoming,
) -> Result<Intake, Unread> {
    let mut intake = Intake::default();
    intake
        .params
        .add_encoded(head.uri.query().unwrap_or_default().as_bytes());
    let text = |name| {
        let value = head.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    };
    if !matches!(text(header::CONTENT_ENCODING), "" | "identity") {
        return Err(Unread::Unparsable(415));
    }
    let content_type = text(header::CONTENT_TYPE);
    let kind = content_type.split(';').next().unwrap_or("").trim();
    if let Some(boundary) = multipart::boundary(content_type) {
        read_multipart(&boundary, reader, incoming, &mut intake).await?;
    } else if kind.eq_ignore_ascii_case("multipart/form-data") {
        return Err(Unread::Unparsable(400));
    } else if kind.eq_ignore_ascii_case("application/json") {
        let json = reader.whole(LARGEST_PARAMS_BYTES).await?;
        if !json.is_empty() && !intake.params.add_json(&json) {
            return Err(Unread::Unparsable(400));
        }
    } else if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let form = reader.whole(LARGEST_PARAMS_BYTES).await?;
        intake.params.add_encoded(&form);
    } else {
        // A body that is not announced as one of these is not looked at.
        while reader.next().await?.is_some() {}
    }
    Ok(intake)
}

/// The part that is being read.
enum Open {
    None,
    Param(String, Vec<u8>),
    File(String, String, Receiving),
}

async fn read_multipart(
    boundary: &str,
    reader: &mut Reader,
    incoming: &Incoming,
    intake: &mut Intake,
) -> Result<(), Unread> {
    let mut parser = Parser::new(boundary);
    let mut open = Open::None;
    let mut pieces = Vec::new();
    while let Some(bytes) = reader.next().await? {
        parser
            .feed(bytes, &mut pieces)
            .map_err(|_| Unread::Unparsable(400))?;
        for piece in pieces.drain(..) {
            open = take(piece, open, incoming, intake).await?;
        }
    }
    parser.finish().map_err(|_| Unread::Unparsable(400))
}

async fn take(
    piece: Piece,
    open: Open,
    incoming: &Incoming,
    intake: &mut Intake,
) -> Result<Open, Unread> {
    match (piece, open) {
        (
            Piece::Start {
                name,
                filename: None,
            },
            _,
        ) => Ok(Open::Param(name, Vec::new())),
        (
            Piece::Start {
                name,
                filename: Some(file),
            },
            _,
        ) => {
            if intake.files.len() == MOST_FILES {
                return Err(Unread::Unparsable(413));
            }
            Ok(Open::File(name, clean(&file), incoming.receive()))
        }
        (Piece::Content(bytes), Open::Param(name, mut value)) => {
            value.extend_from_slice(&bytes);
            if intake.params.size() + value.len() > LARGEST_PARAMS_BYTES {
                return Err(Unread::Unparsable(413));
            }
            Ok(Open::Param(name, value))
        }
        (Piece::Content(bytes), Open::File(field, name, receiving)) => {
            receiving.add(bytes).await.map_err(Unread::Io)?;
            Ok(Open::File(field, name, receiving))
        }
        (Piece::End, Open::Param(name, value)) => {
            let value = String::from_utf8_lossy(&value).into_owned();
            intake.params.add(name, value);
            Ok(Open::None)
        }
        (Piece::End, Open::File(field, name, receiving)) => {
            let received = receiving.finish().await.map_err(Unread::Io)?;
            intake.files.push(SentFile {
                field,
                name,
                received,
            });
            Ok(Open::None)
        }
        (Piece::Content(_) | Piece::End, Open::None) => Err(Unread::Unparsable(400)),
    }
}

/// A file's name without folders, as Telegram keeps it.
fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars()
        .filter(|character| !character.is_control())
        .collect()
}
