//! Everything is stored and compared: the manifest is sealed over the acknowledged rows and the upload completed.

use super::{Mode, Working};
use crate::envelope::parts_root::PartsRoot;
use crate::progress::Meter;
use crate::transfer::retry::Verdict;
use crate::transfer::upload::contract::{Done, Outcome, Request, SealedContent};
use crate::transfer::upload::{Leave, UploadDesk};
use crate::transfer::{Failure, Trouble};
use crate::wire::{ErrorCode, Problem};

impl Working {
    pub(super) fn begin_finish(&mut self, desk: &mut UploadDesk) -> Result<(), Leave> {
        self.mode = Mode::Finishing;
        match self.sha256 {
            Some(sha256) => self.seal(desk, sha256),
            None => {
                desk.want(Request::FinishHash);
                Ok(())
            }
        }
    }

    /// The pass's hash. A survey goes on with it by itself.
    pub(super) fn hashed(&mut self, desk: &mut UploadDesk, sha256: [u8; 32]) -> Result<(), Leave> {
        self.sha256 = Some(sha256);
        match self.mode {
            Mode::Finishing => self.seal(desk, sha256),
            _ => Ok(()),
        }
    }

    fn seal(&mut self, desk: &mut UploadDesk, sha256: [u8; 32]) -> Result<(), Leave> {
        let rows = self.parts.sealed_rows().ok_or_else(Leave::fault)?;
        let total_parts = self.plan.part_count();
        let records: Vec<_> = rows.iter().map(|row| row.record()).collect();
        let parts_root = PartsRoot::of(total_parts, &records).map_err(|_| Leave::fault())?;
        desk.want(Request::SealManifest {
            file_id: self.file.id,
            manifest_seq: self.file.manifest_seq + 1,
            size_bytes: self.plan.size_bytes(),
            sha256,
            total_parts,
            parts_root,
        });
        Ok(())
    }

    pub(super) fn completed(&mut self, desk: &mut UploadDesk) -> Result<(), Leave> {
        if !self.file.is_renamed {
            return Err(self.done(None));
        }
        desk.want(Request::Rename {
            file_id: self.file.id,
        });
        Ok(())
    }

    pub(super) fn done(&self, not_renamed: Option<Trouble>) -> Leave {
        Leave::End(Outcome::Done(Done {
            file_id: self.file.id,
            sha256: self.sha256.unwrap_or_default(),
            already_stored: self.file.is_complete && self.sent_parts == 0,
            not_renamed,
        }))
    }

    /// False: the same bytes again, by the common rule.
    pub(super) fn complete_failed(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        failure: &Failure,
    ) -> Result<bool, Leave> {
        let Failure::Problem(problem) = failure else {
            return Ok(false);
        };
        match problem.code {
            ErrorCode::PartsMissing => self.parts_missing(desk, meter, problem)?,
            ErrorCode::PartsChanged => self.list_again(desk, Trouble::Refused(problem.code))?,
            ErrorCode::ManifestDiffers => {
                let manifest = problem
                    .manifest
                    .clone()
                    .ok_or(Leave::CheckAgain(problem.code))?;
                desk.want(Request::OpenManifest { manifest });
            }
            ErrorCode::FileComplete | ErrorCode::UploadExpired | ErrorCode::GenerationMismatch => {
                return Err(Leave::CheckAgain(problem.code));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What was acknowledged is not there any more: say so, and send it again.
    fn parts_missing(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        problem: &Problem,
    ) -> Result<(), Leave> {
        let missing = problem.missing_chunks.clone().unwrap_or_default();
        if missing.is_empty() {
            return self.list_again(desk, Trouble::Refused(problem.code));
        }
        self.dispute(Trouble::Refused(problem.code))?;
        missing
            .into_iter()
            .for_each(|number| self.parts.list_none(number));
        self.restate(meter);
        self.mode = Mode::Sending;
        Ok(())
    }

    /// Another client completed it: with this content, or it is another file now.
    pub(super) fn completed_by_another(
        &mut self,
        content: SealedContent,
        desk: &mut UploadDesk,
    ) -> Result<(), Leave> {
        let ours = self.sha256.map(|sha256| SealedContent {
            size_bytes: self.plan.size_bytes(),
            sha256,
        });
        if ours == Some(content) {
            self.completed(desk)
        } else {
            Err(Leave::CheckAgain(ErrorCode::ManifestDiffers))
        }
    }

    /// The file is complete whatever its label is: only what passes is waited for.
    pub(super) fn rename_failed(&mut self, failure: &Failure) -> Result<bool, Leave> {
        match Verdict::of(failure) {
            Verdict::Give(trouble) => Err(self.done(Some(trouble))),
            Verdict::Retry { .. } | Verdict::SignIn => Ok(false),
        }
    }
}
