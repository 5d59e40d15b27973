//! Where a job's files lie: `D/N.db`, `D/N.lock`, `D/checksum-cache.db`, `D/logs/`, `D/reports/N/`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::JobError;

/// A job's directory and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPlace {
    dir: PathBuf,
    name: String,
    cache: Option<PathBuf>,
}

impl JobPlace {
    /// A name in a directory; `cache`: the checksum cache, when it is not the directory's own.
    pub fn new(dir: &Path, name: &str, cache: Option<&Path>) -> Self {
        JobPlace {
            dir: dir.to_owned(),
            name: name.to_owned(),
            cache: cache.map(Path::to_owned),
        }
    }

    /// As typed: the path of a database, or a name in `dir`.
    pub fn typed(word: &Path, dir: &Path, cache: Option<&Path>) -> Self {
        let is_path =
            word.components().count() > 1 || word.extension().is_some_and(|ending| ending == "db");
        let stem = word
            .file_stem()
            .unwrap_or(word.as_os_str())
            .to_string_lossy();
        match (
            is_path,
            word.parent()
                .filter(|parent| !parent.as_os_str().is_empty()),
        ) {
            (true, Some(parent)) => Self::new(parent, &stem, cache),
            (true, None) => Self::new(Path::new("."), &stem, cache),
            (false, _) => Self::new(dir, &word.to_string_lossy(), cache),
        }
    }

    /// As shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The job directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The ledger.
    pub fn database(&self) -> PathBuf {
        self.dir.join(format!("{}.db", self.name))
    }

    /// Who writes.
    pub fn lock_file(&self) -> PathBuf {
        self.dir.join(format!("{}.lock", self.name))
    }

    /// The checksum cache.
    pub fn cache(&self) -> PathBuf {
        self.cache
            .clone()
            .unwrap_or_else(|| self.dir.join("checksum-cache.db"))
    }

    /// Logs.
    pub fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    /// Reports of this job.
    pub fn reports(&self) -> PathBuf {
        self.dir.join("reports").join(&self.name)
    }

    /// Makes what is not there.
    pub fn make_directories(&self) -> Result<(), JobError> {
        let made = fs::create_dir_all(self.logs());
        made.map_err(|source| JobError::Io {
            path: self.logs(),
            source,
        })
    }

    /// The job has to be there.
    pub fn must_exist(&self) -> Result<(), JobError> {
        match fs::metadata(self.database()) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(JobError::NoSuchJob {
                name: self.name.clone(),
                dir: self.dir.clone(),
            }),
            Err(source) => Err(JobError::Io {
                path: self.database(),
                source,
            }),
        }
    }

    /// Names of the jobs in a directory, sorted.
    pub fn jobs_in(dir: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut names: Vec<String> = paths
            .filter(|path| {
                path.extension().is_some_and(|ending| ending == "db")
                    && path.with_extension("lock").exists()
            })
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        Ok(names)
    }
}
