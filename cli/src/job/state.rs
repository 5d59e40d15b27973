//! The states of a file, and counts of them that always add up.

use serde::Serialize;

/// What is known of a file of the job. The numbers are the database's.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    schemars::JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[repr(u8)]
pub enum FileState {
    /// Not tried, or to be tried again.
    Pending = 0,
    /// A run has it in hand, or had when it was cut off.
    InProgress = 1,
    /// At the destination: durable, read back and found equal.
    Done = 2,
    /// Its content was at the destination already, under another name.
    Deduplicated = 3,
    /// It was at the destination already under its own name, or was left out by the person's wish.
    Skipped = 4,
    /// In the job, but not on the source any more.
    Missing = 5,
    /// Tried and failed.
    Error = 6,
}

impl FileState {
    /// Every state, in the order of their numbers.
    pub const ALL: [FileState; 7] = [
        FileState::Pending,
        FileState::InProgress,
        FileState::Done,
        FileState::Deduplicated,
        FileState::Skipped,
        FileState::Missing,
        FileState::Error,
    ];

    /// By the database's number.
    pub fn from_number(number: i64) -> Option<Self> {
        usize::try_from(number)
            .ok()
            .and_then(|at| Self::ALL.get(at).copied())
    }

    /// The database's number.
    pub fn number(self) -> i64 {
        i64::from(self as u8)
    }

    /// As shown and as typed: `in_progress`.
    pub fn name(self) -> &'static str {
        match self {
            FileState::Pending => "pending",
            FileState::InProgress => "in_progress",
            FileState::Done => "done",
            FileState::Deduplicated => "deduplicated",
            FileState::Skipped => "skipped",
            FileState::Missing => "missing",
            FileState::Error => "error",
        }
    }

    /// Whether the next run tries it.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            FileState::Pending | FileState::InProgress | FileState::Error
        )
    }
}

/// Files and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Share {
    /// How many files.
    pub files: u64,
    /// Their sizes together.
    pub size_bytes: u64,
}

/// What became of every file: `copied + deduplicated + skipped + missing + errored + pending = total`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Counts {
    /// Done by copying.
    pub copied: Share,
    /// Content was there already.
    pub deduplicated: Share,
    /// Was there already under its own name, or left out by wish.
    pub skipped: Share,
    /// Not on the source any more.
    pub missing: Share,
    /// Failed.
    pub errored: Share,
    /// Still to do; files in hand count here.
    pub pending: Share,
}

impl Counts {
    /// All files of the job.
    pub fn total(&self) -> Share {
        let all = [
            self.copied,
            self.deduplicated,
            self.skipped,
            self.missing,
            self.errored,
            self.pending,
        ];
        Share {
            files: all.iter().map(|share| share.files).sum(),
            size_bytes: all.iter().map(|share| share.size_bytes).sum(),
        }
    }

    /// One file goes from one state to another.
    pub fn moved(&mut self, from: FileState, to: FileState, size_bytes: u64) {
        let old = self.of_mut(from);
        debug_assert!(
            old.files > 0 && old.size_bytes >= size_bytes,
            "a file of {size_bytes} bytes leaves {from:?}, where {old:?} are"
        );
        // a count that is wrong is no reason to lose a night's copy
        old.files = old.files.saturating_sub(1);
        old.size_bytes = old.size_bytes.saturating_sub(size_bytes);
        let new = self.of_mut(to);
        new.files += 1;
        new.size_bytes += size_bytes;
    }

    /// A file has another size than was counted.
    pub fn resized(&mut self, state: FileState, from_bytes: u64, to_bytes: u64) {
        let share = self.of_mut(state);
        share.size_bytes = share.size_bytes.saturating_sub(from_bytes) + to_bytes;
    }

    /// The share that files of this state are counted in.
    pub fn of_mut(&mut self, state: FileState) -> &mut Share {
        match state {
            FileState::Done => &mut self.copied,
            FileState::Deduplicated => &mut self.deduplicated,
            FileState::Skipped => &mut self.skipped,
            FileState::Missing => &mut self.missing,
            FileState::Error => &mut self.errored,
            FileState::Pending | FileState::InProgress => &mut self.pending,
        }
    }

    /// Of all files, how many are not pending, in hundredths of a percent, rounded down: 10,000 exactly when none is.
    pub fn hundredths_of_percent(&self) -> u32 {
        let total = self.total().files;
        if self.pending.files == 0 {
            return 10_000;
        }
        let settled = u128::from(total - self.pending.files);
        u32::try_from(settled * 10_000 / u128::from(total))
            .unwrap_or(9_999)
            .min(9_999)
    }
}

/// How a duplicate was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum DuplicateKind {
    /// Its path is absent at the destination.
    Absent = 0,
    /// A clone that shares storage with the first copy.
    Clone = 1,
    /// A hard link to the first copy.
    Hardlink = 2,
    /// Written once more.
    Written = 3,
}

impl DuplicateKind {
    /// By the database's number.
    pub fn from_number(number: i64) -> Option<Self> {
        [
            DuplicateKind::Absent,
            DuplicateKind::Clone,
            DuplicateKind::Hardlink,
            DuplicateKind::Written,
        ]
        .into_iter()
        .find(|kind| i64::from(*kind as u8) == number)
    }
}

/// Why a file is in error: what reports group by, and what the advice hangs on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The source may not be read.
    SourceUnreadable,
    /// The source changed while it was read, each time.
    SourceChanged,
    /// Reading the source fails.
    SourceFails,
    /// The destination may not be written.
    DestinationRefuses,
    /// The destination is full.
    NoSpace,
    /// The destination is read-only or gone.
    DestinationGone,
    /// Writing fails.
    DestinationFails,
    /// What was read back is not what was written.
    Mismatch,
    /// The destination holds other content under the name.
    Conflict,
    /// Two files of the job want the same name.
    SameName,
    /// The name cannot exist at the destination.
    BadName,
    /// Its path leads outside its root.
    OutsideRoot,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 12] = [
        Cause::SourceUnreadable,
        Cause::SourceChanged,
        Cause::SourceFails,
        Cause::DestinationRefuses,
        Cause::NoSpace,
        Cause::DestinationGone,
        Cause::DestinationFails,
        Cause::Mismatch,
        Cause::Conflict,
        Cause::SameName,
        Cause::BadName,
        Cause::OutsideRoot,
    ];

    /// As stored and as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Cause::SourceUnreadable => "source_unreadable",
            Cause::SourceChanged => "source_changed",
            Cause::SourceFails => "source_fails",
            Cause::DestinationRefuses => "destination_refuses",
            Cause::NoSpace => "no_space",
            Cause::DestinationGone => "destination_gone",
            Cause::DestinationFails => "destination_fails",
            Cause::Mismatch => "mismatch",
            Cause::Conflict => "conflict",
            Cause::SameName => "same_name",
            Cause::BadName => "bad_name",
            Cause::OutsideRoot => "outside_root",
        }
    }

    /// By its stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// What the person can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Cause::SourceUnreadable => {
                "give yourself read permission (ls -l, chmod, or run as the owner), then `ferry resume`"
            }
            Cause::SourceChanged => {
                "something writes to it; stop that or wait, then `ferry resume`"
            }
            Cause::SourceFails => {
                "the source disk reports errors: copy what is left first, then look at it (dmesg, smartctl)"
            }
            Cause::DestinationRefuses => {
                "give yourself write permission at the destination, then `ferry resume`"
            }
            Cause::NoSpace => "make room at the destination, then `ferry resume`",
            Cause::DestinationGone => {
                "connect or remount the destination writable, then `ferry resume`"
            }
            Cause::DestinationFails => {
                "the destination reports errors (dmesg, smartctl); nothing was marked done that is not proved"
            }
            Cause::Mismatch => {
                "storage returned other bytes than were written: suspect disk, cable or memory before you trust it"
            }
            Cause::Conflict => {
                "compare the two; `--on-conflict source` replaces what is there, `--on-conflict keep` leaves it"
            }
            Cause::SameName => {
                "two files of the job want one name at the destination: rename one, or use two jobs"
            }
            Cause::BadName => "rename the file: the destination cannot hold this name",
            Cause::OutsideRoot => {
                "a directory was replaced by a link, or the path has `..`: look at it, then remove the file from the job"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_reach_the_end_only_when_nothing_is_pending() {
        let mut counts = Counts {
            pending: Share {
                files: 3,
                size_bytes: 30,
            },
            ..Counts::default()
        };
        for (at, to) in [FileState::Done, FileState::Missing, FileState::Error]
            .into_iter()
            .enumerate()
        {
            assert_eq!(
                counts.hundredths_of_percent(),
                u32::try_from(at * 10_000 / 3).unwrap()
            );
            counts.moved(FileState::InProgress, to, 10);
            assert_eq!(
                counts.total(),
                Share {
                    files: 3,
                    size_bytes: 30
                }
            );
        }
        assert_eq!(counts.hundredths_of_percent(), 10_000);
    }

    #[test]
    fn numbers_and_names_are_one_to_one() {
        for state in FileState::ALL {
            assert_eq!(FileState::from_number(state.number()), Some(state));
        }
        for cause in Cause::ALL {
            assert_eq!(Cause::from_name(cause.name()), Some(cause));
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.name());
        }
        assert_eq!(FileState::from_number(7), None);
    }
}
