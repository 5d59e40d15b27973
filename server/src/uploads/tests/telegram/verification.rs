//! Damage in Telegram: found for sure, and never concluded from an answer that may mean anything.

use bot_api_emulator::{Fault, FaultRule};
use ferry_core::wire::VerifyRequest;

use super::Emulated;
use crate::storage::StorageError;
use crate::uploads::UploadError;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_found_and_an_unknown_answer_is_no_damage() {
    let emulated = Emulated::start(2, 1, false).await;
    let control = &emulated.telegram.control;
    let file = emulated.file(5).await;
    emulated.send(&file, 1..=5).await;

    // Three doubtful answers in a row, then the truth.
    for method in ["getFile", "file"] {
        control.add_faults(vec![FaultRule {
            count: Some(3),
            ..FaultRule::on(
                method,
                match method {
                    "getFile" => Fault::Unavailable,
                    _ => Fault::File401,
                },
            )
        }]);
        let found = emulated.verify(&file).await.unwrap();
        assert_eq!(found, (vec![1, 2, 3, 4, 5], vec![]), "{method}");
        control.clear_faults();
    }
    // A download that breaks off, announced or not, is no part: and it says nothing of what is stored.
    for cut in [Fault::TruncatedDownload, Fault::ShortDownload] {
        control.add_faults(vec![FaultRule::on("file", cut.clone())]);
        let verified = emulated.verify(&file).await;
        assert!(
            matches!(
                verified,
                Err(UploadError::Storage(StorageError::Unavailable(_)))
            ),
            "{cut:?}: {verified:?}"
        );
        assert!(emulated.read(&file, 1).await.is_err(), "{cut:?}");
        control.clear_faults();
    }
    // Nor do bytes that were damaged on their way, once.
    control.add_faults(vec![FaultRule {
        count: Some(1),
        ..FaultRule::on("file", Fault::FlippedBit)
    }]);
    let found = emulated.verify(&file).await.unwrap();
    assert_eq!(found.0.len(), 5, "nothing was called lost");
    assert_eq!(control.faults()[0].fired, 1);
    control.clear_faults();

    for (number, damage) in [(1, Fault::FlippedBit), (2, Fault::SwappedPart)] {
        control.add_faults(vec![FaultRule::on("file", damage.clone())]);
        let request = VerifyRequest {
            file_id: file.start.file_id,
            chunk_numbers: Some(vec![number]),
            max_age_secs: None,
        };
        let found = emulated
            .fixture
            .uploads
            .verify(emulated.fixture.user, request, &|_| {})
            .await;
        let found = found.unwrap_or_else(|error| panic!("{damage:?}: {error}"));
        assert_eq!(found.corrupted_chunks, [number], "{damage:?}");
        control.clear_faults();
        let refused = emulated.read(&file, number).await;
        assert!(
            matches!(refused, Err(UploadError::PartCorrupt { .. })),
            "{refused:?}"
        );
    }
    // Whose message a person deleted is gone, and that is known for sure.
    let row = emulated.fixture.address(file.start.file_id, 4).await;
    control.delete_message(row.0, row.1).unwrap();
    assert_eq!(
        emulated.verify(&file).await.unwrap(),
        (vec![3, 5], vec![1, 2, 4])
    );
    emulated.send(&file, [1, 2, 4]).await;
    assert_eq!(emulated.verify(&file).await.unwrap().0.len(), 5, "repaired");
    emulated.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_cut_off_by_an_outage_reads_only_the_rest_again() {
    const COUNT: u32 = 60;
    let emulated = Emulated::start(2, 1, false).await;
    let control = &emulated.telegram.control;
    let file = emulated.file(COUNT).await;
    emulated.send(&file, 1..=COUNT).await;
    let request = VerifyRequest {
        file_id: file.start.file_id,
        chunk_numbers: None,
        max_age_secs: Some(24 * 3_600),
    };
    let uploads = &emulated.fixture.uploads;
    let user = emulated.fixture.user;
    let outage = |seen: ferry_core::wire::VerifyProgress| {
        if seen.checked == 30 {
            control.add_faults(vec![FaultRule::always(Fault::BadGatewayHtml)]);
        }
    };
    let cut = uploads.verify(user, request.clone(), &outage).await;
    assert!(
        matches!(cut, Err(UploadError::Storage(StorageError::Unavailable(_)))),
        "{cut:?}"
    );
    let noted = emulated
        .fixture
        .count("file_parts WHERE verified_at IS NOT NULL")
        .await;
    assert!(noted >= 30, "{noted} parts are noted");

    control.clear_faults();
    control.forget_calls();
    let found = uploads.verify(user, request, &|_| {}).await.unwrap();
    assert_eq!(found.valid_chunks, (1..=COUNT).collect::<Vec<_>>());
    let read = i64::try_from(emulated.telegram.calls("getFile")).unwrap();
    assert_eq!(read, i64::from(COUNT) - noted, "read once more");
    emulated.end().await;
}
