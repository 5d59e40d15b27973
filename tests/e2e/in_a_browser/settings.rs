//! What a person does beside uploading: tokens for programs, search, drag and drop.

use anyhow::{Result, ensure};
use ferry_core::wire::ErrorCode;
use ferry_tests::{
    browser::Page,
    client::{Credential, SealedFile, content},
    wait,
};
use serde_json::json;

use super::{SHORT, Scene, tiny_parts};

/// Drops a file of these bytes, as the browser does it.
const DROP: &str = "
    const [name, size] = arguments;
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(size).fill(7)], name));
    const zone = document.querySelector('[data-testid=drop-zone]');
    for (const type of ['dragenter', 'dragover', 'drop']) {
        zone.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_search_and_drop_on_one_page() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    tokens_are_shown_once_and_revoked(&scene).await?;
    files_are_found_by_name(&scene).await?;
    a_dropped_file_goes_up(&scene).await?;
    scene.close().await
}

async fn tokens_are_shown_once_and_revoked(scene: &Scene) -> Result<()> {
    let page = &scene.page;
    page.click("nav-settings").await?;
    page.until_view(&["settings"]).await?;
    page.click_in("[data-testid=token-form]", "submit").await?;
    page.until_code("form-error", "invalid_form").await?;
    page.type_into("token-label", "script").await?;
    page.click_in("[data-testid=token-form]", "submit").await?;
    let token = page.value("token-secret").await?;
    let api = scene.fixture.api()?.with(Credential::Token(token.clone()));
    api.get("/api/files").await?.expect_status(200)?;
    // It may read, and nothing else.
    let id = uuid::Uuid::nil();
    let delete = api.delete(&format!("/api/files/{id}")).await?;
    delete.refused(403, ErrorCode::Forbidden)?;

    page.click("nav-files").await?;
    page.until_view(&["files"]).await?;
    page.click("nav-settings").await?;
    page.until_view(&["settings"]).await?;
    ensure!(!page.has("token-secret").await?, "it is shown again");
    let row = "[data-testid=token-row][data-label=script]";
    page.click_in(row, "token-revoke").await?;
    page.click("confirm-yes").await?;
    let revoked = || async {
        let rows = page.cards("token-row").await?;
        let is_gone = rows.iter().all(|row| row.get("label") != "script");
        wait::holds(is_gone, &format!("{rows:?}"))
    };
    wait::until(SHORT, "the token is gone", revoked).await?;
    api.get("/api/files")
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    page.click("nav-files").await?;
    page.until_view(&["files"]).await.map(drop)
}

/// Waits until the list shows these names, in any order.
async fn until_listed(page: &Page, wanted: &[&str]) -> Result<()> {
    let listed = || async {
        let rows = page.files().await?;
        let mut names: Vec<&str> = rows.iter().map(|row| row.get("name")).collect();
        names.sort_unstable();
        wait::holds(names == wanted, &format!("{names:?}"))
    };
    wait::until(SHORT, &format!("{wanted:?} are listed"), listed).await
}

async fn files_are_found_by_name(scene: &Scene) -> Result<()> {
    let page = &scene.page;
    let ada = scene.person().await?;
    let names = ["five", "four", "one", "six", "three", "two"];
    for (seed, name) in names.iter().enumerate() {
        let content = content(seed as u64, 1_000);
        SealedFile::new(&ada.keys, name, content)?
            .upload(&ada.api)
            .await?;
    }
    page.click("nav-settings").await?;
    page.until_view(&["settings"]).await?;
    page.click("nav-files").await?;
    until_listed(page, &names).await?;
    page.type_into("files-filter", "F").await?;
    until_listed(page, &["five", "four"]).await?;
    page.type_into("files-filter", "x").await?;
    until_listed(page, &[]).await?;
    let said = page.texts("files-empty").await?.concat();
    ensure!(said == "No file has this in its name.", "{said}");
    page.find("files-filter").await?.clear().await?;
    page.type_into("files-filter", "t").await?;
    until_listed(page, &["three", "two"]).await
}

async fn a_dropped_file_goes_up(scene: &Scene) -> Result<()> {
    let page = &scene.page;
    page.script(DROP, vec![json!("dropped.bin"), json!(300_000)])
        .await?;
    let card = page.until_upload("dropped.bin", &["done"], SHORT).await?;
    let file_id = card.get("fileId").parse()?;
    let ada = scene.person().await?;
    let (name, content) = ferry_tests::client::download(&ada, file_id).await?;
    ensure!(
        name == "dropped.bin" && content == vec![7; 300_000],
        "another file is stored: {name}"
    );
    Ok(())
}
