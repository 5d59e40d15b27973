//! Faults of the script, as a client sees them, and what was stored in spite of them.

use bot_api_emulator::{Fault, FaultRule};

use crate::wire::Fixture;

async fn fixture_with(rules: Vec<FaultRule>) -> Fixture {
    let fixture = Fixture::new().await;
    fixture.control().add_faults(rules);
    fixture
}

fn once(method: &str, fault: Fault) -> Vec<FaultRule> {
    vec![FaultRule {
        count: Some(1),
        ..FaultRule::on(method, fault)
    }]
}

#[tokio::test]
async fn connections_end_where_they_are_told_to() {
    let big = vec![3; 3_000_000];
    for (fault, stored) in [
        (Fault::ResetBeforeBody, 0),
        (Fault::ResetMidBody, 0),
        (Fault::ResetAfterStore, 1),
        (Fault::EmptyReply, 1),
    ] {
        let fixture = fixture_with(once("sendDocument", fault.clone())).await;
        assert!(fixture.try_send(&big).await.is_none(), "{fault:?}");
        assert_eq!(fixture.control().ledger(None).len(), stored, "{fault:?}");
        assert_eq!(fixture.send(&big).await.status, 200);
        assert_eq!(fixture.control().faults()[0].fired, 1);
        assert_eq!(fixture.control().calls()[0].status, 0);
    }
}

#[tokio::test]
async fn half_a_reply_is_shorter_than_it_says() {
    let fixture = fixture_with(once("sendDocument", Fault::HalfReply)).await;
    let reply = fixture.send(b"part").await;
    let said: usize = reply
        .header("content-length")
        .expect("a length")
        .parse()
        .expect("a number");
    assert!(reply.body.len() < said && !reply.body.is_empty());
    assert_eq!(fixture.control().ledger(None).len(), 1);
}

#[tokio::test]
async fn downloads_are_spoilt_as_told() {
    let fixture = Fixture::new().await;
    let (part, other) = (vec![1; 300_000], vec![2; 300_000]);
    let (_, file_id, _) = fixture.stored(&part).await;
    fixture.stored(&other).await;
    let path = fixture.path(&file_id).await;
    let spoilt = async |fault: Fault| {
        fixture.control().clear_faults();
        fixture.control().add_faults(once("file", fault));
        fixture.download(&path).await
    };
    let flipped = spoilt(Fault::FlippedBit).await.body;
    let wrong = flipped
        .iter()
        .zip(&part)
        .filter(|(left, right)| left != right)
        .count();
    assert_eq!((flipped.len(), wrong), (300_000, 1));
    assert_eq!(spoilt(Fault::SwappedPart).await.body, other);
    let short = spoilt(Fault::ShortDownload).await;
    assert_eq!(
        (short.header("content-length"), short.body.len()),
        (Some("150000"), 150_000)
    );
    let truncated = spoilt(Fault::TruncatedDownload).await;
    assert_eq!(
        (truncated.header("content-length"), truncated.body.len()),
        (Some("300000"), 150_000)
    );
    assert_eq!(fixture.download(&path).await.body, part);
}

#[tokio::test]
async fn a_call_that_hangs_goes_on_when_the_script_is_cleared() {
    let fixture = fixture_with(once("getMe", Fault::Hang { secs: 3600.0 })).await;
    let asking = fixture.call("getMe", "");
    let clearing = async {
        while fixture.control().faults()[0].fired == 0 {
            tokio::task::yield_now().await;
        }
        fixture.control().clear_faults();
    };
    let (reply, ()) = tokio::join!(asking, clearing);
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_refused_client_that_still_sends_reads_the_answer() {
    let fixture = Fixture::new().await;
    let reply = fixture.send(&vec![0; 60 << 20]).await;
    assert_eq!(
        reply.text(),
        r#"{"ok":false,"error_code":413,"description":"Request Entity Too Large"}"#
    );
    assert_eq!(reply.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_flood_to_one_chat_leaves_the_others() {
    let fixture = Fixture::new().await;
    let rule = FaultRule {
        chat: Some(fixture.chat),
        ..FaultRule::on("sendDocument", Fault::Flood { retry_after: 30 })
    };
    fixture.control().add_faults(vec![rule]);
    let channel = bot_api_emulator::ChatKind::Channel;
    let members = bot_api_emulator::Members::AllBots;
    let other = fixture
        .control()
        .create_chat(channel, "Other", &members)
        .expect("a chat");
    assert_eq!(
        fixture.send(b"part").await.header("retry-after"),
        Some("30")
    );
    let request = crate::wire::upload(&fixture.token, other.id, b"part");
    assert_eq!(fixture.raw(&request).await.expect("a reply").status, 200);
}

#[tokio::test]
async fn a_slow_body_takes_as_long_as_it_says_both_ways() {
    let fixture = Fixture::new().await;
    let speed = Fault::SlowBody {
        bytes_per_sec: 100_000,
    };
    let part = vec![5; 30_000];
    fixture
        .control()
        .add_faults(once("sendDocument", speed.clone()));
    let before = std::time::Instant::now();
    let (_, file_id, _) = fixture.stored(&part).await;
    assert!(before.elapsed().as_millis() >= 300);
    let path = fixture.path(&file_id).await;
    fixture.control().add_faults(once("file", speed));
    let before = std::time::Instant::now();
    assert_eq!(fixture.download(&path).await.body, part);
    assert!(before.elapsed().as_millis() >= 300);
}
