//! What must hold after a lie: nothing readable was sent, nothing unproved was believed, both files are what they were.

use anyhow::{Context, Result, ensure};
use ferry_core::digest::sha256;
use ferry_tests::{client::Opened, fixture::PASSWORD, scan::spellings};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::calls::{Call, Trust},
    Kept, NEXT_PASSWORD, Truth, Walk, hex,
};

impl Walk {
    /// No content, no name, no key and no password in anything that was sent.
    pub(super) fn ensure_nothing_readable(&self, recorded: &[Vec<u8>]) -> Result<()> {
        let keys = [
            self.person.keys.wrap.expose(),
            self.person.keys.name.expose(),
            self.person.keys.fingerprint.expose(),
        ];
        let mut secrets: Vec<Vec<u8>> = keys.iter().flat_map(|key| spellings(*key)).collect();
        let texts = ["PLAIN-", "NAME-", PASSWORD, NEXT_PASSWORD];
        secrets.extend(texts.map(|text| text.as_bytes().to_vec()));
        for request in recorded {
            for secret in &secrets {
                let found = request.windows(secret.len()).any(|window| window == secret);
                ensure!(
                    !found,
                    "{} is sent: {}",
                    String::from_utf8_lossy(secret),
                    String::from_utf8_lossy(request)
                );
            }
        }
        Ok(())
    }

    /// What the client takes for true is true.
    pub(super) async fn judge(
        &self,
        call: &Call,
        step: &str,
        truth: &Truth,
        said: &Value,
    ) -> Result<()> {
        if call.trust != Trust::Proved {
            return Ok(());
        }
        match (step, &truth.file) {
            ("download", Some((name, content))) => ensure!(
                said["sha256"] == hex(&sha256(&[content]))
                    && said["name"] == json!(name)
                    && said["closed"] == true,
                "another file came down: {said}"
            ),
            ("upload" | "resume" | "grow", Some((name, content))) => {
                let id: Uuid = said["fileId"].as_str().unwrap_or_default().parse()?;
                self.ensure_is(id, name, content).await?;
            }
            ("rename", Some((name, content))) => self.ensure_is(self.a.id, name, content).await?,
            ("files", _) => self.ensure_listed(said, &[&self.a, &self.b])?,
            ("login" | "unlock", _) => ensure!(
                said["userId"] == json!(self.person.user_id) && said["state"] == "unlocked",
                "somebody else is signed in: {said}"
            ),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn ensure_listed(&self, said: &Value, kept: &[&Kept]) -> Result<()> {
        for row in said.as_array().context("no list")? {
            if !row["problem"].is_null() {
                ensure!(
                    row["name"].is_null() && row["sizeBytes"].is_null(),
                    "a refused row shows values: {row}"
                );
                continue;
            }
            let Some(file) = kept.iter().find(|file| row["fileId"] == json!(file.id)) else {
                continue;
            };
            ensure!(
                row["name"] == json!(file.name)
                    && row["path"] == ""
                    && row["sizeBytes"] == json!(file.content.len())
                    && row["sha256"] == hex(&sha256(&[&file.content])),
                "another file is shown: {row}"
            );
        }
        Ok(())
    }

    /// Both files are what they were; only the renamed one may have its new name.
    pub(super) async fn ensure_kept(&mut self, step: &str, truth: &Truth) -> Result<()> {
        if step == "rename" {
            let name = Opened::fetch(&self.person, self.a.id).await?.name;
            let wanted = truth.file.as_ref().map(|(name, _)| name);
            ensure!(
                name == self.a.name || Some(&name) == wanted,
                "a name moved: {name}"
            );
            self.a.name = name;
        }
        for kept in [&self.a, &self.b] {
            self.ensure_is(kept.id, &kept.name, &kept.content).await?;
        }
        Ok(())
    }

    pub(super) async fn ensure_is(&self, id: Uuid, name: &str, content: &[u8]) -> Result<()> {
        let stored = Opened::fetch(&self.person, id).await?;
        ensure!(stored.name == name, "{id} is called {}", stored.name);
        let came_down = stored.download(&self.person, |_| ()).await?;
        ensure!(came_down == sha256(&[content]), "{id} has another content");
        Ok(())
    }
}
