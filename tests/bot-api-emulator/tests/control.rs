//! The control API as scripts use it, over HTTP, and what restarts leave of it.

use serde_json::{Value, json};

use crate::wire::Fixture;

async fn control(fixture: &Fixture, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = format!(
        "{method} /control/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let reply = fixture.raw(request.as_bytes()).await.expect("a reply");
    (reply.status, reply.json())
}

#[tokio::test]
async fn a_script_makes_bots_and_chats_and_reads_the_ledger() {
    let fixture = Fixture::new().await;
    let (_, bots) = control(&fixture, "POST", "bots", json!({ "count": 2 })).await;
    let bot = &bots["bots"][0];
    let (_, chats) = control(
        &fixture,
        "POST",
        "chats",
        json!({ "kind": "supergroup", "title": "S", "members": [bot["id"]] }),
    )
    .await;
    let chat = chats["chats"][0]["id"].as_i64().expect("an id");
    let request = crate::wire::upload(bot["token"].as_str().expect("a token"), chat, b"abc");
    assert_eq!(fixture.raw(&request).await.expect("a reply").status, 200);
    let (_, ledger) = control(&fixture, "GET", &format!("ledger?chat={chat}"), Value::Null).await;
    let row = &ledger["documents"][0];
    assert_eq!(
        row["sha256"],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(
        (&row["bot_id"], &row["size"], &row["forward"]),
        (&bot["id"], &json!(3), &json!(false))
    );
    let (_, calls) = control(&fixture, "GET", "calls?method=sendDocument", Value::Null).await;
    assert_eq!(calls["calls"][0]["bytes"], 3);
    let (_, none) = control(&fixture, "GET", "ledger?chat=1", Value::Null).await;
    assert_eq!(none["documents"], json!([]));
}

#[tokio::test]
async fn mistakes_of_a_script_are_told() {
    let fixture = Fixture::new().await;
    for (method, path, body) in [
        (
            "POST",
            "members",
            json!({ "chat": fixture.chat, "bot": fixture.bot, "status": "emperor" }),
        ),
        (
            "POST",
            "members",
            json!({ "chat": 1, "bot": fixture.bot, "status": "left" }),
        ),
        (
            "POST",
            "faults",
            json!([{ "fault": { "kind": "earthquake" } }]),
        ),
        (
            "POST",
            "faults",
            json!({ "methud": "getMe", "fault": { "kind": "hang" } }),
        ),
        ("POST", "limits", json!({ "speed": true })),
        ("POST", "bots", json!({ "token": fixture.token })),
        ("POST", "chats/5/migrate", Value::Null),
    ] {
        let (status, reply) = control(&fixture, method, path, body.clone()).await;
        assert_eq!(status, 400, "{path} {body}");
        assert!(reply["error"].is_string());
    }
    assert_eq!(
        control(&fixture, "GET", "nothing", Value::Null).await.0,
        404
    );
}

#[tokio::test]
async fn the_clock_stands_until_it_is_moved_and_never_runs_back() {
    let fixture = Fixture::new().await;
    let (_, before) = control(&fixture, "GET", "clock", Value::Null).await;
    let (_, after) = control(&fixture, "POST", "clock", json!({ "advance_secs": 86_400 })).await;
    let (before, after) = (before["now"].as_f64(), after["now"].as_f64());
    assert_eq!(after, before.map(|before| before + 86_400.0));
    let message = fixture.send(b"part").await.json();
    assert_eq!(message["result"]["date"].as_f64(), after.map(f64::floor));
    let fixture = fixture.restart().await;
    assert_eq!(fixture.control().clock().now, after.expect("a time"));
}

#[tokio::test]
async fn a_deleted_message_leaves_the_ledger_and_a_forward_keeps_the_bytes() {
    let fixture = Fixture::new().await;
    let (message, file_id, _) = fixture.stored(b"part").await;
    let query = format!(
        "chat_id={0}&from_chat_id={0}&message_id={message}",
        fixture.chat
    );
    assert_eq!(fixture.call("forwardMessage", &query).await.status, 200);
    fixture
        .control()
        .delete_message(fixture.chat, message)
        .expect("it is there");
    let left = fixture.control().ledger(None);
    assert_eq!((left.len(), left[0].forward), (1, true));
    let path = fixture.path(&file_id).await;
    assert_eq!(fixture.download(&path).await.body, b"part");
    fixture
        .control()
        .delete_message(fixture.chat, left[0].message_id)
        .expect("it is there");
    assert_eq!(fixture.download(&path).await.status, 404);
    let bytes = std::fs::read_dir(fixture.folder.path().join("files")).expect("a folder");
    assert_eq!(bytes.count(), 0);
}

#[tokio::test]
async fn the_older_of_two_pollers_is_told() {
    let fixture = Fixture::new().await;
    let first = fixture.call("getUpdates", "timeout=50");
    let second = async {
        while fixture.control().calls().is_empty() {
            fixture.call("getUpdates", "timeout=0").await;
        }
    };
    let (reply, ()) = tokio::join!(first, second);
    assert_eq!(reply.status, 409, "{}", reply.text());
}

#[tokio::test]
async fn ranges_are_served_only_when_switched_on() {
    let fixture = Fixture::new().await;
    let (_, file_id, _) = fixture.stored(b"0123456789").await;
    let path = fixture.path(&file_id).await;
    let request = format!(
        "GET /file/bot{}/{path} HTTP/1.1\r\nHost: x\r\nRange: bytes=2-4\r\nConnection: close\r\n\r\n",
        fixture.token
    );
    let whole = fixture.raw(request.as_bytes()).await.expect("a reply");
    assert_eq!((whole.status, whole.body.len()), (200, 10));
    fixture.control().set_ranges(true);
    let some = fixture.raw(request.as_bytes()).await.expect("a reply");
    assert_eq!((some.status, some.body.as_slice()), (206, &b"234"[..]));
    assert_eq!(some.header("content-range"), Some("bytes 2-4/10"));
}
