//! A part worker: MACs parts, seals and sends them, fetches, opens and checks them. It decides nothing: every job is told
//! exactly what to do, and every outcome is reported.
//!
//! In reading order: `messages` is what is said, `job_table` what is under way; `sending` (by `delivery`, of a
//! `sealed_body`) and `fetching` do a job, `reply` says what came of it.

mod delivery;
mod fetching;
mod job_table;
mod messages;
#[cfg(feature = "bench")]
mod plain;
mod reply;
mod sealed_body;
mod sending;

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use self::job_table::JobTable;
use super::{buffers::release, link};
use crate::{error::ClientCode, interop::field};

pub(crate) use self::messages::{
    FetchOrder, ListedPart, PartPlace, PartReply, PartRequest, SendOrder,
};

/// Serves for as long as the worker lives.
pub(crate) fn run_part_worker() {
    let table = Rc::new(JobTable::default());
    link::serve(move |message| match link::head(&message) {
        Ok(request) => serve(table.clone(), request, &message),
        Err(error) => wasm_bindgen::throw_str(&error.to_string()),
    });
}

fn serve(table: Rc<JobTable>, request: PartRequest, message: &JsValue) {
    let key: CryptoKey = field(message, "key").unchecked_into();
    match request {
        PartRequest::Mac { job, place, keep } => {
            table.mac(job, &place, keep, link::buffer(message))
        }
        PartRequest::Send { job, kept, order } => {
            let plain = table.take_kept(kept);
            table.spawn(job, async move |table| {
                let plain =
                    plain.ok_or(ClientCode::ClientFault.because("the part's bytes are gone"))?;
                order.execute(job, plain, &key, table).await
            });
        }
        PartRequest::Fetch { job, order } => {
            table.spawn(job, async move |table| {
                order.execute(job, &key, table).await
            });
        }
        #[cfg(feature = "bench")]
        PartRequest::Plain { job, url } => {
            let bytes = link::buffer(message);
            table.spawn(job, async move |table| {
                table.send_plain(job, bytes, &url).await
            });
        }
        PartRequest::Drop { kept } => drop(table.take_kept(kept).map(release)),
        PartRequest::Abort { job } => table.abort(job),
        PartRequest::Forget { file_id } => table.forget(file_id),
    }
}
