//! JSON over `fetch`: one request, one typed answer or one typed error. No retries (the machines decide those), no part bodies.

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, Headers, Request, RequestInit, Response};

use ferry_core::wire::{HEADER_USER, Problem};
use uuid::Uuid;

use super::events::{self, SilenceTimeout};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{field, scope},
};

/// Longest silence of the server for a JSON call.
const ANSWER_TIMEOUT_MS: u32 = 60_000;

/// The server's API at one base address.
#[derive(Clone)]
pub(crate) struct Http {
    base: String,
    /// For whom the calls are meant; the cookie may be another user's by now.
    user: Option<Uuid>,
}

/// A call that is being put together.
pub(crate) struct Call<'a> {
    http: &'a Http,
    method: &'static str,
    path: String,
    body: Option<String>,
    bytes: Option<Blob>,
    if_match: Option<u32>,
    timeout_ms: u32,
}

impl Http {
    /// `base` is the server's address, with or without a slash at its end.
    pub(crate) fn new(base: &str) -> Self {
        Http {
            base: base.trim_end_matches('/').to_owned(),
            user: None,
        }
    }

    /// The same API, for calls that are refused when another user is signed in.
    pub(crate) fn meant_for(&self, user: Uuid) -> Self {
        Http {
            user: Some(user),
            ..self.clone()
        }
    }

    /// The full address of a path that begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn call(&self, method: &'static str, path: impl Into<String>) -> Call<'_> {
        Call {
            http: self,
            method,
            path: path.into(),
            body: None,
            bytes: None,
            if_match: None,
            timeout_ms: ANSWER_TIMEOUT_MS,
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: impl Into<String>) -> Result<T> {
        self.call("GET", path).answer().await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<T> {
        self.call("POST", path).json(body)?.answer().await
    }
}

impl Call<'_> {
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        self.body =
            Some(serde_json::to_string(body).map_err(|e| ClientCode::ClientFault.because(e))?);
        Ok(self)
    }

    pub(crate) fn if_match(mut self, revision: u32) -> Self {
        self.if_match = Some(revision);
        self
    }

    /// Bytes in place of JSON.
    pub(crate) fn bytes(mut self, bytes: &Blob) -> Self {
        self.bytes = Some(bytes.clone());
        self
    }

    /// How long the answer may take, where that is not the usual time.
    pub(crate) fn timeout_ms(mut self, timeout_ms: u32) -> Self {
        self.timeout_ms = timeout_ms;
        self
    }

    /// Sends it and reads the JSON answer.
    pub(crate) async fn answer<T: DeserializeOwned>(self) -> Result<T> {
        let text = self.text().await?;
        serde_json::from_str(&text).map_err(|e| ClientCode::BadAnswer.because(e))
    }

    /// Sends it; whatever the answer holds is dropped.
    pub(crate) async fn done(self) -> Result<()> {
        self.text().await.map(drop)
    }

    /// Sends it and hears the events of the answer, for as long as they come.
    pub(crate) async fn events(self, hear: impl FnMut(&str, &str)) -> Result<()> {
        let silence = SilenceTimeout::new()?;
        let request = self.request(&silence.signal());
        let request = request.map_err(|e| ClientCode::ClientFault.thrown(&e))?;
        let accepted = request.headers().set("Accept", "text/event-stream");
        accepted.map_err(|e| ClientCode::ClientFault.thrown(&e))?;
        let response = JsFuture::from(scope().fetch_with_request(&request)).await;
        let response: Response = response.map_err(|e| silence.blame(&e))?.unchecked_into();
        if response.ok() {
            return events::read(&response, &silence, hear).await;
        }
        Err(refused(&response).await?)
    }

    async fn text(self) -> Result<String> {
        let request = self
            .request(&AbortSignal::timeout_with_u32(self.timeout_ms))
            .map_err(|e| ClientCode::ClientFault.thrown(&e))?;
        let response = JsFuture::from(scope().fetch_with_request(&request))
            .await
            .map_err(|e| unreachable_server(&e))?;
        let response: Response = response.unchecked_into();
        if response.ok() {
            return text_of(&response).await;
        }
        Err(refused(&response).await?)
    }

    fn request(&self, until: &AbortSignal) -> Result<Request, JsValue> {
        let init = RequestInit::new();
        init.set_method(self.method);
        let headers = Headers::new()?;
        if let Some(body) = &self.body {
            headers.set("Content-Type", "application/json")?;
            init.set_body(&body.into());
        }
        if let Some(bytes) = &self.bytes {
            headers.set("Content-Type", "application/octet-stream")?;
            init.set_body(bytes);
        }
        if let Some(user) = self.http.user {
            headers.set(HEADER_USER, &user.to_string())?;
        }
        if let Some(revision) = self.if_match {
            headers.set("If-Match", &format!("\"{revision}\""))?;
        }
        init.set_headers(&headers);
        init.set_signal(Some(until));
        Request::new_with_str_and_init(&self.http.url(&self.path), &init)
    }
}

async fn text_of(response: &Response) -> Result<String> {
    let text = JsFuture::from(response.text().map_err(|e| unreachable_server(&e))?).await;
    let text = text.map_err(|e| unreachable_server(&e))?;
    Ok(text.as_string().unwrap_or_default())
}

async fn refused(response: &Response) -> Result<ClientError> {
    let text = text_of(response).await?;
    let retry_after = response.headers().get("Retry-After").ok().flatten();
    Ok(refusal(response.status(), &text, retry_after.as_deref()))
}

/// The error of an answer that is not 2xx.
pub(crate) fn refusal(status: u16, body: &str, retry_after: Option<&str>) -> ClientError {
    let retry_after_secs = retry_after.and_then(|secs| secs.trim().parse().ok());
    match serde_json::from_str::<Problem>(body) {
        Ok(mut problem) => {
            problem.retry_after_secs = problem.retry_after_secs.or(retry_after_secs);
            ClientError::Refused(Box::new(problem))
        }
        Err(_) => ClientError::OddStatus {
            status,
            retry_after_secs,
        },
    }
}

fn unreachable_server(exception: &JsValue) -> ClientError {
    match field(exception, "name").as_string().as_deref() {
        Some("TimeoutError") => ClientCode::Stalled.into(),
        _ => ClientCode::Network.thrown(exception),
    }
}
