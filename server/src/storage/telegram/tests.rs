//! The calls against answers that are written down here byte by byte: what proxies, broken lines and the API's own
//! HTTP parser send. How the API itself behaves is the emulator's business.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::storage::StorageError;

const TOKEN: &str = "123456:secret-secret";
const TIMEOUT: Duration = Duration::from_secs(20);

/// What came in: head and body of each request.
type Asked = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A Bot API that gives each of these answers once, on a connection of its own.
async fn answering(answers: Vec<Vec<u8>>) -> (BotApi, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        for answer in answers {
            let (mut line, _) = listener.accept().await.unwrap();
            let request = request_of(&mut line).await;
            seen.lock().unwrap().push(request);
            line.write_all(&answer).await.unwrap();
        }
    });
    let settings = BotApiSettings {
        api_url: format!("http://{address}/"),
        silence: Duration::from_millis(300),
        ..BotApiSettings::default()
    };
    let api = BotApis::new(settings)
        .unwrap()
        .of(&BotToken::parse(TOKEN).unwrap());
    (api, asked)
}

async fn request_of(line: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        line.read_buf(&mut bytes).await.unwrap();
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|of| {
            of.to_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        if bytes.len() >= end + 4 + length.unwrap_or(0) {
            return (head, bytes[end + 4..].to_vec());
        }
    }
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

const STORED: &str = r#"{"ok":true,"result":{"message_id":17,"sender_chat":{"id":-1001,"title":"x","type":"channel"},"chat":{"id":-1001,"title":"x","type":"channel"},"date":1790000000,"a_field_of_tomorrow":{"x":1},"document":{"file_name":"a.bin","mime_type":"application/octet-stream","file_id":"BQAC","file_unique_id":"AgAD","file_size":5}}}"#;
const FILE: &str = r#"{"ok":true,"result":{"file_id":"BQAC","file_unique_id":"AgAD","file_size":5,"file_path":"documents/file_1.bin"}}"#;

async fn send(api: &BotApi) -> Result<Sent, Fault> {
    api.send(-1001, "a.bin", Bytes::from_static(b"hello"), TIMEOUT)
        .await
}

#[tokio::test]
async fn a_document_goes_out_under_a_neutral_name_and_its_message_comes_back() {
    let (api, asked) = answering(vec![http("200 OK", STORED)]).await;
    let sent = send(&api).await.unwrap();
    assert_eq!(
        (
            sent.message_id,
            sent.file_id.as_str(),
            sent.file_unique_id.as_str()
        ),
        (17, "BQAC", "AgAD")
    );
    let (head, body) = asked.lock().unwrap().remove(0);
    let head = head.to_lowercase();
    assert!(
        head.starts_with("post /bot123456:secret-secret/senddocument http/1.1"),
        "{head}"
    );
    assert!(
        head.contains("content-length: ") && !head.contains("chunked"),
        "{head}"
    );
    let body = String::from_utf8(body).unwrap();
    for part in [
        "name=\"chat_id\"\r\n\r\n-1001\r\n",
        "name=\"disable_content_type_detection\"\r\n\r\ntrue\r\n",
        "name=\"document\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\nhello\r\n",
    ] {
        assert!(body.contains(part), "{part:?} is not in {body}");
    }
}

#[tokio::test]
async fn an_answer_that_can_not_be_read_leaves_a_send_open() {
    let (half, cut) = STORED.split_at(100);
    let answers = [
        http(
            "502 Bad Gateway",
            "<html><h1>502 Bad Gateway</h1>nginx</html>",
        ),
        http(
            "500 Internal Server Error",
            r#"{"ok":false,"error_code":500,"description":"Internal Server Error: restart"}"#,
        ),
        http("200 OK", ""),
        http("200 OK", half),
        http(
            "200 OK",
            r#"{"ok":true,"result":{"message_id":17,"date":1790000000}}"#,
        ),
        // the line breaks inside of the body
        http("200 OK", STORED)[..http("200 OK", STORED).len() - cut.len()].to_vec(),
        // and before any answer
        Vec::new(),
    ];
    for answer in answers {
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (api, _) = answering(vec![answer]).await;
        let fault = send(&api).await.unwrap_err();
        assert!(fault.may_have_stored(), "{text} was read as {fault:?}");
        assert!(
            !format!("{fault:?} {fault}").contains("secret"),
            "the token shows: {fault:?}"
        );
    }
}

#[tokio::test]
async fn a_document_of_another_length_is_none_of_ours() {
    let (api, _) = answering(vec![http(
        "200 OK",
        &STORED.replace("\"file_size\":5", "\"file_size\":4"),
    )])
    .await;
    assert!(send(&api).await.unwrap_err().may_have_stored());
}

#[tokio::test]
async fn nothing_is_stored_where_nobody_listens() {
    let (api, _) = answering(Vec::new()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = BotApiSettings {
        api_url: format!("http://{}", listener.local_addr().unwrap()),
        ..BotApiSettings::default()
    };
    drop((listener, api));
    let api = BotApis::new(settings)
        .unwrap()
        .of(&BotToken::parse(TOKEN).unwrap());
    let fault = send(&api).await.unwrap_err();
    assert!(matches!(fault, Fault::Outage { .. }), "{fault:?}");
    assert!(
        !fault.to_string().contains("secret"),
        "the token shows: {fault}"
    );
}

#[tokio::test]
async fn a_silent_api_is_left_after_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = BotApiSettings {
        api_url: format!("http://{}", listener.local_addr().unwrap()),
        ..BotApiSettings::default()
    };
    let api = BotApis::new(settings)
        .unwrap()
        .of(&BotToken::parse(TOKEN).unwrap());
    let sent = api
        .send(
            -1001,
            "a.bin",
            Bytes::from_static(b"hello"),
            Duration::from_millis(200),
        )
        .await;
    assert!(sent.unwrap_err().may_have_stored());
}

async fn whole(api: &BotApi) -> Result<Result<Vec<u8>, StorageError>, Fault> {
    let stream = api.open("BQAC", TIMEOUT).await?;
    Ok(stream
        .try_fold(Vec::new(), |mut all, bytes| async move {
            all.extend_from_slice(&bytes);
            Ok(all)
        })
        .await)
}

#[tokio::test]
async fn a_link_that_ended_is_asked_for_again() {
    let (api, asked) = answering(vec![
        http("200 OK", FILE),
        http("404 Not Found", ""),
        http("200 OK", &FILE.replace("file_1", "file_2")),
        http("200 OK", "hello"),
    ])
    .await;
    assert_eq!(whole(&api).await.unwrap().unwrap(), b"hello");
    let asked = asked.lock().unwrap();
    assert!(
        asked[0]
            .0
            .starts_with("POST /bot123456:secret-secret/GetFile "),
        "{}",
        asked[0].0
    );
    assert!(
        asked[3]
            .0
            .starts_with("GET /file/bot123456:secret-secret/documents/file_2.bin "),
        "{}",
        asked[3].0
    );
}

#[tokio::test]
async fn a_server_that_serves_no_files_is_an_outage_that_says_so() {
    let (api, _) = answering(vec![
        http("200 OK", FILE),
        http("404 Not Found", ""),
        http("200 OK", FILE),
        http("404 Not Found", ""),
    ])
    .await;
    let fault = whole(&api).await.err().unwrap();
    assert!(
        fault.to_string().contains("serves no files by itself"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_refused_link_is_no_refused_bot() {
    let refusal = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
    let (api, _) = answering(vec![
        http("200 OK", FILE),
        http("401 Unauthorized", refusal),
    ])
    .await;
    let fault = whole(&api).await.err().unwrap();
    assert!(matches!(fault, Fault::Outage { .. }), "{fault:?}");
}

#[tokio::test]
async fn bytes_that_miss_or_stop_are_an_error_of_the_stream() {
    let short = http("200 OK", "hell");
    let mut stopped = http("200 OK", "hello");
    stopped.truncate(stopped.len() - 2);
    for answer in [short, stopped] {
        let (api, _) = answering(vec![http("200 OK", FILE), answer]).await;
        let error = whole(&api).await.unwrap().unwrap_err();
        assert!(matches!(error, StorageError::Unavailable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_ban_and_a_missing_right_are_told_from_the_status() {
    let chat = ChatInfo {
        id: -1001,
        title: String::new(),
        kind: ChatKind::Channel,
        members_may_send: true,
    };
    let member = |fields: &str| {
        http(
            "200 OK",
            &format!(r#"{{"ok":true,"result":{{"user":{{"id":1}},{fields}}}}}"#),
        )
    };
    let rights = async |fields: &str| answering(vec![member(fields)]).await.0.rights(&chat).await;
    let all = Rights {
        may_send: true,
        may_delete_all: true,
    };
    assert_eq!(
        rights(r#""status":"administrator","can_post_messages":true,"can_delete_messages":true"#)
            .await,
        Ok(all)
    );
    let none = Rights {
        may_send: false,
        may_delete_all: false,
    };
    assert_eq!(
        rights(r#""status":"administrator","can_post_messages":false"#).await,
        Ok(none)
    );
    assert_eq!(
        rights(r#""status":"member""#).await,
        Ok(none),
        "members of a channel read"
    );
    let gone = |outcome| match outcome {
        Err(Fault::ChatGone { kind, .. }) => kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        gone(rights(r#""status":"kicked""#).await),
        ChatGoneKind::Kicked
    );
    assert_eq!(
        gone(rights(r#""status":"left""#).await),
        ChatGoneKind::NotMember
    );
}

#[test]
fn an_address_that_is_none_is_refused_with_its_reason() {
    for wrong in [
        "",
        "api.telegram.org",
        "ftp://api.telegram.org",
        "http://x/?a=b",
    ] {
        let settings = BotApiSettings {
            api_url: wrong.to_owned(),
            ..BotApiSettings::default()
        };
        assert!(BotApis::new(settings).is_err(), "{wrong}");
    }
}

/// Pages of web servers that repeat what they were asked for: the path as it came, encoded, or its half.
const ECHOES: [(&str, &str); 4] = [
    ("404 Not Found", "<pre>Cannot POST {path}</pre>"),
    (
        "502 Bad Gateway",
        "no upstream for http%3A%2F%2Fapi{encoded}",
    ),
    ("200 OK", "<html>welcome to {path}</html>"),
    (
        "400 Bad Request",
        r#"{"ok":false,"error_code":400,"description":"no route secret-secret"}"#,
    ),
];

fn echo((status, page): (&str, &str), path: &str) -> Vec<u8> {
    let encoded = path
        .replace('/', "%2F")
        .replace(':', "%3A")
        .replace('-', "%2d");
    let page = page.replace("{path}", path).replace("{encoded}", &encoded);
    http(status, &page)
}

#[tokio::test]
async fn a_page_that_repeats_the_address_does_not_tell_the_token() {
    let told = |fault: &Fault| {
        let text = format!("{fault} {fault:?}").to_lowercase();
        assert!(!text.contains("secret-secret"), "the token shows: {text}");
        assert!(!text.contains("secret%2dsecret"), "the token shows: {text}");
        assert!(text.contains("***"), "nothing was repeated: {text}");
    };
    for page in ECHOES {
        let path = format!("/bot{TOKEN}/GetMe");
        let (api, _) = answering(vec![echo(page, &path), echo(page, &path)]).await;
        told(&api.me().await.unwrap_err());
        told(&send(&api).await.unwrap_err());
    }
    for (_, page) in ECHOES {
        let page = ("500 Internal Server Error", page);
        let path = format!("/file/bot{TOKEN}/documents/file_1.bin");
        let (api, _) = answering(vec![http("200 OK", FILE), echo(page, &path)]).await;
        told(&whole(&api).await.err().unwrap());
    }
}

#[test]
fn a_part_that_the_wire_takes_is_a_document_that_telegram_gives_back() {
    let largest_part = usize::try_from(ferry_core::wire::MAX_PART_BODY_BYTES).unwrap();
    assert_eq!(largest_part, MAX_DOCUMENT_BYTES);
}
