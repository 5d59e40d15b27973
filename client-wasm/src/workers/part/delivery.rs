//! How a sealed body gets to the server: whole, or from where the server's bytes end, or in pieces below a proxy's limit
//! (draft-ietf-httpbis-resumable-upload). It never seals, and waits for nothing: a cut ends it, another job goes on.

use ferry_core::wire::{
    HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_LENGTH, HEADER_UPLOAD_OFFSET, PARTIAL_UPLOAD, Problem,
};

use super::{
    job_table::JobTable,
    messages::SendOrder,
    reply::{refused_with, text},
    sealed_body::SealedBody,
};
use crate::{
    error::{ClientError, Result},
    failure::failure_of,
    workers::xhr::{Exchange, HttpAnswer},
};

/// How often in a job the server may name another offset than ours: another connection of this part may just be ending.
const MOST_CORRECTIONS: u32 = 4;

/// One body on its way.
pub(super) struct Delivery<'a> {
    pub(super) order: &'a SendOrder,
    pub(super) body: &'a SealedBody,
    pub(super) job: u32,
    pub(super) table: &'a JobTable,
}

impl Delivery<'_> {
    /// The server's last word. `begun`: some of it may be there.
    pub(super) async fn run(&self, begun: bool) -> Result<HttpAnswer> {
        let mut offset = 0;
        if begun {
            let asked = self.ask_offset().await?;
            match (asked.status, asked.upload_offset) {
                (204, Some(at)) => offset = at.min(self.body.len_bytes()),
                // Away, busy, or a person must sign in: the body would be refused as well.
                (401 | 408 | 425 | 429 | 500.., _) => return Ok(asked),
                // Behind a proxy with a password of its own this is the server's 401.
                (403, _) if refused_with(&asked).is_some() => return Ok(asked),
                _ => {}
            }
        }
        let mut corrections = 0;
        loop {
            let end = self.table.piece_end(offset, self.body.len_bytes());
            let answer = self.send_piece(offset, end).await?;
            match (answer.status, answer.upload_offset) {
                (204, Some(at)) if at > offset && at <= self.body.len_bytes() => offset = at,
                (409, Some(at)) if corrections < MOST_CORRECTIONS => {
                    corrections += 1;
                    offset = at.min(self.body.len_bytes());
                }
                (413, _) if !is_problem(&answer) && self.table.shrink_pieces(end - offset) => {}
                _ => return Ok(answer),
            }
        }
    }

    async fn ask_offset(&self) -> Result<HttpAnswer> {
        let headers = self.order.headers(self.body);
        let exchange = Exchange::open("HEAD", &self.order.url, &headers)?;
        self.table.exchange(self.job, exchange, None, 0).await
    }

    async fn send_piece(&self, offset: u64, end: u64) -> Result<HttpAnswer> {
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
        self.table
            .exchange(self.job, exchange, Some(&piece), offset)
            .await
    }
}

/// Whether a later job may continue the body: where the machine will ask for the part again.
pub(super) fn can_go_on(error: &ClientError) -> bool {
    failure_of(error.clone()).is_retried()
}

fn is_problem(answer: &HttpAnswer) -> bool {
    serde_json::from_str::<Problem>(&text(answer)).is_ok()
}
