//! A server that lies, behind the real page: what it may make the page send, show or keep is nothing that it can choose.

mod calls;
mod lies;
mod walk;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use ferry_core::wire::{FileEntry, KdfResponse};
use ferry_tests::{
    browser::{Browser, Page},
    client::{Opened, SealedFile},
    fixture::PASSWORD,
    proxy::{Answered, Lie},
    wait,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    SHORT, Scene, USER,
    accounts::{NEW_PASSWORD, change_password, until_notice},
    ensure_equal, tiny_parts,
};

const SECRET: &str = "HIV test result.pdf";

/// Another answer's body.
fn becomes(body: Vec<u8>) -> impl Fn(&mut Answered) + Send + Sync {
    move |answered| answered.body.clone_from(&body)
}

/// Types into a field that may hold something.
async fn retype(page: &Page, handle: &str, text: &str) -> Result<()> {
    let input = page.find(handle).await?;
    input.clear().await?;
    Ok(input.send_keys(text).await?)
}

impl Scene {
    /// Uploads a file on the page; returns its id.
    async fn stored(&self, path: &PathBuf, name: &str) -> Result<Uuid> {
        self.page.pick([path]).await?;
        self.page.until_upload(name, &["done"], SHORT).await?;
        Ok(self.page.until_file(name).await?.get("fileId").parse()?)
    }

    /// Renames a listed file on the page, whatever comes of it.
    async fn rename(&self, file_id: Uuid, name: &str) -> Result<()> {
        let row = format!("[data-testid='file-row'][data-file-id='{file_id}']");
        self.page.click_in(&row, "file-rename").await?;
        retype(&self.page, "rename-input", name).await?;
        self.page.click("rename-save").await
    }

    /// Waits until a form says this code.
    async fn until_form_error(&self, code: &str) -> Result<()> {
        let said = || async {
            let errors = self.page.cards("form-error").await?;
            let is_said = errors.iter().any(|error| error.get("code") == code);
            wait::holds(is_said, &format!("{errors:?}"))
        };
        wait::until(SHORT, &format!("the form says {code}"), said).await
    }

    /// No request since the recording began holds this text.
    fn ensure_never_sent(&self, text: &str) -> Result<()> {
        let recorded = self.fixture.proxy.recorded();
        ensure!(!recorded.is_empty(), "nothing was recorded");
        for request in recorded {
            let request = String::from_utf8_lossy(&request).into_owned();
            ensure!(!request.contains(text), "{text:?} was sent: {request}");
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_that_the_server_calls_clear_makes_no_new_name_clear() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("letter.pdf", 1, 200_000)?;
    let file_id = scene.stored(&path, "letter.pdf").await?;
    let proxy = &scene.fixture.proxy;
    proxy.record();
    let what = format!("GET /api/files/{file_id}");
    // A wrong guess that is told once, and right ones: none may make a difference.
    let guesses = [
        ("letter.pdf", u32::MAX, SECRET),
        (SECRET, u32::MAX, "another secret.pdf"),
        ("x", 1, "a third secret.pdf"),
    ];
    for (guess, times, name) in guesses {
        let clear = move |answered: &mut Answered| {
            answered.json(|json| {
                json["filename"] = json!(guess);
                json["folder"] = json!("x");
            });
        };
        proxy.tell(Lie::on(&what, times, clear));
        scene.rename(file_id, name).await?;
        scene.page.until_file(name).await?;
        proxy.heal();
    }
    scene.ensure_never_sent("HIV")?;
    scene.ensure_never_sent("secret.pdf")?;
    let person = scene.person().await?;
    let entry: FileEntry = person
        .api
        .get(&format!("/api/files/{file_id}"))
        .await?
        .expect(200)?;
    ensure!(entry.filename.starts_with('~'), "{}", entry.filename);
    ensure_equal(&person, file_id, "a third secret.pdf", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_answered_with_another_file_moves_no_name() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let paths = [
        scene.file("a.pdf", 1, 200_000)?,
        scene.file("b.pdf", 2, 200_000)?,
    ];
    let a = scene.stored(&paths[0], "a.pdf").await?;
    let b = scene.stored(&paths[1], "b.pdf").await?;
    let person = scene.person().await?;
    let proxy = &scene.fixture.proxy;
    let entry_of_b = person.api.get(&format!("/api/files/{b}")).await?.body;
    let get = format!("GET /api/files/{a}");
    proxy.tell(Lie::on(&get, 1, becomes(entry_of_b.clone())));
    let patches = proxy.ledger().count("PATCH ");
    scene.rename(a, "signed contract.pdf").await?;
    scene.until_form_error("tampered").await?;
    ensure!(
        proxy.ledger().count("PATCH ") == patches,
        "a rename was sent all the same"
    );
    scene.page.click("rename-cancel").await?;
    let patch = format!("PATCH /api/files/{a}");
    proxy.tell(Lie::on(&patch, 1, becomes(entry_of_b)));
    scene.rename(a, "signed contract.pdf").await?;
    scene.until_form_error("tampered").await?;
    proxy.heal();
    ensure_equal(&person, b, "b.pdf", &paths[1]).await?;
    let opened = Opened::fetch(&person, a).await?;
    ensure!(opened.name == "signed contract.pdf", "{}", opened.name);
    // The lies raised nobody's floor: both files still open.
    scene.page.reload().await?;
    scene.page.unlock(PASSWORD).await?;
    for (name, file_id) in [("signed contract.pdf", a), ("b.pdf", b)] {
        let row = scene.page.until_file(name).await?;
        let shown: Uuid = row.get("fileId").parse().context("a row without an id")?;
        ensure!(shown == file_id, "{name} is {shown}");
    }
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_size_or_folder_that_was_not_sealed_is_said() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("a.pdf", 1, 200_000)?;
    let file_id = scene.stored(&path, "a.pdf").await?;
    let lies = [
        ("size", json!(12)),
        ("folder", json!("elsewhere")),
        ("total_parts", json!(1)),
    ];
    for (field, value) in lies {
        let listed = move |answered: &mut Answered| {
            let value = value.clone();
            answered.json(|json| json["files"][0][field] = value);
        };
        scene
            .fixture
            .proxy
            .tell(Lie::on("GET /api/files", u32::MAX, listed));
        scene.page.reload().await?;
        scene.page.unlock(PASSWORD).await?;
        let said = || async {
            let rows = scene.page.files().await?;
            let row = rows.first().context("no row")?;
            let is_said = row.get("problem") == "tampered" && row.get("size").is_empty();
            wait::holds(is_said && row.get("name").is_empty(), &format!("{row:?}"))
        };
        wait::until(SHORT, &format!("a false {field} is said"), said).await?;
        scene.fixture.proxy.heal();
    }
    let row = format!("[data-testid='file-row'][data-file-id='{file_id}']");
    ensure!(scene.page.has("file-row").await?, "{row}");
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_salt_gets_no_password_from_a_device_that_knew_the_account() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let (page, proxy) = (&scene.page, &scene.fixture.proxy);
    page.click("sign-out").await?;
    page.until_view(&["sign-in"]).await?;
    let told: KdfResponse = scene
        .fixture
        .api()?
        .get(&format!("/api/auth/kdf?username={USER}"))
        .await?
        .good()?;
    let other_salt = {
        let mut prefix = told.slot_prefix;
        prefix.0[27] ^= 1;
        prefix
    };
    let weaker = {
        let mut prefix = told.slot_prefix;
        // 32 MiB and 6 passes: the accepted fallback.
        prefix.0[4..12].copy_from_slice(&[0, 0, 128, 0, 0, 0, 0, 6]);
        prefix
    };
    page.type_into("username", &USER.to_uppercase()).await?;
    for lie in [other_salt, weaker] {
        let answer = KdfResponse { slot_prefix: lie };
        proxy.tell(Lie::on(
            "GET /api/auth/kdf",
            u32::MAX,
            becomes(serde_json::to_vec(&answer)?),
        ));
        let logins = proxy.ledger().count("POST /api/auth/login");
        retype(page, "password", PASSWORD).await?;
        page.click("submit").await?;
        scene.until_form_error("kdf_changed").await?;
        ensure!(
            proxy.ledger().count("POST /api/auth/login") == logins,
            "something was sent"
        );
        proxy.heal();
    }
    ensure!(page.has("accept-new-kdf").await?, "the person is not asked");
    retype(page, "password", PASSWORD).await?;
    page.click("submit").await?;
    page.until_view(&["files"]).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_changed_elsewhere_signs_in_once_the_person_says_so() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let page = &scene.page;
    page.click("sign-out").await?;
    page.until_view(&["sign-in"]).await?;
    let other = Browser::open(scene.fixture.dir(), "other").await?;
    let elsewhere = other.page();
    elsewhere
        .sign_in(&scene.fixture.proxy.url(), USER, PASSWORD)
        .await?;
    change_password(&elsewhere).await?;
    until_notice(&elsewhere, "password_changed").await?;
    other.kill().await?;
    page.submit_sign_in(USER, NEW_PASSWORD).await?;
    scene.until_form_error("kdf_changed").await?;
    page.click("accept-new-kdf").await?;
    retype(page, "password", NEW_PASSWORD).await?;
    page.click("submit").await?;
    page.until_view(&["files"]).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tampered_earlier_upload_is_said_and_not_gone_on_with() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let person = scene.person().await?;
    let path = scene.file("a.bin", 1, 400_000)?;
    let earlier = SealedFile::new(&person.keys, "a.bin", std::fs::read(&path)?)?;
    earlier.start(&person.api).await?;
    earlier.put_all(&person.api, [1]).await?;
    let other_header = |answered: &mut Answered| {
        answered.json(|json| {
            let header = json["candidates"][0]["header"].as_str().unwrap_or_default();
            let other = if &header[60..61] == "A" { "B" } else { "A" };
            let mut flipped = header.to_owned();
            flipped.replace_range(60..61, other);
            json["candidates"][0]["header"] = json!(flipped);
        });
    };
    let proxy = &scene.fixture.proxy;
    proxy.tell(Lie::on("GET /api/upload/check", u32::MAX, other_header));
    scene.page.pick([&path]).await?;
    let card = scene.page.until_upload("a.bin", &["done"], SHORT).await?;
    ensure!(card.get("earlierRefused") == "tampered", "{card:?}");
    let file_id: Uuid = card.get("fileId").parse()?;
    ensure!(file_id != earlier.id(), "it went on with what it refused");
    proxy.heal();
    ensure_equal(&person, file_id, "a.bin", &path).await?;
    scene.close().await
}
