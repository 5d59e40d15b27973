//! The way of a call to the Bot API and back: an HTTP request, its answer or its fault, and the bytes of a document. It
//! knows no method.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest_of_teloxide::{RequestBuilder, Response, header};
use serde::{Serialize, de::DeserializeOwned};
use teloxide_core::requests::Payload;
use zeroize::Zeroizing;

use super::BotApi;
use super::answers::Success;
use crate::error_chain::chain;
use crate::storage::telegram::fault::{Asked, Fault, glimpse};
use crate::storage::{ByteStream, StorageError};

/// Longest answer that is read; a `Message` has a few kilobytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;

impl BotApi {
    /// A call that carries no document and can be asked again.
    pub(super) async fn small<P, T>(&self, payload: &P) -> Result<T, Fault>
    where
        P: Payload + Serialize,
        T: DeserializeOwned,
    {
        let request = self.post(P::NAME).json(payload);
        self.answer(Asked::Again, request, self.settings.small_call_timeout)
            .await
    }

    /// A request of this method, still without parameters.
    pub(super) fn post(&self, method: &str) -> RequestBuilder {
        let base = &self.settings.api_url;
        let address = Zeroizing::new(format!("{base}/bot{}/{method}", self.token.expose()));
        self.client.post(address.as_str())
    }

    /// Sends it and reads what came of it.
    pub(super) async fn answer<T: DeserializeOwned>(
        &self,
        asked: Asked,
        request: RequestBuilder,
        timeout: Duration,
    ) -> Result<T, Fault> {
        let response = request
            .timeout(timeout)
            .send()
            .await
            .map_err(|error| lost(asked, error))?;
        if !response.status().is_success() {
            return Err(self.refusal(asked, response).await);
        }
        let status = response.status();
        let body = text_of(response)
            .await
            .map_err(|error| lost(asked, error))?;
        match serde_json::from_str::<Success<T>>(&body) {
            Ok(Success {
                ok: true,
                result: Some(result),
            }) => Ok(result),
            Ok(Success { ok: false, .. }) => {
                let body = self.token.redacted(&body);
                Err(Fault::of_answer(asked, status.as_u16(), None, &body))
            }
            // the answer may name what was sent: it goes to nobody
            Ok(_) => Err(Fault::unanswered(
                asked,
                format!("{status} without a result"),
            )),
            Err(_) => Err(Fault::unanswered(
                asked,
                format!("{status}{}", glimpse(&self.token.redacted(&body))),
            )),
        }
    }

    /// A refusal with everything that it says, but for the token: a web server in front of the API may repeat the address
    /// it was asked for, and what a fault says ends in logs, rows and answers.
    pub(super) async fn refusal(&self, asked: Asked, response: Response) -> Fault {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        // the status counts even where the connection broke inside of the body
        let body = text_of(response).await.unwrap_or_default();
        Fault::of_answer(asked, status, retry_after, &self.token.redacted(&body))
    }
}

async fn text_of(mut response: Response) -> reqwest_of_teloxide::Result<String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// A call that ended without an answer. A connection that was never there carried nothing.
pub(super) fn lost(asked: Asked, error: reqwest_of_teloxide::Error) -> Fault {
    let error = error.without_url();
    let why = chain(&error);
    if error.is_connect() {
        return Fault::Outage {
            why: format!("no connection: {why}"),
        };
    }
    Fault::unanswered(asked, why)
}

/// The bytes as they come, refused when they are fewer or more than announced or when nothing comes for long.
pub(super) fn bytes_of(
    response: Response,
    size_bytes: Option<u64>,
    silence: Duration,
) -> ByteStream {
    let broken = |why: String| StorageError::Unavailable(format!("the download broke off: {why}"));
    let next = move |state: Option<(Response, u64)>| async move {
        let (mut response, got) = state?;
        let chunk = match tokio::time::timeout(silence, response.chunk()).await {
            Err(_) => Err(broken(format!("nothing for {} s", silence.as_secs()))),
            Ok(Err(error)) => Err(broken(chain(&error.without_url()))),
            Ok(Ok(None)) if size_bytes.is_some_and(|size| size != got) => Err(broken(format!(
                "{got} bytes of {}",
                size_bytes.unwrap_or_default()
            ))),
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(chunk))) => Ok(chunk),
        };
        let got = got + chunk.as_ref().map_or(0, size_of);
        let go_on = chunk.is_ok().then_some((response, got));
        Some((chunk, go_on))
    };
    Box::pin(stream::unfold(Some((response, 0)), next))
}

pub(super) fn size_of(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
