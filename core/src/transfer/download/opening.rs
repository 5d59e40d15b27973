//! Manifest and part list, before a byte of content is fetched: the plan must give the manifest's count, and the list
//! the manifest's parts root. What does not fit together is refused.

use std::ops::ControlFlow::{Break, Continue};

use super::contract::{Answer, DownloadSetup, OpenedFile, Request};
use super::step::{Flow, Step, Transition, fail};
use crate::envelope::parts_root::PartsRoot;
use crate::plan::Plan;
use crate::transfer::{SealedRow, TransferError};
use crate::wire::PartsPage;

/// What is known before the first part.
#[derive(Debug)]
pub(super) struct Opening {
    setup: DownloadSetup,
    opened: Option<(OpenedFile, Plan)>,
    rows: Vec<SealedRow>,
}

impl Opening {
    pub(super) fn begin(step: &mut Step<'_>, setup: DownloadSetup) -> Self {
        step.queue.submit(Request::Open {
            file_id: setup.file_id,
        });
        Opening {
            setup,
            opened: None,
            rows: Vec::new(),
        }
    }

    pub(super) fn answered(&mut self, step: &mut Step<'_>, answer: Answer) -> Flow {
        match answer {
            Answer::Opened(file) => self.opened(step, file),
            Answer::Parts(page) => self.listed(step, page),
            _ => fail(TransferError::ClientFault),
        }
    }

    fn opened(&mut self, step: &mut Step<'_>, file: OpenedFile) -> Flow {
        let plan = match Plan::new(file.plan, file.size_bytes) {
            Ok(plan) if plan.part_count() == file.parts => plan,
            _ => return not_genuine(None),
        };
        step.meter.measure(file.size_bytes, file.parts);
        self.opened = Some((file, plan));
        self.fetch_list(step);
        Continue(())
    }

    fn fetch_list(&self, step: &mut Step<'_>) {
        let after = self.rows.last().map_or(0, |row| row.number);
        step.queue.submit(Request::FetchParts {
            file_id: self.setup.file_id,
            after,
        });
    }

    fn listed(&mut self, step: &mut Step<'_>, page: PartsPage) -> Flow {
        let Some((file, _)) = &self.opened else {
            return fail(TransferError::ClientFault);
        };
        for entry in &page.parts {
            let expected = self.rows.last().map_or(1, |row| row.number + 1);
            if entry.number != expected || entry.number > file.parts {
                return not_genuine(Some(expected));
            }
            self.rows.push(SealedRow::from(entry));
        }
        if page.next.is_some() && !page.parts.is_empty() {
            self.fetch_list(step);
            return Continue(());
        }
        self.check_root()
    }

    fn check_root(&mut self) -> Flow {
        let Some((file, plan)) = self.opened.take() else {
            return fail(TransferError::ClientFault);
        };
        let records: Vec<_> = self.rows.iter().map(SealedRow::record).collect();
        if PartsRoot::of(file.parts, &records) != Ok(file.parts_root) {
            return not_genuine(None);
        }
        let rows = std::mem::take(&mut self.rows);
        Break(Transition::Receive {
            plan,
            rows,
            sha256: file.sha256,
        })
    }
}

fn not_genuine(part: Option<u32>) -> Flow {
    fail(TransferError::NotGenuine { part })
}
