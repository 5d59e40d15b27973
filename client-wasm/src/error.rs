//! What can go wrong in the browser, as the page sees it: the server's codes and a few of our own.
//! The server's list is `ferry_core::wire::ErrorCode`; this one adds only what arises on this side.

use ferry_core::wire::{ErrorCode, Problem, Recovery};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

/// Declares the local codes once: variant, text, what happened, what to do.
macro_rules! client_codes {
    ($($(#[$doc:meta])* $variant:ident $text:literal $title:literal $hint:literal;)+) => {
        /// Codes that arise on this side.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) enum ClientCode { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl ClientCode {
            pub(crate) const ALL: &'static [ClientCode] = &[$(ClientCode::$variant),+];
            /// The code as the page sees it.
            pub(crate) fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),+ } }
            /// What happened, as a sentence for a person.
            pub(crate) fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }
            fn hint(self) -> &'static str { match self { $(Self::$variant => $hint),+ } }
        }
    };
}

client_codes! {
    /// No `crypto.subtle` here.
    InsecureContext "insecure_context" "This page was not opened over a secure connection, so the browser offers no encryption." "Open Ferry over https, or on this machine as http://localhost.";
    /// Something is missing or computes wrongly.
    UnsupportedBrowser "unsupported_browser" "This browser cannot do what Ferry needs." "Use a current Chrome, Edge, Firefox or Safari.";
    /// Signed in, and the keys are sealed.
    Locked "locked" "Your keys are not open in this browser." "Type your password to unlock.";
    /// The key slot does not open.
    WrongPassword "wrong_password" "The password is wrong." "Check it and try again; nothing was sent.";
    /// Another salt or other parameters than this browser knew.
    KdfChanged "kdf_changed" "The server does not tell of this account what this browser knew: another salt, or other parameters for the password." "Nothing was sent. If the password was changed on another device, say so and go on; if not, ask the administrator first.";
    /// The request came to no answer.
    Network "network" "The server could not be reached." "Check the connection; uploads go on by themselves.";
    /// No byte moved for too long, or no answer came in time.
    Stalled "stalled" "The connection stood still." "Check the connection; uploads go on by themselves.";
    /// The answer is not Ferry's.
    BadAnswer "bad_answer" "The server's answer could not be understood." "Reload the page; the server may have been updated.";
    /// NotReadableError and the like.
    FileNotReadable "file_not_readable" "The file cannot be read any more." "It was moved, deleted or changed. Pick it again; what is stored is kept.";
    /// Two reads of a part differ.
    FileChanged "file_changed" "The file changed while it was read." "Let the other program finish, then pick the file again; what is stored is kept.";
    /// A seal, hash or structure check failed.
    Tampered "tampered" "What the server returned fails its cryptographic check." "It was damaged or tampered with; nothing of it was used. Ask the administrator.";
    /// Older than what was seen.
    RolledBack "rolled_back" "The server returned an older state than this browser saw before." "Ask the administrator whether a backup was restored.";
    /// The page's sink failed.
    SinkFailed "sink_failed" "The download could not be written." "Check the free space and the permission, then download again.";
    /// A person stopped it.
    Stopped "stopped" "Stopped." "What is stored is kept; go on whenever you like.";
    /// A person discarded it.
    Discarded "discarded" "Discarded." "The upload and what was stored of it are gone.";
    /// It ended, or its user signed out.
    UnknownUpload "unknown_upload" "This upload is not known here any more." "Pick the file again; what is stored is kept, and only what is missing is sent.";
    /// A fault of this code.
    ClientFault "client_fault" "Something went wrong in the page." "Reload the page; uploads go on where they were.";
}

/// An error for the page: a refusal of the server, or a failure on this side. The same in every worker: it goes over
/// their messages as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum ClientError {
    /// The server said so, with everything it said.
    #[error("{}", .0.title)]
    Refused(Box<Problem>),
    /// It arose on this side.
    #[error("{}", .code.title())]
    Local {
        code: ClientCode,
        /// What exactly, for a report.
        detail: Option<String>,
    },
    /// Something that is not Ferry's server answered, or it answered with what is not Ferry's.
    #[error("{}", odd_status_code(*.status).title())]
    OddStatus {
        status: u16,
        /// `Retry-After`, where it came.
        retry_after_secs: Option<u32>,
    },
}

/// Shorthand of this crate.
pub(crate) type Result<T, E = ClientError> = std::result::Result<T, E>;

impl From<ClientCode> for ClientError {
    fn from(code: ClientCode) -> Self {
        ClientError::Local { code, detail: None }
    }
}

impl From<ErrorCode> for ClientError {
    fn from(code: ErrorCode) -> Self {
        ClientError::Refused(Box::new(Problem::new(code, 0, None)))
    }
}

impl ClientCode {
    /// This code with what exactly happened.
    pub(crate) fn because(self, detail: impl std::fmt::Display) -> ClientError {
        ClientError::Local {
            code: self,
            detail: Some(detail.to_string()),
        }
    }

    /// This code with the text of a JavaScript exception.
    pub(crate) fn thrown(self, exception: &JsValue) -> ClientError {
        self.because(exception_text(exception))
    }
}

impl ClientError {
    /// The server's code, where the server refused.
    pub(crate) fn refused(&self) -> Option<ErrorCode> {
        match self {
            ClientError::Refused(problem) => Some(problem.code),
            ClientError::Local { .. } | ClientError::OddStatus { .. } => None,
        }
    }

    /// The code as the page sees it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            ClientError::Refused(problem) => problem.code.as_str(),
            ClientError::Local { code, .. } => code.as_str(),
            ClientError::OddStatus { status, .. } => odd_status_code(*status).as_str(),
        }
    }

    /// The local code, where it arose here.
    pub(crate) fn local(&self) -> Option<ClientCode> {
        match self {
            ClientError::Refused(_) => None,
            ClientError::Local { code, .. } => Some(*code),
            ClientError::OddStatus { status, .. } => Some(odd_status_code(*status)),
        }
    }

    /// No whole answer came: the connection broke or stood still.
    pub(crate) fn is_of_the_connection(&self) -> bool {
        matches!(
            self,
            ClientError::Local {
                code: ClientCode::Network | ClientCode::Stalled,
                ..
            }
        )
    }

    /// The same call may succeed later, with nothing changed.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            ClientError::Refused(problem) => problem.code.recovery() == Recovery::Passing,
            other => matches!(
                other.local(),
                Some(ClientCode::Network | ClientCode::Stalled)
            ),
        }
    }

    /// What exactly happened, where that is known.
    pub(crate) fn detail(&self) -> Option<String> {
        match self {
            ClientError::Refused(problem) => problem.detail.clone(),
            ClientError::Local { detail, .. } => detail.clone(),
            ClientError::OddStatus { status, .. } => Some(format!("status {status}")),
        }
    }

    /// As the page gets it.
    pub(crate) fn to_view(&self) -> ErrorView {
        match self {
            ClientError::Refused(problem) => ErrorView {
                code: problem.code.as_str(),
                message: problem.title.clone(),
                hint: problem.hint.clone(),
                detail: problem.detail.clone(),
                retryable: self.is_retryable(),
                retry_after_secs: problem.retry_after_secs,
                error_id: problem.error_id.map(|id| id.to_string()),
                limit_bytes: problem.limit_bytes,
            },
            ClientError::Local { code, .. } => self.local_view(*code, None),
            ClientError::OddStatus {
                status,
                retry_after_secs,
            } => self.local_view(odd_status_code(*status), *retry_after_secs),
        }
    }

    fn local_view(&self, code: ClientCode, retry_after_secs: Option<u32>) -> ErrorView {
        ErrorView {
            code: code.as_str(),
            message: code.title().to_owned(),
            hint: code.hint().to_owned(),
            detail: self.detail(),
            retryable: self.is_retryable(),
            retry_after_secs,
            error_id: None,
            limit_bytes: None,
        }
    }
}

/// Gateways answer for a server that is away; anything else is no Ferry server.
pub(crate) fn odd_status_code(status: u16) -> ClientCode {
    match status {
        0 | 408 | 429 | 500..=599 => ClientCode::Network,
        _ => ClientCode::BadAnswer,
    }
}

/// The fields of `FerryError`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorView {
    code: &'static str,
    message: String,
    hint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_secs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_bytes: Option<u64>,
}

/// `name: message` of an exception.
pub(crate) fn exception_text(exception: &JsValue) -> String {
    match exception.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.to_string()),
        None => match js_sys::Reflect::get(exception, &"message".into())
            .ok()
            .and_then(|m| m.as_string())
        {
            Some(message) => message,
            None => format!("{exception:?}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &str = include_str!("../js/ferry.d.ts");

    /// The codes of one union type of the page's types.
    fn declared(union: &str) -> Vec<&'static str> {
        let (_, after) = TYPES.split_once(&format!("export type {union} =")).unwrap();
        let (body, _) = after.split_once("\n\n").unwrap();
        let codes = body
            .lines()
            .filter(|line| line.trim_start().starts_with('|'));
        codes
            .flat_map(|line| line.split('"').skip(1).step_by(2))
            .collect()
    }

    #[test]
    fn the_pages_types_name_every_code_of_the_server_and_no_other() {
        let sent: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(declared("ServerErrorCode"), sent);
    }

    #[test]
    fn the_pages_types_name_every_code_of_this_side_and_no_other() {
        let own: Vec<_> = ClientCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(declared("ClientErrorCode"), own);
    }

    #[test]
    fn an_error_is_the_same_after_a_message_to_another_worker() {
        let errors = [
            ClientError::from(ErrorCode::QuotaExceeded),
            ClientCode::Stopped.into(),
            ClientCode::FileNotReadable.because("NotFoundError"),
            ClientError::OddStatus {
                status: 502,
                retry_after_secs: Some(3),
            },
        ];
        for error in errors {
            let message = serde_json::to_string(&error).expect("plain data");
            assert_eq!(serde_json::from_str(&message).ok(), Some(error));
        }
    }

    #[test]
    fn a_gateways_answer_is_the_network_and_a_strange_one_is_not() {
        let odd = |status| ClientError::OddStatus {
            status,
            retry_after_secs: None,
        };
        assert_eq!(odd(502).code(), "network");
        assert!(odd(502).is_retryable());
        assert_eq!(odd(418).code(), "bad_answer");
        assert!(!odd(418).is_retryable());
    }
}
