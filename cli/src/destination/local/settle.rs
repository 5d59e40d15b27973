//! Steps 3 to 5 of the recipe: a batch becomes durable, is read back, and gets its names.

use std::io;

use super::{LocalDirectory, Part, Proof, failed};
use crate::{
    destination::{Received, SYNCED_TOGETHER_FROM, Settled, Ticket},
    engine::{
        buffer::Buffer,
        disk::OpenFile,
        fault::{Class, Fault},
        hasher::Checksum,
        stop::Stop,
    },
    job::Cause,
    settings::Durability,
};

impl LocalDirectory {
    /// Steps 3 to 5; see [`crate::destination::Destination::settle`].
    pub(super) fn settle_parts(&self, batch: Vec<Received>) -> Vec<Result<Settled, Fault>> {
        #[expect(
            clippy::expect_used,
            reason = "every ticket that this destination gave out holds a Part"
        )]
        let mut batch: Vec<(Received, Part)> = batch
            .into_iter()
            .map(|mut received| {
                let ticket = std::mem::replace(&mut received.ticket, Ticket(Box::new(())));
                let part = ticket
                    .0
                    .downcast::<Part>()
                    .expect("a ticket of this destination");
                (received, *part)
            })
            .collect();
        let mut faults: Vec<Option<Fault>> = batch.iter().map(|_| None).collect();
        self.make_durable(&mut batch, &mut faults);
        read_ahead(&mut batch);
        let largest = batch.iter().map(|(received, _)| received.size_bytes).max();
        let mut buffer = self.buffer_for(largest.unwrap_or(0));
        let mut verdicts: Vec<Result<Settled, Fault>> = batch
            .iter_mut()
            .zip(faults)
            .map(|((received, part), fault)| {
                if let Some(fault) = fault {
                    return Err(fault);
                }
                let read_back = self.compare(received, part, &mut buffer)?;
                self.give_name(received, part)?;
                Ok(Settled {
                    read_back,
                    written_bytes: part.written_bytes,
                })
            })
            .collect();
        for ((_, part), verdict) in batch.iter().zip(&verdicts) {
            if let (Err(_), Some(temporary)) = (verdict, &part.temporary) {
                // best effort: what is left is taken away by the next attempt
                let _ = part.dir.remove(temporary);
            }
        }
        if let Err(fault) = self.sync_directories() {
            let unsure = verdicts.iter_mut().filter(|verdict| verdict.is_ok());
            unsure.for_each(|verdict| *verdict = Err(fault.clone()));
        }
        verdicts
    }

    /// Step 3 of the recipe. Says which of the batch could not be made durable.
    fn make_durable(&self, batch: &mut [(Received, Part)], verdicts: &mut [Option<Fault>]) {
        if self.manner.durability == Durability::None {
            return;
        }
        let _syncing = self.manner.activity.syncing();
        let each = self.manner.durability == Durability::File;
        let is_small = |received: &Received| !each && received.size_bytes < self.manner.large_bytes;
        let any_small = batch
            .iter()
            .any(|(received, part)| part.has_to_be_durable() && is_small(received));
        // Linux before 5.8 reports no write errors here; other systems have no such call: one by one then
        let together = any_small && self.tree.root().sync_filesystem().is_ok();
        for ((received, part), verdict) in batch.iter_mut().zip(verdicts) {
            if !part.has_to_be_durable() || (together && is_small(received)) {
                continue;
            }
            let Some(file) = &mut part.file else { continue };
            if let Err(error) = file.sync_data() {
                *verdict = Some(failed(&error, "making it durable"));
            }
        }
    }

    /// Step 4: what storage has, not what the cache remembers.
    fn compare(
        &self,
        received: &Received,
        part: &mut Part,
        buffer: &mut Buffer,
    ) -> Result<Checksum, Fault> {
        let found = match (&part.proof, &mut part.file) {
            (Proof::WithItsBatch, Some(file)) => self.read_back(&mut **file, buffer, None)?,
            (Proof::ReadBack(found), _) => *found,
            _ => received.checksum,
        };
        if found != received.checksum {
            let found_bytes = found;
            let (wanted, found) = (
                crate::path::hex(&received.checksum),
                crate::path::hex(&found),
            );
            let message = format!(
                "read back other bytes than were written: source {wanted}, destination {found}"
            );
            let read_back = Some(found_bytes);
            return Err(Fault {
                read_back,
                ..Fault::new(Class::Transient, Cause::Mismatch, message)
            });
        }
        Ok(found)
    }

    /// From its start. A stop ends it, where one is given.
    pub(super) fn read_back(
        &self,
        file: &mut dyn OpenFile,
        buffer: &mut Buffer,
        stop: Option<&Stop>,
    ) -> Result<Checksum, Fault> {
        let read = file
            .seek_to(0)
            .and_then(|()| self.hash_rest(file, self.manner.algorithm, buffer, stop));
        read.map_err(|error| failed(&error, "reading it back"))?
            .ok_or_else(Fault::stopped)
    }

    /// Step 5, without the directories.
    fn give_name(&self, received: &Received, part: &Part) -> Result<(), Fault> {
        let Some(temporary) = &part.temporary else {
            return Ok(());
        };
        let renamed = part.dir.rename(temporary, received.at.name(), part.replace);
        // two names of one file: rename does nothing and leaves the temporary one
        let left =
            renamed.and_then(
                |()| match part.file.is_none() && part.dir.meta(temporary).is_ok() {
                    true => part.dir.remove(temporary),
                    false => Ok(()),
                },
            );
        self.tree.note_changed(received.at.parent());
        left.map_err(|error| match error.kind() {
            // the next attempt looks what it is
            io::ErrorKind::AlreadyExists => Fault::new(
                Class::Transient,
                Cause::Conflict,
                "something with other content appeared under the name",
            ),
            _ => failed(&error, "giving it its name"),
        })
    }

    /// Each directory whose names changed, once.
    pub(super) fn sync_directories(&self) -> Result<(), Fault> {
        let dirs = self.tree.take_changed();
        if self.manner.durability == Durability::None {
            return Ok(());
        }
        let _syncing = self.manner.activity.syncing();
        if dirs.len() >= SYNCED_TOGETHER_FROM && self.tree.root().sync_filesystem().is_ok() {
            return Ok(());
        }
        for path in &dirs {
            let synced = self.tree.dir(path, false).and_then(|dir| dir.sync());
            if let Err(error) = synced {
                self.tree.give_back_changed(dirs);
                return Err(failed(&error, "making names durable"));
            }
        }
        Ok(())
    }
}

/// Drops what the cache has of all of them, then asks for all of them at once, so that storage works on many reads
/// while the first is compared. Advice: where it is not taken the comparison still holds, against the cache.
fn read_ahead(batch: &mut [(Received, Part)]) {
    let mut due: Vec<_> = batch
        .iter_mut()
        .filter(|(_, part)| matches!(part.proof, Proof::WithItsBatch))
        .filter_map(|(received, part)| Some((received.size_bytes, part.file.as_mut()?)))
        .collect();
    for (_, file) in &mut due {
        let _ = file.drop_cache();
    }
    for (size_bytes, file) in &mut due {
        file.will_read_soon(0, *size_bytes);
    }
}
