//! Documents: stored, told about, fetched, passed on, deleted; over a restart too.

use crate::wire::Stage;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn a_document_comes_back_as_it_was_sent() {
    let stage = Stage::new().await;
    let sent = bytes(3_000_000);
    let reply = stage.send(&sent).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let text = reply.text();
    assert!(text.starts_with(&format!(
        "{{\"ok\":true,\"result\":{{\"message_id\":2,\"sender_chat\":{{\"id\":{0},\"title\":\"Parts\",\"type\":\"channel\"}},\"chat\":{{\"id\":{0},\"title\":\"Parts\",\"type\":\"channel\"}},\"date\":",
        stage.chat
    )), "{text}");
    let order = [
        "\"document\":{\"file_name\":\"part.bin\"",
        ",\"mime_type\":\"application/octet-stream\"",
        ",\"file_id\":\"",
        ",\"file_unique_id\":\"",
        ",\"file_size\":3000000}}",
    ];
    let mut at = 0;
    for word in order {
        at += text[at..]
            .find(word)
            .unwrap_or_else(|| panic!("{word} after {at} in {text}"));
    }
    let file_id = reply.json()["result"]["document"]["file_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = stage.path(&file_id).await;
    assert_eq!(path, "documents/file_1.bin");
    assert_eq!(stage.download(&path).await.body, sent);
    assert_eq!(stage.download(&path.replace('/', "%2F")).await.body, sent);
}

#[tokio::test]
async fn a_restart_keeps_all() {
    let stage = Stage::new().await;
    let (_, file_id, unique) = stage.stored(&bytes(100_000)).await;
    let path = stage.path(&file_id).await;
    let before = stage.control().ledger(None);
    let stage = stage.restart().await;
    assert_eq!(stage.control().ledger(None), before);
    assert_eq!(before[0].file_unique_id, unique);
    assert_eq!(stage.download(&path).await.body, bytes(100_000));
    let (next, ..) = stage.stored(b"more").await;
    assert_eq!(next, 3);
}
