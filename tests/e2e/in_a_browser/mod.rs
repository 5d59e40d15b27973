//! End-to-end tests in a real Chromium: what a person with a file, a page and a password sees.

mod accounts;
mod administration;
mod behind_nginx;
mod bots;
mod changed;
mod failures;
mod hostile;
mod kills;
mod lines;
mod own_page;
mod same_profile;
mod settings;
mod slow_line;
mod small;
mod stopping;
mod truth;
mod whole;

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ferry_core::wire::{CheckResponse, FileEntry, FilesPage, UploadSession};
use ferry_tests::{
    browser::{Browser, Page},
    client::{Opened, Person, sha256_of},
    fixture::{Fixture, FixtureBuilder, PASSWORD},
    proxy::{Action, Fault, Head, Ledger},
};
use uuid::Uuid;

/// Long enough for the largest file of these tests on a busy machine.
pub(super) const LONG: Duration = Duration::from_secs(300);
/// Long enough for a few parts.
const SHORT: Duration = Duration::from_secs(60);

pub(super) const MIB: u64 = 1 << 20;

const USER: &str = "ada";

/// A fixture with an open, signed-in browser.
pub(super) struct Scene {
    pub(super) fixture: Fixture,
    pub(super) browser: Browser,
    pub(super) page: Page,
    browsers: u32,
}

/// Many parts in a small file.
fn tiny_parts() -> FixtureBuilder {
    let builder = FixtureBuilder::default().set("FERRY_PART_PROFILE", "custom");
    builder
        .set("FERRY_PART_MIN_BYTES", 65_536)
        .set("FERRY_PART_MAX_BYTES", 131_072)
}

/// Parts of two to three MiB.
fn slow_parts() -> FixtureBuilder {
    FixtureBuilder::default().set("FERRY_PART_PROFILE", "slow")
}

impl Scene {
    /// The account is made by the setup link, on the page.
    async fn set_up(builder: FixtureBuilder) -> Result<Scene> {
        Scene::on(builder.start().await?).await
    }

    /// The same on a fixture whose server runs.
    pub(super) async fn on(fixture: Fixture) -> Result<Scene> {
        let browser = Browser::open(fixture.dir(), "1").await?;
        let page = browser.page();
        let token = fixture.server()?.setup_token().await?;
        page.set_up(
            &fixture.proxy.url(),
            &format!("setup={token}"),
            USER,
            PASSWORD,
        )
        .await?;
        Ok(Scene {
            fixture,
            browser,
            page,
            browsers: 1,
        })
    }

    /// SIGKILL to the browser; then a fresh profile that knows nothing but name and password.
    async fn fresh_browser(self) -> Result<Scene> {
        self.browser.kill().await?;
        let browsers = self.browsers + 1;
        let browser = Browser::open(self.fixture.dir(), &browsers.to_string()).await?;
        let page = browser.page();
        page.sign_in(&self.fixture.proxy.url(), USER, PASSWORD)
            .await?;
        Ok(Scene {
            fixture: self.fixture,
            browser,
            page,
            browsers,
        })
    }

    /// The browser is closed as a person closes it, and opened again with the same profile.
    async fn restarted_browser(self) -> Result<Scene> {
        self.browser.close().await?;
        let browser = Browser::open(self.fixture.dir(), &self.browsers.to_string()).await?;
        let page = browser.page();
        page.goto(&self.fixture.proxy.url()).await?;
        Ok(Scene {
            browser,
            page,
            ..self
        })
    }

    /// The same person on a second device, natively: what the page did is judged by another implementation.
    pub(super) async fn person(&self) -> Result<Person> {
        Person::login(&self.fixture.api()?, USER, PASSWORD).await
    }

    /// A file of the test's own, the same for the same seed.
    pub(super) fn file(&self, name: &str, seed: u64, size_bytes: u64) -> Result<PathBuf> {
        self.file_in("files", name, seed, size_bytes)
    }

    fn file_in(&self, folder: &str, name: &str, seed: u64, size_bytes: u64) -> Result<PathBuf> {
        let folder = self.fixture.dir().join(folder);
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        write_content(&path, seed, size_bytes)?;
        Ok(path)
    }

    /// Lets through only parts up to `last`; the others are cut until [`ferry_tests::proxy::Proxy::heal`].
    fn let_through_up_to(&self, last: u32) {
        let beyond = move |head: &Head| part_number(head).is_some_and(|number| number > last);
        self.fixture
            .proxy
            .add(Fault::matching(beyond, u32::MAX, Action::CutBefore));
    }

    /// Waits until this many parts are acknowledged.
    pub(super) async fn until_stored(&self, parts: usize) -> Result<Ledger> {
        let wanted = |ledger: &Ledger| ledger.acknowledged().len() >= parts;
        self.fixture
            .proxy
            .until(&format!("{parts} parts are stored"), LONG, wanted)
            .await
    }

    /// The end of every test.
    async fn close(self) -> Result<()> {
        self.browser.kill().await?;
        self.fixture.close().await
    }
}

/// A setting of the run, by its environment variable.
pub(super) fn run_sets(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}

/// The same for a number.
pub(super) fn run_counts(variable: &str, default: u64) -> Result<u64> {
    let Some(value) = run_sets(variable) else {
        return Ok(default);
    };
    value
        .parse()
        .with_context(|| format!("{variable} is no number"))
}

fn part_number(head: &Head) -> Option<u32> {
    let is_part =
        matches!(head.method(), "PUT" | "PATCH") && head.path().starts_with("/api/upload/chunk/");
    head.path()
        .rsplit('/')
        .next()
        .filter(|_| is_part)?
        .parse()
        .ok()
}

/// Writes bytes that depend on the seed alone.
fn write_content(path: &Path, seed: u64, size_bytes: u64) -> Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_be_bytes());
    let mut stream = hasher.finalize_xof();
    let mut buffer = vec![0; 1 << 20];
    let mut left = size_bytes;
    while left > 0 {
        let length = buffer.len().min(usize::try_from(left)?);
        stream.fill(&mut buffer[..length]);
        file.write_all(&buffer[..length])?;
        left -= length as u64;
    }
    Ok(file.flush()?)
}

/// Changes one byte and nothing else that a file's surroundings tell.
fn flip_byte(path: &Path, offset: u64) -> Result<()> {
    use std::io::{Seek, SeekFrom};
    let modified = std::fs::metadata(path)?.modified()?;
    let mut file = std::fs::File::options().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(&[byte[0] ^ 1])?;
    Ok(file.set_modified(modified)?)
}

/// The only complete file, downloaded natively, must be this one.
pub(super) async fn ensure_stored(person: &Person, name: &str, path: &Path) -> Result<()> {
    let files: FilesPage = person.api.get("/api/files").await?.expect(200)?;
    ensure!(
        files.files.len() == 1,
        "{} complete files",
        files.files.len()
    );
    ensure_equal(person, files.files[0].file_id, name, path).await
}

/// A complete file, downloaded natively, must be this one.
async fn ensure_equal(person: &Person, file_id: Uuid, name: &str, path: &Path) -> Result<()> {
    let entry: FileEntry = person
        .api
        .get(&format!("/api/files/{file_id}"))
        .await?
        .expect(200)?;
    ensure!(entry.is_complete, "{entry:?}");
    let stored = Opened::fetch(person, file_id).await?;
    ensure!(stored.name == name, "its name is {}", stored.name);
    let came_down = stored.download(person, |_| ()).await?;
    ensure!(came_down == sha256_of(path)?, "its content is another");
    Ok(())
}

/// What `check` says of the only unfinished upload.
pub(super) async fn check_unfinished(person: &Person) -> Result<CheckResponse> {
    let uploads: Vec<UploadSession> = person.api.get("/api/uploads").await?.expect(200)?;
    ensure!(uploads.len() == 1, "{} unfinished uploads", uploads.len());
    ferry_tests::client::check(&person.api, &uploads[0].filename, uploads[0].size).await
}
