//! Small and odd files.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use ferry_core::wire::{FileEntry, FilesPage};
use ferry_tests::{client::download, wait};

use super::{LONG, SHORT, Scene, ensure_stored, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_file() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("empty.txt", 1, 0)?;
    scene.page.pick([&path]).await?;
    let card = scene
        .page
        .until_upload("empty.txt", &["done"], SHORT)
        .await?;
    ensure!(card.get("size") == "0", "{card:?}");
    ensure_stored(&scene.person().await?, "empty.txt", &path).await?;
    let saved = scene
        .page
        .download(scene.browser.downloads(), "empty.txt", SHORT)
        .await?;
    ensure!(std::fs::read(saved)?.is_empty(), "something came down");
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_byte() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("one.byte", 1, 1)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("one.byte", &["done"], SHORT)
        .await?;
    ensure_stored(&scene.person().await?, "one.byte", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_with_every_odd_character() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let name = "<img src=x onerror=alert(1)> \"quotes\" 'single' & % # ? + ; \\ ~ `tick` ünï 日本語 🛳 e\u{301}.tar.gz";
    let path = scene.file(name, 1, 200_000)?;
    scene.page.pick([&path]).await?;
    let done = || async {
        let cards = scene.page.cards("upload-card").await?;
        ensure!(
            cards.len() == 1 && cards[0].state() == "done" && cards[0].get("name") == name,
            "{cards:?}"
        );
        Ok(())
    };
    wait::until(SHORT, "the upload is done", done).await?;
    ensure_stored(&scene.person().await?, name, &path).await?;
    scene.page.until_file(name).await?;
    let images = scene
        .page
        .script(
            "return document.querySelectorAll('main img').length",
            vec![],
        )
        .await?;
    ensure!(images == 0, "the name became HTML");
    let saved = scene
        .page
        .download(scene.browser.downloads(), name, SHORT)
        .await?;
    ensure!(
        std::fs::read(saved)? == std::fs::read(&path)?,
        "another content came down"
    );
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_small_files() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let names: Vec<String> = (0..200)
        .map(|number| format!("photo {number:03}.jpg"))
        .collect();
    let mut paths = Vec::new();
    for (number, name) in names.iter().enumerate() {
        paths.push(scene.file(name, number as u64, 500 + 700 * number as u64)?);
    }
    scene.page.pick(&paths).await?;
    let person = scene.person().await?;
    let all_there = || async {
        let page: FilesPage = person.api.get("/api/files?limit=500").await?.expect(200)?;
        ensure!(
            page.files.len() == names.len(),
            "{} files",
            page.files.len()
        );
        Ok(page.files)
    };
    let files: Vec<FileEntry> = wait::until(LONG, "all files are complete", all_there).await?;
    let mut seen = BTreeSet::new();
    for file in &files {
        let (name, content) = download(&person, file.file_id).await?;
        let path = paths
            .iter()
            .find(|path| path.file_name().is_some_and(|own| own == name.as_str()));
        ensure!(
            path.is_some_and(|path| std::fs::read(path).is_ok_and(|own| own == content)),
            "{name} is another file"
        );
        seen.insert(name);
    }
    ensure!(seen.len() == names.len(), "{} names", seen.len());
    let cards_done = || async {
        let cards = scene.page.cards("upload-card").await?;
        wait::holds(
            cards.iter().all(|card| card.state() == "done"),
            "a card is not done",
        )
    };
    wait::until(SHORT, "the page says so too", cards_done).await?;
    scene.close().await
}
