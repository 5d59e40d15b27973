//! The server's endpoints as typed calls, one a line, in the order of the API's page. What they mean is not known here.

mod events;
mod http;

use ferry_core::wire::*;
use uuid::Uuid;
use web_sys::Blob;

pub(crate) use self::http::{Http, refusal};
use crate::{
    error::{ClientCode, Result},
    vault::unproved::Unproved,
};

/// A line that does not carry a probe in this time is not measured by it.
const PROBE_MS: u32 = 20_000;
/// A test of a bot sends to every chat of it and reads back.
const BOT_TEST_MS: u32 = 180_000;

/// Typed calls; cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    http: Http,
}

impl Api {
    pub(crate) fn new(base: &str) -> Self {
        Api {
            http: Http::new(base),
        }
    }

    /// The same calls in the name of one user: refused (`unauthenticated`) when another user is signed in.
    pub(crate) fn meant_for(&self, user: Uuid) -> Self {
        Api {
            http: self.http.meant_for(user),
        }
    }

    pub(crate) async fn config(&self) -> Result<ServerConfig> {
        self.http.get("/api/config").await
    }

    // accounts

    pub(crate) async fn kdf(&self, username: &str) -> Result<KdfResponse> {
        self.http
            .get(format!("/api/auth/kdf?username={}", query(username)))
            .await
    }
    pub(crate) async fn register(&self, request: &RegisterRequest) -> Result<Account> {
        self.http.post("/api/auth/register", request).await
    }
    pub(crate) async fn login(&self, request: &LoginRequest) -> Result<Account> {
        self.http.post("/api/auth/login", request).await
    }
    pub(crate) async fn me(&self) -> Result<Account> {
        self.http.get("/api/auth/me").await
    }
    pub(crate) async fn logout(&self) -> Result<()> {
        self.http.call("POST", "/api/auth/logout").done().await
    }
    pub(crate) async fn change_password(&self, request: &PasswordRequest) -> Result<()> {
        self.http
            .call("POST", "/api/auth/password")
            .json(request)?
            .done()
            .await
    }

    // uploads

    pub(crate) async fn check(
        &self,
        label: &str,
        size: u64,
        fingerprint: Option<B64<32>>,
    ) -> Result<CheckResponse> {
        let fingerprint = fingerprint
            .map(|f| format!("&fingerprint={f}"))
            .unwrap_or_default();
        self.http
            .get(format!(
                "/api/upload/check?filename={}&size={size}{fingerprint}",
                query(label)
            ))
            .await
    }
    pub(crate) async fn start(&self, request: &StartRequest) -> Result<Unproved<UploadSession>> {
        let row = self.http.post("/api/upload/start", request).await?;
        Ok(Unproved::asked_for(request.file_id, row))
    }
    pub(crate) async fn resize(
        &self,
        file: Uuid,
        revision: u32,
        request: &ResizeRequest,
    ) -> Result<Unproved<UploadSession>> {
        let call = self
            .http
            .call("PATCH", format!("/api/upload/resume/{file}"))
            .if_match(revision);
        let row = call.json(request)?.answer().await?;
        Ok(Unproved::asked_for(file, row))
    }
    pub(crate) async fn complete(&self, file: Uuid, request: &CompleteRequest) -> Result<()> {
        let path = format!("/api/upload/complete/{file}");
        let answer: CompleteResponse = self.http.post(path, request).await?;
        if answer.file_id == file && answer.is_complete {
            Ok(())
        } else {
            Err(ClientCode::Tampered.because("the answer does not say that this file is complete"))
        }
    }
    pub(crate) async fn discard(&self, file: Uuid) -> Result<()> {
        self.http
            .call("DELETE", format!("/api/upload/resume/{file}"))
            .done()
            .await
    }
    /// Takes as long as the server needs to read everything back; `hear` is told of each part.
    pub(crate) async fn verify(
        &self,
        request: &VerifyRequest,
        mut hear: impl FnMut(VerifyProgress),
    ) -> Result<VerifyResponse> {
        let mut verified = Err(ClientCode::Network.because("the answer broke off"));
        let call = self.http.call("POST", "/api/upload/verify-chunks");
        let events = call.json(request)?.events(|name, data| match name {
            EVENT_PROGRESS => {
                let _ = serde_json::from_str(data).map(&mut hear);
            }
            EVENT_DONE => {
                let told = serde_json::from_str(data);
                verified = told.map_err(|e| ClientCode::BadAnswer.because(e));
            }
            EVENT_ERROR => verified = Err(refusal(500, data, None)),
            _ => {}
        });
        events.await?;
        verified
    }
    pub(crate) async fn uploads(&self) -> Result<Vec<Unproved<UploadSession>>> {
        let rows: Vec<UploadSession> = self.http.get("/api/uploads").await?;
        Ok(rows.into_iter().map(Unproved::listed).collect())
    }
    /// Sends a few bytes that the server drops.
    pub(crate) async fn probe_line(&self, bytes: &Blob) -> Result<()> {
        self.http
            .call("POST", "/api/upload/probe")
            .bytes(bytes)
            .timeout_ms(PROBE_MS)
            .done()
            .await
    }

    /// Where a part is sent to.
    pub(crate) fn chunk_url(&self, file: Uuid, part: u32) -> String {
        self.http.url(&format!("/api/upload/chunk/{file}/{part}"))
    }

    // files

    /// All complete files, page by page.
    pub(crate) async fn files(&self) -> Result<Vec<Unproved<FileEntry>>> {
        let mut files = Vec::new();
        let mut after = String::new();
        loop {
            let page: FilesPage = self
                .http
                .get(format!("/api/files?limit={MAX_FILES_PAGE_ROWS}{after}"))
                .await?;
            files.extend(page.files.into_iter().map(Unproved::listed));
            match page.next {
                Some(next) => after = format!("&after={}", query(&next)),
                None => return Ok(files),
            }
        }
    }
    pub(crate) async fn file(&self, file: Uuid) -> Result<Unproved<FileEntry>> {
        let row = self.http.get(format!("/api/files/{file}")).await?;
        Ok(Unproved::asked_for(file, row))
    }
    pub(crate) async fn rename(
        &self,
        file: Uuid,
        revision: u32,
        request: &RenameRequest,
    ) -> Result<Unproved<FileEntry>> {
        let call = self
            .http
            .call("PATCH", format!("/api/files/{file}"))
            .if_match(revision);
        let row = call.json(request)?.answer().await?;
        Ok(Unproved::asked_for(file, row))
    }
    pub(crate) async fn remove(&self, file: Uuid) -> Result<()> {
        self.http
            .call("DELETE", format!("/api/files/{file}"))
            .done()
            .await
    }
    pub(crate) async fn parts(&self, file: Uuid, after: u32) -> Result<PartsPage> {
        self.http
            .get(format!("/api/files/{file}/parts?after={after}"))
            .await
    }
    /// Where a sealed part is fetched from.
    pub(crate) fn part_url(&self, file: Uuid, part: u32) -> String {
        self.http.url(&format!("/api/files/{file}/parts/{part}"))
    }

    // tokens

    pub(crate) async fn new_token(&self, request: &NewTokenRequest) -> Result<NewTokenResponse> {
        self.http.post("/api/tokens", request).await
    }
    pub(crate) async fn tokens(&self) -> Result<Vec<TokenEntry>> {
        self.http.get("/api/tokens").await
    }
    pub(crate) async fn revoke_token(&self, token: Uuid) -> Result<()> {
        self.http
            .call("DELETE", format!("/api/tokens/{token}"))
            .done()
            .await
    }

    // administration

    pub(crate) async fn new_invitation(
        &self,
        request: &NewInvitationRequest,
    ) -> Result<NewInvitationResponse> {
        self.http.post("/api/admin/invitations", request).await
    }
    pub(crate) async fn invitations(&self) -> Result<Vec<InvitationEntry>> {
        self.http.get("/api/admin/invitations").await
    }
    pub(crate) async fn revoke_invitation(&self, invitation: Uuid) -> Result<()> {
        self.http
            .call("DELETE", format!("/api/admin/invitations/{invitation}"))
            .done()
            .await
    }
    pub(crate) async fn admin_sessions(&self) -> Result<Vec<AdminSession>> {
        self.http.get("/api/admin/sessions").await
    }
    pub(crate) async fn storage(&self) -> Result<Vec<StorageEntry>> {
        self.http.get("/api/admin/storage").await
    }
    pub(crate) async fn audit(&self) -> Result<Vec<AuditEntry>> {
        self.http.get("/api/admin/audit").await
    }
    pub(crate) async fn cleanup(&self, request: &CleanupRequest) -> Result<CleanupResponse> {
        self.http
            .post("/api/upload/cleanup-abandoned", request)
            .await
    }

    // bots of a Telegram store

    pub(crate) async fn bots(&self) -> Result<BotsResponse> {
        self.http.get("/api/admin/bots").await
    }
    pub(crate) async fn add_bot(&self, request: &AddBotRequest) -> Result<TestedBot> {
        self.http
            .call("POST", "/api/admin/bots")
            .timeout_ms(BOT_TEST_MS)
            .json(request)?
            .answer()
            .await
    }
    pub(crate) async fn test_bot(&self, bot: i64) -> Result<TestedBot> {
        self.http
            .call("POST", format!("/api/admin/bots/{bot}/test"))
            .timeout_ms(BOT_TEST_MS)
            .answer()
            .await
    }
    pub(crate) async fn change_bot(&self, bot: i64, request: &ChangeBotRequest) -> Result<()> {
        self.http
            .call("PATCH", format!("/api/admin/bots/{bot}"))
            .json(request)?
            .done()
            .await
    }
    pub(crate) async fn remove_bot(&self, bot: i64, force: bool) -> Result<RemovedBot> {
        self.http
            .call("DELETE", format!("/api/admin/bots/{bot}?force={force}"))
            .answer()
            .await
    }
}

/// A value inside a query string.
fn query(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
