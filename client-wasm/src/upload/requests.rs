//! What an upload machine can ask for, carried out: one request, one answer or one error. No retries.

use std::rc::Rc;

use ferry_core::{
    envelope::manifest::Content,
    plan::PartSpan,
    transfer::{
        Ticket,
        upload::{Answer, Event, OpenedCandidate, Purpose, Request},
    },
    wire::{B64, Candidate, PROBE_BYTES, StoredPart},
};
use uuid::Uuid;

use super::{
    current_file::{CurrentFile, content_of},
    driver::UploadDriver,
    line_rate,
};
use crate::{
    context::SMALL_FILE_BYTES,
    error::{ClientCode, Result},
    files, lock,
    machine_loop::Driver,
    vault::{Unproved, Use},
    workers::{
        part::SendOrder,
        pool::{ReadOrder, SentPart},
        reader::PassPosition,
        send_gate::{Admission, Rank},
    },
};

impl UploadDriver {
    pub(super) async fn perform(
        self: &Rc<Self>,
        ticket: Ticket,
        request: Request,
        position: Option<PassPosition>,
    ) -> Result<Answer> {
        match request {
            Request::Check => self.check().await,
            Request::OpenCandidate(candidate) => self.open_earlier(&candidate).await,
            Request::FetchParts { file_id, after } => self.fetch_parts(file_id, after).await,
            Request::Start { renew } => self.start(renew).await,
            Request::Resize {
                file_id,
                size_bytes,
                total_parts,
                revision,
            } => {
                self.resize(file_id, size_bytes, total_parts, revision)
                    .await
            }
            Request::Read { part, purpose } => self.read(ticket, part, purpose, position).await,
            Request::Send {
                part,
                buffer,
                mac,
                if_match,
                ..
            } => self.send(ticket, part, buffer, mac, if_match).await,
            Request::FinishHash => self.finish_hash().await,
            Request::SealManifest {
                manifest_seq,
                size_bytes,
                sha256,
                total_parts,
                parts_root,
                ..
            } => self.seal_manifest(
                manifest_seq,
                Content {
                    size_bytes,
                    part_count: total_parts,
                    sha256,
                    parts_root,
                },
            ),
            Request::Complete { file_id } => self.complete(file_id).await,
            Request::OpenManifest { manifest } => self.open_manifest(&manifest.0),
            Request::Rename { file_id } => self.rename(file_id).await,
            Request::Discard { file_id } => self.discard(file_id).await,
        }
    }

    async fn check(&self) -> Result<Answer> {
        let (label, size_bytes) = (&self.task.labels.file, self.task.picked.size_bytes);
        let found = self.task.vault.api.check(label, size_bytes, None).await?;
        Ok(Answer::Checked(Box::new(found)))
    }

    async fn fetch_parts(&self, file_id: Uuid, after: u32) -> Result<Answer> {
        let page = self.task.vault.api.parts(file_id, after).await?;
        Ok(Answer::Parts(page))
    }

    async fn resize(
        &self,
        file_id: Uuid,
        size_bytes: u64,
        total_parts: u32,
        revision: u32,
    ) -> Result<Answer> {
        let request = self.current_file()?.resize(size_bytes, total_parts)?;
        let api = &self.task.vault.api;
        let resized = api.resize(file_id, revision, &request).await?;
        self.task.vault.open(resized, Use::Act).await?;
        Ok(Answer::Resized)
    }

    async fn finish_hash(&self) -> Result<Answer> {
        let (transfer, size_bytes) = (self.transfer.get(), self.task.picked.size_bytes);
        let sha256 = self.context.pool.digest(transfer, size_bytes).await?;
        Ok(Answer::FileHash(sha256))
    }

    fn seal_manifest(&self, manifest_seq: u32, content: Content) -> Result<Answer> {
        let keys = &self.task.vault.identity.keys;
        let request = self.current_file()?.complete(keys, manifest_seq, content)?;
        *self.complete.borrow_mut() = Some(request);
        Ok(Answer::ManifestSealed)
    }

    fn open_manifest(&self, sealed: &[u8]) -> Result<Answer> {
        let content = self.current_file()?.open_manifest(sealed)?;
        Ok(Answer::ManifestOpened(content))
    }

    async fn rename(&self, file_id: Uuid) -> Result<Answer> {
        let picked = &self.task.picked;
        let path = picked.path.as_deref();
        files::rename(
            &self.task.vault,
            file_id,
            &picked.name,
            path,
            picked.clear_label,
        )
        .await?;
        Ok(Answer::Renamed)
    }

    async fn discard(&self, file_id: Uuid) -> Result<Answer> {
        self.task.vault.api.discard(file_id).await?;
        Ok(Answer::Discarded)
    }

    pub(super) fn current_file(&self) -> Result<Rc<CurrentFile>> {
        self.current
            .borrow()
            .clone()
            .ok_or(ClientCode::ClientFault.because("there is no file to work on"))
    }

    /// One upload per file in this browser, whatever the picked files are called.
    async fn lock_file(&self, file_id: Uuid) -> Result<bool> {
        if self
            .file_lock
            .borrow()
            .as_ref()
            .is_some_and(|(held, _)| *held == file_id)
        {
            return Ok(true);
        }
        self.unlock_file();
        let name = format!(
            "ferry:{}:{}:file:{file_id}",
            self.context.server,
            self.user_id()
        );
        let held = lock::try_acquire(&name).await?;
        let is_held = held.is_some();
        *self.file_lock.borrow_mut() = held.map(|held| (file_id, held));
        Ok(is_held)
    }

    /// An earlier upload that fails its check is passed by; the page hears of it.
    async fn open_earlier(&self, candidate: &Candidate) -> Result<Answer> {
        let opened = self.open_candidate(candidate).await;
        if let Err(error) = &opened
            && matches!(
                error.local(),
                Some(ClientCode::Tampered | ClientCode::RolledBack)
            )
        {
            self.machine.refuse_earlier(error.clone());
        }
        opened
    }

    async fn open_candidate(&self, candidate: &Candidate) -> Result<Answer> {
        if !self.lock_file(candidate.file_id).await? {
            return Ok(Answer::InUse);
        }
        let told = Unproved::listed(candidate.clone());
        let wanted = Use::Resume(&self.task.labels.file);
        let opened = self.task.vault.open(told, wanted).await?.opened;
        let content = content_of(&opened.manifest);
        let current = CurrentFile::adopt(opened, &self.task.picked).await?;
        let kept = self
            .task
            .vault
            .store
            .checkpoint(self.task.vault.user_id(), current.file_id)
            .await?;
        let checkpoint = kept.and_then(|sealed| current.open_checkpoint(&sealed));
        let plan = current.plan_params();
        *self.current.borrow_mut() = Some(Rc::new(current));
        Ok(Answer::Opened(Box::new(OpenedCandidate {
            plan,
            content,
            checkpoint,
        })))
    }

    /// The very bytes of the try before, where the machine wants them repeated.
    async fn start(&self, renew: bool) -> Result<Answer> {
        let repeated = self.start.borrow().clone().filter(|_| !renew);
        let request = match repeated {
            Some(request) => request,
            None => {
                let offered = self.context.config().await?.part_profile;
                let rate = self.line_rate().await;
                let keys = &self.task.vault.identity.keys;
                let (current, request) =
                    CurrentFile::create(keys, &offered, rate, &self.task.picked, &self.task.labels)
                        .await?;
                *self.current.borrow_mut() = Some(Rc::new(current));
                *self.start.borrow_mut() = Some(request.clone());
                request
            }
        };
        // Held before another upload can find it as an earlier one of the same content. A new id is free.
        self.lock_file(request.file_id).await?;
        let started = self.task.vault.api.start(&request).await?;
        self.task.vault.open(started, Use::Act).await?;
        let plan = self.current_file()?.plan_params();
        Ok(Answer::Started {
            file_id: request.file_id,
            plan,
        })
    }

    /// Bytes a second of the line, for a file that is large enough to be cut by it: as parts before showed it, else by the
    /// browser's own hint or a probe. None where nothing is known, and the server's parts are right.
    async fn line_rate(&self) -> Option<u64> {
        if self.task.picked.size_bytes <= SMALL_FILE_BYTES {
            return None;
        }
        let gate = &self.context.pool.sends;
        if let Some(known) = gate.bytes_per_sec() {
            return Some(known);
        }
        if line_rate::is_hinted_slow() {
            return Some(line_rate::HINTED_BYTES_PER_SEC);
        }
        let api = &self.task.vault.api;
        let took_ms = line_rate::probe(api).await?;
        gate.probed(PROBE_BYTES.into(), took_ms);
        gate.bytes_per_sec()
    }

    async fn read(
        self: &Rc<Self>,
        ticket: Ticket,
        part: PartSpan,
        purpose: Purpose,
        position: Option<PassPosition>,
    ) -> Result<Answer> {
        let place = self
            .current_file()?
            .place(part.number, part.offset_bytes, part.len_bytes);
        let first = self.reading.get() == 0 && self.kept.borrow().is_empty();
        let PartSpan {
            offset_bytes,
            len_bytes,
            ..
        } = part;
        let order = ReadOrder {
            transfer: self.transfer.get(),
            offset_bytes,
            len_bytes,
            position,
            first,
        };
        self.reading.set(self.reading.get() + 1);
        let pool = &self.context.pool;
        let answer = async {
            let leased = pool.read(order).await?;
            if !purpose.keeps_buffer() {
                return Ok(Answer::Read {
                    mac: pool.mac(&place, leased).await?,
                });
            }
            let (mac, kept) = pool.mac_and_keep(&place, leased).await?;
            self.kept.borrow_mut().insert(ticket, kept);
            Ok(Answer::Read { mac })
        };
        let answer = answer.await;
        self.reading.set(self.reading.get() - 1);
        answer
    }

    async fn send(
        self: &Rc<Self>,
        ticket: Ticket,
        part: PartSpan,
        buffer: Ticket,
        mac: [u8; 32],
        if_match: Option<u32>,
    ) -> Result<Answer> {
        let kept = self.kept.borrow_mut().remove(&buffer);
        let kept = kept.ok_or(ClientCode::ClientFault.because("the part's bytes are gone"))?;
        let current = self.current_file()?;
        let job = self.context.pool.new_job();
        let order = SendOrder {
            place: current.place(part.number, part.offset_bytes, part.len_bytes),
            mac: B64(mac),
            compress: self.task.picked.compress && current.compression_allowed(),
            url: self.task.vault.api.chunk_url(current.file_id, part.number),
            user_id: self.task.vault.user_id(),
            if_match,
            line_bytes_per_sec: None,
        };
        self.machine.runs_as(ticket, job);
        let driver = Rc::downgrade(self);
        let on_progress = move |confirmed_bytes| {
            if let Some(driver) = driver.upgrade() {
                driver.feed(Event::SendProgress {
                    ticket,
                    confirmed_bytes,
                });
            }
        };
        let rank = Rank {
            is_large: self.task.picked.size_bytes > SMALL_FILE_BYTES,
            transfer: self.transfer.get(),
        };
        let admission = Admission {
            rank,
            is_wanted: || self.machine.is_expected(ticket),
        };
        let pool = &self.context.pool;
        let sent = pool.send(job, kept, order, &current.part_key, admission, on_progress);
        let sent = sent.await;
        self.machine.ran(ticket);
        let SentPart { body, iv, tag } = sent?;
        let row: StoredPart =
            serde_json::from_str(&body).map_err(|e| ClientCode::BadAnswer.because(e))?;
        Ok(Answer::Sent {
            row,
            sealed_iv: iv.0,
            sealed_tag: tag.0,
        })
    }

    async fn complete(&self, file_id: Uuid) -> Result<Answer> {
        let request = self.complete.borrow().clone();
        let request = request.ok_or(ClientCode::ClientFault.because("no manifest was sealed"))?;
        self.task.vault.api.complete(file_id, &request).await?;
        // The file is stored. Not remembering costs a warning about an older manifest, no more.
        drop(
            self.task
                .vault
                .remember(file_id, request.manifest_seq)
                .await,
        );
        Ok(Answer::Completed)
    }
}
