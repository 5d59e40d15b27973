//! How a sealed body gets to the server: in pieces as long as the line carries in a few seconds, from where the server's
//! bytes end (draft-ietf-httpbis-resumable-upload), or whole where a balancer gives each request to another server. It
//! never seals, and waits for nothing: a cut ends it, another job goes on.

use ferry_core::{
    transfer::{Bearing, BodyCourse, PIECE_TIMEOUT_MS, STORE_TIMEOUT_MS},
    wire::{
        HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_LENGTH, HEADER_UPLOAD_OFFSET, PARTIAL_UPLOAD, Problem,
    },
};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;

use super::{
    job_table::JobTable,
    messages::{PartReply, SendOrder},
    reply::{Reply, refused_with, text},
    sealed_body::SealedBody,
};
use crate::{
    error::{ClientCode, ClientError, Result},
    failure::failure_of,
    interop::now_ms,
    once::OnceSender,
    workers::xhr::{Exchange, HttpAnswer, Timeouts},
};

/// How often in a job the server may name another offset than ours: another connection of this part may just be ending.
const MOST_CORRECTIONS: u32 = 4;
/// Pieces in a row that may be broken off without a byte of them at the server.
const MOST_SILENT: u32 = 2;
/// How long the server's answer to a question is waited for, and how often it is asked. Where a network is gone, each
/// question that is given up closes a dead connection that the browser took for a good one. The last one is longer than
/// a server waits for another of its requests.
const ASKING_MS: [u64; 5] = [3_000, 3_000, 4_000, 6_000, 14_000];
/// Between two questions to a server that stores a part.
const STORING_PAUSE_MS: u32 = 2_000;
/// For a piece and its confirmation.
const PIECE_TIMEOUTS: Timeouts = Timeouts {
    sending_ms: PIECE_TIMEOUT_MS,
    answer_ms: PIECE_TIMEOUT_MS,
};

/// One body on its way.
pub(super) struct Delivery<'a> {
    pub(super) order: &'a SendOrder,
    pub(super) body: &'a SealedBody,
    pub(super) job: u32,
    pub(super) table: &'a JobTable,
}

/// What the server says when it is asked how far it came.
enum Asked {
    At(u64),
    /// Away, busy, or a person must sign in: the body would be refused as well.
    NotNow(HttpAnswer),
    /// It does not know the question.
    Unknown,
}

/// What became of a piece.
enum Piece {
    /// The server's bytes end here.
    Confirmed(u64),
    /// They end elsewhere than was thought; the answer that says so.
    Corrected(u64, HttpAnswer),
    /// A shorter one is to be tried.
    TooLong,
    /// It was not confirmed in time.
    Unconfirmed,
    /// The last word.
    Answered(HttpAnswer),
}

impl Delivery<'_> {
    /// The server's last word. `begun`: some of it may be there.
    pub(super) async fn run(&self, begun: bool) -> Result<HttpAnswer> {
        if let Some(rate) = self.order.line_bytes_per_sec {
            self.table.piece.borrow_mut().line_carries(rate);
        }
        if begun {
            match self.ask().await? {
                Asked::At(at) if self.told(at) == Bearing::Scattered => return Ok(too_long()),
                Asked::NotNow(answer) => return Ok(answer),
                Asked::At(_) | Asked::Unknown => {}
            }
        }
        let (mut corrections, mut silent) = (0, 0);
        loop {
            let (offset, end) = self.next_piece();
            match self.send_piece(offset, end).await? {
                Piece::TooLong => {}
                Piece::Confirmed(at) => {
                    self.told(at);
                }
                Piece::Corrected(at, _) if corrections < MOST_CORRECTIONS => {
                    if self.told(at) == Bearing::Scattered {
                        return Ok(too_long());
                    }
                    corrections += 1;
                }
                Piece::Unconfirmed => match self.bearing_after(end).await? {
                    Err(answer) => return Ok(answer),
                    Ok(Bearing::Scattered) => return Ok(too_long()),
                    Ok(Bearing::Further | Bearing::Elsewhere) => silent = 0,
                    Ok(Bearing::Same) if silent + 1 < MOST_SILENT => silent += 1,
                    Ok(Bearing::Same) => return Err(ClientCode::Stalled.into()),
                },
                Piece::Corrected(_, answer) | Piece::Answered(answer) => return Ok(answer),
            }
        }
    }

    fn next_piece(&self) -> (u64, u64) {
        let (course, piece) = (self.body.course.borrow(), self.table.piece.borrow());
        (course.offset_bytes(), course.end_bytes(&piece))
    }

    fn goes_whole(&self) -> bool {
        let course = self.body.course.borrow();
        course.is_whole(&self.table.piece.borrow())
    }

    /// A server's bytes end there.
    fn told(&self, at: u64) -> Bearing {
        let mut course = self.body.course.borrow_mut();
        let bearing = course.told(at, &mut self.table.piece.borrow_mut());
        self.tell(&course);
        bearing
    }

    /// Tells how much of the body is confirmed.
    fn tell(&self, course: &BodyCourse) {
        Reply::from(PartReply::Progress {
            job: self.job,
            confirmed_bytes: course.offset_bytes(),
        })
        .post();
    }

    /// What the server has after a piece up to `end` was not confirmed; or its answer, where it cannot say.
    async fn bearing_after(&self, end: u64) -> Result<std::result::Result<Bearing, HttpAnswer>> {
        let asked = self.ask_until_stored(end).await?;
        let at = match asked {
            Asked::At(at) => Some(at),
            Asked::Unknown => None,
            Asked::NotNow(answer) => return Ok(Err(answer)),
        };
        let mut course = self.body.course.borrow_mut();
        let bearing = course.unconfirmed(end, at, &mut self.table.piece.borrow_mut());
        self.tell(&course);
        Ok(Ok(bearing))
    }

    /// How far the server came; where the whole body was sent, it may be storing the part, and is given time for that.
    async fn ask_until_stored(&self, end: u64) -> Result<Asked> {
        let began_ms = now_ms();
        loop {
            let asked = self.ask().await?;
            let is_busy = matches!(&asked, Asked::NotNow(answer) if answer.status == 503);
            let is_late = now_ms().saturating_sub(began_ms) > STORE_TIMEOUT_MS;
            if !is_busy || is_late || end < self.body.len_bytes() {
                return Ok(asked);
            }
            pause(STORING_PAUSE_MS).await;
        }
    }

    async fn ask(&self) -> Result<Asked> {
        let mut asked = Err(ClientCode::Stalled.into());
        for asking_ms in ASKING_MS {
            asked = self.ask_once(asking_ms).await;
            if asked.as_ref().err().and_then(ClientError::local) != Some(ClientCode::Stalled) {
                break;
            }
        }
        asked
    }

    async fn ask_once(&self, asking_ms: u64) -> Result<Asked> {
        let headers = self.order.headers(self.body);
        let exchange = Exchange::open("HEAD", &self.order.url, &headers)?;
        let timeouts = Timeouts {
            sending_ms: asking_ms,
            answer_ms: asking_ms,
        };
        let asked = self.table.exchange(self.job, exchange, None, timeouts);
        let asked = asked.await?;
        Ok(match (asked.status, asked.upload_offset) {
            (204, Some(at)) => Asked::At(at),
            (401 | 408 | 425 | 429 | 500.., _) => Asked::NotNow(asked),
            // Behind a proxy with a password of its own this is the server's 401.
            (403, _) if refused_with(&asked).is_some() => Asked::NotNow(asked),
            _ => Asked::Unknown,
        })
    }

    async fn send_piece(&self, offset: u64, end: u64) -> Result<Piece> {
        let began_ms = now_ms();
        let answer = match self.exchange_piece(offset, end).await {
            Err(error) if error.local() == Some(ClientCode::Stalled) => {
                return Ok(Piece::Unconfirmed);
            }
            answer => answer?,
        };
        let took_ms = now_ms().saturating_sub(began_ms);
        Ok(self.judge(answer, offset, end, took_ms))
    }

    fn judge(&self, answer: HttpAnswer, offset: u64, end: u64, took_ms: u64) -> Piece {
        let goes_whole = self.goes_whole();
        let mut piece = self.table.piece.borrow_mut();
        let len_bytes = end - offset;
        match (answer.status, answer.upload_offset) {
            (204, Some(at)) if !goes_whole && at > offset && at <= self.body.len_bytes() => {
                piece.confirmed(len_bytes, took_ms, false);
                Piece::Confirmed(at)
            }
            (409, Some(at)) => Piece::Corrected(at, answer),
            (413, _) if !is_problem(&answer) && piece.refused(len_bytes) => Piece::TooLong,
            (200 | 201, _) if !goes_whole => {
                piece.confirmed(len_bytes, took_ms, true);
                Piece::Answered(answer)
            }
            _ => Piece::Answered(answer),
        }
    }

    async fn exchange_piece(&self, offset: u64, end: u64) -> Result<HttpAnswer> {
        let len_bytes = self.body.len_bytes();
        let is_last = end == len_bytes;
        let mut headers = self.order.headers(self.body);
        headers.push((
            HEADER_UPLOAD_COMPLETE,
            if is_last { "?1" } else { "?0" }.to_owned(),
        ));
        let method = if offset == 0 && is_last {
            headers.push(("Content-Type", "application/octet-stream".to_owned()));
            "PUT"
        } else {
            headers.push(("Content-Type", PARTIAL_UPLOAD.to_owned()));
            headers.push((HEADER_UPLOAD_OFFSET, offset.to_string()));
            headers.push((HEADER_UPLOAD_LENGTH, len_bytes.to_string()));
            "PATCH"
        };
        let piece = self.body.slice(offset, end)?;
        let exchange = Exchange::open(method, &self.order.url, &headers)?;
        let timeouts = if self.goes_whole() {
            Timeouts::LONG
        } else {
            PIECE_TIMEOUTS
        };
        self.table
            .exchange(self.job, exchange, Some(&piece), timeouts)
            .await
    }
}

/// Pieces meet different servers, and something before them refuses a whole body: its limit has to be raised.
fn too_long() -> HttpAnswer {
    HttpAnswer {
        status: 413,
        retry_after: None,
        upload_offset: None,
        error_code: None,
        body: JsValue::NULL,
    }
}

async fn pause(time_ms: u32) {
    let (sender, over) = OnceSender::channel();
    let _timer = Timeout::new(time_ms, move || sender.send(()));
    // The sender lives as long as the timer.
    let _ = over.await;
}

/// Whether a later job may continue the body: where the machine will ask for the part again.
pub(super) fn can_go_on(error: &ClientError) -> bool {
    failure_of(error.clone()).is_retried()
}

fn is_problem(answer: &HttpAnswer) -> bool {
    serde_json::from_str::<Problem>(&text(answer)).is_ok()
}
