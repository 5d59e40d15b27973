//! HTTP/1.1 by hand, so that requests are exactly the bytes of a client and broken replies can be looked at.

use std::net::SocketAddr;

use bot_api_emulator::{ClockMode, Control, Emulator, Limits, Members, Settings};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An emulator with one bot and one channel, on a clock that stands, without limits.
pub(crate) struct Fixture {
    pub(crate) emulator: Emulator,
    pub(crate) folder: TempDir,
    pub(crate) token: String,
    pub(crate) bot: i64,
    pub(crate) chat: i64,
}

/// A reply as it came.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Fixture {
    pub(crate) async fn new() -> Fixture {
        Fixture::with(Limits::off()).await
    }

    pub(crate) async fn with(limits: Limits) -> Fixture {
        let folder = tempfile::tempdir().expect("a folder");
        let emulator = start(&folder, limits).await;
        let control = emulator.control();
        let bot = control.create_bots(1).expect("a bot").remove(0);
        let kind = bot_api_emulator::ChatKind::Channel;
        let chat = control.create_chat(kind, "Parts", &Members::AllBots);
        Fixture {
            emulator,
            folder,
            token: bot.token,
            bot: bot.id,
            chat: chat.expect("a chat").id,
        }
    }

    /// The same state in a new emulator.
    pub(crate) async fn restart(self) -> Fixture {
        let limits = self.control().limits();
        self.emulator.shutdown().await;
        let emulator = start(&self.folder, limits).await;
        Fixture { emulator, ..self }
    }

    pub(crate) fn control(&self) -> Control {
        self.emulator.control()
    }

    pub(crate) async fn raw(&self, request: &[u8]) -> Option<Reply> {
        exchange(self.emulator.address(), request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        self.raw(request.as_bytes()).await.expect("a reply")
    }

    /// A method with parameters of a query.
    pub(crate) async fn call(&self, method: &str, query: &str) -> Reply {
        self.get(&format!("/bot{}/{method}?{query}", self.token))
            .await
    }

    pub(crate) async fn send(&self, bytes: &[u8]) -> Reply {
        self.try_send(bytes).await.expect("a reply")
    }

    /// sendDocument as python-telegram-bot does it.
    pub(crate) async fn try_send(&self, bytes: &[u8]) -> Option<Reply> {
        let request = upload(&self.token, self.chat, bytes);
        self.raw(&request).await
    }

    /// A document's `(message_id, file_id, file_unique_id)`.
    pub(crate) async fn stored(&self, bytes: &[u8]) -> (i64, String, String) {
        let message = self.send(bytes).await.json()["result"].clone();
        let document = &message["document"];
        let text = |name: &str| document[name].as_str().expect("a text").to_owned();
        (
            message["message_id"].as_i64().expect("an id"),
            text("file_id"),
            text("file_unique_id"),
        )
    }

    /// The path of a document.
    pub(crate) async fn path(&self, file_id: &str) -> String {
        let file = self
            .call("getFile", &format!("file_id={file_id}"))
            .await
            .json();
        file["result"]["file_path"]
            .as_str()
            .expect("a path")
            .to_owned()
    }

    pub(crate) async fn download(&self, path: &str) -> Reply {
        self.get(&format!("/file/bot{}/{path}", self.token)).await
    }
}

async fn start(folder: &TempDir, limits: Limits) -> Emulator {
    let mut settings = Settings::new(folder.path());
    settings.clock = ClockMode::Virtual;
    settings.limits = limits;
    Emulator::start(settings).await.expect("it starts")
}

/// A whole request of sendDocument.
pub(crate) fn upload(token: &str, chat: i64, bytes: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--b0und\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n{chat}\r\n--b0und\r\nContent-Disposition: form-data; name=\"document\"; filename=\"part.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--b0und--\r\n");
    let mut request = format!(
        "POST /bot{token}/sendDocument HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b0und\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(&body);
    request
}

/// Sends all, reads all; none when the connection ended before a head came, or was reset.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Option<Reply> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut reading, mut writing) = stream.into_split();
    let request = request.to_vec();
    // A server that ends the connection early ends the sending too.
    let sending = tokio::spawn(async move {
        let _ = writing.write_all(&request).await;
        writing
    });
    let mut reply = Vec::new();
    let read = reading.read_to_end(&mut reply).await;
    sending.abort();
    read.ok()?;
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&reply[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply {
        status,
        head,
        body: reply[end + 4..].to_vec(),
    })
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| {
            line.split(':')
                .next()
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}
