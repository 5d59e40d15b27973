//! HTTP as tests speak it: any call, with any credential or none, and the whole answer to look at.

use anyhow::{Context, Result, bail, ensure};
use ferry_core::wire::{ErrorCode, Problem};
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};

/// How a caller shows who they are.
#[derive(Clone, Debug, Default)]
pub enum Credential {
    /// Not at all.
    #[default]
    Anonymous,
    /// By a token.
    Token(String),
    /// By a session's cookie, from a page of `origin` (or from none).
    Cookie {
        /// `name=value`.
        cookie: String,
        /// What the browser would send as `Origin`.
        origin: Option<String>,
    },
}

/// A server as seen by one caller.
#[derive(Clone, Debug)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    credential: Credential,
}

/// A call in the making.
pub struct Call {
    request: reqwest::RequestBuilder,
    what: String,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and path, for messages.
    pub what: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Api {
    /// Nobody yet, at the server behind `base`.
    pub fn at(base: &str) -> Result<Api> {
        super::provide_tls();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Api {
            http,
            base: base.to_owned(),
            credential: Credential::Anonymous,
        })
    }

    /// The same server for another caller.
    pub fn with(&self, credential: Credential) -> Api {
        Api {
            credential,
            ..self.clone()
        }
    }

    /// The same caller at another address of the server.
    pub fn moved_to(&self, base: &str) -> Api {
        Api {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// How this caller shows who they are.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The server's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A call; `path` with its query.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let what = format!("{method} {path}");
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match &self.credential {
            Credential::Anonymous => request,
            Credential::Token(token) => request.bearer_auth(token),
            Credential::Cookie { cookie, origin } => {
                let request = request.header("Cookie", cookie);
                match origin {
                    Some(origin) => request.header("Origin", origin),
                    None => request,
                }
            }
        };
        Call { request, what }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.call(Method::GET, path).send().await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.call(Method::DELETE, path).send().await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer> {
        self.call(Method::POST, path).json(body).send().await
    }

    /// PATCH of JSON with `If-Match`.
    pub async fn patch(&self, path: &str, if_match: u32, body: &impl Serialize) -> Result<Answer> {
        self.call(Method::PATCH, path)
            .if_match(if_match)
            .json(body)
            .send()
            .await
    }
}

impl Call {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Call {
        self.request = self.request.header(name, value);
        self
    }

    /// Adds `If-Match: "number"`.
    #[must_use]
    pub fn if_match(self, number: u32) -> Call {
        self.header("If-Match", &format!("\"{number}\""))
    }

    /// Adds headers.
    pub fn headers(mut self, headers: &[(&str, String)]) -> Result<Call> {
        for (name, value) in headers {
            self.request = self
                .request
                .header(HeaderName::try_from(*name)?, HeaderValue::try_from(value)?);
        }
        Ok(self)
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Call {
        self.request = self.request.json(body);
        self
    }

    /// Sets a body that comes piece by piece, of a length announced before.
    #[must_use]
    pub fn stream(mut self, length: usize, pieces: tokio::sync::mpsc::Receiver<Vec<u8>>) -> Call {
        self.request = self.request.header("Content-Length", length);
        self.chunked(pieces)
    }

    /// Sets a body that comes piece by piece, of a length that nobody announced.
    #[must_use]
    pub fn chunked(mut self, pieces: tokio::sync::mpsc::Receiver<Vec<u8>>) -> Call {
        let pieces = futures_util::stream::unfold(pieces, |mut pieces| async move {
            let piece = pieces.recv().await?;
            Some((Ok::<_, std::io::Error>(piece), pieces))
        });
        self.request = self.request.body(reqwest::Body::wrap_stream(pieces));
        self
    }

    /// Sets a body of bytes.
    #[must_use]
    pub fn bytes(mut self, body: Vec<u8>) -> Call {
        self.request = self
            .request
            .header("Content-Type", "application/octet-stream")
            .body(body);
        self
    }

    /// Sets a piece of a part's body.
    #[must_use]
    pub fn piece(mut self, piece: Vec<u8>) -> Call {
        self.request = self
            .request
            .header("Content-Type", ferry_core::wire::PARTIAL_UPLOAD)
            .body(piece);
        self
    }

    /// Sends it and reads the answer.
    pub async fn send(self) -> Result<Answer> {
        let what = self.what;
        let response = self.request.send().await.with_context(|| what.clone())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response
            .bytes()
            .await
            .with_context(|| format!("{what}: the answer broke off"))?
            .to_vec();
        Ok(Answer {
            what,
            status,
            headers,
            body,
        })
    }
}

impl Answer {
    /// The value of an answer with this status.
    pub fn expect<T: DeserializeOwned>(&self, status: u16) -> Result<T> {
        self.expect_status(status)?;
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{}: {}", self.what, self.text()))
    }

    /// The value of any good answer.
    pub fn good<T: DeserializeOwned>(&self) -> Result<T> {
        self.expect(self.good_status()?)
    }

    /// The status, if it is a good one.
    pub fn good_status(&self) -> Result<u16> {
        ensure!(
            (200..300).contains(&self.status),
            "{} answered {}: {}",
            self.what,
            self.status,
            self.text()
        );
        Ok(self.status)
    }

    /// Nothing but the status.
    pub fn expect_status(&self, status: u16) -> Result<()> {
        ensure!(
            self.status == status,
            "{} answered {}, not {status}: {}",
            self.what,
            self.status,
            self.text()
        );
        Ok(())
    }

    /// The problem document of a refusal with this status and code, checked for what every refusal must have.
    pub fn refused(&self, status: u16, code: ErrorCode) -> Result<Problem> {
        self.expect_status(status)?;
        ensure!(
            self.header("content-type") == Some("application/problem+json"),
            "{}: {:?} is not a problem document",
            self.what,
            self.header("content-type")
        );
        let problem: Problem = serde_json::from_slice(&self.body).with_context(|| self.text())?;
        ensure!(
            problem.code == code,
            "{}: {:?}, not {code:?}: {}",
            self.what,
            problem.code,
            self.text()
        );
        ensure!(
            problem.status == status && problem.kind == code.problem_type(),
            "{}",
            self.text()
        );
        ensure!(
            !problem.title.is_empty() && !problem.hint.is_empty(),
            "no sentence for a person: {}",
            self.text()
        );
        if matches!(status, 429 | 503) {
            self.retry_after_secs()?;
        }
        Ok(problem)
    }

    /// `Retry-After`, which may be an hour at most.
    pub fn retry_after_secs(&self) -> Result<u64> {
        let text = self
            .header("retry-after")
            .with_context(|| format!("{}: no Retry-After", self.what))?;
        let secs = text.parse()?;
        if secs > 3600 {
            bail!("{}: Retry-After {secs}", self.what);
        }
        Ok(secs)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
