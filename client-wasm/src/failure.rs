//! The one place where the machines' words meet the page's: failures in, troubles and waits out.

use ferry_core::{
    transfer::{Failure, TransferError, WaitReason},
    wire::ErrorCode,
};
use serde::Serialize;

use crate::{
    api::refusal,
    error::{ClientCode, ClientError, odd_status_code},
    workers::part::{PartFailure, PartReply},
};

/// What a machine is told of an error.
pub(crate) fn failure_of(error: &ClientError) -> Failure {
    match error {
        ClientError::Refused(problem) => Failure::Problem(problem.clone()),
        ClientError::OddStatus {
            status,
            retry_after_secs,
        } => Failure::Status {
            status: *status,
            retry_after_secs: *retry_after_secs,
        },
        ClientError::Local { code, .. } => match code {
            ClientCode::Network => Failure::Network,
            ClientCode::Stalled => Failure::Stalled,
            ClientCode::FileNotReadable => Failure::NotReadable,
            ClientCode::Tampered | ClientCode::RolledBack => Failure::NotGenuine,
            ClientCode::SinkFailed => Failure::SinkFailed,
            // An answer came, with a good status and what is not Ferry's.
            ClientCode::BadAnswer => Failure::Status {
                status: 200,
                retry_after_secs: None,
            },
            _ => Failure::Fault,
        },
    }
}

/// The error in a part worker's reply.
pub(crate) fn error_of_reply(reply: PartReply) -> ClientError {
    match reply {
        PartReply::Refused {
            status,
            retry_after,
            body,
            ..
        } => refusal(status, &body, retry_after.as_deref()),
        PartReply::Failed {
            failure, detail, ..
        } => match failure {
            PartFailure::Network => ClientCode::Network.because(detail),
            PartFailure::Stalled => ClientCode::Stalled.because(detail),
            PartFailure::Aborted => ClientCode::Stopped.because(detail),
            PartFailure::NotGenuine => ClientCode::Tampered.because(detail),
            PartFailure::Fault => ClientCode::ClientFault.because(detail),
        },
        _ => ClientCode::ClientFault.because("a worker answered something else"),
    }
}

/// Why a run ended, for the page. `last` is the error that led to it, where it says more.
pub(crate) fn error_of_trouble(trouble: TransferError, last: Option<&ClientError>) -> ClientError {
    let plain = match trouble {
        TransferError::NotReadable => ClientCode::FileNotReadable.into(),
        TransferError::FileChangedWhileReading { part } => {
            ClientCode::FileChanged.because(format!("part {part}"))
        }
        TransferError::RolledBack { part } => {
            ClientCode::RolledBack.because(format!("part {part}"))
        }
        TransferError::NotGenuine { .. } => ClientCode::Tampered.because(trouble),
        TransferError::Refused(code) => code.into(),
        TransferError::BadAnswer {
            status: Some(status),
        } => ClientError::OddStatus {
            status,
            retry_after_secs: None,
        },
        TransferError::BadAnswer { status: None } => ClientCode::BadAnswer.into(),
        TransferError::TooManyParts => ClientCode::ClientFault.because(trouble),
        TransferError::SinkFailed => ClientCode::SinkFailed.into(),
        TransferError::PartCorrupt { .. } => ErrorCode::PartCorrupt.into(),
        TransferError::ClientFault => ClientCode::ClientFault.into(),
    };
    match last {
        Some(last) if says_more(last, &plain, trouble) => last.clone(),
        _ => plain,
    }
}

/// The same code with a detail, or the finer of the codes behind "not genuine".
fn says_more(last: &ClientError, plain: &ClientError, trouble: TransferError) -> bool {
    let finer = matches!(trouble, TransferError::NotGenuine { .. })
        && last.local() == Some(ClientCode::RolledBack);
    finer || last.code() == plain.code()
}

const SIGN_IN: &str = "sign_in";

/// `Progress.waiting` of the page.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WaitingView {
    reason: &'static str,
    message: &'static str,
    until_ms: Option<u64>,
}

impl WaitingView {
    /// Of a machine; `until_ms` on the page's clock.
    pub(crate) fn new(reason: WaitReason, until_ms: Option<u64>) -> Self {
        let (reason, message) = match reason {
            WaitReason::Offline => ("offline", "This device has no network."),
            WaitReason::Network => local(ClientCode::Network),
            WaitReason::Stalled => local(ClientCode::Stalled),
            WaitReason::SignIn => (SIGN_IN, ErrorCode::Unauthenticated.title()),
            WaitReason::Server(code) => (code.as_str(), code.title()),
            WaitReason::Status(status) => local(odd_status_code(status)),
        };
        WaitingView {
            reason,
            message,
            until_ms,
        }
    }

    pub(crate) fn needs_sign_in(&self) -> bool {
        self.reason == SIGN_IN
    }

    /// Before there is a machine.
    pub(crate) fn another_tab() -> Self {
        WaitingView {
            reason: "another_tab",
            message: "Another tab is uploading this file.",
            until_ms: None,
        }
    }
}

fn local(code: ClientCode) -> (&'static str, &'static str) {
    (code.as_str(), code.title())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_can_not_be_understood_is_no_missing_connection() {
        let unreadable = failure_of(&ClientCode::BadAnswer.because("no JSON"));
        let Failure::Status { status, .. } = unreadable else {
            panic!("{unreadable:?}")
        };
        let of = |status| WaitingView::new(WaitReason::Status(status), None);
        assert_eq!(of(status).reason, "bad_answer");
        assert_eq!(of(status).message, ClientCode::BadAnswer.title());
        assert_eq!(of(502).reason, "network");
    }
}
