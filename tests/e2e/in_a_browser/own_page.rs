//! Ferry's client in a page of one's own, as the README shows it; and where a page may ask for a password at all.

use anyhow::{Context, Result, ensure};
use ferry_tests::{
    browser::Browser,
    client::SealedFile,
    fixture::{Fixture, PASSWORD},
    tls,
};
use serde_json::json;

use super::{SHORT, Scene, USER, tiny_parts};

/// What the README's example takes for granted. It stands where `EXAMPLE` is: the page allows no code made of text.
const AROUND_THE_EXAMPLE: &str = "
    const [fileId, password] = arguments;
    const file = new File([new Uint8Array(300_000).fill(3)], 'own page.bin');
    const bar = { value: 0 };
    const { signal } = new AbortController();
    const pieces = [];
    const handle = { createWritable: async () => new WritableStream({ write: (piece) => { pieces.push(piece); } }) };
    const run = async () => {
        EXAMPLE
    };
    return run().then(async () => ({ percent: bar.value, came: await new Blob(pieces).text() }));
";

/// The example, its `import` as a function's body may have it, for this server.
fn example(base: &str) -> Result<String> {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme)?;
    let (_, after) = readme
        .split_once("## In your own page")
        .context("the README has no such section")?;
    let block = after.split("```").nth(1);
    let block = block.and_then(|block| block.strip_prefix("js\n"));
    let mut example = String::new();
    for line in block.context("the section has no example")?.lines() {
        let import = line
            .strip_prefix("import ")
            .and_then(|line| line.split_once(" from "));
        let line = match import {
            Some((names, from)) => {
                format!(
                    "const {names} = await import({});",
                    from.trim_end_matches(';')
                )
            }
            None => line.replace("https://ferry.example", base),
        };
        example.push_str(&line);
        example.push('\n');
    }
    Ok(example)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readme_s_example_does_what_it_says() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let ada = scene.person().await?;
    let text = "what was uploaded before\n".repeat(5_000).into_bytes();
    let before = SealedFile::new(&ada.keys, "before.txt", text.clone())?;
    before.upload(&ada.api).await?;
    let example = example(&scene.fixture.proxy.url())?;
    let script = AROUND_THE_EXAMPLE.replace("EXAMPLE", &example);
    let arguments = vec![json!(before.id().to_string()), json!(PASSWORD)];
    let seen = scene.page.script(&script, arguments).await?;
    let came_down = String::from_utf8(text)?;
    ensure!(
        seen == json!({"percent": 100, "came": came_down}),
        "{}",
        seen["percent"]
    );
    scene.page.reload().await?;
    scene.page.unlock(PASSWORD).await?;
    let file = scene.page.until_file("own page.bin").await?;
    ensure!(file.get("size") == "300000", "{file:?}");
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_asked_for_over_https_and_on_localhost_alone() -> Result<()> {
    let fixture = Fixture::new().await?;
    let secure = tls::serve(&fixture, "ferry.test").await?;
    // A name that the browser takes for a machine elsewhere, and a certificate that nobody vouches for.
    let flags = [
        "--host-resolver-rules=MAP ferry.test 127.0.0.1",
        "--ignore-certificate-errors",
    ];
    let browser = Browser::open_with(fixture.dir(), "1", &flags).await?;
    let page = browser.page();

    let http = fixture.proxy.url();
    page.goto(&http.replace("127.0.0.1", "ferry.test")).await?;
    page.until_view(&["broken"]).await?;
    ensure!(!page.has("password").await?, "a password is asked for");
    let said = page.texts("app").await?.concat();
    ensure!(said.contains("not safe for a password"), "{said}");

    page.goto(&http).await?;
    page.until_view(&["sign-in"]).await?;
    page.find("password").await?;

    let token = fixture.server()?.setup_token().await?;
    let setup = format!("setup={token}");
    page.set_up(&secure.url, &setup, USER, PASSWORD).await?;
    let protocol = "return performance.getEntriesByType('navigation')[0].nextHopProtocol";
    let protocol = page.script(protocol, vec![]).await?;
    ensure!(protocol == json!("h2"), "over {protocol}");
    let path = fixture.dir().join("over tls.bin");
    super::write_content(&path, 1, 300_000)?;
    page.pick([&path]).await?;
    page.until_upload("over tls.bin", &["done"], SHORT).await?;
    browser.kill().await?;
    ensure!(secure.server.stop().await?.success(), "its end");
    fixture.close().await
}
