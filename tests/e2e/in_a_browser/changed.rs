//! The same name is not the same file: one byte changed, another content, another name.

use anyhow::{Result, ensure};
use ferry_core::wire::{FilesPage, PartsPage, UploadSession};
use ferry_tests::proxy::{Action, Fault};

use super::{SHORT, Scene, check_unfinished, ensure_equal, ensure_stored, flip_byte, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_changed_byte_sends_one_part_after_the_user_agreed() -> Result<()> {
    let mut scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("diary.txt", 1, 3_000_000)?;
    scene.fixture.proxy.add(Fault::on(
        "POST /api/upload/complete/",
        u32::MAX,
        Action::CutBefore,
    ));
    scene.page.pick([&path]).await?;
    let person = scene.person().await?;
    let is_whole = || async {
        let checked = check_unfinished(&person).await?;
        ensure!(
            checked.missing_chunks.is_empty() && checked.total_chunks > 10,
            "{checked:?}"
        );
        Ok(checked)
    };
    let checked = ferry_tests::wait::until(SHORT, "all parts are stored", is_whole).await?;
    scene = scene.fresh_browser().await?;
    scene.fixture.proxy.heal();
    flip_byte(&path, 1_500_000)?;
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("diary.txt", &["asking"], SHORT)
        .await?;
    let question = &scene.page.cards("changed-question").await?[0];
    ensure!(question.get("differing") == "1", "{question:?}");
    ensure!(
        question.get("total") == checked.total_chunks.to_string(),
        "{question:?}"
    );
    ensure!(
        scene.fixture.proxy.ledger().since(before).sent().is_empty(),
        "something was sent before the answer"
    );
    scene.page.click("changed-replace").await?;
    scene
        .page
        .until_upload("diary.txt", &["done"], SHORT)
        .await?;
    let sent = scene.fixture.proxy.ledger().since(before).sent_numbers();
    ensure!(
        sent == [part_at(&scene, 1_500_000).await?],
        "sent were {sent:?}"
    );
    ensure_stored(&scene.person().await?, "diary.txt", &path).await?;
    scene.close().await
}

/// The number of the part that holds this byte of the only complete file.
async fn part_at(scene: &Scene, offset: u64) -> Result<u32> {
    let person = scene.person().await?;
    let files: FilesPage = person.api.get("/api/files").await?.expect(200)?;
    let parts: PartsPage = person
        .api
        .get(&format!("/api/files/{}/parts", files.files[0].file_id))
        .await?
        .expect(200)?;
    let mut end = 0;
    for part in parts.parts {
        end += u64::from(part.size);
        if end > offset {
            return Ok(part.number);
        }
    }
    anyhow::bail!("the file is shorter than {offset}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_file_may_be_stopped_or_sent_as_a_new_one() -> Result<()> {
    let mut scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("diary.txt", 1, 2_000_000)?;
    scene.let_through_up_to(12);
    scene.page.pick([&path]).await?;
    scene.until_stored(12).await?;
    scene = scene.fresh_browser().await?;
    scene.fixture.proxy.heal();
    flip_byte(&path, 300_000)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("diary.txt", &["asking"], SHORT)
        .await?;
    scene.page.click("changed-stop").await?;
    scene
        .page
        .until_upload("diary.txt", &["stopped"], SHORT)
        .await?;
    let person = scene.person().await?;
    let kept = check_unfinished(&person).await?;
    ensure!(
        kept.uploaded_chunks.len() >= 12,
        "what was stored is kept: {kept:?}"
    );
    scene
        .page
        .click_on_card("diary.txt", "upload-resume")
        .await?;
    scene
        .page
        .until_upload("diary.txt", &["asking"], SHORT)
        .await?;
    scene.page.click("changed-fresh").await?;
    scene
        .page
        .until_upload("diary.txt", &["done"], SHORT)
        .await?;
    ensure_stored(&person, "diary.txt", &path).await?;
    let uploads: Vec<UploadSession> = person.api.get("/api/uploads").await?.expect(200)?;
    ensure!(uploads.len() == 1, "the old upload stays: {uploads:?}");
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_files_with_equal_name_and_size_are_two_files() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let one = scene.file_in("one", "report.pdf", 1, 1_000_000)?;
    let two = scene.file_in("two", "report.pdf", 2, 1_000_000)?;
    for path in [&one, &two] {
        scene.page.pick([path]).await?;
        let all_done = || async {
            let cards = scene.page.cards("upload-card").await?;
            ensure!(
                !cards.is_empty() && cards.iter().all(|card| card.state() == "done"),
                "{cards:?}"
            );
            Ok(())
        };
        ferry_tests::wait::until(SHORT, "the upload is done", all_done).await?;
    }
    let person = scene.person().await?;
    let files: FilesPage = person.api.get("/api/files").await?.expect(200)?;
    ensure!(files.files.len() == 2, "{} files", files.files.len());
    ensure_equal(&person, files.files[1].file_id, "report.pdf", &one).await?;
    ensure_equal(&person, files.files[0].file_id, "report.pdf", &two).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_file_goes_on_under_its_new_name() -> Result<()> {
    let mut scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("before.bin", 1, 2_000_000)?;
    scene.let_through_up_to(10);
    scene.page.pick([&path]).await?;
    scene.until_stored(10).await?;
    scene = scene.fresh_browser().await?;
    scene.fixture.proxy.heal();
    let renamed = path.with_file_name("after.bin");
    std::fs::rename(&path, &renamed)?;
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.pick([&renamed]).await?;
    scene
        .page
        .until_upload("after.bin", &["done"], SHORT)
        .await?;
    let sent = scene.fixture.proxy.ledger().since(before).sent_numbers();
    ensure!(sent.first() == Some(&11), "sent were {sent:?}");
    ensure_stored(&scene.person().await?, "after.bin", &renamed).await?;
    scene.page.until_file("after.bin").await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_again_sends_nothing() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("once.bin", 1, 1_000_000)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("once.bin", &["done"], SHORT)
        .await?;
    let scene = scene.fresh_browser().await?;
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("once.bin", &["done"], SHORT)
        .await?;
    let again = scene.fixture.proxy.ledger().since(before);
    ensure!(
        again.sent().is_empty() && again.count("POST /api/upload/start") == 0,
        "{:?}",
        again.sent_numbers()
    );
    ensure_stored(&scene.person().await?, "once.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_grew_keeps_what_was_stored() -> Result<()> {
    let mut scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("growing.log", 1, 2_000_000)?;
    scene.let_through_up_to(10);
    scene.page.pick([&path]).await?;
    scene.until_stored(10).await?;
    scene = scene.fresh_browser().await?;
    scene.fixture.proxy.heal();
    super::write_content(&path, 1, 2_500_000)?;
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("growing.log", &["asking"], SHORT)
        .await?;
    scene.page.click("changed-replace").await?;
    scene
        .page
        .until_upload("growing.log", &["done"], SHORT)
        .await?;
    let sent = scene.fixture.proxy.ledger().since(before).sent_numbers();
    ensure!(sent.first() == Some(&11), "sent were {sent:?}");
    ensure_stored(&scene.person().await?, "growing.log", &path).await?;
    scene.close().await
}
