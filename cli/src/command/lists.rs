//! Commands about the lists of a job: which files are in it.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::{
    ListFilesArgs,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::{
        self, Job, JobError, Side, audit,
        files::{self, Put, SourceFile},
        roots,
    },
    path::{JsonPath, RelativePath, hex, shown},
    phases::{analyze, places},
    settings::Settings,
    terminal::answers,
};

impl Session<'_> {
    /// `ferry add-source`.
    pub(super) fn add_source(&self, words: &[PathBuf]) -> Ended {
        let (place, dirs) = self.place_and_rest(words)?;
        let job = self.open_at(place)?;
        let settings = Settings::default();
        let reader = job.read()?;
        for dir in dirs {
            places::whole(dir)?;
        }
        for dir in dirs {
            places::add(&job, Side::Source, dir, false)?;
        }
        self.listen_to_signals()?;
        let work = self.begin(&job, &settings, "add-source")?;
        let told: Vec<PathBuf> = dirs
            .iter()
            .map(|dir| places::whole(dir))
            .collect::<Result<_, _>>()?;
        let found: Vec<_> = places::find(&reader, Side::Source, &told)?
            .into_iter()
            .filter(|(_, path)| told.contains(path))
            .collect();
        let scanned = analyze::sources(&work, &found)?;
        let code = scanned.exit_code();
        work.finish("add-source", code, None)?;
        let text = format!(
            "{} files and {} symbolic links, {} of them new, {} changed",
            scanned.files, scanned.symlinks, scanned.added_files, scanned.changed_files
        );
        self.screen.document("scan", &scanned, &text)?;
        Ok(code)
    }

    /// `ferry add-file`.
    pub(super) fn add_file(&self, words: &[PathBuf]) -> Ended {
        let (place, paths) = self.place_and_rest(words)?;
        let seen: Vec<(PathBuf, std::fs::Metadata)> = paths
            .iter()
            .map(|path| match std::fs::symlink_metadata(path) {
                Ok(meta) => Ok((path.clone(), meta)),
                Err(_) => Err(JobError::NoSuchPath(path.clone())),
            })
            .collect::<Result<_, _>>()?;
        let job = self.open_at(place)?;
        let mut added = 0;
        for (path, meta) in &seen {
            if meta.is_dir() {
                return Err(CommandError::Usage(format!(
                    "{} is a directory: add it with add-source",
                    path.display()
                )));
            }
            added += u64::from(self.add_one(&job, path, meta)?);
        }
        let document = answers::FilesAdded { added_files: added };
        self.screen
            .document("scan", &document, &format!("{added} added"))?;
        Ok(ExitCode::Ok)
    }

    /// Adds one file, wherever it lies.
    pub(super) fn add_single(&self, job: &Job, path: &Path) -> Result<(), CommandError> {
        let meta =
            std::fs::symlink_metadata(path).map_err(|_| JobError::NoSuchPath(path.to_owned()))?;
        self.add_one(job, path, &meta).map(drop)
    }

    fn add_one(
        &self,
        job: &Job,
        path: &Path,
        meta: &std::fs::Metadata,
    ) -> Result<bool, CommandError> {
        let dir = path
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let (dir, name) = (places::whole(dir)?, path.file_name().unwrap_or_default());
        let known = places::find(&job.read()?, Side::Source, &[]).unwrap_or_default();
        let (root, below) = match analyze::below(&known, &dir.join(name)) {
            Some((root, below)) => (root.id, below),
            None => {
                let (root, _) = places::add(job, Side::Source, &dir, true)?;
                let below = RelativePath::new(name.as_bytes())
                    .map_err(|error| CommandError::Usage(error.to_string()))?;
                (root, below)
            }
        };
        let (seen, now_ns) = (analyze::seen(below, meta), self.clock.now_ns());
        let put = job.writer.write(move |transaction| {
            let put = files::put_source(transaction, root, &seen)?;
            if let Put::Added(id) = put {
                audit::append_states(
                    transaction,
                    now_ns,
                    None,
                    "added",
                    &[(job::FileState::Pending, vec![id.0])],
                )?;
            }
            Ok(put)
        })?;
        Ok(matches!(put, Put::Added(_)))
    }

    /// `ferry remove-file`.
    pub(super) fn remove_file(&self, words: &[PathBuf]) -> Ended {
        let (place, paths) = self.place_and_rest(words)?;
        let job = self.open_at(place)?;
        let reader = job.read()?;
        let ids = paths
            .iter()
            .map(|path| self.known_file(&reader, path))
            .collect::<Result<Vec<_>, _>>()?;
        let (count, now_ns) = (ids.len(), self.clock.now_ns());
        job.writer.write(move |transaction| {
            ids.iter()
                .try_for_each(|id| files::remove_source(transaction, *id))?;
            let ids = ids.iter().map(|id| id.0).collect();
            audit::append_states(
                transaction,
                now_ns,
                None,
                "removed",
                &[(job::FileState::Pending, ids)],
            )
        })?;
        let document = answers::FilesRemoved {
            removed_files: count as u64,
        };
        self.screen
            .document("scan", &document, &format!("{count} taken off the list"))?;
        Ok(ExitCode::Ok)
    }

    /// A file of the job by its relative path, or by its path on this machine.
    pub(super) fn known_file(
        &self,
        reader: &rusqlite::Connection,
        path: &Path,
    ) -> Result<job::FileId, CommandError> {
        let sources = roots::of_side(reader, Side::Source)?;
        if let Ok(relative) = RelativePath::from_path(path) {
            for root in &sources {
                if let Some(id) = files::find_source(reader, root.id, &relative)? {
                    return Ok(id);
                }
            }
        }
        let whole = std::path::absolute(path)?;
        let placed: Vec<_> = sources
            .into_iter()
            .map(|root| {
                let at = root.seen_at.clone();
                (root, at)
            })
            .collect();
        for (root, top) in &placed {
            let below = whole
                .strip_prefix(top)
                .ok()
                .and_then(|below| RelativePath::from_path(below).ok());
            if let Some(below) = below
                && let Some(id) = files::find_source(reader, root.id, &below)?
            {
                return Ok(id);
            }
        }
        Err(JobError::NotInJob(path.display().to_string()).into())
    }

    /// `ferry list-files`.
    pub(super) fn list_files(&self, arguments: &ListFilesArgs) -> Ended {
        let reader = job::open_reader(&self.place(arguments.job.job.as_deref())?, &self.clock)?;
        let mut failed = None;
        if arguments.csv {
            self.screen
                .raw(b"volume,path,size_bytes,mtime_ns,state,attempts,checksum,message\n")?;
        }
        files::each(&reader, &arguments.status, |file| {
            if failed.is_none() {
                failed = self.list_one(arguments, &file).err();
            }
            Ok(())
        })?;
        match failed {
            // a reader that closed its end has seen enough
            Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::Ok),
            Some(error) => Err(error.into()),
            None => Ok(ExitCode::Ok),
        }
    }

    fn list_one(&self, arguments: &ListFilesArgs, file: &SourceFile) -> std::io::Result<()> {
        let row = &file.row;
        if arguments.null {
            return self.screen.raw(&[row.path.as_bytes(), b"\0"].concat());
        }
        let checksum = row.checksum.map(|(_, value)| hex(&value));
        if arguments.csv {
            return self.screen.raw(&csv_line(file, checksum.as_deref())?);
        }
        let document = answers::FileListed {
            volume: row.volume.0.clone(),
            file: JsonPath::of(row.path.as_bytes()),
            size_bytes: row.size_bytes,
            mtime_ns: row.mtime_ns,
            state: row.state,
            attempts: row.attempts,
            checksum,
            duplicate: row.duplicate,
            cause: row.cause,
            message: row.message.clone(),
        };
        let text = format!(
            "{}\t{}\t{}\t{}",
            row.volume,
            row.state.name(),
            row.size_bytes,
            shown(row.path.as_bytes())
        );
        self.screen.line("file", &document, &text)
    }
}

/// One line of CSV; the path's bytes as they are.
fn csv_line(file: &SourceFile, checksum: Option<&str>) -> std::io::Result<Vec<u8>> {
    let row = &file.row;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        row.volume.0.as_bytes(),
        row.path.as_bytes(),
        row.size_bytes.to_string().as_bytes(),
        row.mtime_ns.to_string().as_bytes(),
        row.state.name().as_bytes(),
        row.attempts.to_string().as_bytes(),
        checksum.unwrap_or("").as_bytes(),
        row.message.as_deref().unwrap_or("").as_bytes(),
    ])?;
    writer.flush()?;
    writer
        .into_inner()
        .map_err(|error| std::io::Error::other(error.to_string()))
}
