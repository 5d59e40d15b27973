//! Ferry's page as a person uses it, by the handles that `web/README.md` promises.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::{By, WebDriver, WebElement};

use crate::wait;

const SOON: Duration = Duration::from_secs(60);

/// Attributes are set one by one; what is noted is what stands there once all are.
const WATCH_CARDS: &str = "
window.cardEvents = [];
const note = (card) => {
  const { name, state, percent, silent, code, fileId } = card.dataset;
  const status = card.querySelector('[data-testid=upload-status]').textContent;
  const event = { name, state, file_id: fileId ?? '', percent: Number(percent), silent_secs: silent ? Number(silent) : null, code: code ?? '', status, title: document.title };
  const last = window.cardEvents.findLast((one) => one.name === name);
  const same = last && Object.keys(event).every((key) => event[key] === last[key]);
  if (!same) window.cardEvents.push({ ...event, at_ms: Date.now() });
};
const all = () => document.querySelectorAll('[data-testid=upload-card]').forEach(note);
new MutationObserver(all).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
all();
";

/// A page in a browser.
pub struct Page {
    driver: WebDriver,
}

/// A card's `data-*` attributes, by name.
#[derive(Debug, Clone)]
pub struct Card(BTreeMap<String, String>);

/// What a card showed from a moment on.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct CardEvent {
    /// Milliseconds since 1970.
    at_ms: f64,
    pub name: String,
    pub state: String,
    /// `data-file-id`; empty before it is known.
    pub file_id: String,
    pub percent: f64,
    /// `data-silent`, seconds.
    pub silent_secs: Option<f64>,
    pub code: String,
    /// The sentence.
    pub status: String,
    /// The page's title, as it was then.
    pub title: String,
}

impl CardEvent {
    /// When it was, on this process's clock.
    pub fn at(&self) -> Result<Instant> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the page knows the time of day alone"
        )]
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let ago = (now.as_secs_f64() - self.at_ms / 1_000.0).max(0.0);
        let then = Instant::now().checked_sub(Duration::from_secs_f64(ago));
        then.context("before this machine was started")
    }
}

impl Card {
    /// An attribute; empty where it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// An attribute that is a number.
    pub fn number(&self, name: &str) -> Result<f64> {
        self.get(name)
            .parse()
            .with_context(|| format!("{name} of {self:?}"))
    }

    /// `data-state`.
    pub fn state(&self) -> &str {
        self.get("state")
    }
}

impl Page {
    pub(super) fn of(driver: WebDriver) -> Page {
        Page { driver }
    }

    /// Opens an address.
    pub async fn goto(&self, url: &str) -> Result<()> {
        Ok(self.driver.goto(url).await?)
    }

    /// Loads it again.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.driver.refresh().await?)
    }

    /// A second tab of the same browser; further calls go there.
    pub async fn open_second_tab(&self, url: &str) -> Result<()> {
        let tab = self.driver.new_tab().await?;
        self.driver.switch_to_window(tab).await?;
        self.goto(url).await
    }

    /// Goes to a tab by its order.
    pub async fn switch_to_tab(&self, index: usize) -> Result<()> {
        let tabs = self.driver.windows().await?;
        let tab = tabs
            .get(index)
            .with_context(|| format!("no tab {index}"))?
            .clone();
        Ok(self.driver.switch_to_window(tab).await?)
    }

    /// Closes the tab it is in.
    pub async fn close_tab(&self) -> Result<()> {
        Ok(self.driver.close_window().await?)
    }

    /// Waits until `data-view` is one of these.
    pub async fn until_view(&self, views: &[&str]) -> Result<String> {
        let seen = || async {
            let view = self
                .script("return document.body.dataset.view || ''", vec![])
                .await?;
            let view = view.as_str().unwrap_or_default().to_owned();
            if views.contains(&view.as_str()) {
                Ok(view)
            } else {
                bail!("the view is {view:?}; {}", self.complaints().await)
            }
        };
        wait::until(SOON, &format!("the page shows {views:?}"), seen).await
    }

    /// Makes an account by a setup or invitation link.
    pub async fn set_up(
        &self,
        base: &str,
        fragment: &str,
        username: &str,
        password: &str,
    ) -> Result<()> {
        self.goto(&format!("{base}/#{fragment}")).await?;
        self.until_view(&["setup", "invite"]).await?;
        self.type_into("username", username).await?;
        self.type_into("password", password).await?;
        self.type_into("password-repeat", password).await?;
        self.click("submit").await?;
        self.until_view(&["files"]).await.map(drop)
    }

    /// Signs in with name and password.
    pub async fn sign_in(&self, base: &str, username: &str, password: &str) -> Result<()> {
        self.goto(base).await?;
        self.until_view(&["sign-in"]).await?;
        self.submit_sign_in(username, password).await?;
        self.until_view(&["files"]).await.map(drop)
    }

    /// Fills in the sign-in form and sends it, whatever comes of it.
    pub async fn submit_sign_in(&self, username: &str, password: &str) -> Result<()> {
        self.type_into("username", username).await?;
        self.type_into("password", password).await?;
        self.click("submit").await
    }

    /// The password again, after a reload.
    pub async fn unlock(&self, password: &str) -> Result<()> {
        self.until_view(&["unlock"]).await?;
        self.type_into("password", password).await?;
        self.click("submit").await?;
        self.until_view(&["files"]).await.map(drop)
    }

    /// Picks files for upload.
    pub async fn pick(&self, paths: impl IntoIterator<Item = &PathBuf>) -> Result<()> {
        let input = self.find("file-input").await?;
        Ok(input.send_keys(joined(paths)).await?)
    }

    /// The newest card of a file, if there is one.
    pub async fn card(&self, name: &str) -> Result<Option<Card>> {
        Ok(self
            .cards("upload-card")
            .await?
            .into_iter()
            .find(|card| card.get("name") == name))
    }

    /// All cards of a kind.
    pub async fn cards(&self, handle: &str) -> Result<Vec<Card>> {
        let script = "return [...document.querySelectorAll(`[data-testid=\"${arguments[0]}\"]`)].map(e => ({...e.dataset}))";
        let found = self.script(script, vec![json!(handle)]).await?;
        let cards: Vec<BTreeMap<String, String>> = serde_json::from_value(found)?;
        Ok(cards.into_iter().map(Card).collect())
    }

    /// Waits until a file's card is in one of these states; `failed` ends the waiting unless it is wanted.
    pub async fn until_upload(
        &self,
        name: &str,
        states: &[&str],
        within: Duration,
    ) -> Result<Card> {
        self.until_card("upload-card", ("name", name), states, within)
            .await
    }

    /// Waits until there is no card of this file any more.
    pub async fn until_gone(&self, name: &str) -> Result<()> {
        let gone = || async {
            let card = self.card(name).await?;
            wait::holds(
                card.is_none_or(|card| card.state() == "discarded"),
                "it is still shown",
            )
        };
        wait::until(SOON, &format!("the card of {name} is gone"), gone).await
    }

    /// Waits until a download is in one of these states.
    pub async fn until_download(
        &self,
        file_id: &str,
        states: &[&str],
        within: Duration,
    ) -> Result<Card> {
        self.until_card("download-card", ("fileId", file_id), states, within)
            .await
    }

    async fn until_card(
        &self,
        handle: &str,
        (key, value): (&str, &str),
        states: &[&str],
        within: Duration,
    ) -> Result<Card> {
        let seen = || async {
            let cards = self.cards(handle).await?;
            let card = cards
                .into_iter()
                .find(|card| card.get(key) == value)
                .with_context(|| format!("no {handle} of {value}"))?;
            let failed = card.state() == "failed" && !states.contains(&"failed");
            if failed || states.contains(&card.state()) {
                Ok(card)
            } else {
                bail!("{card:?}")
            }
        };
        let card = wait::until(within, &format!("{value} is {states:?}"), seen).await;
        let card = match card {
            Ok(card) => card,
            Err(error) => return Err(error.context(self.complaints().await)),
        };
        if states.contains(&card.state()) {
            Ok(card)
        } else {
            bail!("{card:?}: {}", self.complaints().await)
        }
    }

    /// Notes every change of every upload card from now on.
    pub async fn watch_cards(&self) -> Result<()> {
        self.script(WATCH_CARDS, vec![]).await.map(drop)
    }

    /// What was noted, in order.
    pub async fn card_events(&self) -> Result<Vec<CardEvent>> {
        let noted = self.script("return window.cardEvents", vec![]).await?;
        Ok(serde_json::from_value(noted)?)
    }

    /// The rows of complete files.
    pub async fn files(&self) -> Result<Vec<Card>> {
        self.cards("file-row").await
    }

    /// Waits until the list has a file with this name.
    pub async fn until_file(&self, name: &str) -> Result<Card> {
        let seen = || async {
            let files = self.files().await?;
            files
                .into_iter()
                .find(|row| row.get("name") == name)
                .with_context(|| format!("no row of {name}"))
        };
        wait::until(SOON, &format!("{name} is in the list"), seen).await
    }

    /// Downloads a listed file into the browser's folder and returns the path of what was saved.
    pub async fn download(&self, folder: &Path, name: &str, within: Duration) -> Result<PathBuf> {
        let row = self.until_file(name).await?;
        self.script("localStorage.setItem('ferry.save', 'stream')", vec![])
            .await?;
        self.click_in(
            &format!(
                "[data-testid='file-row'][data-file-id='{}']",
                row.get("fileId")
            ),
            "file-download",
        )
        .await?;
        self.until_download(row.get("fileId"), &["done"], within)
            .await?;
        let saved = || async {
            let files: Vec<PathBuf> = std::fs::read_dir(folder)?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect();
            let whole: Vec<PathBuf> = files
                .into_iter()
                .filter(|path| path.extension().is_none_or(|ext| ext != "crdownload"))
                .collect();
            whole.first().cloned().context("nothing was saved")
        };
        wait::until(SOON, "the download is saved", saved).await
    }

    /// The texts of everything that has this handle.
    pub async fn texts(&self, handle: &str) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll(`[data-testid=\"${arguments[0]}\"]`)].map(e => e.textContent)";
        let found = self.script(script, vec![json!(handle)]).await?;
        Ok(serde_json::from_value(found)?)
    }

    /// The value of a field.
    pub async fn value(&self, handle: &str) -> Result<String> {
        let value = self.find(handle).await?.value().await?;
        value.with_context(|| format!("{handle} has no value"))
    }

    /// Waits until something with this handle carries this `data-code`.
    pub async fn until_code(&self, handle: &str, code: &str) -> Result<()> {
        let said = || async {
            let shown = self.cards(handle).await?;
            let is_said = shown.iter().any(|one| one.get("code") == code);
            wait::holds(is_said, &format!("{shown:?}"))
        };
        wait::until(SOON, &format!("{handle} says {code}"), said).await
    }

    /// Clicks what has this handle; it must be the only one.
    pub async fn click(&self, handle: &str) -> Result<()> {
        Ok(self.find(handle).await?.click().await?)
    }

    /// Clicks a handle inside of a selected element.
    pub async fn click_in(&self, selector: &str, handle: &str) -> Result<()> {
        let found = || async {
            Ok(self
                .driver
                .find(By::Css(format!("{selector} [data-testid='{handle}']")))
                .await?
                .click()
                .await?)
        };
        wait::until(
            SOON,
            &format!("{handle} in {selector} can be clicked"),
            found,
        )
        .await
    }

    /// Clicks a handle of a file's upload card.
    pub async fn click_on_card(&self, name: &str, handle: &str) -> Result<()> {
        self.click_in(
            &format!("[data-testid='upload-card'][data-name='{name}']"),
            handle,
        )
        .await
    }

    /// Types into a field that has this handle.
    pub async fn type_into(&self, handle: &str, text: &str) -> Result<()> {
        Ok(self.find(handle).await?.send_keys(text).await?)
    }

    /// Whether there is something with this handle.
    pub async fn has(&self, handle: &str) -> Result<bool> {
        Ok(!self.cards(handle).await?.is_empty())
    }

    /// Waits for something with this handle.
    pub async fn find(&self, handle: &str) -> Result<WebElement> {
        let found = || async {
            Ok(self
                .driver
                .find(By::Css(format!("[data-testid='{handle}']")))
                .await?)
        };
        wait::until(SOON, &format!("{handle} is there"), found).await
    }

    /// Runs a script in the page.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// What the page complains about, for a failing test's message.
    async fn complaints(&self) -> String {
        let script = "return [...document.querySelectorAll('[data-testid=error-banner],[data-testid=form-error],\
                      [data-testid=upload-status]')].map(e => e.textContent.trim()).filter(t => t).join(' | ')";
        let shown = self
            .script(script, vec![])
            .await
            .map(|value| value.to_string())
            .unwrap_or_default();
        let log = self.driver.browser_log().await.unwrap_or_default();
        let log: Vec<String> = log.into_iter().map(|entry| entry.message).collect();
        format!("the page says: {shown}; its console: {log:#?}")
    }
}

fn joined<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> String {
    paths
        .into_iter()
        .map(|path| path.to_string_lossy())
        .collect::<Vec<_>>()
        .join("\n")
}
