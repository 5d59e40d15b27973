//! Two files with one content, or two names of one file: the second waits until the first is settled, then shares it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Task;
use crate::{engine::hasher::Checksum, job::RootId, path::RelativePath};

/// What makes two files one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Claim {
    /// Names of one file: its number below a source root.
    Inode(RootId, u64),
    /// Equal content.
    Content(Checksum),
}

/// Where the first is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// Which destination.
    pub(super) target: usize,
    /// Its name there.
    pub(super) path: RelativePath,
    /// Of its content.
    pub(super) checksum: Checksum,
}

/// How a claim went.
#[derive(Debug)]
pub(super) enum Claimed {
    /// The first: the others wait for it.
    First(Task),
    /// Settled already: share it.
    Settled(Task, Holder),
    /// On its way: the task waits and comes again.
    Waits,
}

#[derive(Debug)]
enum Entry {
    OnItsWay(Vec<Task>),
    Settled(Holder),
}

/// All claims of a run.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<HashMap<Claim, Entry>>);

impl Claims {
    fn locked(&self) -> MutexGuard<'_, HashMap<Claim, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first to come goes on, later ones wait or share.
    pub(super) fn take(&self, claim: Claim, task: Task) -> Claimed {
        let mut all = self.locked();
        match all.get_mut(&claim) {
            Some(Entry::Settled(holder)) => Claimed::Settled(task, holder.clone()),
            Some(Entry::OnItsWay(waiting)) => {
                waiting.push(task);
                Claimed::Waits
            }
            None => {
                all.insert(claim, Entry::OnItsWay(Vec::new()));
                Claimed::First(task)
            }
        }
    }

    /// The first is settled, or it failed (none): who waited comes again.
    pub(super) fn resolve(&self, claim: Claim, holder: Option<Holder>) -> Vec<Task> {
        let mut all = self.locked();
        let before = match holder {
            Some(holder) => all.insert(claim, Entry::Settled(holder)),
            None => all.remove(&claim),
        };
        match before {
            Some(Entry::OnItsWay(waiting)) => waiting,
            _ => Vec::new(),
        }
    }
}
