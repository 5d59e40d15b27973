//! Everything is stored and compared: the manifest is sealed over the acknowledged rows and the upload completed.

use std::ops::ControlFlow::{Break, Continue};

use super::active::{ActiveUpload, Mode};
use super::contract::{Done, Outcome, Request, SealedContent};
use super::step::{Flow, Handled, Step, Transition, check_again, client_fault};
use crate::envelope::parts_root::PartsRoot;
use crate::transfer::retry::RetryDecision;
use crate::transfer::{Failure, TransferError};
use crate::wire::{ErrorCode, Problem};

impl ActiveUpload {
    pub(super) fn begin_finish(&mut self, step: &mut Step<'_>) -> Flow {
        self.mode = Mode::Finishing;
        match self.sha256 {
            Some(sha256) => self.seal(step, sha256),
            None => {
                step.queue.submit(Request::FinishHash);
                Continue(())
            }
        }
    }

    /// The pass's hash. A comparison goes on with it by itself.
    pub(super) fn hashed(&mut self, step: &mut Step<'_>, sha256: [u8; 32]) -> Flow {
        self.sha256 = Some(sha256);
        match self.mode {
            Mode::Finishing => self.seal(step, sha256),
            _ => Continue(()),
        }
    }

    fn seal(&mut self, step: &mut Step<'_>, sha256: [u8; 32]) -> Flow {
        let Some(rows) = self.parts.sealed_rows() else {
            return client_fault();
        };
        let total_parts = self.plan.part_count();
        let records: Vec<_> = rows.iter().map(|row| row.record()).collect();
        let Ok(parts_root) = PartsRoot::of(total_parts, &records) else {
            return client_fault();
        };
        step.queue.submit(Request::SealManifest {
            file_id: self.file.id,
            manifest_seq: self.file.manifest_seq + 1,
            size_bytes: self.plan.size_bytes(),
            sha256,
            total_parts,
            parts_root,
        });
        Continue(())
    }

    pub(super) fn completed(&mut self, step: &mut Step<'_>) -> Flow {
        if !self.file.is_renamed {
            return Break(self.done(None));
        }
        step.queue.submit(Request::Rename {
            file_id: self.file.id,
        });
        Continue(())
    }

    pub(super) fn done(&self, not_renamed: Option<TransferError>) -> Transition {
        Transition::End(Outcome::Done(Done {
            file_id: self.file.id,
            sha256: self.sha256.unwrap_or_default(),
            already_stored: self.file.is_complete && self.sent_parts == 0,
            not_renamed,
        }))
    }

    /// By the common rule the same bytes are sent again.
    pub(super) fn complete_failed(
        &mut self,
        step: &mut Step<'_>,
        failure: &Failure,
    ) -> Flow<Handled> {
        let Failure::Problem(problem) = failure else {
            return Continue(Handled::ByCommonRule);
        };
        match problem.code {
            ErrorCode::PartsMissing => self.parts_missing(step, problem, failure)?,
            ErrorCode::PartsChanged => self.relist(step, problem.code, failure)?,
            ErrorCode::ManifestDiffers => {
                let Some(manifest) = problem.manifest.clone() else {
                    return check_again(problem.code, failure);
                };
                step.queue.submit(Request::OpenManifest { manifest });
            }
            ErrorCode::FileComplete | ErrorCode::UploadExpired | ErrorCode::GenerationMismatch => {
                return check_again(problem.code, failure);
            }
            _ => return Continue(Handled::ByCommonRule),
        }
        Continue(Handled::Here)
    }

    /// What was acknowledged is not there any more: say so, and send it again.
    fn parts_missing(&mut self, step: &mut Step<'_>, problem: &Problem, failure: &Failure) -> Flow {
        let missing = problem.missing_chunks.clone().unwrap_or_default();
        if missing.is_empty() {
            return self.relist(step, problem.code, failure);
        }
        self.dispute(problem.code, failure)?;
        missing
            .into_iter()
            .for_each(|number| self.parts.list_none(number));
        self.restate(step);
        self.mode = Mode::Sending;
        Continue(())
    }

    /// Another client completed it: with this content, or it is another file now.
    pub(super) fn completed_by_another(
        &mut self,
        step: &mut Step<'_>,
        content: SealedContent,
    ) -> Flow {
        let ours = self.sha256.map(|sha256| SealedContent {
            size_bytes: self.plan.size_bytes(),
            sha256,
        });
        if ours == Some(content) {
            self.completed(step)
        } else {
            Break(Transition::CheckAgain {
                code: ErrorCode::ManifestDiffers,
                cause: None,
            })
        }
    }

    /// The file is complete whatever its label is: only what passes is waited for.
    pub(super) fn rename_failed(&mut self, failure: &Failure) -> Flow<Handled> {
        match RetryDecision::of(failure) {
            RetryDecision::GiveUp(error) => Break(self.done(Some(error))),
            RetryDecision::Retry { .. } | RetryDecision::SignIn => Continue(Handled::ByCommonRule),
        }
    }
}
