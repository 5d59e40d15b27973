//! One upload as the page holds it: in the queue, running, ended, and running again. What a run decides is the machine's business.

mod current_file;
mod driver;
mod line_rate;
mod picked;
mod requests;
mod run_handle;

use std::{cell::RefCell, rc::Rc};

use ferry_core::{
    progress::{Phase, Progress},
    transfer::upload::{Done, Event, Outcome, UploadLimits, UploadSetup},
};
use serde::Serialize;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::Blob;

pub(crate) use self::{driver::UploadObserver, picked::Picked};
use self::{
    driver::{UploadDriver, UploadTask},
    run_handle::RunHandle,
};
use crate::{
    context::{Context, shares},
    error::{ClientCode, ErrorView, Result},
    failure::error_of_end,
    interop::random_u64,
    labels::Labels,
    lock::{self, LockGuard},
    machine_loop::Driver,
    progress::ProgressView,
    vault::Vault,
    workers::pool::{SENDS_AT_ONCE, UPLOAD_BYTES_IN_FLIGHT},
};

/// One picked file on its way.
pub(crate) struct Upload {
    context: Rc<Context>,
    source: RefCell<Source>,
    observer: Rc<dyn UploadObserver>,
    /// The run under way.
    run: RefCell<Option<Rc<RunHandle>>>,
    /// Of the last run that got as far.
    driver: RefCell<Option<Rc<UploadDriver>>>,
}

/// Where the bytes come from.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) picked: Picked,
    pub(crate) blob: Blob,
    /// A FileSystemFileHandle, or undefined.
    pub(crate) handle: JsValue,
}

/// `Uploaded` of the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadedView {
    file_id: String,
    name: String,
    size_bytes: u64,
    sha256: String,
    already_stored: bool,
    not_renamed: Option<ErrorView>,
}

/// `Discarded` of the page.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct DiscardedView {
    /// False: it ended before an earlier upload of the file was looked for. Nothing was sent, nothing is deleted.
    deleted: bool,
}

impl Upload {
    pub(crate) fn new(
        context: Rc<Context>,
        source: Source,
        observer: Rc<dyn UploadObserver>,
    ) -> Rc<Self> {
        let (source, run, driver) = (RefCell::new(source), RefCell::default(), RefCell::default());
        Rc::new(Upload {
            context,
            source,
            observer,
            run,
            driver,
        })
    }

    /// One run, to its end. `again` is the file as it was picked again, where it was.
    pub(crate) async fn run(&self, again: Option<Source>) -> Result<UploadedView> {
        let run = self.begin_run()?;
        if let Some(again) = again {
            self.replace_source(again);
        }
        let result = self.go(&run).await;
        self.finish_run(&run);
        if let (Err(error), false) = (&result, run.is_driving()) {
            self.observer.progress(self.last_view().ended_early(error));
        }
        result
    }

    /// Ends the run; what is stored is kept.
    pub(crate) async fn stop(&self) {
        self.end_run(Event::Stop).await;
    }

    /// Ends the run and deletes what is stored, where it is known; an error where that did not happen.
    pub(crate) async fn discard(&self) -> Result<DiscardedView> {
        let run = self.run.borrow().clone();
        let was_driving = run.is_some_and(|run| run.is_driving());
        self.end_run(Event::Discard).await;
        let driver = self.driver.borrow().clone();
        let Some(driver) = driver else {
            return Ok(DiscardedView { deleted: false });
        };
        if was_driving {
            let outcome = driver.machine.outcome().ok_or(ClientCode::ClientFault)?;
            return discarded_by(&driver, outcome);
        }
        let run = self.begin_run()?;
        run.belong_to(driver.user_id());
        run.start_driving();
        let outcome = driver.run_machine(Event::Discard).await;
        self.finish_run(&run);
        discarded_by(&driver, outcome?)
    }

    /// It is under way, or in the queue, with the keys of another user than this one.
    pub(crate) fn belongs_to_other(&self, user_id: Uuid) -> bool {
        let run = self.run.borrow();
        run.as_ref()
            .and_then(|run| run.user_id())
            .is_some_and(|of_run| of_run != user_id)
    }

    /// An event for the machine, where there is one under way.
    pub(crate) fn feed(&self, event: Event) {
        let driving = self
            .run
            .borrow()
            .as_ref()
            .is_some_and(|run| run.is_driving());
        let driver = self.driver.borrow().clone().filter(|_| driving);
        if let Some(driver) = driver {
            driver.feed(event);
        }
    }

    async fn go(&self, run: &RunHandle) -> Result<UploadedView> {
        let source = self.source.borrow().clone();
        let size_bytes = source.picked.size_bytes;
        self.observer.progress(self.last_view().queued());
        let vault = self.context.vault().await?;
        run.belong_to(vault.user_id());
        let labels = source.picked.labels(&vault.identity.keys)?;
        let _lock = self.lock(run, &vault, &labels, size_bytes).await?;
        let _permit = self
            .context
            .transfer_permits
            .acquire_unless(shares(size_bytes), run.cancelled())
            .await;
        if run.is_cancelled() {
            return Err(ClientCode::Stopped.into());
        }
        let (driver, first) = self.driver_for(vault, labels, &source);
        run.start_driving();
        let outcome = driver.run(&source.blob, first).await;
        result_of(outcome?, &source.picked)
    }

    /// One uploader per file in this browser; the other tabs wait and go on when it is free.
    async fn lock(
        &self,
        run: &RunHandle,
        vault: &Vault,
        labels: &Labels,
        size_bytes: u64,
    ) -> Result<LockGuard> {
        let name = format!(
            "ferry:{}:{}:{}:{size_bytes}",
            self.context.server,
            vault.user_id(),
            labels.file
        );
        if let Some(held) = lock::try_acquire(&name).await? {
            return Ok(held);
        }
        self.observer.progress(self.last_view().another_tab());
        lock::acquire(&name, &run.signal()).await
    }

    /// What is known while no machine is at work: what the runs before left of this file, or nothing.
    fn last_view(&self) -> ProgressView {
        let picked = self.source.borrow().picked.clone();
        let before = self.driver.borrow().clone();
        match before.filter(|driver| driver.is_about(&picked)) {
            Some(driver) => driver.machine.view(),
            None => ProgressView::new(&Progress::new(Phase::Queued, picked.size_bytes), None, None),
        }
    }

    /// The machine of the runs before goes on, where it is about the same file of the same person.
    fn driver_for(
        &self,
        vault: Vault,
        labels: Labels,
        source: &Source,
    ) -> (Rc<UploadDriver>, Event) {
        let known = self
            .driver
            .borrow()
            .clone()
            .filter(|driver| driver.is_for(vault.user_id(), &labels, &source.picked));
        if let Some(driver) = known {
            return (driver, Event::Resume);
        }
        let setup = UploadSetup {
            label: labels.file.clone(),
            size_bytes: source.picked.size_bytes,
            jitter_seed: random_u64(),
            limits: UploadLimits {
                // One upload may have all that the pool allows to all of them together.
                buffer_bytes: UPLOAD_BYTES_IN_FLIGHT,
                max_sends: SENDS_AT_ONCE,
            },
        };
        let Source { picked, handle, .. } = source.clone();
        let work = UploadTask {
            vault,
            picked,
            labels,
            handle,
        };
        let driver = UploadDriver::new(self.context.clone(), work, setup, self.observer.clone());
        *self.driver.borrow_mut() = Some(driver.clone());
        (driver, Event::Begin)
    }

    fn replace_source(&self, again: Source) {
        let handle = if again.handle.is_object() {
            again.handle
        } else {
            self.source.borrow().handle.clone()
        };
        *self.source.borrow_mut() = Source { handle, ..again };
    }

    /// Whether there was a run to end.
    async fn end_run(&self, how: Event) -> bool {
        let Some(run) = self.run.borrow().clone() else {
            return false;
        };
        if run.is_driving() {
            self.feed(how);
        } else {
            run.cancel();
        }
        run.ended().await;
        true
    }

    fn begin_run(&self) -> Result<Rc<RunHandle>> {
        if self.run.borrow().is_some() {
            return Err(ClientCode::ClientFault.because("this upload is running"));
        }
        let run = Rc::new(RunHandle::new()?);
        *self.run.borrow_mut() = Some(run.clone());
        Ok(run)
    }

    fn finish_run(&self, run: &RunHandle) {
        *self.run.borrow_mut() = None;
        run.end();
    }
}

fn result_of(outcome: Outcome, picked: &Picked) -> Result<UploadedView> {
    match outcome {
        Outcome::Done(done) => Ok(uploaded(done, picked)),
        Outcome::Stopped => Err(ClientCode::Stopped.into()),
        Outcome::Discarded => Err(ClientCode::Discarded.into()),
        Outcome::Failed { error, cause } => Err(error_of_end(error, cause.as_deref())),
    }
}

fn discarded_by(driver: &UploadDriver, outcome: Outcome) -> Result<DiscardedView> {
    discarded(outcome, driver.machine.file_id().is_some())
}

/// "Stopped" says that what is stored is kept. `is_known`: on the server, by its id.
fn discarded(outcome: Outcome, is_known: bool) -> Result<DiscardedView> {
    match outcome {
        Outcome::Discarded => Ok(DiscardedView { deleted: true }),
        Outcome::Stopped if !is_known => Ok(DiscardedView { deleted: false }),
        Outcome::Stopped => Err(ClientCode::Stopped.into()),
        Outcome::Done(_) => Err(ClientCode::Stopped.because("the upload is complete")),
        Outcome::Failed { error, cause } => Err(error_of_end(error, cause.as_deref())),
    }
}

fn uploaded(done: Done, picked: &Picked) -> UploadedView {
    UploadedView {
        file_id: done.file_id.to_string(),
        name: picked.name.clone(),
        size_bytes: picked.size_bytes,
        sha256: crate::views::hex(&done.sha256),
        already_stored: done.already_stored,
        not_renamed: done
            .not_renamed
            .map(|error| error_of_end(error, None).to_view()),
    }
}

#[cfg(test)]
mod tests {
    use ferry_core::transfer::TransferError;

    use super::*;

    #[test]
    fn discarding_says_only_what_was_done() {
        let gone = |deleted| Ok(DiscardedView { deleted });
        assert_eq!(discarded(Outcome::Discarded, true), gone(true));
        assert_eq!(discarded(Outcome::Discarded, false), gone(true));
        assert_eq!(discarded(Outcome::Stopped, false), gone(false));
        let done = Done {
            file_id: Uuid::nil(),
            sha256: [0; 32],
            already_stored: false,
            not_renamed: None,
        };
        let failed = Outcome::Failed {
            error: TransferError::ClientFault,
            cause: None,
        };
        let kept = [
            (Outcome::Stopped, "stopped"),
            (Outcome::Done(done), "stopped"),
            (failed, "client_fault"),
        ];
        for (outcome, code) in kept {
            let error = discarded(outcome, true).expect_err("it is still there");
            assert_eq!(error.code(), code);
        }
    }
}
