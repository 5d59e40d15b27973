//! The proxy itself: what it counts and cuts must be true, or the other tests prove nothing.

use anyhow::{Result, ensure};
use ferry_tests::{
    client::{SealedFile, content},
    fixture::Fixture,
    proxy::{Action, Fault, Outcome},
};

#[tokio::test]
async fn the_ledger_tells_what_happened() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let part = file.part(2)?;
    let length = part.body.len() as u64;
    let before = fixture.proxy.ledger().seen.len();
    for action in [
        Action::CutBefore,
        Action::CutAfterBytes(length / 2),
        Action::DropAnswer,
    ] {
        fixture
            .proxy
            .add(Fault::on(&format!("PUT {}", file.part_path(2)), 1, action));
        ensure!(file.put(&admin.api, 2, &part).await.is_err(), "{action:?}");
    }
    file.put(&admin.api, 2, &part).await?.expect_status(200)?;
    file.put(&admin.api, 2, &part).await?.expect_status(200)?;
    let ledger = fixture.proxy.ledger().since(before);
    let outcomes: Vec<Outcome> = ledger.part_puts().map(|(_, seen)| seen.outcome).collect();
    ensure!(
        outcomes
            == [
                Outcome::Cut,
                Outcome::Cut,
                Outcome::Cut,
                Outcome::Answered(200),
                Outcome::Answered(200)
            ],
        "{outcomes:?}"
    );
    let forwarded: Vec<u64> = ledger
        .part_puts()
        .map(|(_, seen)| seen.forwarded_bytes)
        .collect();
    ensure!(
        forwarded[0] == 0 && forwarded[1] < length && forwarded[2..] == [length; 3],
        "{forwarded:?} of {length}"
    );
    ensure!(
        ledger.sent_after_acknowledgement().len() == 1,
        "the last one was not needed"
    );
    ensure!(
        ledger.sent_numbers() == [2; 4] && ledger.in_flight().is_empty(),
        "{:?}",
        ledger.sent_numbers()
    );
    fixture.close().await
}
