//! Which HTTP status an error code has, and every refusal as a problem document. Its texts are in `core::wire`.
//! A 5xx tells the log everything and the client nothing but an id to find it by.

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use ferry_core::wire::{
    ErrorCode, HEADER_ERROR_CODE, HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_OFFSET, Problem,
};
use uuid::Uuid;

use crate::error_chain::chain;
use crate::{
    auth::AuthError,
    bots::BotsError,
    spool::SpoolError,
    uploads::{RETRY_SECS, UploadError},
};

/// Clients are never told to wait longer than this.
const MOST_RETRY_SECS: u32 = 3_600;
/// Media type of RFC 9457.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal on its way out.
#[derive(Debug)]
pub(crate) struct HttpError(Box<Problem>);

pub(crate) type HttpResult<T> = Result<T, HttpError>;

/// The one table of statuses.
pub(crate) fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest | ErrorCode::DigestMissing | ErrorCode::BodyIncomplete => {
            StatusCode::BAD_REQUEST
        }
        ErrorCode::Unauthenticated | ErrorCode::WrongCredentials => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden
        | ErrorCode::OriginRefused
        | ErrorCode::InvitationInvalid
        | ErrorCode::QuotaExceeded => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::UsernameTaken
        | ErrorCode::FileIdTaken
        | ErrorCode::UploadOffsetMismatch
        | ErrorCode::PartDiffers
        | ErrorCode::FileComplete
        | ErrorCode::PartsMissing
        | ErrorCode::PartsChanged
        | ErrorCode::ManifestDiffers
        | ErrorCode::BotHoldsParts => StatusCode::CONFLICT,
        // A lost part is no fault of the server: the next call would not find it either.
        ErrorCode::UploadExpired | ErrorCode::PartCorrupt => StatusCode::GONE,
        ErrorCode::GenerationMismatch => StatusCode::PRECONDITION_FAILED,
        ErrorCode::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::PartNumberInvalid
        | ErrorCode::PartLengthWrong
        | ErrorCode::DigestMismatch
        | ErrorCode::BotTokenRefused
        | ErrorCode::ChatNotUsable => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::BotApiUnavailable => StatusCode::BAD_GATEWAY,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::StorageUnavailable
        | ErrorCode::DatabaseUnavailable
        | ErrorCode::Busy
        | ErrorCode::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The code that an answer of the framework itself (not of a handler) stands for.
fn code_of(status: StatusCode) -> ErrorCode {
    match status {
        StatusCode::UNAUTHORIZED => ErrorCode::Unauthenticated,
        StatusCode::FORBIDDEN => ErrorCode::Forbidden,
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => ErrorCode::BodyIncomplete,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::BodyTooLarge,
        StatusCode::TOO_MANY_REQUESTS => ErrorCode::RateLimited,
        StatusCode::SERVICE_UNAVAILABLE => ErrorCode::Busy,
        other if other.is_client_error() => ErrorCode::InvalidRequest,
        _ => ErrorCode::Internal,
    }
}

impl HttpError {
    /// Nothing more to say than the code does.
    pub(crate) fn new(code: ErrorCode) -> Self {
        Self::logged(code, None)
    }

    /// What exactly, in this case, for the client.
    pub(crate) fn detailed(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::logged(code, Some(detail.into()))
    }

    /// The same with no line in the log: of a refusal that strangers get as often as they like.
    pub(crate) fn unlogged(code: ErrorCode, detail: impl Into<String>) -> Self {
        let mut refusal = Self::build(code, Some(detail.into()));
        refusal.0.error_id = None;
        refusal
    }

    /// The request itself is wrong.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::detailed(ErrorCode::InvalidRequest, detail)
    }

    /// A body over its limit.
    pub(crate) fn too_large(limit_bytes: u64) -> Self {
        let mut error = Self::detailed(
            ErrorCode::BodyTooLarge,
            format!("at most {limit_bytes} bytes"),
        );
        error.0.limit_bytes = Some(limit_bytes);
        error
    }

    /// The answer to a piece that does not begin where our bytes end.
    pub(crate) fn offset_mismatch(expected: u64, provided: u64) -> Self {
        let mut error = Self::new(ErrorCode::UploadOffsetMismatch);
        error.0.expected_offset = Some(expected);
        error.0.provided_offset = Some(provided);
        error
    }

    /// The answer to a range of which nothing is there.
    pub(crate) fn range_outside(total_bytes: u64) -> HttpResponse {
        let mut error = Self::invalid(format!("the range lies outside of {total_bytes} bytes"));
        error.0.status = StatusCode::RANGE_NOT_SATISFIABLE.as_u16();
        let mut response = error.error_response();
        *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
        if let Ok(whole) = header::HeaderValue::try_from(format!("bytes */{total_bytes}")) {
            response.headers_mut().insert(header::CONTENT_RANGE, whole);
        }
        response
    }

    /// The code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The document.
    pub(crate) fn into_problem(self) -> Problem {
        *self.0
    }

    /// A refusal whose cause is no error of a room.
    fn logged(code: ErrorCode, detail: Option<String>) -> Self {
        let refusal = Self::build(code, detail);
        let said = refusal.0.detail.as_deref().unwrap_or(code.title());
        refusal.log(said);
        refusal
    }

    fn log(&self, cause: impl std::fmt::Display) {
        let (Some(error_id), code) = (self.0.error_id, self.0.code.as_str()) else {
            return;
        };
        if waits(status_of(self.0.code)) {
            tracing::warn!(%error_id, code, error = %cause, "cannot serve now");
        } else {
            tracing::error!(%error_id, code, error = %cause, "fault");
        }
    }

    fn build(code: ErrorCode, detail: Option<String>) -> Self {
        let status = status_of(code);
        let mut problem = Problem::new(code, status.as_u16(), detail);
        problem.error_id = status.is_server_error().then(Uuid::new_v4);
        if waits(status) {
            problem.retry_after_secs = Some(RETRY_SECS);
        }
        HttpError(Box::new(problem))
    }

    /// A refusal of a room: its details for the client, or, for a fault of ours, for the log alone.
    fn of_room(
        code: ErrorCode,
        error: &(dyn std::error::Error + 'static),
        retry_after_secs: Option<u32>,
    ) -> Self {
        let status = status_of(code);
        if !status.is_server_error() {
            let mut refusal = Self::detailed(code, error.to_string());
            refusal.wait(retry_after_secs);
            return refusal;
        }
        let mut fault = Self::build(code, None);
        fault.log(chain(error));
        fault.wait(retry_after_secs);
        fault
    }

    /// The same refusal under another status than its code's.
    pub(crate) fn as_status(&self, status: StatusCode) -> HttpResponse {
        let mut problem = self.0.clone();
        problem.status = status.as_u16();
        let mut response = HttpError(problem).error_response();
        *response.status_mut() = status;
        if status != StatusCode::UNAUTHORIZED {
            response.headers_mut().remove(header::WWW_AUTHENTICATE);
        }
        response
    }

    fn wait(&mut self, secs: Option<u32>) {
        if let Some(secs) = secs {
            self.0.retry_after_secs = Some(secs.clamp(1, MOST_RETRY_SECS));
        }
    }
}

/// A refusal that the framework made, as a problem with the same status.
pub(crate) fn problem_for(status: StatusCode) -> HttpResponse {
    HttpError::new(code_of(status)).as_status(status)
}

/// Statuses that say "later".
fn waits(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::INSUFFICIENT_STORAGE
    )
}

impl From<UploadError> for HttpError {
    fn from(error: UploadError) -> Self {
        let mut refusal = Self::of_room(error.code(), &error, error.retry_after_secs());
        refusal.0.limit_bytes = error.limit_bytes();
        refusal.0.missing_chunks = error.missing_chunks().map(<[u32]>::to_vec);
        refusal.0.manifest = error.manifest();
        refusal.0.generation = error.generation();
        refusal
    }
}

impl From<AuthError> for HttpError {
    fn from(error: AuthError) -> Self {
        Self::of_room(error.code(), &error, error.retry_after_secs())
    }
}

impl From<BotsError> for HttpError {
    fn from(error: BotsError) -> Self {
        match error.code() {
            // what was seen of the Bot API is for the administrator who asked, and no fault of ours
            code @ ErrorCode::BotApiUnavailable => Self::detailed(code, error.to_string()),
            code => Self::of_room(code, &error, None),
        }
    }
}

impl From<SpoolError> for HttpError {
    fn from(error: SpoolError) -> Self {
        let code = match &error {
            SpoolError::NoRoom | SpoolError::InUse => ErrorCode::Busy,
            SpoolError::DiskFull => ErrorCode::StorageFull,
            SpoolError::Io(_) => ErrorCode::StorageUnavailable,
        };
        Self::of_room(code, &error, None)
    }
}

impl std::fmt::Display for HttpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl ResponseError for HttpError {
    fn status_code(&self) -> StatusCode {
        status_of(self.0.code)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((HEADER_ERROR_CODE, self.0.code.as_str()));
        if let Some(secs) = self.0.retry_after_secs {
            response.insert_header((header::RETRY_AFTER, secs));
        }
        if let Some(offset) = self.0.expected_offset {
            response.insert_header((HEADER_UPLOAD_OFFSET, offset.to_string()));
            response.insert_header((HEADER_UPLOAD_COMPLETE, "?0"));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"ferry\""));
        }
        match serde_json::to_vec(&self.0) {
            Ok(body) => response.content_type(PROBLEM_JSON).body(body),
            Err(error) => {
                tracing::error!(%error, "a problem document cannot be written");
                response.finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;
    use crate::db::DbError;

    async fn answer(error: HttpError) -> (StatusCode, header::HeaderMap, Problem) {
        let response = error.error_response();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.unwrap();
        (status, headers, serde_json::from_slice(&body).unwrap())
    }

    #[actix_web::test]
    async fn every_code_answers_a_problem_with_its_own_status() {
        for code in ErrorCode::ALL {
            let (status, headers, problem) = answer(HttpError::new(*code)).await;
            assert!(
                status.is_client_error() || status.is_server_error(),
                "{code:?}"
            );
            assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), PROBLEM_JSON);
            assert_eq!((problem.status, problem.code), (status.as_u16(), *code));
            assert_eq!(headers.get(HEADER_ERROR_CODE).unwrap(), code.as_str());
            assert_eq!(
                problem.error_id.is_some(),
                status.is_server_error(),
                "{code:?}"
            );
            let must_wait = status == StatusCode::TOO_MANY_REQUESTS
                || status == StatusCode::SERVICE_UNAVAILABLE;
            assert!(
                !must_wait || headers.contains_key(header::RETRY_AFTER),
                "{code:?} tells no time"
            );
        }
    }

    #[actix_web::test]
    async fn a_fault_tells_the_client_nothing_but_an_id() {
        let (status, _, problem) =
            answer(UploadError::Internal("the secret table is broken".to_owned()).into()).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(problem.error_id.is_some());
        assert!(
            !serde_json::to_string(&problem)
                .unwrap()
                .contains("secret table")
        );
    }

    #[actix_web::test]
    async fn a_database_that_is_down_hides_its_address_and_asks_to_wait() {
        let error = AuthError::Db(DbError::Unavailable(
            "connection to 10.1.2.3 refused".to_owned(),
        ));
        let (status, headers, problem) = answer(error.into()).await;
        assert_eq!(
            (status, problem.code),
            (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::DatabaseUnavailable
            )
        );
        assert!(headers.contains_key(header::RETRY_AFTER));
        assert!(
            !serde_json::to_string(&problem)
                .unwrap()
                .contains("10.1.2.3")
        );
    }

    #[actix_web::test]
    async fn nobody_is_told_to_wait_more_than_an_hour() {
        let (_, headers, _) = answer(
            AuthError::RateLimited {
                retry_after_secs: 86_400,
            }
            .into(),
        )
        .await;
        assert_eq!(headers.get(header::RETRY_AFTER).unwrap(), "3600");
    }

    #[actix_web::test]
    async fn a_conflict_carries_what_the_client_needs() {
        let (status, _, problem) = answer(
            UploadError::PartsMissing {
                missing: vec![3, 9],
                count: 2,
            }
            .into(),
        )
        .await;
        assert_eq!(
            (status, problem.missing_chunks),
            (StatusCode::CONFLICT, Some(vec![3, 9]))
        );
        let (status, _, problem) = answer(HttpError::too_large(20_971_520)).await;
        assert_eq!(
            (status, problem.limit_bytes),
            (StatusCode::PAYLOAD_TOO_LARGE, Some(20_971_520))
        );
    }
}
