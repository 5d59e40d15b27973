//! Exit codes: the one list of them, and what each means. An unknown code means failure.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ExitCode {
    /// All is well.
    Ok = 0,
    /// Something failed that none of the others names.
    Error = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Finished, but some files failed.
    SomeFailed = 3,
    /// Verification found differences.
    Different = 4,
    /// Gave up waiting for a side that is gone, hangs or is read-only, or more files failed than `--max-errors` allows; run it
    /// again.
    GaveUp = 5,
    /// A path or file was not found.
    NotFound = 6,
    /// Refused before anything was written, or the destination is full.
    Refused = 7,
    /// There was nothing to do (with `--error-on-no-transfer`).
    NothingToDo = 9,
    /// No such job or operation.
    NoSuchJob = 10,
    /// Another process works on the job.
    Locked = 11,
    /// Stopped by Ctrl-C; resumable.
    Interrupted = 130,
    /// Stopped by SIGTERM; resumable.
    Terminated = 143,
}

impl ExitCode {
    /// Every code, in order.
    pub const ALL: [ExitCode; 13] = [
        ExitCode::Ok,
        ExitCode::Error,
        ExitCode::Usage,
        ExitCode::SomeFailed,
        ExitCode::Different,
        ExitCode::GaveUp,
        ExitCode::NotFound,
        ExitCode::Refused,
        ExitCode::NothingToDo,
        ExitCode::NoSuchJob,
        ExitCode::Locked,
        ExitCode::Interrupted,
        ExitCode::Terminated,
    ];

    /// The number that the shell sees.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}
