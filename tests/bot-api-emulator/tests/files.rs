//! Documents: stored, told about, fetched, passed on, deleted; over a restart too.

use crate::wire::Fixture;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn a_document_comes_back_as_it_was_sent() {
    let fixture = Fixture::new().await;
    let sent = bytes(3_000_000);
    let reply = fixture.send(&sent).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let text = reply.text();
    assert!(text.starts_with(&format!(
        "{{\"ok\":true,\"result\":{{\"message_id\":2,\"sender_chat\":{{\"id\":{0},\"title\":\"Parts\",\"type\":\"channel\"}},\"chat\":{{\"id\":{0},\"title\":\"Parts\",\"type\":\"channel\"}},\"date\":",
        fixture.chat
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
    let path = fixture.path(&file_id).await;
    assert_eq!(path, "documents/file_1.bin");
    assert_eq!(fixture.download(&path).await.body, sent);
    assert_eq!(fixture.download(&path.replace('/', "%2F")).await.body, sent);
}

#[tokio::test]
async fn a_restart_keeps_all() {
    let fixture = Fixture::new().await;
    let (_, file_id, unique) = fixture.stored(&bytes(100_000)).await;
    let path = fixture.path(&file_id).await;
    let before = fixture.control().ledger(None);
    let fixture = fixture.restart().await;
    assert_eq!(fixture.control().ledger(None), before);
    assert_eq!(before[0].file_unique_id, unique);
    assert_eq!(fixture.download(&path).await.body, bytes(100_000));
    let (next, ..) = fixture.stored(b"more").await;
    assert_eq!(next, 3);
}
