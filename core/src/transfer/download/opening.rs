//! Manifest and part list, before a byte of content is fetched: the plan must give the manifest's count, and the list
//! the manifest's parts root. What does not fit together is refused.

use super::contract::{Answer, DownloadSetup, OpenedFile, Request};
use super::receiving::Receiving;
use super::{DownloadDesk, Leave};
use crate::envelope::parts_root::PartsRoot;
use crate::plan::Plan;
use crate::progress::Meter;
use crate::transfer::{SealedRow, Trouble};
use crate::wire::PartsPage;

/// What is known before the first part.
#[derive(Debug)]
pub(super) struct Opening {
    setup: DownloadSetup,
    opened: Option<(OpenedFile, Plan)>,
    rows: Vec<SealedRow>,
}

impl Opening {
    pub(super) fn begin(setup: &DownloadSetup, desk: &mut DownloadDesk) -> Self {
        desk.want(Request::Open {
            file_id: setup.file_id,
        });
        Opening {
            setup: setup.clone(),
            opened: None,
            rows: Vec::new(),
        }
    }

    pub(super) fn answered(
        &mut self,
        desk: &mut DownloadDesk,
        meter: &mut Meter,
        answer: Answer,
    ) -> Result<(), Leave> {
        match answer {
            Answer::Opened(file) => self.opened(desk, meter, file),
            Answer::Parts(page) => self.listed(desk, page),
            _ => Err(Leave::failed(Trouble::ClientFault)),
        }
    }

    fn opened(
        &mut self,
        desk: &mut DownloadDesk,
        meter: &mut Meter,
        file: OpenedFile,
    ) -> Result<(), Leave> {
        let plan = Plan::new(file.plan, file.size_bytes).map_err(|_| not_genuine(None))?;
        if plan.part_count() != file.parts {
            return Err(not_genuine(None));
        }
        meter.measure(file.size_bytes, file.parts);
        self.opened = Some((file, plan));
        self.fetch_list(desk);
        Ok(())
    }

    fn fetch_list(&self, desk: &mut DownloadDesk) {
        let after = self.rows.last().map_or(0, |row| row.number);
        desk.want(Request::FetchParts {
            file_id: self.setup.file_id,
            after,
        });
    }

    fn listed(&mut self, desk: &mut DownloadDesk, page: PartsPage) -> Result<(), Leave> {
        let Some((file, _)) = &self.opened else {
            return Err(Leave::failed(Trouble::ClientFault));
        };
        for entry in &page.parts {
            let expected = self.rows.last().map_or(1, |row| row.number + 1);
            if entry.number != expected || entry.number > file.parts {
                return Err(not_genuine(Some(expected)));
            }
            self.rows.push(SealedRow::from(entry));
        }
        if page.next.is_some() && !page.parts.is_empty() {
            self.fetch_list(desk);
            return Ok(());
        }
        self.check_root()
    }

    fn check_root(&mut self) -> Result<(), Leave> {
        let Some((file, plan)) = self.opened.take() else {
            return Err(Leave::failed(Trouble::ClientFault));
        };
        let records: Vec<_> = self.rows.iter().map(SealedRow::record).collect();
        if PartsRoot::of(file.parts, &records) != Ok(file.parts_root) {
            return Err(not_genuine(None));
        }
        let rows = std::mem::take(&mut self.rows);
        Err(Leave::Receive(Box::new(Receiving::new(
            &self.setup,
            plan,
            rows,
            file.sha256,
        ))))
    }
}

fn not_genuine(part: Option<u32>) -> Leave {
    Leave::failed(Trouble::NotGenuine { part })
}
