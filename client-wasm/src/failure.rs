//! The one place where the machines' words meet the page's: errors go in as failures, and come out at the end of a run;
//! waits come out between.

use ferry_core::{
    transfer::{Distrust, Failure, TransferError, WaitReason},
    wire::ErrorCode,
};
use serde::Serialize;

use crate::error::{ClientCode, ClientError, odd_status_code};

/// What a machine is told of an error.
pub(crate) fn failure_of(error: ClientError) -> Failure {
    match error {
        ClientError::Refused(problem) => Failure::Problem(problem),
        ClientError::OddStatus {
            status,
            retry_after_secs,
        } => Failure::Status {
            status,
            retry_after_secs,
        },
        ClientError::Local { code, detail } => local_failure(code, detail),
    }
}

fn local_failure(code: ClientCode, detail: Option<String>) -> Failure {
    match code {
        ClientCode::Network => Failure::Network,
        ClientCode::Stalled => Failure::Stalled,
        ClientCode::FileNotReadable => Failure::NotReadable { detail },
        ClientCode::Tampered => Failure::NotGenuine {
            reason: Distrust::Altered,
            detail,
        },
        ClientCode::RolledBack => Failure::NotGenuine {
            reason: Distrust::RolledBack,
            detail,
        },
        ClientCode::SinkFailed => Failure::SinkFailed { detail },
        // An answer came, with a good status and what is not Ferry's.
        ClientCode::BadAnswer => Failure::Status {
            status: 200,
            retry_after_secs: None,
        },
        // None of these ends or interrupts a request of a machine.
        ClientCode::InsecureContext
        | ClientCode::UnsupportedBrowser
        | ClientCode::Locked
        | ClientCode::WrongPassword
        | ClientCode::KdfChanged
        | ClientCode::FileChanged
        | ClientCode::Stopped
        | ClientCode::Discarded
        | ClientCode::UnknownUpload
        | ClientCode::ClientFault => Failure::Fault { detail },
    }
}

/// Why a run ended, for the page: the machine's error, in the words of the failure behind it where that is the same.
pub(crate) fn error_of_end(error: TransferError, cause: Option<&Failure>) -> ClientError {
    let own = error_of_machine(error);
    let caused = cause.map(error_of_failure);
    caused
        .filter(|caused| caused.code() == own.code())
        .unwrap_or(own)
}

fn error_of_failure(failure: &Failure) -> ClientError {
    let local = |code, detail: &Option<String>| ClientError::Local {
        code,
        detail: detail.clone(),
    };
    match failure {
        Failure::Problem(problem) => ClientError::Refused(problem.clone()),
        Failure::Status {
            status,
            retry_after_secs,
        } => ClientError::OddStatus {
            status: *status,
            retry_after_secs: *retry_after_secs,
        },
        Failure::Network => ClientCode::Network.into(),
        Failure::Stalled => ClientCode::Stalled.into(),
        Failure::NotReadable { detail } => local(ClientCode::FileNotReadable, detail),
        Failure::NotGenuine { reason, detail } => match reason {
            Distrust::Altered => local(ClientCode::Tampered, detail),
            Distrust::RolledBack => local(ClientCode::RolledBack, detail),
        },
        Failure::SinkFailed { detail } => local(ClientCode::SinkFailed, detail),
        Failure::Fault { detail } => local(ClientCode::ClientFault, detail),
    }
}

fn error_of_machine(error: TransferError) -> ClientError {
    match error {
        TransferError::NotReadable => ClientCode::FileNotReadable.into(),
        TransferError::FileChangedWhileReading { part } => {
            ClientCode::FileChanged.because(format!("part {part}"))
        }
        TransferError::RolledBack { part: Some(part) } => {
            ClientCode::RolledBack.because(format!("part {part}"))
        }
        TransferError::RolledBack { part: None } => ClientCode::RolledBack.into(),
        TransferError::NotGenuine { .. } => ClientCode::Tampered.because(error),
        TransferError::Refused(code) => code.into(),
        TransferError::BadAnswer {
            status: Some(status),
        } => ClientError::OddStatus {
            status,
            retry_after_secs: None,
        },
        TransferError::BadAnswer { status: None } => ClientCode::BadAnswer.into(),
        TransferError::TooManyParts => ClientCode::ClientFault.because(error),
        TransferError::SinkFailed => ClientCode::SinkFailed.into(),
        TransferError::PartCorrupt { .. } => ErrorCode::PartCorrupt.into(),
        TransferError::ClientFault => ClientCode::ClientFault.into(),
    }
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
            WaitReason::Turn => ("turn", "Other files of this tab go first."),
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
    use ferry_core::wire::Problem;

    use super::*;

    #[test]
    fn an_answer_that_cannot_be_understood_is_no_missing_connection() {
        let unreadable = failure_of(ClientCode::BadAnswer.because("no JSON"));
        let Failure::Status { status, .. } = unreadable else {
            panic!("{unreadable:?}")
        };
        let of = |status| WaitingView::new(WaitReason::Status(status), None);
        assert_eq!(of(status).reason, "bad_answer");
        assert_eq!(of(status).message, ClientCode::BadAnswer.title());
        assert_eq!(of(502).reason, "network");
    }
    #[test]
    fn the_person_is_told_what_the_driver_saw() {
        let problem = ClientError::Refused(Box::new(Problem {
            limit_bytes: Some(7),
            ..Problem::new(ErrorCode::QuotaExceeded, 403, None)
        }));
        let seen = [
            (problem, TransferError::Refused(ErrorCode::QuotaExceeded)),
            (
                ClientCode::FileNotReadable.because("NotFoundError"),
                TransferError::NotReadable,
            ),
            (
                ClientCode::Tampered.because("a part does not open"),
                TransferError::NotGenuine { part: Some(3) },
            ),
            (
                ClientCode::RolledBack.because("manifest 2 after 3"),
                TransferError::RolledBack { part: None },
            ),
            (
                ClientCode::SinkFailed.because("disk full"),
                TransferError::SinkFailed,
            ),
            (
                ClientCode::ClientFault.because("a worker died"),
                TransferError::ClientFault,
            ),
        ];
        for (error, end) in seen {
            let cause = failure_of(error.clone());
            assert_eq!(error_of_end(end, Some(&cause)), error, "{end:?}");
        }
    }

    #[test]
    fn a_failure_of_another_kind_does_not_hide_what_the_machine_found() {
        let limit = Failure::Status {
            status: 413,
            retry_after_secs: None,
        };
        let too_large = TransferError::Refused(ErrorCode::BodyTooLarge);
        assert_eq!(
            error_of_end(too_large, Some(&limit)).code(),
            "body_too_large"
        );
        let changed = TransferError::FileChangedWhileReading { part: 9 };
        assert_eq!(
            error_of_end(changed, None).detail().as_deref(),
            Some("part 9")
        );
    }
}
