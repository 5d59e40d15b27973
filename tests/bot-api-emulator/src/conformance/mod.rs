//! Runs the list of conformance: request in, status and body out. Against an emulator each case has bots and chats of its
//! own; against the real service only those cases are run that need nothing but one bot and one channel.

mod case;
mod pattern;

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use case::{CASES, Call, Case, Encoding, Upload};

/// A server that waits longer is broken.
const LONGEST_CALL: Duration = Duration::from_secs(180);

type Names = BTreeMap<&'static str, String>;

/// Whom to ask.
#[derive(Debug, Clone)]
pub enum Subject {
    /// An emulator without limits, by its URL; it is controlled.
    Emulator(String),
    /// A server with a bot that is an administrator of a channel.
    Server {
        /// Without a slash at the end.
        api_url: String,
        /// The bot's.
        token: String,
        /// The channel's id.
        chat: String,
    },
}

/// What became of a case.
#[derive(Debug, Clone)]
pub struct CaseOutcome {
    /// The case.
    pub name: String,
    /// How it ended.
    pub ending: Ending,
}

/// See [`CaseOutcome`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// As listed.
    Same,
    /// Not asked, and why.
    Skipped(String),
    /// Something else; with what was listed and what came.
    Different(String),
}

/// Goes through the list. A case that can't even be asked is a difference.
pub async fn run(subject: &Subject) -> Result<Vec<CaseOutcome>> {
    // Another part of the program may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(LONGEST_CALL)
        .pool_max_idle_per_host(0)
        .build()?;
    let runner = Runner { client, subject };
    let mut outcomes = Vec::new();
    for line in CASES.lines().filter(|line| !line.trim().is_empty()) {
        let case: Case = serde_json::from_str(line).with_context(|| format!("a case: {line}"))?;
        let ending = match runner.skip(&case) {
            Some(reason) => Ending::Skipped(reason),
            None => match runner.ask(&case).await {
                Ok(()) => Ending::Same,
                Err(difference) => Ending::Different(format!("{difference:#}")),
            },
        };
        outcomes.push(CaseOutcome {
            name: case.name,
            ending,
        });
    }
    Ok(outcomes)
}

struct Runner<'a> {
    client: reqwest::Client,
    subject: &'a Subject,
}

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Runner<'_> {
    fn url(&self) -> &str {
        match self.subject {
            Subject::Emulator(url) => url,
            Subject::Server { api_url, .. } => api_url,
        }
    }

    fn skip(&self, case: &Case) -> Option<String> {
        if matches!(self.subject, Subject::Emulator(_)) {
            return None;
        }
        if let Some(reason) = &case.emulator_only {
            return Some(reason.clone());
        }
        let controlled = !case.control.is_empty() || !case.then.is_empty();
        controlled.then(|| "needs the emulator's control API".to_owned())
    }

    async fn ask(&self, case: &Case) -> Result<()> {
        let mut names = self.names().await?;
        self.control(&case.control, &names).await?;
        if let Some(upload) = &case.upload {
            self.upload(upload, &mut names).await?;
        }
        self.control(&case.then, &names).await?;
        let mut answer = None;
        for call in &case.calls {
            for _ in 0..call.repeat.unwrap_or(1) {
                answer = Some(self.call(call, &names).await?);
            }
        }
        let answer = answer.context("a case without a call")?;
        check(case, &names, &answer)?;
        if let (Some(expected), Subject::Emulator(_)) = (case.stored, self.subject) {
            let path = fill("ledger?chat={chat}", &names);
            let ledger = self.controlled("GET", &path, String::new()).await?;
            let stored = ledger["documents"].as_array().map_or(0, Vec::len);
            ensure!(
                stored == expected,
                "{stored} documents are stored, not {expected}"
            );
        }
        if matches!(self.subject, Subject::Emulator(_)) {
            self.controlled("DELETE", "faults", String::new()).await?;
            self.controlled("POST", "limits", json!({ "all": false }).to_string())
                .await?;
        }
        Ok(())
    }

    /// Against an emulator: two new bots that are administrators of four new chats.
    async fn names(&self) -> Result<Names> {
        if let Subject::Server { token, chat, .. } = self.subject {
            let bot = token.split(':').next().unwrap_or_default();
            return Ok(Names::from([
                ("token", token.clone()),
                ("bot", bot.to_owned()),
                ("chat", chat.clone()),
                (
                    "other_token",
                    "1:AAH_no_such_bot_of_anybody_at_all_000".to_owned(),
                ),
            ]));
        }
        let made = self
            .controlled("POST", "bots", json!({ "count": 2 }).to_string())
            .await?;
        let bot = |at: usize, field: &str| text(&made["bots"][at][field]);
        let ids = [made["bots"][0]["id"].clone(), made["bots"][1]["id"].clone()];
        let mut names = Names::from([
            ("token", bot(0, "token")),
            ("bot", bot(0, "id")),
            ("other_token", bot(1, "token")),
            ("other_bot", bot(1, "id")),
        ]);
        for (name, kind) in [
            ("chat", "channel"),
            ("group", "group"),
            ("supergroup", "supergroup"),
            ("private", "private"),
        ] {
            let chat = json!({ "kind": kind, "title": "Parts", "members": ids });
            let made = self.controlled("POST", "chats", chat.to_string()).await?;
            names.insert(name, text(&made["chats"][0]["id"]));
        }
        Ok(names)
    }

    async fn control(&self, calls: &[(String, String, String)], names: &Names) -> Result<()> {
        for (method, path, body) in calls {
            let body = fill(body, names);
            self.controlled(method, &fill(path, names), body).await?;
        }
        Ok(())
    }

    async fn controlled(&self, method: &str, path: &str, body: String) -> Result<Value> {
        let url = format!("{}/control/{path}", self.url());
        let request = self.client.request(method.parse()?, url);
        let reply = request.body(body).send().await?;
        let status = reply.status();
        let text = reply.text().await?;
        ensure!(status.is_success(), "{method} {path}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    async fn upload(&self, upload: &Upload, names: &mut Names) -> Result<()> {
        let call = Call {
            method: "sendDocument".to_owned(),
            params: BTreeMap::from([("chat_id".to_owned(), upload.chat.clone().into())]),
            encoding: Encoding::Multipart,
            file: Some(("document".to_owned(), "part.bin".to_owned(), upload.bytes)),
            ..Call::default()
        };
        let answer = self.call(&call, names).await?;
        let sent: Value = serde_json::from_str(&answer.body)?;
        let message = &sent["result"];
        ensure!(
            message.is_object(),
            "the upload was refused: {}",
            answer.body
        );
        names.insert("message_id", text(&message["message_id"]));
        names.insert("file_id", text(&message["document"]["file_id"]));
        if upload.with_path {
            let call = Call {
                method: "getFile".to_owned(),
                params: BTreeMap::from([("file_id".to_owned(), "{file_id}".into())]),
                ..Call::default()
            };
            let told: Value = serde_json::from_str(&self.call(&call, names).await?.body)?;
            names.insert("file_path", text(&told["result"]["file_path"]));
        }
        Ok(())
    }

    async fn call(&self, call: &Call, names: &Names) -> Result<Answer> {
        let path = match &call.path {
            Some(path) => fill(path, names),
            None => fill(&format!("/bot{{token}}/{}", call.method), names),
        };
        let mut url = format!("{}{path}", self.url());
        let params: Vec<(String, String)> = call
            .params
            .iter()
            .map(|(name, value)| (name.clone(), fill(&text(value), names)))
            .collect();
        let mut request = match call.encoding {
            Encoding::Query => {
                if !params.is_empty() {
                    url = format!("{url}?{}", encode(&params));
                }
                self.client.get(&url)
            }
            Encoding::Form => self
                .client
                .post(&url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encode(&params)),
            Encoding::Json => {
                let object: BTreeMap<_, _> = params.into_iter().collect();
                self.client
                    .post(&url)
                    .header("content-type", "application/json")
                    .body(serde_json::to_string(&object)?)
            }
            Encoding::Multipart => self
                .client
                .post(&url)
                .header("content-type", "multipart/form-data; boundary=c0nf0rm")
                .body(multipart(&params, call.file.as_ref())),
        };
        if let Some((headers, body)) = &call.raw {
            request = self.client.post(&url).body(fill(body, names));
            for (name, value) in headers {
                request = request.header(name, value);
            }
        }
        answer_of(request).await
    }
}

/// A connection that ended in place of a reply has status 0.
async fn answer_of(request: reqwest::RequestBuilder) -> Result<Answer> {
    let reply = match request.send().await {
        Ok(reply) => reply,
        Err(error) if error.is_connect() || error.is_builder() || error.is_timeout() => {
            bail!("can't be asked: {error}")
        }
        Err(_) => {
            return Ok(Answer {
                status: 0,
                headers: BTreeMap::new(),
                body: String::new(),
            });
        }
    };
    let headers = reply.headers().iter();
    let headers = headers.map(|(name, value)| {
        (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let (status, headers) = (reply.status().as_u16(), headers.collect());
    match reply.bytes().await {
        Ok(body) => {
            let body = String::from_utf8_lossy(&body).into_owned();
            Ok(Answer {
                status,
                headers,
                body,
            })
        }
        Err(_) => Ok(Answer {
            status: 0,
            headers,
            body: String::new(),
        }),
    }
}

fn check(case: &Case, names: &Names, answer: &Answer) -> Result<()> {
    let expected = fill(&case.body, names);
    let short: String = answer.body.chars().take(400).collect();
    ensure!(
        answer.status == case.status && pattern::matches(&expected, &answer.body),
        "listed {} {expected}\n       came {} {short}",
        case.status,
        answer.status
    );
    for (name, value) in &case.headers {
        let came = answer.headers.get(name);
        ensure!(
            came == Some(value),
            "header {name} is {came:?}, not {value:?}"
        );
    }
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn fill(template: &str, names: &Names) -> String {
    let mut filled = template.to_owned();
    for (name, value) in names {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

fn encode(params: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish()
}

fn multipart(params: &[(String, String)], file: Option<&(String, String, usize)>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in params {
        body.extend_from_slice(
            format!(
                "--c0nf0rm\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .as_bytes(),
        );
    }
    if let Some((field, name, bytes)) = file {
        body.extend_from_slice(
            format!("--c0nf0rm\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                .as_bytes(),
        );
        // Not a text, so that nobody takes it for one.
        body.extend((0..*bytes).map(|at| (at % 251) as u8 ^ 0x80));
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--c0nf0rm--\r\n");
    body
}
