//! How the driver of the tests carries requests out: reads and seals here, calls of the server over a bad network.

use ferry_core::transfer::upload::{Answer, Event, OpenedCandidate, Request};
use ferry_core::transfer::{Failure, Ticket};
use ferry_core::wire::{ErrorCode, Problem};
use uuid::Uuid;

use super::{Driver, Later};
use crate::file::{SimHash, plan_of, small_parts};
use crate::server::{Body, Manifest, Server};

impl Driver {
    pub(super) fn execute(&mut self, server: &mut Server, ticket: Ticket, request: Request) {
        if matches!(request, Request::Read { .. }) {
            return self.read_in_order();
        }
        // An aborted request may still arrive at the server: half of them do.
        let is_wanted = self.under_way.contains_key(&ticket);
        if !is_wanted && (!needs_network(&request) || self.chance.percent(50)) {
            return;
        }
        let result = if needs_network(&request) {
            self.over_the_network(server, ticket, &request)
        } else {
            Ok(self.locally(&request))
        };
        let event = match result {
            Ok(answer) => Event::Answered { ticket, answer },
            Err(failure) => Event::Failed { ticket, failure },
        };
        let in_ms = self.chance.below(30);
        if self.chance.percent(self.weather.repeated) {
            self.later(
                in_ms + self.chance.clone().below(2_000),
                Later::Report(event.clone()),
            );
        }
        self.later(in_ms, Later::Report(event));
    }

    /// One reader: whatever was asked for first is read first.
    pub(super) fn read_in_order(&mut self) {
        let Some(ticket) = self.reader.pop_front() else {
            return;
        };
        let Some(Request::Read { part, purpose }) = self.under_way.get(&ticket).cloned() else {
            return;
        };
        self.reads += 1;
        if let Some((reads, number)) = self.edit_after_reads
            && self.reads == reads
        {
            let span = plan_of(self.plan.unwrap(), self.file.size_bytes).part(number);
            self.file.edit(span.unwrap());
        }
        let content = self.file.read(part);
        if purpose.feeds_hash() {
            if part.number == 1 {
                self.hash = SimHash::default();
            }
            assert_eq!(
                self.hash.fed_bytes, part.offset_bytes,
                "the pass is not in order"
            );
            self.hash.feed(&content, part.len_bytes.into());
        }
        let mac = content.mac(self.current.unwrap(), part.number);
        if purpose.keeps_buffer() {
            self.buffers.insert(ticket, content);
        }
        let in_ms = self.chance.below(10);
        self.later(
            in_ms,
            Later::Report(Event::Answered {
                ticket,
                answer: Answer::Read { mac },
            }),
        );
    }

    fn locally(&mut self, request: &Request) -> Answer {
        match request {
            Request::OpenCandidate(candidate) if self.in_use.contains(&candidate.file_id) => {
                Answer::InUse
            }
            Request::OpenCandidate(candidate) => {
                self.current = Some(candidate.file_id);
                let content = (candidate.manifest_seq > 0)
                    .then(|| Manifest::from_bytes(&candidate.manifest).content);
                let plan = small_parts(u64::from_be_bytes(
                    candidate.header.0[..].try_into().unwrap(),
                ));
                self.plan = Some(plan);
                Answer::Opened(Box::new(OpenedCandidate {
                    plan,
                    content,
                    checkpoint: self.checkpoints.get(&candidate.file_id).cloned(),
                }))
            }
            Request::FinishHash => {
                assert_eq!(
                    self.hash.fed_bytes, self.file.size_bytes,
                    "the pass is not over"
                );
                Answer::FileHash(self.hash.finish())
            }
            Request::SealManifest {
                manifest_seq,
                size_bytes,
                sha256,
                total_parts,
                parts_root,
                ..
            } => {
                self.manifest = Some(Manifest {
                    seq: *manifest_seq,
                    content: ferry_core::transfer::upload::SealedContent {
                        size_bytes: *size_bytes,
                        sha256: *sha256,
                    },
                    parts: *total_parts,
                    parts_root: *parts_root,
                });
                Answer::ManifestSealed
            }
            Request::OpenManifest { manifest } => {
                Answer::ManifestOpened(Manifest::from_bytes(manifest).content)
            }
            other => panic!("{other:?} is not local"),
        }
    }

    fn over_the_network(
        &mut self,
        server: &mut Server,
        ticket: Ticket,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let body = match request {
            Request::Send { mac, .. } => self.sealed.remove(&ticket).map(|content| Body {
                iv: self.chance.bytes(),
                tag: self.chance.bytes(),
                mac: *mac,
                content,
            }),
            _ => None,
        };
        if self.chance.percent(self.weather.lost) {
            return Err(if self.chance.percent(50) {
                Failure::Network
            } else {
                Failure::Stalled
            });
        }
        if self.chance.percent(self.weather.busy) {
            let mut problem = Problem::new(ErrorCode::Busy, 503, None);
            problem.retry_after_secs = Some(1 + u32::try_from(self.chance.below(5)).unwrap());
            return Err(Failure::Problem(Box::new(problem)));
        }
        if body.is_some() && self.chance.percent(self.weather.damaged) {
            return Err(Failure::Problem(Box::new(Problem::new(
                ErrorCode::DigestMismatch,
                422,
                None,
            ))));
        }
        if let Some(body) = &body {
            let half = u64::from(body.content.len_bytes / 2);
            let progress = Event::SendProgress {
                ticket,
                confirmed_bytes: half,
            };
            self.later(0, Later::Report(progress));
        }
        let result = self.ask(server, request, body);
        self.store_was_full |= server.refuses_parts == Some(ErrorCode::StorageFull);
        if self.chance.percent(self.weather.unanswered) {
            Err(Failure::Network)
        } else {
            result
        }
    }

    fn ask(
        &mut self,
        server: &mut Server,
        request: &Request,
        body: Option<Body>,
    ) -> Result<Answer, Failure> {
        let answer = match request {
            Request::Check => Ok(Answer::Checked(Box::new(
                server.check(&self.label, self.file.size_bytes),
            ))),
            Request::FetchParts { file_id, after } => {
                server.parts(*file_id, *after).map(Answer::Parts)
            }
            Request::Start { renew } => {
                let (file_id, plan) = match self.started {
                    Some(started) if !renew => started,
                    _ => (
                        Uuid::from_bytes(self.chance.bytes()),
                        small_parts(self.chance.draw()),
                    ),
                };
                self.started = Some((file_id, plan));
                (self.current, self.plan) = (Some(file_id), Some(plan));
                server
                    .start(file_id, &self.label, self.file.size_bytes, plan)
                    .map(|()| Answer::Started { file_id, plan })
            }
            Request::Resize {
                file_id,
                size_bytes,
                revision,
                ..
            } => server
                .resize(*file_id, *size_bytes, *revision)
                .map(|()| Answer::Resized),
            Request::Send {
                file_id,
                part,
                if_match,
                ..
            } => {
                let body = body.expect("a sealed body");
                let (sealed_iv, sealed_tag) = (body.iv, body.tag);
                server
                    .put(*file_id, part.number, body, *if_match)
                    .map(|row| Answer::Sent {
                        row,
                        sealed_iv,
                        sealed_tag,
                    })
            }
            Request::Complete { file_id } => {
                let manifest = self.manifest.clone().expect("a sealed manifest");
                server
                    .complete(*file_id, manifest)
                    .map(|()| Answer::Completed)
            }
            Request::Rename { file_id } => server
                .rename(*file_id, &self.label)
                .map(|()| Answer::Renamed),
            Request::Discard { file_id } => server.discard(*file_id).map(|()| Answer::Discarded),
            other => panic!("{other:?} needs no network"),
        };
        answer.map_err(Failure::Problem)
    }
}

fn needs_network(request: &Request) -> bool {
    !matches!(
        request,
        Request::OpenCandidate(_)
            | Request::Read { .. }
            | Request::FinishHash
            | Request::SealManifest { .. }
            | Request::OpenManifest { .. }
    )
}
