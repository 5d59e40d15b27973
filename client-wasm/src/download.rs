//! One download: drives its machine and carries out its actions. The sink is the page's; bytes go there in order, and what
//! they are checked against is the machine's and the part workers' business.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use ferry_core::{
    envelope::reading::OpenedFile,
    plan::PartSpan,
    transfer::{
        SealedRow, Ticket,
        download::{self, Action, Answer, DownloadMachine, DownloadSetup, Event, Outcome, Request},
    },
    wire::B64,
};
use futures_channel::oneshot;
use serde::Serialize;
use uuid::Uuid;
use web_sys::CryptoKey;

use crate::{
    context::{Context, shares},
    error::{ClientCode, Result},
    failure::error_of_end,
    interop::random_u64,
    machine_loop::{Driver, MachineLoop, Observer},
    once::Signal,
    subtle,
    vault::{Use, Vault},
    views::hex,
    workers::{
        part::{FetchOrder, ListedPart, PartPlace},
        pool::{DOWNLOAD_BYTES_IN_FLIGHT, FETCHES_AT_ONCE, LeasedBytes},
    },
};

/// Where progress and bytes go.
pub(crate) trait Sink: Observer {
    /// Hands over the next bytes; the page acknowledges them.
    fn write(&self, bytes: &js_sys::ArrayBuffer) -> Result<()>;
}

/// One download of one file.
pub(crate) struct Download {
    context: Rc<Context>,
    vault: Vault,
    transfer: u32,
    machine: MachineLoop<DownloadMachine>,
    fetched: RefCell<HashMap<Ticket, LeasedBytes>>,
    /// What the page's sink says to the last bytes: why it refused them, where it did.
    written: RefCell<Option<oneshot::Sender<Result<(), String>>>>,
    file: RefCell<Option<Rc<File>>>,
    /// Of the machine, which may come while this is still in the queue.
    ended: Signal,
    sink: Rc<dyn Sink>,
}

/// The opened file that is downloaded.
struct File {
    opened: OpenedFile,
    part_key: CryptoKey,
}

/// `Downloaded` of the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DownloadedView {
    file_id: String,
    name: String,
    size_bytes: u64,
    sha256: String,
}

impl Download {
    pub(crate) async fn new(
        context: Rc<Context>,
        file_id: Uuid,
        sink: Rc<dyn Sink>,
    ) -> Result<Rc<Self>> {
        let vault = context.vault().await?;
        let transfer = context.new_transfer();
        let machine = DownloadMachine::new(DownloadSetup {
            file_id,
            jitter_seed: random_u64(),
            buffer_bytes: DOWNLOAD_BYTES_IN_FLIGHT,
            max_fetches: FETCHES_AT_ONCE,
        });
        Ok(Rc::new(Download {
            context,
            vault,
            transfer,
            machine: MachineLoop::new(machine, Some(file_id)),
            fetched: RefCell::default(),
            written: RefCell::default(),
            file: RefCell::default(),
            ended: Signal::default(),
            sink,
        }))
    }

    /// Whose keys it works with.
    pub(crate) fn user_id(&self) -> Uuid {
        self.vault.user_id()
    }

    /// From its beginning to its end; the page closes the sink after `Ok`, and aborts it after `Err`.
    pub(crate) async fn run(self: &Rc<Self>) -> Result<DownloadedView> {
        // Its size is not known yet.
        self.sink.progress(self.machine.view());
        let transfer_permits = &self.context.transfer_permits;
        let _permit = transfer_permits
            .acquire_unless(shares(u64::MAX), &self.ended)
            .await;
        if self.machine.has_ended() {
            return Err(ClientCode::Stopped.into());
        }
        self.context.pool.begin(self.transfer)?;
        let outcome = self.run_machine(Event::Begin).await;
        self.end_write();
        self.context.pool.close(self.transfer)?;
        match outcome? {
            Outcome::Done => self.downloaded(),
            Outcome::Stopped => Err(ClientCode::Stopped.into()),
            Outcome::Failed { error, cause } => Err(error_of_end(error, cause.as_deref())),
        }
    }

    /// The page's sink took the last bytes, or refused them.
    pub(crate) fn written(&self, failed: Option<String>) {
        if let Some(written) = self.written.borrow_mut().take() {
            // A write that was cancelled meanwhile needs no word.
            let _ = written.send(failed.map_or(Ok(()), Err));
        }
    }

    /// After the end the page may never acknowledge; a write that waited for it would keep its share of the memory.
    fn end_write(&self) {
        self.written(Some("the download has ended".to_owned()));
    }

    async fn perform(self: &Rc<Self>, ticket: Ticket, request: Request) -> Result<Answer> {
        match request {
            Request::Open { file_id } => self.open(file_id).await,
            Request::FetchParts { file_id, after } => {
                Ok(Answer::Parts(self.vault.api.parts(file_id, after).await?))
            }
            Request::Fetch { file_id, part, row } => self.fetch(ticket, file_id, part, &row).await,
            Request::Write { buffer, .. } => self.write(buffer).await,
            Request::FinishHash => self.finish_hash().await,
        }
    }

    async fn open(&self, file_id: Uuid) -> Result<Answer> {
        let told = self.vault.api.file(file_id).await?;
        let opened = self.vault.open(told, Use::Act).await?.opened;
        let content = opened
            .content()
            .map_err(|e| ClientCode::Tampered.because(e))?;
        let answer = download::OpenedFile {
            plan: opened.header.plan(),
            size_bytes: content.size_bytes,
            parts: content.part_count,
            sha256: content.sha256,
            parts_root: content.parts_root,
        };
        let part_key = subtle::import_aes_key(opened.keys.part.expose()).await?;
        *self.file.borrow_mut() = Some(Rc::new(File { opened, part_key }));
        Ok(Answer::Opened(answer))
    }

    async fn fetch(
        &self,
        ticket: Ticket,
        file_id: Uuid,
        part: PartSpan,
        row: &SealedRow,
    ) -> Result<Answer> {
        let file = self.opened_file()?;
        let job = self.context.pool.new_job();
        let order = FetchOrder {
            place: PartPlace {
                file_id,
                number: part.number,
                offset_bytes: part.offset_bytes,
                len_bytes: part.len_bytes,
                mac_key: B64(*file.opened.keys.mac.expose()),
            },
            listed: ListedPart {
                iv: B64(row.iv),
                tag: B64(row.tag),
                stored_len_bytes: row.stored_len_bytes,
                compression: row.compression,
                part_mac: B64(row.mac),
            },
            compression_allowed: file.opened.header.core().compression_allowed,
            url: self.vault.api.part_url(file_id, part.number),
            user_id: self.user_id(),
        };
        self.machine.runs_as(ticket, job);
        let fetched = self.context.pool.fetch(job, order, &file.part_key).await;
        self.machine.ran(ticket);
        self.fetched.borrow_mut().insert(ticket, fetched?);
        Ok(Answer::Fetched)
    }

    async fn write(&self, buffer: Ticket) -> Result<Answer> {
        let leased = self.fetched.borrow_mut().remove(&buffer);
        let leased = leased.ok_or(ClientCode::ClientFault.because("the part's bytes are gone"))?;
        let leased = self.context.pool.feed(self.transfer, leased).await?;
        if self.machine.has_ended() {
            return Err(ClientCode::Stopped.into());
        }
        let (sender, written) = oneshot::channel();
        *self.written.borrow_mut() = Some(sender);
        self.sink.write(&leased.bytes)?;
        match written.await {
            Ok(Ok(())) => Ok(Answer::Written),
            Ok(Err(why)) => Err(ClientCode::SinkFailed.because(why)),
            Err(_) => Err(ClientCode::ClientFault.because("another write began")),
        }
    }

    async fn finish_hash(&self) -> Result<Answer> {
        let file = self.opened_file()?;
        let content = file
            .opened
            .content()
            .map_err(|e| ClientCode::Tampered.because(e))?;
        let (pool, size_bytes) = (&self.context.pool, content.size_bytes);
        Ok(Answer::FileHash(
            pool.digest(self.transfer, size_bytes).await?,
        ))
    }

    fn opened_file(&self) -> Result<Rc<File>> {
        self.file
            .borrow()
            .clone()
            .ok_or(ClientCode::ClientFault.because("there is no file to work on"))
    }

    fn downloaded(&self) -> Result<DownloadedView> {
        let file = self.opened_file()?;
        let content = file
            .opened
            .content()
            .map_err(|e| ClientCode::Tampered.because(e))?;
        Ok(DownloadedView {
            file_id: file.opened.header.file_id().to_string(),
            name: file.opened.manifest.about().name.clone(),
            size_bytes: content.size_bytes,
            sha256: hex(&content.sha256),
        })
    }
}

impl Driver for Download {
    type Machine = DownloadMachine;

    fn machine(&self) -> &MachineLoop<DownloadMachine> {
        &self.machine
    }

    fn observer(&self) -> &dyn Observer {
        &*self.sink
    }

    fn execute(self: &Rc<Self>, action: Action) {
        match action {
            Action::Do { ticket, request } => {
                let download = self.clone();
                self.answer_with(
                    ticket,
                    async move { download.perform(ticket, request).await },
                );
            }
            Action::Cancel { ticket } => {
                self.machine.cancel(ticket, &self.context.pool);
                self.drop_buffer(ticket);
            }
            Action::WakeAt { at_ms } => self.machine.wake_at(at_ms),
            Action::Ended(outcome) => {
                self.machine.end(outcome);
                self.ended.set();
            }
        }
    }

    fn drop_buffer(&self, ticket: Ticket) {
        self.fetched.borrow_mut().remove(&ticket);
    }
}
