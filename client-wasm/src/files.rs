//! Lists of files and unfinished uploads with their names opened, and what is done to whole files: rename, remove, verify.

use chrono::{DateTime, SecondsFormat, Utc};
use ferry_core::{
    envelope::{
        Iv,
        manifest::{About, Manifest},
        reading::OpenedFile,
    },
    wire::{Bytes64, FileEntry, RenameRequest, UploadSession, VerifyRequest},
};
use serde::Serialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::{
    context::Context,
    error::{ClientCode, ClientError, ErrorView, Result},
    interop::{SystemEntropy, now_ms, set_field, to_js},
    labels::Labels,
    vault::{Unproved, Use, Vault},
    views::{VerifiedView, hex, time},
};

/// `FileEntry` of the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileView {
    file_id: String,
    name: Option<String>,
    path: Option<String>,
    problem: Option<ErrorView>,
    /// The sealed size, not the one that the server states.
    size_bytes: Option<u64>,
    #[serde(rename = "type")]
    media_type: Option<String>,
    modified_at: Option<String>,
    sha256: Option<String>,
    created_at: String,
    completed_at: Option<String>,
}

/// `UnfinishedUpload` of the page, without its handle.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnfinishedView {
    file_id: String,
    name: Option<String>,
    path: Option<String>,
    problem: Option<ErrorView>,
    was_complete: bool,
    size_bytes: u64,
    total_parts: u32,
    stored_parts: u32,
    modified_at: Option<String>,
    client: Option<String>,
    created_at: String,
    last_activity_at: String,
    expires_at: Option<String>,
}

/// All complete files, the newest first.
pub(crate) async fn list(context: &Context) -> Result<Vec<FileView>> {
    let vault = context.vault().await?;
    let rows = vault.api.files().await?;
    let floors = vault.store.seq_floors(vault.user_id()).await?;
    let floor = |file_id: &Uuid| floors.get(file_id).copied().unwrap_or(0);
    Ok(rows
        .iter()
        .map(|row| {
            let (file_id, floor) = (row.file_id(), floor(&row.file_id()));
            let opened = vault.open_above(row, floor, Use::Show).and_then(complete);
            if let Some(seq) = opened
                .as_ref()
                .ok()
                .map(|opened| opened.manifest.seq())
                .filter(|seq| *seq > floor)
            {
                remember_later(&vault, file_id, seq);
            }
            file_view(row, opened)
        })
        .collect())
}

/// Unfinished uploads, from any device; each with the handle that this browser kept.
pub(crate) async fn list_unfinished(context: &Context) -> Result<JsValue> {
    let vault = context.vault().await?;
    let list = js_sys::Array::new();
    for row in vault.api.uploads().await? {
        let floor = vault
            .store
            .seq_floor(vault.user_id(), row.file_id())
            .await?;
        let opened = vault.open_above(&row, floor, Use::Show);
        if let Ok(opened) = &opened {
            vault.remember(row.file_id(), opened.manifest.seq()).await?;
        }
        let handle = vault.store.handle(vault.user_id(), row.file_id()).await?;
        let entry = to_js(&unfinished_view(&row, opened))?;
        set_field(
            &js_sys::Object::from(entry.clone()),
            "handle",
            &handle.unwrap_or(JsValue::NULL),
        );
        list.push(&entry);
    }
    Ok(list.into())
}

/// Deletes an unfinished upload.
pub(crate) async fn discard(context: &Context, file_id: Uuid) -> Result<()> {
    let vault = context.vault().await?;
    vault.api.discard(file_id).await?;
    vault.store.forget_upload(vault.user_id(), file_id).await
}

/// Gives a complete file another name, and another folder where one is given. Whether the server may read them is the
/// person's word, never the server's.
pub(crate) async fn rename(
    vault: &Vault,
    file_id: Uuid,
    name: &str,
    path: Option<&str>,
    clear_label: bool,
) -> Result<FileView> {
    let file = vault.open(vault.api.file(file_id).await?, Use::Act).await?;
    let (revision, opened) = (file.revision(), complete(file.opened)?);
    let path = path.unwrap_or(&opened.manifest.about().path).to_owned();
    let labels = Labels::of(&vault.identity.keys, name, &path, clear_label)?;
    let manifest = renamed(&opened, name, path)?;
    let sealed = manifest.seal(
        &opened.keys.manifest,
        &opened.header,
        Iv::generate(&mut SystemEntropy),
    );
    let request = RenameRequest {
        filename: labels.file,
        folder: labels.folder,
        manifest: Bytes64(sealed.map_err(|e| ClientCode::ClientFault.because(e))?),
        manifest_seq: manifest.seq(),
    };
    let answer = vault.api.rename(file_id, revision, &request).await?;
    let stored = vault.open_above(&answer, manifest.seq(), Use::Show)?;
    if stored.manifest != manifest {
        return Err(ClientCode::Tampered.because("the server did not store the new name"));
    }
    vault.remember(file_id, manifest.seq()).await?;
    Ok(file_view(&answer, Ok(stored)))
}

/// The next manifest: another name and folder, the same content.
fn renamed(opened: &OpenedFile, name: &str, path: String) -> Result<Manifest> {
    let content = opened.content();
    let content = content
        .map_err(|e| ClientCode::Tampered.because(e))?
        .clone();
    let about = About {
        name: name.to_owned(),
        path,
        ..opened.manifest.about().clone()
    };
    Ok(Manifest::complete(opened.manifest.seq(), about, content))
}

/// What is shown as complete must be sealed as complete.
fn complete(opened: OpenedFile) -> Result<OpenedFile> {
    match opened.content() {
        Ok(_) => Ok(opened),
        Err(refused) => Err(ClientCode::Tampered.because(refused)),
    }
}

/// Deletes a complete file.
pub(crate) async fn remove(context: &Context, file_id: Uuid) -> Result<()> {
    context.session.api().remove(file_id).await
}

/// Parts that were found sound within this time are not read again, so that a check that broke off goes on.
const BELIEVED_SECS: u64 = 86_400;
/// Steps of a check are shown no more often.
const SHOW_EVERY_MS: u64 = 200;

/// The server reads all stored bytes back; `show` hears how many parts were seen, and of how many.
pub(crate) async fn verify(
    context: &Context,
    file_id: Uuid,
    show: impl Fn(u32, u32),
) -> Result<VerifiedView> {
    let api = context.session.api();
    let request = VerifyRequest {
        file_id,
        chunk_numbers: None,
        max_age_secs: Some(BELIEVED_SECS),
    };
    let (mut seen, mut shown_ms) = (0, 0);
    loop {
        let before = seen;
        let verified = api.verify(&request, |progress| {
            seen = seen.max(progress.checked);
            if now_ms().saturating_sub(shown_ms) >= SHOW_EVERY_MS {
                shown_ms = now_ms();
                show(seen, progress.total);
            }
        });
        match verified.await {
            Err(error) if broke_off(&error) && seen > before => {}
            done => return Ok(done?.into()),
        }
    }
}

/// What was seen until then counts: it goes on there.
fn broke_off(error: &ClientError) -> bool {
    matches!(
        error.local(),
        Some(ClientCode::Network | ClientCode::Stalled)
    )
}

fn remember_later(vault: &Vault, file_id: Uuid, seq: u32) {
    let vault = vault.clone();
    // Not remembering costs a warning about an older manifest, no more.
    spawn_local(async move { drop(vault.remember(file_id, seq).await) });
}

fn file_view(row: &Unproved<FileEntry>, opened: Result<OpenedFile>) -> FileView {
    let (about, content, problem) = match opened {
        Ok(opened) => {
            let content = opened.manifest.content().cloned();
            (Some(opened.manifest.about().clone()), content, None)
        }
        Err(error) => (None, None, Some(error.to_view())),
    };
    let (created_at, completed_at) = row.times();
    FileView {
        file_id: row.file_id().to_string(),
        name: about.as_ref().map(|about| about.name.clone()),
        path: about.as_ref().map(|about| about.path.clone()),
        problem,
        size_bytes: content.as_ref().map(|content| content.size_bytes),
        media_type: about.as_ref().map(|about| about.media_type.clone()),
        modified_at: about.as_ref().and_then(modified_at),
        sha256: content.map(|content| hex(&content.sha256)),
        created_at: time(created_at),
        completed_at: completed_at.map(time),
    }
}

fn unfinished_view(row: &Unproved<UploadSession>, opened: Result<OpenedFile>) -> UnfinishedView {
    let (about, problem) = match opened {
        Ok(opened) => (Some(opened.manifest.about().clone()), None),
        Err(error) => (None, Some(error.to_view())),
    };
    let state = row.state();
    UnfinishedView {
        file_id: row.file_id().to_string(),
        modified_at: about.as_ref().and_then(modified_at),
        name: about.as_ref().map(|about| about.name.clone()),
        path: about.map(|about| about.path),
        problem,
        was_complete: state.was_complete,
        size_bytes: state.size_bytes,
        total_parts: state.total_parts,
        stored_parts: state.stored_parts,
        client: state.client,
        created_at: time(state.created_at),
        last_activity_at: time(state.last_activity_at),
        expires_at: state.expires_at.map(time),
    }
}

/// A manifest may hold any number; a number that is no time is not shown.
fn modified_at(about: &About) -> Option<String> {
    let at: DateTime<Utc> = DateTime::from_timestamp_millis(about.modified_ms)?;
    Some(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}
