//! What is decided before the first byte: places inside each other, one name for two files, names that the destination
//! takes for one, space.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::{PhaseError, Source, Target, Work};
use crate::{
    destination::Destination as _,
    engine::content::Content,
    job::{
        Cause, FileId, FileState, JobError, Share,
        cache::{Cache, Key},
        files::{self, SourceFile},
        ledger::{self, Verdict},
    },
};

/// What a copy would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// Files that are to be copied, without those that cannot be.
    pub open: Share,
    /// Files that cannot be copied because another one has their name.
    pub blocked: Vec<Verdict>,
    /// Bytes that the destination has room for.
    pub free_bytes: u64,
    /// Bytes that are still to be written there.
    pub needed_bytes: u64,
    /// Why nothing may be written at all.
    refusal: Option<String>,
}

impl Plan {
    /// Whether a file is left out because another one has its name.
    pub fn blocked_ids(&self) -> HashSet<FileId> {
        self.blocked.iter().map(|verdict| verdict.file).collect()
    }

    /// Ends before anything is written.
    pub fn refuse_what_cannot_work(&self, force: bool) -> Result<(), PhaseError> {
        if let Some(refusal) = &self.refusal {
            return Err(PhaseError::Refused(refusal.clone()));
        }
        if self.needed_bytes > self.free_bytes && !force {
            return Err(PhaseError::Refused(format!(
                "not enough space: {} are to be written, the destination has {} free; make room, or begin all the same with --force",
                bytesize::ByteSize(self.needed_bytes).display().iec(),
                bytesize::ByteSize(self.free_bytes).display().iec(),
            )));
        }
        Ok(())
    }
}

/// Looks at everything that can be known before.
pub fn make(
    work: &Work<'_>,
    cache: &Cache,
    reader: &Connection,
    sources: &[Source],
    targets: &[Target],
) -> Result<Plan, PhaseError> {
    let mut plan = Plan::default();
    if targets.is_empty() {
        plan.refusal = Some("the job has no destination: name one with --dest".into());
        return Ok(plan);
    }
    plan.refusal = inside_each_other(sources, targets);
    if plan.refusal.is_some() {
        return Ok(plan);
    }
    plan.blocked = same_names(work, cache, reader, sources)?;
    if targets.iter().any(|target| target.directory.folds_case()) {
        let taken = plan.blocked_ids();
        plan.blocked.extend(folded_names(reader, &taken)?);
    }
    let blocked = plan.blocked_ids();
    let open = [FileState::Pending, FileState::InProgress, FileState::Error];
    let mut total = Share::default();
    for state in open {
        let shares = ledger::shares(reader)?;
        if let Some((_, share)) = shares.into_iter().find(|(of, _)| *of == state) {
            total.files += share.files;
            total.size_bytes += share.size_bytes;
        }
    }
    for id in &blocked {
        if let Some(file) = files::get(reader, *id)?.filter(|file| file.row.state.is_open()) {
            total.files = total.files.saturating_sub(1);
            total.size_bytes = total.size_bytes.saturating_sub(file.row.size_bytes);
        }
    }
    plan.open = total;
    plan.needed_bytes = total.size_bytes;
    plan.free_bytes = free_bytes(targets)?;
    if plan.needed_bytes > plan.free_bytes {
        plan.needed_bytes -= there_already(reader, targets)?.min(plan.needed_bytes);
    }
    Ok(plan)
}

/// Notes in the ledger what cannot be copied, and says it.
pub(super) fn write_down(work: &Work<'_>, plan: &Plan) -> Result<(), JobError> {
    if plan.blocked.is_empty() {
        return Ok(());
    }
    let reader = work.job.read()?;
    for verdict in &plan.blocked {
        if let Some(file) = files::get(&reader, verdict.file)? {
            work.warn(format!(
                "{}: {}",
                file.row.path,
                verdict.message.as_deref().unwrap_or("")
            ));
        }
    }
    let (now_ns, operation, verdicts) = (
        work.job.clock.now_ns(),
        work.operation.clone(),
        plan.blocked.clone(),
    );
    work.job
        .writer
        .write(move |transaction| ledger::record(transaction, now_ns, Some(&operation), &verdicts))
}

fn inside_each_other(sources: &[Source], targets: &[Target]) -> Option<String> {
    let scanned = sources.iter().filter(|source| !source.root.listed_only);
    let pairs = scanned.flat_map(|source| targets.iter().map(move |target| (source, target)));
    let (source, target) = pairs
        .into_iter()
        .find(|(source, target)| target.path.starts_with(&source.path))?;
    Some(format!(
        "the destination {} lies inside the source {}: a copy would go into itself; choose another destination",
        target.path.display(),
        source.path.display()
    ))
}

/// Of files with one path below several sources the first counts; others with other content cannot be copied.
fn same_names(
    work: &Work<'_>,
    cache: &Cache,
    reader: &Connection,
    sources: &[Source],
) -> Result<Vec<Verdict>, PhaseError> {
    let mut blocked = Vec::new();
    for group in files::same_names(reader)? {
        let mut group: Vec<SourceFile> = group
            .into_iter()
            .filter_map(|id| files::get(reader, id).transpose())
            .collect::<Result<_, _>>()?;
        // what is there already has the name
        group.sort_by_key(|file| (file.row.state.is_open(), file.row.id));
        let Some((first, others)) = group.split_first() else {
            continue;
        };
        for other in others.iter().filter(|other| other.row.state.is_open()) {
            if !equal(work, cache, sources, first, other) {
                let message = format!(
                    "the source {} has another file with this path and other content; that one is copied",
                    place_of(sources, first)
                );
                blocked.push(Verdict::error(other.row.id, Cause::SameName, message));
            }
        }
    }
    Ok(blocked)
}

fn place_of(sources: &[Source], file: &SourceFile) -> String {
    let source = sources
        .iter()
        .find(|source| source.root.id == file.row.root);
    source.map_or_else(
        || file.row.volume.to_string(),
        |source| source.path.display().to_string(),
    )
}

fn equal(
    work: &Work<'_>,
    cache: &Cache,
    sources: &[Source],
    one: &SourceFile,
    other: &SourceFile,
) -> bool {
    if one.is_symlink || other.is_symlink || one.row.size_bytes != other.row.size_bytes {
        return false;
    }
    let checksum = |file: &SourceFile| {
        let source = sources
            .iter()
            .find(|source| source.root.id == file.row.root)?;
        let row = &file.row;
        let key = Key::of(
            &source.root.located,
            &row.path,
            row.size_bytes,
            row.mtime_ns,
            work.settings.hash,
        );
        if let Ok(Some(known)) = cache.get(&key) {
            return Some(known);
        }
        let content = Content::open(
            &source.tree,
            &row.path,
            work.settings.hash,
            work.stop,
            &work.activity,
        )
        .ok()?;
        let (checksum, _) = content.hash_rest(&mut vec![0; 1 << 16]).ok()?;
        Some(checksum)
    };
    let one = checksum(one);
    one.is_some() && one == checksum(other)
}

/// Files whose names differ only in case, for a destination that takes them for one.
fn folded_names(reader: &Connection, taken: &HashSet<FileId>) -> Result<Vec<Verdict>, JobError> {
    let mut first: HashMap<[u8; 16], Vec<u8>> = HashMap::new();
    let mut blocked = Vec::new();
    files::each(reader, &[], |file| {
        let folded = String::from_utf8_lossy(file.row.path.as_bytes()).to_lowercase();
        let mut key = [0; 16];
        key.copy_from_slice(
            blake3::hash(folded.as_bytes())
                .as_bytes()
                .get(..16)
                .unwrap_or(&[0; 16]),
        );
        match first.get(&key) {
            Some(other)
                if other != file.row.path.as_bytes()
                    && file.row.state.is_open()
                    && !taken.contains(&file.row.id) =>
            {
                let message = format!(
                    "the destination takes its name for that of {}",
                    crate::path::shown(other)
                );
                blocked.push(Verdict::error(file.row.id, Cause::SameName, message));
            }
            Some(_) => {}
            None => {
                first.insert(key, file.row.path.as_bytes().to_vec());
            }
        }
        Ok(())
    })?;
    Ok(blocked)
}

/// Free space of the destinations; two on one filesystem count once.
fn free_bytes(targets: &[Target]) -> Result<u64, PhaseError> {
    let mut seen = HashSet::new();
    let mut free_bytes = 0;
    for target in targets {
        let room = target.directory.room()?;
        if seen.insert(&target.root.located.volume) {
            free_bytes += room.free_bytes;
        }
    }
    Ok(free_bytes)
}

/// Bytes of open files that lie at the destination with their size already.
fn there_already(reader: &Connection, targets: &[Target]) -> Result<u64, JobError> {
    let mut there_bytes = 0;
    files::each(
        reader,
        &[FileState::Pending, FileState::InProgress, FileState::Error],
        |file| {
            let size_bytes = file.row.size_bytes;
            let there = targets.iter().any(|target| {
            matches!(target.directory.look(&file.row.path), Ok(Some(found)) if found.size_bytes == size_bytes)
        });
            there_bytes += if there { size_bytes } else { 0 };
            Ok(())
        },
    )?;
    Ok(there_bytes)
}
