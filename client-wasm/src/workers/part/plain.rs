//! Sends bytes as they are: what `cargo xtask bench` compares sealing with. Not in the product.

use js_sys::{Array, ArrayBuffer};

use super::{
    job_table::JobTable,
    messages::PartReply,
    reply::{Reply, refused},
};
use crate::{
    error::Result,
    workers::{
        buffers::{blob_of, release},
        xhr::{Exchange, Timeouts},
    },
};

impl JobTable {
    pub(super) async fn send_plain(
        &self,
        job: u32,
        bytes: ArrayBuffer,
        url: &str,
    ) -> Result<Reply> {
        let blob = blob_of(&Array::of1(&bytes))?;
        release(bytes);
        let exchange = Exchange::open("PUT", url, &[])?;
        let answer = self
            .exchange(job, exchange, Some(&blob), Timeouts::LONG)
            .await?;
        match answer.status {
            200..=299 => Ok(PartReply::PlainSent { job }.into()),
            _ => Err(refused(&answer)),
        }
    }
}
