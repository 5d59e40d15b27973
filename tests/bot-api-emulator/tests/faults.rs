//! Faults of the script, as a client sees them, and what was stored in spite of them.

use bot_api_emulator::{Fault, FaultRule};

use crate::wire::Stage;

async fn stage_with(rules: Vec<FaultRule>) -> Stage {
    let stage = Stage::new().await;
    stage.control().add_faults(rules);
    stage
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
        let stage = stage_with(once("sendDocument", fault.clone())).await;
        assert!(stage.try_send(&big).await.is_none(), "{fault:?}");
        assert_eq!(stage.control().ledger(None).len(), stored, "{fault:?}");
        assert_eq!(stage.send(&big).await.status, 200);
        assert_eq!(stage.control().faults()[0].fired, 1);
        assert_eq!(stage.control().calls()[0].status, 0);
    }
}

#[tokio::test]
async fn half_a_reply_is_shorter_than_it_says() {
    let stage = stage_with(once("sendDocument", Fault::HalfReply)).await;
    let reply = stage.send(b"part").await;
    let said: usize = reply
        .header("content-length")
        .expect("a length")
        .parse()
        .expect("a number");
    assert!(reply.body.len() < said && !reply.body.is_empty());
    assert_eq!(stage.control().ledger(None).len(), 1);
}

#[tokio::test]
async fn downloads_are_spoilt_as_told() {
    let stage = Stage::new().await;
    let (part, other) = (vec![1; 300_000], vec![2; 300_000]);
    let (_, file_id, _) = stage.stored(&part).await;
    stage.stored(&other).await;
    let path = stage.path(&file_id).await;
    let spoilt = async |fault: Fault| {
        stage.control().clear_faults();
        stage.control().add_faults(once("file", fault));
        stage.download(&path).await
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
    assert_eq!(stage.download(&path).await.body, part);
}

#[tokio::test]
async fn a_call_that_hangs_goes_on_when_the_script_is_cleared() {
    let stage = stage_with(once("getMe", Fault::Hang { secs: 3600.0 })).await;
    let asking = stage.call("getMe", "");
    let clearing = async {
        while stage.control().faults()[0].fired == 0 {
            tokio::task::yield_now().await;
        }
        stage.control().clear_faults();
    };
    let (reply, ()) = tokio::join!(asking, clearing);
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_refused_client_that_still_sends_reads_the_answer() {
    let stage = Stage::new().await;
    let reply = stage.send(&vec![0; 60 << 20]).await;
    assert_eq!(
        reply.text(),
        r#"{"ok":false,"error_code":413,"description":"Request Entity Too Large"}"#
    );
    assert_eq!(reply.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_flood_to_one_chat_leaves_the_others() {
    let stage = Stage::new().await;
    let rule = FaultRule {
        chat: Some(stage.chat),
        ..FaultRule::on("sendDocument", Fault::Flood { retry_after: 30 })
    };
    stage.control().add_faults(vec![rule]);
    let channel = bot_api_emulator::ChatKind::Channel;
    let members = bot_api_emulator::Members::AllBots;
    let other = stage
        .control()
        .create_chat(channel, "Other", &members)
        .expect("a chat");
    assert_eq!(stage.send(b"part").await.header("retry-after"), Some("30"));
    let request = crate::wire::upload(&stage.token, other.id, b"part");
    assert_eq!(stage.raw(&request).await.expect("a reply").status, 200);
}

#[tokio::test]
async fn a_slow_body_takes_as_long_as_it_says_both_ways() {
    let stage = Stage::new().await;
    let speed = Fault::SlowBody {
        bytes_per_sec: 100_000,
    };
    let part = vec![5; 30_000];
    stage
        .control()
        .add_faults(once("sendDocument", speed.clone()));
    let before = std::time::Instant::now();
    let (_, file_id, _) = stage.stored(&part).await;
    assert!(before.elapsed().as_millis() >= 300);
    let path = stage.path(&file_id).await;
    stage.control().add_faults(once("file", speed));
    let before = std::time::Instant::now();
    assert_eq!(stage.download(&path).await.body, part);
    assert!(before.elapsed().as_millis() >= 300);
}
