//! Sends a file as it is, with the workers that sealing uses: what `cargo xtask bench` compares sealing with. Not part of
//! the product's own way.

use std::{cell::Cell, rc::Rc};

use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Blob;

use crate::{
    context::Context,
    error::{ClientCode, ClientError, Result},
    interop::now_ms,
    workers::pool::ReadOrder,
};

/// What was sent, and how long it took.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    size_bytes: u64,
    millis: u64,
}

/// Sends parts of `part_bytes` to `url` with the part's number appended, `in_flight` at once.
pub(crate) async fn send_plain(
    context: &Rc<Context>,
    blob: Blob,
    url: &str,
    part_bytes: u32,
    in_flight: u32,
) -> Result<Sent> {
    let began_ms = now_ms();
    let transfer = context.new_transfer();
    let size_bytes = blob.size() as u64;
    context.pool.open(transfer, &blob)?;
    let next = Rc::new(Cell::new(0));
    let lanes = js_sys::Array::new();
    for _ in 0..in_flight {
        let lane = Lane {
            context: context.clone(),
            transfer,
            size_bytes,
            part_bytes,
            url: url.to_owned(),
            next: next.clone(),
        };
        lanes.push(&future_to_promise(async move {
            lane.run()
                .await
                .map(|()| JsValue::UNDEFINED)
                .map_err(|error| JsValue::from(error.to_string()))
        }));
    }
    JsFuture::from(js_sys::Promise::all(&lanes))
        .await
        .map_err(|e| ClientCode::Network.thrown(&e))?;
    context.pool.close(transfer)?;
    Ok(Sent {
        size_bytes,
        millis: now_ms() - began_ms,
    })
}

/// One send after another.
struct Lane {
    context: Rc<Context>,
    transfer: u32,
    size_bytes: u64,
    part_bytes: u32,
    url: String,
    next: Rc<Cell<u64>>,
}

impl Lane {
    async fn run(&self) -> Result<(), ClientError> {
        loop {
            let number = self.next.replace(self.next.get() + 1);
            let offset_bytes = number * u64::from(self.part_bytes);
            if offset_bytes >= self.size_bytes {
                return Ok(());
            }
            let left = self.size_bytes - offset_bytes;
            let len_bytes =
                u32::try_from(left).map_or(self.part_bytes, |left| left.min(self.part_bytes));
            let order = ReadOrder {
                transfer: self.transfer,
                offset_bytes,
                len_bytes,
                position: None,
                first: false,
            };
            let leased = self.context.pool.read(order).await?;
            let url = format!("{}{}", self.url, number + 1);
            self.context.pool.send_plain(leased, url).await?;
        }
    }
}
