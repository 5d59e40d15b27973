//! Content that is at a destination or in a pool already, or on its way there: `--dedup`, and names of one file.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use super::{
    Arrival, Copy, Source, Step, Task,
    claims::{Claim, Claimed, Holder},
};
use crate::{
    destination::{Destination as _, Incoming, Sharing},
    engine::{
        disk::{Kind, Owner},
        fault::{Class, Fault, Where},
        hasher::Checksum,
    },
    job::{DuplicateKind, FileRow, FileState, RootId, files::SourceFile, ledger::Verdict},
    path::RelativePath,
    settings::Dedup,
};

/// Permission bits of a file whose scan did not store them.
const MODE_UNKNOWN: u32 = 0o644;

/// What is known of a task's content before it is copied.
struct Known {
    checksum: Option<Checksum>,
    claim: Option<Claim>,
}

impl Copy<'_, '_> {
    /// Shares the content of a copy that is there or on its way, or copies.
    pub(super) fn shared_or_copied(
        &self,
        task: Task,
        source: &Source,
        replace: Option<usize>,
    ) -> Option<Step> {
        let known = match self.known(&task.file, source) {
            Ok(known) => known,
            Err(fault) => return Some(Step::Failed(Box::new(task), fault)),
        };
        let content_known = known
            .checksum
            .filter(|_| matches!(known.claim, Some(Claim::Content(_))));
        if let Some(checksum) = content_known
            && self.work.settings.dedup == Dedup::Skip
            && let Some((root, path)) = self.in_a_pool(checksum)
        {
            return Some(self.left_in_pool(task, root, path, checksum));
        }
        if let Some(checksum) = content_known
            && let Some(step) = self.duplicate_of_settled(&task, checksum)
        {
            return Some(self.share(task, source, replace, step));
        }
        let Some(claim) = known.claim else {
            return Some(self.copied(task, source, replace, None));
        };
        match self.claims.take(claim, task) {
            Claimed::First(task) => Some(self.copied(task, source, replace, Some(claim))),
            Claimed::Settled(task, holder) => Some(self.share(task, source, replace, holder)),
            Claimed::Waits => None,
        }
    }

    fn known(&self, file: &SourceFile, source: &Source) -> Result<Known, Fault> {
        if let (true, Some(inode)) = (file.nlink > 1, file.inode) {
            return Ok(Known {
                checksum: None,
                claim: Some(Claim::Inode(file.row.root, inode)),
            });
        }
        let dedup = self.work.settings.dedup;
        let clones = dedup == Dedup::Reflink && !self.cannot_clone.load(Ordering::Relaxed);
        if file.row.size_bytes == 0 || !(clones || matches!(dedup, Dedup::Skip | Dedup::Hardlink)) {
            return Ok(Known {
                checksum: None,
                claim: None,
            });
        }
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = crate::job::files::size_is_shared(&reader, file.row.id, file.row.size_bytes);
        drop(reader);
        if !shared.unwrap_or(true) {
            return Ok(Known {
                checksum: None,
                claim: None,
            });
        }
        let checksum = self.source_checksum(file, source)?;
        Ok(Known {
            checksum: Some(checksum),
            claim: Some(Claim::Content(checksum)),
        })
    }

    /// A file of a destination root that has this content, by the cache, and is still what it was then.
    fn duplicate_of_settled(&self, task: &Task, checksum: Checksum) -> Option<Holder> {
        self.known_at(self.targets, checksum, Some(&task.file.row.path))
            .map(|(target, path)| Holder {
                target,
                path,
                checksum,
            })
    }

    /// The same, of a pool root.
    fn in_a_pool(&self, checksum: Checksum) -> Option<(RootId, RelativePath)> {
        let (pool, path) = self.known_at(self.pools, checksum, None)?;
        Some((self.pools.get(pool)?.root.id, path))
    }

    fn known_at(
        &self,
        places: &[super::Target],
        checksum: Checksum,
        but: Option<&RelativePath>,
    ) -> Option<(usize, RelativePath)> {
        if places.is_empty() {
            return None;
        }
        let known = self
            .cache
            .with_content(self.work.settings.hash, &checksum)
            .ok()?;
        known.into_iter().find_map(|key| {
            places.iter().enumerate().find_map(|(at, place)| {
                let path = place.root.located.below(&key)?;
                if but == Some(&path) {
                    return None;
                }
                let found = place.directory.look(&path).ok().flatten()?;
                let same = (found.size_bytes, found.mtime_ns, found.kind)
                    == (key.size_bytes, key.mtime_ns, Kind::File);
                same.then_some((at, path))
            })
        })
    }

    /// `--dedup skip`, and a pool root has the content: the path stays absent, and the ledger says where it is.
    fn left_in_pool(
        &self,
        task: Task,
        root: RootId,
        path: RelativePath,
        checksum: Checksum,
    ) -> Step {
        let verdict = Verdict {
            checksum: Some((self.work.settings.hash, checksum)),
            duplicate: Some(DuplicateKind::Absent),
            message: Some(format!("its content is in the pool at {path}")),
            at: Some((root, path)),
            ..Verdict::plain(task.file.row.id, FileState::Deduplicated)
        };
        Step::Decided(Box::new(task), verdict)
    }

    /// As `--dedup` says; names of one file stay names of one file.
    fn share(&self, task: Task, source: &Source, replace: Option<usize>, holder: Holder) -> Step {
        let row = &task.file.row;
        let checksum = holder.checksum;
        let is_link = task.file.nlink > 1 && task.file.inode.is_some();
        let place = match self.targets.get(holder.target) {
            Some(place) => place,
            None => return self.copied(task, source, replace, None),
        };
        let verdict = Verdict {
            checksum: Some((self.work.settings.hash, checksum)),
            at: Some((place.root.id, holder.path.clone())),
            ..Verdict::plain(row.id, FileState::Deduplicated)
        };
        let how = match self.work.settings.dedup {
            _ if is_link => Sharing::Hardlink,
            Dedup::Skip => {
                let verdict = Verdict {
                    duplicate: Some(DuplicateKind::Absent),
                    message: Some(format!("its content is at {}", holder.path)),
                    ..verdict
                };
                return Step::Decided(Box::new(task), verdict);
            }
            Dedup::Hardlink => Sharing::Hardlink,
            _ => Sharing::Clone,
        };
        let verdict = Verdict {
            at: None,
            duplicate: Some(match how {
                Sharing::Hardlink => DuplicateKind::Hardlink,
                Sharing::Clone => DuplicateKind::Clone,
            }),
            message: Some(format!("shares its content with {}", holder.path)),
            ..verdict
        };
        let owner = match owner_at(source, &row.path) {
            Ok(owner) => owner,
            Err(fault) => return Step::Failed(Box::new(task), fault),
        };
        let incoming = Incoming::SameAs {
            existing: &holder.path,
            how,
            checksum,
            mtime_ns: row.mtime_ns,
            mode: task.file.mode.unwrap_or(MODE_UNKNOWN),
            owner,
        };
        match place.directory.receive(&row.path, incoming) {
            Ok(received) => {
                self.note_owner(&received);
                Step::Received(Box::new(Arrival {
                    target: holder.target,
                    size_bytes: row.size_bytes,
                    mtime_ns: row.mtime_ns,
                    received,
                    verdict,
                    took: Duration::ZERO,
                    claim: None,
                    task,
                }))
            }
            Err(fault) if matches!(fault.class, Class::Full | Class::Gone) => {
                Step::Failed(Box::new(task), fault)
            }
            Err(fault) => {
                self.note_unshared(how, row, &fault);
                self.copied(task, source, replace, None)
            }
        }
    }

    fn note_unshared(&self, how: Sharing, row: &FileRow, fault: &Fault) {
        match how {
            Sharing::Clone => self.cannot_clone.store(true, Ordering::Relaxed),
            Sharing::Hardlink => self
                .work
                .warn(format!("{}: copied instead of linked: {fault}", row.path)),
        }
    }
}

fn owner_at(source: &Source, path: &RelativePath) -> Result<Owner, Fault> {
    let looked = source
        .tree
        .parent_of(path)
        .and_then(|dir| dir.meta(path.name()));
    looked
        .map(|meta| meta.owner)
        .map_err(|error| Fault::of(&error, Where::Source, "looking at the source"))
}
