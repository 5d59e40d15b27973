//! Failures of one file, sorted by what is to be done about them. The one place that knows errno.

use rustix::io::Errno;

use super::hasher::Checksum;
use crate::job::Cause;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Try again soon.
    Transient,
    /// The file is in error; go on with the others.
    Permanent,
    /// The destination is full: wait for room.
    Full,
    /// A whole side is gone or read-only: wait for it.
    Gone,
    /// The source file is not there any more.
    Missing,
    /// The run was told to stop.
    Stopped,
}

/// Which side a call was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Where files come from.
    Source,
    /// Where files go to.
    Destination,
}

/// Why one file did not get on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What is to be done.
    pub class: Class,
    /// What reports group by.
    pub cause: Cause,
    /// For a person.
    pub message: String,
    /// Of what was read back, when that is what is wrong.
    pub read_back: Option<Checksum>,
}

impl Fault {
    /// One that is no system call's.
    pub fn new(class: Class, cause: Cause, message: impl Into<String>) -> Self {
        Fault {
            class,
            cause,
            message: message.into(),
            read_back: None,
        }
    }

    /// The run was told to stop.
    pub fn stopped() -> Self {
        Self::new(Class::Stopped, Cause::SourceFails, "the run was stopped")
    }

    /// Of a failed system call; `doing` ends "while …".
    pub fn of(error: &std::io::Error, side: Where, doing: &str) -> Self {
        let (class, cause) = classify(error, side);
        let message = match Errno::from_io_error(error) {
            Some(Errno::MFILE | Errno::NFILE) => format!(
                "too many files are open: raise `ulimit -n`, or take fewer --threads ({doing})"
            ),
            _ => format!("{error} ({doing})"),
        };
        Self::new(class, cause, message)
    }
}

/// By errno and side.
pub fn classify(error: &std::io::Error, side: Where) -> (Class, Cause) {
    use std::io::ErrorKind;
    let source = side == Where::Source;
    let fails = if source {
        Cause::SourceFails
    } else {
        Cause::DestinationFails
    };
    let refuses = if source {
        Cause::SourceUnreadable
    } else {
        Cause::DestinationRefuses
    };
    match Errno::from_io_error(error) {
        Some(Errno::INTR | Errno::AGAIN | Errno::TIMEDOUT | Errno::CONNRESET | Errno::BUSY) => {
            (Class::Transient, fails)
        }
        // others close theirs, and a batch that settles closes ours
        Some(Errno::MFILE | Errno::NFILE) => (Class::Transient, fails),
        Some(Errno::NOSPC | Errno::DQUOT) if !source => (Class::Full, Cause::NoSpace),
        Some(Errno::ROFS) if !source => (Class::Gone, Cause::DestinationGone),
        Some(
            Errno::NODEV
            | Errno::NXIO
            | Errno::NOTCONN
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::STALE,
        ) => (
            Class::Gone,
            if source {
                Cause::SourceFails
            } else {
                Cause::DestinationGone
            },
        ),
        Some(Errno::NOENT) if source => (Class::Missing, Cause::SourceFails),
        Some(Errno::ACCESS | Errno::PERM) => (Class::Permanent, refuses),
        Some(Errno::NAMETOOLONG | Errno::ILSEQ | Errno::INVAL) if !source => {
            (Class::Permanent, Cause::BadName)
        }
        Some(Errno::LOOP | Errno::NOTDIR) => (Class::Permanent, Cause::OutsideRoot),
        Some(Errno::EXIST | Errno::ISDIR | Errno::NOTEMPTY) if !source => {
            (Class::Permanent, Cause::Conflict)
        }
        _ if error.kind() == ErrorKind::InvalidInput && source => {
            (Class::Permanent, Cause::OutsideRoot)
        }
        _ => (Class::Permanent, fails),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(errno: Errno, side: Where) -> Class {
        classify(&errno.into(), side).0
    }

    #[test]
    fn r91_transient_errors_are_tried_again() {
        for errno in [
            Errno::INTR,
            Errno::AGAIN,
            Errno::TIMEDOUT,
            Errno::CONNRESET,
            Errno::MFILE,
            Errno::NFILE,
        ] {
            assert_eq!(class(errno, Where::Destination), Class::Transient);
            assert_eq!(class(errno, Where::Source), Class::Transient);
        }
        let fault = Fault::of(&Errno::MFILE.into(), Where::Source, "opening");
        assert!(fault.message.contains("ulimit -n"), "{fault}");
    }

    #[test]
    fn r92_permanent_errors_concern_one_file() {
        for errno in [Errno::ACCESS, Errno::PERM, Errno::NAMETOOLONG, Errno::LOOP] {
            assert_eq!(class(errno, Where::Destination), Class::Permanent);
        }
        assert_eq!(class(Errno::ACCESS, Where::Source), Class::Permanent);
        assert_eq!(class(Errno::NOENT, Where::Source), Class::Missing);
    }

    #[test]
    fn r94_a_full_or_absent_destination_concerns_all() {
        assert_eq!(class(Errno::NOSPC, Where::Destination), Class::Full);
        for errno in [Errno::ROFS, Errno::NODEV, Errno::STALE] {
            assert_eq!(class(errno, Where::Destination), Class::Gone);
        }
    }
}
