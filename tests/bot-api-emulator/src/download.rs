//! `/file/bot<token>/<path>`: a file's bytes, or what a fault makes of them.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Method, Request, Response,
    body::Incoming as Body,
    header::{self, HeaderValue},
};
use tokio::{sync::mpsc, time::Instant};

use crate::{
    call::broken,
    calls::Call,
    faults::{Fault, Phase, Target},
    machine::Machine,
    refusal::{self, Refusal},
    reply::{End, Feed, Reply, ReplyBody},
    server::Line,
    world::{BotId, BotState, FileKey, extension},
};

const CHUNK_BYTES: usize = 256 * 1024;

/// What is sent, from where, and how it is spoilt.
struct Sending {
    path: PathBuf,
    from: u64,
    /// What the head says.
    said: u64,
    /// Less than said: then the connection breaks.
    sent: u64,
    reset: bool,
    flipped_at: Option<u64>,
    bytes_per_sec: Option<u64>,
}

pub(crate) async fn answer(
    machine: &Arc<Machine>,
    line: &Arc<Line>,
    request: Request<Body>,
    rest: &str,
) -> Result<Response<ReplyBody>, End> {
    let (token, path) = rest.split_once('/').unwrap_or((rest, ""));
    let bot = machine.world().state.bot_by_token(token).map(|bot| bot.id);
    let target = Target {
        bot,
        chat: None,
        method: "file",
    };
    let head_fault = machine.pick_fault(Phase::Head, target);
    let fault = head_fault.or_else(|| machine.pick_fault(Phase::Call, target));
    let replied = match instead(machine, fault.as_ref()).await {
        Some(reply) => Err(reply),
        None => find(machine, token, path).map_err(Reply::Refused),
    };
    let (status, bytes, outcome, response) = match replied {
        Err(reply) => (reply.status(), 0, reply.outcome(), reply.into_response()),
        Ok((bot, key)) => match sending(machine, bot, key, &request, fault.as_ref()) {
            Ok((sending, response)) => {
                let outcome = fault.map_or_else(|| "ok".to_owned(), |fault| fault.name());
                let status = response.status().as_u16();
                let size = sending.said;
                let response = if request.method() == Method::HEAD {
                    response
                } else {
                    response.map(|_| body(sending, Arc::clone(line)))
                };
                (status, size, outcome, Ok(response))
            }
            Err(error) => {
                let reply = Reply::Refused(broken(&error));
                (500, 0, reply.outcome(), reply.into_response())
            }
        },
    };
    machine.memory().add(Call {
        at: machine.clock.now(),
        bot,
        method: "file".to_owned(),
        chat: None,
        bytes,
        status,
        outcome,
    });
    response
}

/// What a fault answers in place of the file.
async fn instead(machine: &Machine, fault: Option<&Fault>) -> Option<Reply> {
    let refusal = match fault? {
        Fault::ResetBeforeBody | Fault::ResetAfterStore => return Some(Reply::End(End::Reset)),
        Fault::EmptyReply => return Some(Reply::End(End::Close)),
        Fault::Hang { secs } => {
            machine.hang(*secs).await;
            return None;
        }
        Fault::BadGatewayHtml => return Some(Reply::BadGatewayHtml),
        Fault::Flood { retry_after } => Refusal::flood(*retry_after),
        Fault::Restart500 => refusal::RESTARTING,
        Fault::BadGatewayJson | Fault::BadGatewayAfterStore => refusal::BAD_GATEWAY,
        Fault::Unavailable => refusal::NOT_FOUND,
        Fault::File401 => refusal::UNAUTHORIZED,
        Fault::Refuse { code, description } => Refusal::new(*code, description.as_str()),
        _ => return None,
    };
    Some(Reply::Refused(refusal))
}

/// The file that a path of a bot means, if it does now.
fn find(machine: &Machine, token: &str, path: &str) -> Result<(BotId, FileKey), Refusal> {
    let now = machine.clock.now();
    let world = machine.world();
    let state = &world.state;
    let bot = state.bot_by_token(token).ok_or(refusal::UNAUTHORIZED)?;
    match bot.state {
        BotState::Revoked => return Err(refusal::UNAUTHORIZED),
        BotState::LoggedOut(until) if now < until => return Err(refusal::UNAUTHORIZED),
        BotState::LoggedOut(_) | BotState::Live => {}
    }
    let name = path
        .strip_prefix("documents/file_")
        .ok_or(refusal::NOT_FOUND)?;
    let ending = extension(name);
    let number = name.strip_suffix(ending).unwrap_or(name).parse();
    let number: u64 = number.map_err(|_| refusal::NOT_FOUND)?;
    let key = state.numbers.get(&(bot.id, number)).copied();
    let key = key.ok_or(refusal::NOT_FOUND)?;
    let in_time = state
        .paths
        .get(&(bot.id, key))
        .is_some_and(|path| now < path.until);
    let named = state
        .files
        .get(&key)
        .is_some_and(|file| extension(&file.name) == ending);
    if !in_time || !named {
        return Err(refusal::NOT_FOUND);
    }
    Ok((bot.id, key))
}

/// The head of the reply, and what follows it.
fn sending(
    machine: &Machine,
    bot: BotId,
    key: FileKey,
    request: &Request<Body>,
    fault: Option<&Fault>,
) -> io::Result<(Sending, Response<ReplyBody>)> {
    let key = match fault {
        Some(Fault::SwappedPart) => another(machine, bot, key),
        _ => key,
    };
    let path = machine.world().path_of(key);
    let size = std::fs::metadata(&path)?.len();
    let range = request.headers().get(header::RANGE);
    let range = range
        .filter(|_| machine.ranges())
        .and_then(|range| read_range(range.to_str().ok()?, size));
    let (from, until) = range.unwrap_or((0, size));
    let length = until - from;
    let mut sending = Sending {
        path,
        from,
        said: length,
        sent: length,
        reset: false,
        flipped_at: None,
        bytes_per_sec: None,
    };
    sending.spoil(fault);
    let mut response = Reply::Empty(if range.is_some() { 206 } else { 200 })
        .into_response()
        .unwrap_or_default();
    let headers = response.headers_mut();
    headers.remove(header::CONNECTION);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(sending.said));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    if range.is_some() {
        let told = format!("bytes {from}-{}/{size}", until.saturating_sub(1));
        if let Ok(told) = HeaderValue::from_str(&told) {
            headers.insert(header::CONTENT_RANGE, told);
        }
    }
    Ok((sending, response))
}

impl Sending {
    fn spoil(&mut self, fault: Option<&Fault>) {
        match fault {
            Some(Fault::TruncatedDownload | Fault::HalfReply) => {
                self.sent = self.said / 2;
            }
            Some(Fault::ResetMidBody) => {
                self.sent = self.said / 2;
                self.reset = true;
            }
            Some(Fault::ShortDownload) => {
                self.said /= 2;
                self.sent = self.said;
            }
            Some(Fault::FlippedBit) => self.flipped_at = Some(self.from + self.said / 3),
            Some(Fault::SlowBody { bytes_per_sec }) => self.bytes_per_sec = Some(*bytes_per_sec),
            _ => {}
        }
    }
}

/// A file that is not `key`: of the same size if there is one, of the same bot before others.
fn another(machine: &Machine, bot: BotId, key: FileKey) -> FileKey {
    let world = machine.world();
    let size = world.state.files.get(&key).map(|file| file.size);
    let others = world.state.files.values().filter(|file| file.key != key);
    let closeness = |other: FileKey, other_size: u64| {
        let own = world.state.paths.contains_key(&(bot, other));
        (Some(other_size) == size, own, other)
    };
    others
        .max_by_key(|file| closeness(file.key, file.size))
        .map_or(key, |file| file.key)
}

/// `bytes=a-b`, `bytes=a-` or `bytes=-n`: from, and where it ends. None when it cannot be served.
fn read_range(text: &str, size: u64) -> Option<(u64, u64)> {
    let (from, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (from, until) = match (from.parse::<u64>(), last.parse::<u64>()) {
        (Ok(from), Ok(last)) => (from, last.saturating_add(1).min(size)),
        (Ok(from), Err(_)) if last.is_empty() => (from, size),
        (Err(_), Ok(count)) if from.is_empty() => (size.saturating_sub(count), size),
        _ => return None,
    };
    (from < until).then_some((from, until))
}

fn body(sending: Sending, line: Arc<Line>) -> ReplyBody {
    let (pieces, feed) = Feed::new(sending.said);
    tokio::spawn(async move {
        // The reader went: nothing is owed to it.
        let _ = send(&sending, &pieces).await;
        if sending.reset {
            // What was read so far leaves first: the writer asks for more only when it has written.
            let _ = pieces.reserve_many(pieces.max_capacity()).await;
            line.end(End::Reset);
        }
    });
    feed.boxed()
}

async fn send(sending: &Sending, pieces: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    let mut file = File::open(&sending.path)?;
    file.seek(SeekFrom::Start(sending.from))?;
    let since = Instant::now();
    let mut at = 0;
    while at < sending.sent {
        let most =
            usize::try_from(sending.sent - at).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        let most = match sending.bytes_per_sec {
            Some(speed) => {
                usize::try_from(speed).map_or(most, |speed| most.min((speed / 10).max(1)))
            }
            None => most,
        };
        // From the page cache mostly: a thread's hand-over costs more than the read.
        let mut chunk = vec![0; most];
        file.read_exact(&mut chunk)?;
        let begin = sending.from + at;
        if let Some(flipped) = sending
            .flipped_at
            .and_then(|flipped| flipped.checked_sub(begin))
            && let Some(byte) = usize::try_from(flipped)
                .ok()
                .and_then(|offset| chunk.get_mut(offset))
        {
            *byte ^= 1;
        }
        at += most as u64;
        if let Some(speed) = sending.bytes_per_sec {
            let due = at as f64 / speed.max(1) as f64;
            tokio::time::sleep_until(since + Duration::from_secs_f64(due)).await;
        }
        if pieces.send(Ok(chunk.into())).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        assert_eq!(read_range("bytes=0-0", 10), Some((0, 1)));
        assert_eq!(read_range("bytes=3-99", 10), Some((3, 10)));
        assert_eq!(read_range("bytes=3-", 10), Some((3, 10)));
        assert_eq!(read_range("bytes=-4", 10), Some((6, 10)));
        assert_eq!(read_range("bytes=10-", 10), None);
        assert_eq!(read_range("lines=1-2", 10), None);
    }
}
