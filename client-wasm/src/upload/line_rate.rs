//! What can be known of a line before the first part: the browser's hint, or a probe. What follows is `for_line`'s decision.

use ferry_core::{envelope::Entropy as _, wire::PROBE_BYTES};
use js_sys::Array;
use web_sys::Blob;

use crate::{
    api::Api,
    interop::{SystemEntropy, field, js_bytes, now_ms, scope},
};

/// A probe that took this long is tried again: the server may just have been busy.
const DOUBTFUL_MS: u64 = 200;
/// From here on it was the line, and another probe would only hold the first part up.
const CLEAR_MS: u64 = 2_000;
/// What a line that the browser itself calls slow is taken for.
pub(crate) const HINTED_BYTES_PER_SEC: u64 = 100 * 1024;

/// The browser says that this is a line of 3G or less, or that data are to be saved.
pub(crate) fn is_hinted_slow() -> bool {
    let connection = field(&scope().navigator(), "connection");
    if !connection.is_object() {
        return false;
    }
    let kind = field(&connection, "effectiveType").as_string();
    let saves = field(&connection, "saveData").as_bool().unwrap_or(false);
    saves || kind.is_some_and(|kind| matches!(kind.as_str(), "slow-2g" | "2g" | "3g"))
}

/// Milliseconds for a probe to the server and its answer, the better of two; none where it came to nothing.
pub(crate) async fn probe(api: &Api) -> Option<u64> {
    let first = probe_once(api).await?;
    if !(DOUBTFUL_MS..CLEAR_MS).contains(&first) {
        return Some(first);
    }
    Some(
        probe_once(api)
            .await
            .map_or(first, |again| first.min(again)),
    )
}

async fn probe_once(api: &Api) -> Option<u64> {
    // Zeros would do, but for lines that compress.
    let mut bytes = vec![0; usize::try_from(PROBE_BYTES).ok()?];
    SystemEntropy.fill(&mut bytes);
    let body = Blob::new_with_u8_array_sequence(&Array::of1(&js_bytes(&bytes))).ok()?;
    let began_ms = now_ms();
    api.probe_line(&body).await.ok()?;
    Some(now_ms().saturating_sub(began_ms))
}
