//! Limits on a clock that stands: when they count, what they answer, and that waiting helps.

use bot_api_emulator::{Limits, Rule};

use crate::wire::Fixture;

fn only(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::off();
    change(&mut limits);
    limits
}

/// Sends until refused; how many went through.
async fn burst(fixture: &Fixture, bytes: &[u8]) -> usize {
    for sent in 0.. {
        if fixture.send(bytes).await.status == 429 {
            return sent;
        }
    }
    0
}

fn rules(fixture: &Fixture) -> Vec<Rule> {
    let violations = fixture.control().violations();
    violations
        .into_iter()
        .map(|violation| violation.rule)
        .collect()
}

#[tokio::test]
async fn uploads_of_one_size_are_paced_as_in_the_source() {
    for (mebibytes, admitted) in [(3, 21), (8, 9), (16, 8)] {
        let fixture = Fixture::with(only(|limits| limits.same_size = true)).await;
        let bytes = vec![7; mebibytes << 20];
        assert_eq!(burst(&fixture, &bytes).await, admitted, "{mebibytes} MiB");
        let clock = fixture.control().clock();
        // Those in the queue waited, and the refused one for three seconds.
        assert!(clock.skipped_secs > 3.0, "{}", clock.skipped_secs);
        assert_eq!(fixture.control().ledger(None).len(), admitted);
        assert_eq!(rules(&fixture), [Rule::SameSize]);
        // Another size has a queue of its own; after some time there is room in this one.
        assert_eq!(fixture.send(&bytes[1..]).await.status, 200);
        fixture.control().advance(1.0).expect("it moves");
        assert_eq!(fixture.send(&bytes).await.status, 200);
    }
}

#[tokio::test]
async fn small_uploads_are_not_paced() {
    let fixture = Fixture::with(only(|limits| limits.same_size = true)).await;
    for _ in 0..40 {
        assert_eq!(fixture.send(&[1; 100_000]).await.status, 200);
    }
}

#[tokio::test]
async fn twenty_a_minute_is_a_window_that_moves() {
    let fixture = Fixture::with(only(|limits| limits.chat_minute = true)).await;
    for _ in 0..20 {
        assert_eq!(fixture.send(b"part").await.status, 200);
        fixture.control().advance(1.0).expect("it moves");
    }
    let refused = fixture.send(b"part").await;
    assert_eq!(refused.header("retry-after"), Some("40"));
    assert_eq!(refused.json()["parameters"]["retry_after"], 40);
    fixture.control().advance(40.0).expect("it moves");
    assert_eq!(fixture.send(b"part").await.status, 200);
    assert_eq!(fixture.send(b"part").await.status, 429);
    assert_eq!(rules(&fixture), [Rule::ChatMinute; 2]);
    assert_eq!(fixture.control().ledger(None).len(), 21);
}

#[tokio::test]
async fn one_a_second_goes_on_for_ever() {
    let fixture = Fixture::with(only(|limits| limits.chat_second = true)).await;
    assert_eq!(burst(&fixture, b"part").await, 5);
    for _ in 0..30 {
        fixture.control().advance(1.0).expect("it moves");
        assert_eq!(fixture.send(b"part").await.status, 200);
    }
}

#[tokio::test]
async fn a_client_that_comes_back_too_early_is_counted() {
    let fixture = Fixture::with(only(|limits| {
        limits.chat_minute = true;
        limits.early_retry = true;
    }))
    .await;
    assert_eq!(burst(&fixture, b"part").await, 20);
    assert_eq!(fixture.send(b"part").await.status, 429);
    fixture.control().advance(59.0).expect("it moves");
    assert_eq!(fixture.send(b"part").await.header("retry-after"), Some("1"));
    fixture.control().advance(1.0).expect("it moves");
    assert_eq!(fixture.send(b"part").await.status, 200);
    assert_eq!(
        rules(&fixture),
        [Rule::ChatMinute, Rule::EarlyRetry, Rule::EarlyRetry]
    );
}

#[tokio::test]
async fn twenty_new_tokens_a_minute_may_come_from_an_address() {
    let fixture = Fixture::with(only(|limits| limits.new_tokens = true)).await;
    let bots = fixture.control().create_bots(21).expect("bots");
    for bot in &bots[..20] {
        assert_eq!(
            fixture
                .get(&format!("/bot{}/getMe", bot.token))
                .await
                .status,
            200
        );
    }
    let late = format!("/bot{}/getMe", bots[20].token);
    assert_eq!(fixture.get(&late).await.header("retry-after"), Some("60"));
    // Those that are known already are not concerned.
    assert_eq!(
        fixture
            .get(&format!("/bot{}/getMe", bots[0].token))
            .await
            .status,
        200
    );
    fixture.control().advance(60.0).expect("it moves");
    assert_eq!(fixture.get(&late).await.status, 200);
    assert_eq!(rules(&fixture), [Rule::NewTokens]);
}

#[tokio::test]
async fn limits_are_of_a_pair_and_can_be_changed() {
    let fixture = Fixture::with(only(|limits| limits.chat_second = true)).await;
    let control = fixture.control();
    let other = control.create_bots(1).expect("a bot").remove(0);
    let full = Some(bot_api_emulator::Membership::FULL);
    control
        .set_member(fixture.chat, other.id, full)
        .expect("a chat");
    assert_eq!(burst(&fixture, b"part").await, 5);
    let of_other = crate::wire::upload(&other.token, fixture.chat, b"part");
    assert_eq!(fixture.raw(&of_other).await.expect("a reply").status, 200);
    control.set_limits(Limits::off());
    assert_eq!(fixture.send(b"part").await.status, 200);
}
