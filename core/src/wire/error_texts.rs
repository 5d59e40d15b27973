//! The one list of error codes, and the problem document (RFC 9457) that carries them.
//! Which HTTP status a code has is known to the server's `http/status_codes.rs` alone.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Bytes64;

/// Whether the same request may succeed when it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Later, without anybody doing anything.
    Passing,
    /// Once a person did something: signed in, made room.
    Person,
    /// Not as it is.
    Never,
}

/// Declares the codes once: the variant, its text on the wire, what happened, what to do.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $text:literal $title:literal $hint:literal;)+) => {
        /// What went wrong, stable across versions. Clients decide by this, never by prose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl ErrorCode {
            /// Every code, in the order of this list.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),+];
            /// The code as it stands on the wire.
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            /// What happened, as a sentence for a person.
            pub fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }
            /// What the person can do about it.
            pub fn hint(self) -> &'static str { match self { $(Self::$variant => $hint),+ } }
        }
    };
}

/// By hand, from the one list: a derived schema would not see the names behind the macro, and show the variants'.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for ErrorCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "What went wrong, stable across versions. Clients decide by this, never by prose.",
            ))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for ErrorCode {}

codes! {
    /// The request cannot be read: JSON, a header, a query, an id.
    InvalidRequest "invalid_request" "The request could not be understood." "Correct what the detail names and send it again.";
    /// No valid session or token came with the request.
    Unauthenticated "unauthenticated" "You are not signed in." "Sign in again, or send a valid token.";
    /// The name or the password is wrong.
    WrongCredentials "wrong_credentials" "The user name or the password is wrong." "Check both and try again.";
    /// The token lacks the scope, or the user the role.
    Forbidden "forbidden" "This token or account may not do that." "Use a token with the scope the detail names.";
    /// A cookie came from a page of another origin.
    OriginRefused "origin_refused" "The request came from another site." "Open Ferry's own page, or use a token.";
    /// Too many attempts.
    RateLimited "rate_limited" "Too many attempts." "Wait as long as Retry-After says.";
    /// No such thing, or it belongs to someone else.
    NotFound "not_found" "There is nothing here." "Check the address; it may have been deleted.";
    /// The method is not offered at this address.
    MethodNotAllowed "method_not_allowed" "This address does not answer to that method." "See /docs for what it answers to.";
    /// The invitation is unknown, used or expired.
    InvitationInvalid "invitation_invalid" "This invitation is unknown, used or expired." "Ask an administrator for a new one.";
    /// The user name is taken.
    UsernameTaken "username_taken" "This user name is taken." "Choose another one.";
    /// A file with this id exists with another content, or belongs to someone else.
    FileIdTaken "file_id_taken" "This file id is in use." "Start again with a new random id.";
    /// The part number is not in 1..=total_parts.
    PartNumberInvalid "part_number_invalid" "The file has no part with this number." "Send part numbers from 1 to the file's total.";
    /// The body's length is not what the plan gives for this part.
    PartLengthWrong "part_length_wrong" "The part has the wrong length." "Send exactly the sealed part that the plan gives.";
    /// Neither Ferry-Body-Blake3 nor Content-Digest came with the body.
    DigestMissing "digest_missing" "The body came without a digest." "Send Ferry-Body-Blake3 or Content-Digest.";
    /// The body does not match its digest: it was damaged or cut on its way.
    DigestMismatch "digest_mismatch" "The part was damaged on its way." "Send it again; nothing was stored.";
    /// The body is over the limit.
    BodyTooLarge "body_too_large" "The body is too large." "Keep below the limit that the detail names.";
    /// The body did not arrive in time or broke off.
    BodyIncomplete "body_incomplete" "The body did not arrive whole." "Ask with HEAD how far it came and go on there, or send it again.";
    /// The piece does not begin where the server's bytes end; `expected-offset` says where that is.
    UploadOffsetMismatch "upload_offset_mismatch" "The piece does not continue what the server has." "Go on from Upload-Offset of this answer.";
    /// Another plaintext is stored under this number and If-Match was not sent.
    PartDiffers "part_differs" "Another content is stored for this part." "If the file changed, replace it with If-Match.";
    /// If-Match names another generation than the stored one.
    GenerationMismatch "generation_mismatch" "This was changed by another request in between." "Fetch it again and decide anew.";
    /// The file is complete: its content never changes.
    FileComplete "file_complete" "This file is complete and cannot be changed." "Upload the new content as a new file.";
    /// `complete` was asked while parts are missing; `missing_chunks` lists them.
    PartsMissing "parts_missing" "Parts of the file are not stored yet." "Send the parts in missing_chunks, then complete again.";
    /// The stored parts are not the ones that the manifest was sealed over.
    PartsChanged "parts_changed" "The stored parts are not the ones you sealed the manifest over." "Fetch the part list and seal the manifest again.";
    /// The file is complete with another manifest, which comes with the answer.
    ManifestDiffers "manifest_differs" "The file was completed with another manifest." "Open the manifest that came with this answer.";
    /// The upload expired and was cleaned up.
    UploadExpired "upload_expired" "This upload expired and was cleaned up." "Start the upload again.";
    /// The user's quota does not hold the file.
    QuotaExceeded "quota_exceeded" "Your quota is used up." "Delete files to make room.";
    /// The store behind the server is full.
    StorageFull "storage_full" "The server's storage is full." "The upload can go on when there is room again.";
    /// The store behind the server does not answer.
    StorageUnavailable "storage_unavailable" "The server's storage does not answer." "It is tried again by itself.";
    /// Stored bytes are gone or damaged.
    PartCorrupt "part_corrupt" "The stored bytes of this part are damaged or lost." "Upload the file again; only such parts are sent.";
    /// The text is no token of a bot, or Telegram refuses it.
    BotTokenRefused "bot_token_refused" "The bot's token is refused." "Copy it again from @BotFather.";
    /// The bot cannot store parts in the chat.
    ChatNotUsable "chat_not_usable" "The bot cannot use this chat." "Do what the detail says, then try again.";
    /// The Bot API cannot be reached, or gives no answer that can be read.
    BotApiUnavailable "bot_api_unavailable" "The Bot API does not answer." "Check the address of the Bot API and the network, then try again.";
    /// Parts can be read through this bot alone; `force` gives them up.
    BotHoldsParts "bot_holds_parts" "Parts can be read through this bot alone." "Add another bot to its chats first, or disable it instead of removing it.";
    /// Postgres does not answer.
    DatabaseUnavailable "database_unavailable" "The server's database does not answer." "It is tried again by itself.";
    /// The server's memory budget for bodies is in use.
    Busy "busy" "The server is busy." "Wait as long as Retry-After says.";
    /// The server is about to stop.
    ShuttingDown "shutting_down" "The server is about to restart." "Wait as long as Retry-After says.";
    /// A fault of the server; the log has it under `error_id`.
    Internal "internal" "Something went wrong on the server." "Try again; tell the administrator the error id if it stays.";
}

impl ErrorCode {
    /// What repeating the request can bring; who waits, and for how long, is the reader's business.
    pub fn recovery(self) -> Recovery {
        use ErrorCode as E;
        match self {
            E::RateLimited | E::Busy | E::ShuttingDown | E::Internal => Recovery::Passing,
            E::StorageUnavailable | E::DatabaseUnavailable => Recovery::Passing,
            E::DigestMismatch | E::BodyIncomplete | E::UploadOffsetMismatch => Recovery::Passing,
            E::Unauthenticated | E::StorageFull => Recovery::Person,
            E::QuotaExceeded | E::BotApiUnavailable => Recovery::Person,
            E::InvalidRequest | E::WrongCredentials | E::Forbidden | E::OriginRefused => {
                Recovery::Never
            }
            E::NotFound | E::MethodNotAllowed | E::InvitationInvalid | E::UsernameTaken => {
                Recovery::Never
            }
            E::FileIdTaken | E::PartNumberInvalid | E::PartLengthWrong | E::DigestMissing => {
                Recovery::Never
            }
            E::BodyTooLarge | E::PartDiffers | E::GenerationMismatch | E::FileComplete => {
                Recovery::Never
            }
            E::PartsMissing | E::PartsChanged | E::ManifestDiffers | E::UploadExpired => {
                Recovery::Never
            }
            E::PartCorrupt | E::BotTokenRefused | E::ChatNotUsable | E::BotHoldsParts => {
                Recovery::Never
            }
        }
    }
}

/// An error answer, `application/problem+json` (RFC 9457) with Ferry's additions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// [`ErrorCode::problem_type`].
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, for a person.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// The stable code.
    pub code: ErrorCode,
    /// What exactly, in this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: String,
    /// Finds the fault in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_id: Option<Uuid>,
    /// Seconds to wait, as in `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_secs: Option<u32>,
    /// The limit that was passed, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
    /// `parts_missing`: the numbers (the first 10,000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_chunks: Option<Vec<u32>>,
    /// `manifest_differs`: the stored manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Bytes64>,
    /// `part_differs`, `generation_mismatch`: the stored generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
    /// `upload_offset_mismatch`: where the next piece must begin.
    #[serde(
        default,
        rename = "expected-offset",
        skip_serializing_if = "Option::is_none"
    )]
    pub expected_offset: Option<u64>,
    /// `upload_offset_mismatch`: where the piece would have begun.
    #[serde(
        default,
        rename = "provided-offset",
        skip_serializing_if = "Option::is_none"
    )]
    pub provided_offset: Option<u64>,
}

/// What a generic client of resumable uploads knows the mismatch by.
const MISMATCHING_UPLOAD_OFFSET: &str =
    "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";

impl ErrorCode {
    /// The problem's type: `urn:ferry:error:` and the code, unless a standard has a type for it.
    pub fn problem_type(self) -> String {
        match self {
            ErrorCode::UploadOffsetMismatch => MISMATCHING_UPLOAD_OFFSET.to_owned(),
            code => format!("urn:ferry:error:{}", code.as_str()),
        }
    }
}

impl Problem {
    /// The document for `code`; `status` is the caller's business.
    pub fn new(code: ErrorCode, status: u16, detail: Option<String>) -> Self {
        Problem {
            kind: code.problem_type(),
            title: code.title().to_owned(),
            status,
            code,
            detail,
            hint: code.hint().to_owned(),
            error_id: None,
            retry_after_secs: None,
            limit_bytes: None,
            missing_chunks: None,
            manifest: None,
            generation: None,
            expected_offset: None,
            provided_offset: None,
        }
    }
}
