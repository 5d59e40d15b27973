//! One file: is it there already, or has it to be copied. What it gives goes to the settler. Whether its content is there
//! under another name is [`super::share`].

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Arrival, Copy, Source, Step, Task,
    claims::{Claim, Holder},
};
use crate::{
    destination::{Destination as _, Found, Incoming, Received},
    engine::{
        buffer,
        content::Content,
        disk::Kind,
        fault::{Class, Fault, Where},
        hasher::{Checksum, checksum_of},
    },
    job::{Cause, FileState, cache::Key, files::SourceFile, ledger::Verdict},
    settings::OnConflict,
};

impl Copy<'_, '_> {
    /// Takes one file as far as a destination's `receive`. None: it waits for another file and comes again.
    pub(super) fn one(&self, task: Task) -> Option<Step> {
        if self.work.stop.is_asked() {
            return Some(Step::Failed(Box::new(task), Fault::stopped()));
        }
        if self.filter.leaves_out(&task.file.row.path) {
            let verdict = Verdict {
                message: Some("left out by --include or --exclude".into()),
                ..Verdict::plain(task.file.row.id, FileState::Skipped)
            };
            return Some(Step::Decided(Box::new(task), verdict));
        }
        let Some(source) = self
            .sources
            .iter()
            .find(|source| source.root.id == task.file.row.root)
        else {
            let fault = Fault::new(
                Class::Permanent,
                Cause::SourceFails,
                "its source root is not known",
            );
            return Some(Step::Failed(Box::new(task), fault));
        };
        if task.file.is_symlink {
            return Some(self.symlink(task, source));
        }
        match self.present(&task.file, source) {
            Ok(Present::No { replace }) => self.shared_or_copied(task, source, replace),
            Ok(Present::Equal { target, checksum }) => Some(self.adopt(task, target, checksum)),
            Ok(Present::Kept) => {
                let verdict = Verdict {
                    message: Some(
                        "the destination holds other content under the name, which was kept".into(),
                    ),
                    ..Verdict::plain(task.file.row.id, FileState::Skipped)
                };
                Some(Step::Decided(Box::new(task), verdict))
            }
            Err(fault) => Some(Step::Failed(Box::new(task), fault)),
        }
    }

    /// Whether a destination has it under its name.
    fn present(&self, file: &SourceFile, source: &Source) -> Result<Present, Fault> {
        for (target, place) in self.targets.iter().enumerate() {
            let Some(found) = place.directory.look(&file.row.path)? else {
                continue;
            };
            if found.kind == Kind::File && found.size_bytes == file.row.size_bytes {
                let ours = self.source_checksum(file, source)?;
                let (theirs, _) = place.directory.hash(&file.row.path)?;
                if ours == theirs {
                    return Ok(Present::Equal {
                        target,
                        checksum: ours,
                    });
                }
            }
            if found.kind == Kind::Directory {
                return Err(Fault::new(
                    Class::Permanent,
                    Cause::Conflict,
                    "the destination has a directory under the name",
                ));
            }
            let replace = match self.work.settings.on_conflict {
                OnConflict::Source => true,
                OnConflict::Keep => return Ok(Present::Kept),
                OnConflict::Fail => self.is_our_earlier_copy(file, target, &found),
            };
            if !replace {
                return Err(Fault::new(
                    Class::Permanent,
                    Cause::Conflict,
                    "the destination holds other content under the name",
                ));
            }
            return Ok(Present::No {
                replace: Some(target),
            });
        }
        Ok(Present::No { replace: None })
    }

    /// What lies there is what this job put there, and nobody touched it since.
    fn is_our_earlier_copy(&self, file: &SourceFile, target: usize, found: &Found) -> bool {
        let Some(place) = self.targets.get(target) else {
            return false;
        };
        let recorded = file
            .row
            .at
            .as_ref()
            .is_some_and(|(root, path)| *root == place.root.id && *path == file.row.path);
        let Some((algorithm, checksum)) = file.row.checksum.filter(|_| recorded) else {
            return false;
        };
        let key = Key::of(
            &place.root.located,
            &file.row.path,
            found.size_bytes,
            found.mtime_ns,
            algorithm,
        );
        self.cache.get(&key).ok().flatten() == Some(checksum)
    }

    pub(super) fn source_checksum(
        &self,
        file: &SourceFile,
        source: &Source,
    ) -> Result<Checksum, Fault> {
        let algorithm = self.work.settings.hash;
        let content = Content::open(
            &source.tree,
            &file.row.path,
            algorithm,
            self.work.stop,
            &self.work.activity,
        )?;
        let meta = *content.meta();
        let key = Key::of(
            &source.root.located,
            &file.row.path,
            meta.size_bytes,
            meta.mtime_ns,
            algorithm,
        );
        if let Ok(Some(known)) = self.cache.get(&key) {
            return Ok(known);
        }
        let (checksum, _) = content.hash_rest(&mut self.buffer_for(meta.size_bytes))?;
        Ok(checksum)
    }

    fn buffer_for(&self, size_bytes: u64) -> Vec<u8> {
        vec![0; buffer::size_for(size_bytes, self.work.settings.buffer_bytes)]
    }

    /// It is there, equal. After a crash it may not be durable yet: it settles like a copy.
    fn adopt(&self, task: Task, target: usize, checksum: Checksum) -> Step {
        let row = &task.file.row;
        // tried before: this job's own copy, whose row a crash took
        let state = match row.attempts > 0 || row.at.is_some() || task.was_in_hand {
            true => FileState::Done,
            false => FileState::Skipped,
        };
        let verdict = Verdict {
            checksum: Some((self.work.settings.hash, checksum)),
            ..Verdict::plain(row.id, state)
        };
        self.hand_over(task, target, Incoming::Present { checksum }, verdict, None)
    }

    fn symlink(&self, task: Task, source: &Source) -> Step {
        let path = &task.file.row.path;
        let read = source
            .tree
            .parent_of(path)
            .and_then(|dir| dir.read_symlink(path.name()));
        let link = match read {
            Ok(link) => link,
            Err(error) => {
                return Step::Failed(
                    Box::new(task),
                    Fault::of(&error, Where::Source, "reading the symbolic link"),
                );
            }
        };
        let checksum = checksum_of(self.work.settings.hash, &link);
        for (target, place) in self.targets.iter().enumerate() {
            match place.directory.look(path) {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let same = found.kind == Kind::Symlink
                        && place
                            .directory
                            .hash(path)
                            .is_ok_and(|(theirs, _)| theirs == checksum);
                    if same {
                        return self.adopt(task, target, checksum);
                    }
                    if self.work.settings.on_conflict != OnConflict::Source
                        || found.kind == Kind::Directory
                    {
                        let fault = Fault::new(
                            Class::Permanent,
                            Cause::Conflict,
                            "the destination holds something else under the name",
                        );
                        return Step::Failed(Box::new(task), fault);
                    }
                }
                Err(fault) => return Step::Failed(Box::new(task), fault),
            }
        }
        let verdict = Verdict {
            checksum: Some((self.work.settings.hash, checksum)),
            ..Verdict::plain(task.file.row.id, FileState::Done)
        };
        let replace = self.work.settings.on_conflict == OnConflict::Source;
        self.hand_over(
            task,
            0,
            Incoming::Symlink {
                target: &link,
                replace,
            },
            verdict,
            None,
        )
    }

    /// Reads, hashes and writes it.
    pub(super) fn copied(
        &self,
        task: Task,
        source: &Source,
        replace: Option<usize>,
        claim: Option<Claim>,
    ) -> Step {
        let row = &task.file.row;
        let opened = Content::open(
            &source.tree,
            &row.path,
            self.work.settings.hash,
            self.work.stop,
            &self.work.activity,
        );
        let content = match opened {
            Ok(content) => content,
            Err(fault) => return self.failed(task, fault, claim),
        };
        let meta = *content.meta();
        let target = replace.unwrap_or_else(|| self.roomiest(meta.size_bytes));
        let verdict = Verdict::plain(row.id, FileState::Done);
        let incoming = Incoming::Content {
            content,
            mode: meta.mode,
            replace: replace.is_some(),
            pace: &self.pace,
        };
        let mut step = self.hand_over(task, target, incoming, verdict, claim);
        if let Step::Received(arrival) = &mut step {
            arrival.verdict.checksum = Some((self.work.settings.hash, arrival.received.checksum));
            (arrival.size_bytes, arrival.mtime_ns) = (meta.size_bytes, meta.mtime_ns);
        }
        step
    }

    fn failed(&self, task: Task, fault: Fault, claim: Option<Claim>) -> Step {
        self.release(claim, None);
        Step::Failed(Box::new(task), fault)
    }

    /// Who waited for a claim comes again.
    pub(super) fn release(&self, claim: Option<Claim>, holder: Option<Holder>) {
        let Some(claim) = claim else { return };
        for waiting in self.claims.resolve(claim, holder) {
            // both ends are ours and live as long as the run
            let _ = self.again.0.send(waiting);
        }
    }

    fn hand_over(
        &self,
        task: Task,
        target: usize,
        incoming: Incoming<'_>,
        verdict: Verdict,
        claim: Option<Claim>,
    ) -> Step {
        let Some(place) = self.targets.get(target) else {
            let fault = Fault::new(
                Class::Permanent,
                Cause::DestinationGone,
                "its destination root is not known",
            );
            return self.failed(task, fault, claim);
        };
        match place.directory.receive(&task.file.row.path, incoming) {
            Ok(received) => {
                self.gate.open();
                self.note_owner(&received);
                for lost in &received.lost {
                    self.work
                        .warn(format!("{}: not kept: {lost}", task.file.row.path));
                }
                let (size_bytes, mtime_ns) = (task.file.row.size_bytes, task.file.row.mtime_ns);
                Step::Received(Box::new(Arrival {
                    task,
                    target,
                    received,
                    verdict,
                    size_bytes,
                    mtime_ns,
                    took: Duration::ZERO,
                    claim,
                }))
            }
            Err(fault) => self.failed(task, fault, claim),
        }
    }

    pub(super) fn note_owner(&self, received: &Received) {
        if !received.owner_kept {
            self.owners_lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The first destination that has room for it; the first of all when none has, so that the fault is told.
    fn roomiest(&self, size_bytes: u64) -> usize {
        if self.targets.len() == 1 {
            return 0;
        }
        let fits = |place: &super::Target| {
            place
                .directory
                .room()
                .is_ok_and(|room| room.free_bytes > size_bytes)
        };
        self.targets.iter().position(fits).unwrap_or(0)
    }
}

/// What the destinations have under a file's name.
enum Present {
    /// Nothing, or something that is replaced in this destination.
    No { replace: Option<usize> },
    /// The file itself.
    Equal { target: usize, checksum: Checksum },
    /// Other content, which stays.
    Kept,
}
