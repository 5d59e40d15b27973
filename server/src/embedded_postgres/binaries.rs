//! Finds the machine's Postgres server binaries. Runs none but `pg_config`.

use std::path::{Path, PathBuf};

use super::EmbeddedPostgresError;

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug)]
pub(super) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The newest that can run the cluster; for one that is still to be made, the newest.
    pub(super) fn find(cluster: &Path) -> Result<Self, EmbeddedPostgresError> {
        let found: Vec<Binaries> = folders()
            .into_iter()
            .filter(|f| is_complete(f))
            .map(|folder| Binaries { folder })
            .collect();
        if found.is_empty() {
            return Err(EmbeddedPostgresError::NotInstalled);
        }
        match std::fs::read_to_string(cluster.join("PG_VERSION")) {
            Ok(needed) => found
                .into_iter()
                .find(|binaries| binaries.major() == needed.trim())
                .ok_or_else(|| EmbeddedPostgresError::OtherVersion {
                    cluster: cluster.to_owned(),
                    needed: needed.trim().to_owned(),
                }),
            Err(_) => found
                .into_iter()
                .next()
                .ok_or(EmbeddedPostgresError::NotInstalled),
        }
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// `postgres (PostgreSQL) 15.14 (Debian ...)` is `15`.
    fn major(&self) -> String {
        let output = std::process::Command::new(self.postgres())
            .arg("--version")
            .output();
        let text = output
            .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
            .unwrap_or_default();
        let version = text
            .split_whitespace()
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        version
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect()
    }
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|name| folder.join(name).is_file())
}

/// What `pg_config` names, the well-known folders (the newest first), the search path.
fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(output) = std::process::Command::new("pg_config")
        .arg("--bindir")
        .output()
    {
        folders.push(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ));
    }
    folders.extend(versioned("/usr/lib/postgresql", "", "bin"));
    folders.extend(versioned("/usr", "pgsql-", "bin"));
    folders.extend(versioned("/opt/homebrew/opt", "postgresql@", "bin"));
    folders.extend(versioned("/usr/local/opt", "postgresql@", "bin"));
    folders.extend(
        [
            "/usr/bin",
            "/usr/local/bin",
            "/usr/local/pgsql/bin",
            "/opt/homebrew/bin",
        ]
        .map(PathBuf::from),
    );
    folders
}

/// `root/<prefix><version>/<end>`, the highest version first.
fn versioned(root: &str, prefix: &str, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path().join(end)))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}
