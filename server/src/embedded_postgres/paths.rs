//! Where the private cluster lives and which account runs it.
//! Postgres refuses root, so root hands it to `postgres` or `nobody`, in a folder that this account can reach.

use std::{
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::{Uid, User};

use super::EmbeddedPostgresError;

/// Longest folder whose socket still fits into a unix socket address (107 bytes with `/.s.PGSQL.5432`).
const LONGEST_SOCKET_DIR: usize = 90;

/// Holds clusters whose data directory is closed to the account that runs Postgres.
const STATE_DIR: &str = "/var/lib/ferry";

/// Folders of one cluster, and who owns them.
#[derive(Debug)]
pub(super) struct Paths {
    /// Closed to others; holds all below.
    pub(super) home: PathBuf,
    /// Postgres' data.
    pub(super) cluster: PathBuf,
    /// Holds the socket.
    pub(super) socket_dir: PathBuf,
    runs_as: Option<Account>,
}

/// The account that runs Postgres for root.
#[derive(Debug, Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Paths {
    /// Decides, and makes the folders.
    pub(super) fn choose(data_dir: &Path) -> Result<Self, EmbeddedPostgresError> {
        std::fs::create_dir_all(data_dir).map_err(EmbeddedPostgresError::io(data_dir))?;
        let data_dir = data_dir
            .canonicalize()
            .map_err(EmbeddedPostgresError::io(data_dir))?;
        let runs_as = account()?;
        let home = home_of(&data_dir, runs_as)?;
        make_private(&home, runs_as)?;
        let mut socket_dir = home.join("run");
        if socket_dir.as_os_str().len() > LONGEST_SOCKET_DIR {
            socket_dir = std::env::temp_dir().join(format!("ferry-{}", mark_of(&home)));
        }
        make_private(&socket_dir, runs_as)?;
        Ok(Paths {
            cluster: home.join("cluster"),
            home,
            socket_dir,
            runs_as,
        })
    }

    /// A command that runs as the right account, in a group of its own: the terminal's Ctrl-C is for the server,
    /// which stops Postgres when the last part is stored.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.home).process_group(0);
        command
            .env_remove("PGDATA")
            .env_remove("PGHOST")
            .env_remove("PGPORT")
            .env("LC_ALL", "C");
        if let Some(account) = self.runs_as {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }
}

impl Account {
    /// Every folder above may be walked through, and this one too.
    fn can_reach(self, folder: &Path) -> bool {
        folder.ancestors().all(|ancestor| {
            std::fs::metadata(ancestor).is_ok_and(|metadata| self.may_enter(&metadata))
        })
    }

    fn may_enter(self, metadata: &std::fs::Metadata) -> bool {
        let bit = match () {
            () if metadata.uid() == self.uid => 0o100,
            () if metadata.gid() == self.gid => 0o010,
            () => 0o001,
        };
        metadata.mode() & bit != 0
    }
}

/// Whom to run Postgres as; none when we are not root.
fn account() -> Result<Option<Account>, EmbeddedPostgresError> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let known = ["postgres", "nobody"]
        .iter()
        .find_map(|name| User::from_name(name).ok().flatten());
    let user = known.ok_or(EmbeddedPostgresError::NoUnprivilegedUser)?;
    Ok(Some(Account {
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
    }))
}

/// Where the cluster of a data directory is: where it was before, else inside, else (closed to the account that runs
/// Postgres) under the system's state directory. The choice is written down: a data directory that is moved or opened
/// later keeps its cluster.
fn home_of(data_dir: &Path, runs_as: Option<Account>) -> Result<PathBuf, EmbeddedPostgresError> {
    let inside = data_dir.join("postgres");
    let note = data_dir.join("postgres.location");
    if inside.exists() {
        return Ok(inside);
    }
    if let Ok(noted) = std::fs::read_to_string(&note) {
        return Ok(PathBuf::from(noted.trim()));
    }
    match runs_as {
        Some(account) if !account.can_reach(data_dir) => {
            let outside = Path::new(STATE_DIR).join(mark_of(data_dir));
            let written = std::fs::write(&note, format!("{}\n", outside.display()));
            written.map_err(EmbeddedPostgresError::io(&note))?;
            Ok(outside)
        }
        _ => Ok(inside),
    }
}

/// Names a folder in places outside of it.
fn mark_of(folder: &Path) -> String {
    blake3::hash(folder.as_os_str().as_encoded_bytes())
        .to_hex()
        .chars()
        .take(16)
        .collect()
}

/// A folder that only its owner can enter. One that another account made is refused: its owner could read along.
fn make_private(folder: &Path, runs_as: Option<Account>) -> Result<(), EmbeddedPostgresError> {
    let fail = EmbeddedPostgresError::io(folder);
    prepare(folder, runs_as).map_err(fail)
}

fn prepare(folder: &Path, runs_as: Option<Account>) -> std::io::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = std::fs::symlink_metadata(folder)?;
    let own = [
        Some(Uid::effective().as_raw()),
        runs_as.map(|account| account.uid),
    ];
    if !metadata.is_dir() || !own.contains(&Some(metadata.uid())) {
        return Err(std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            "belongs to another account",
        ));
    }
    if let Some(account) = runs_as {
        std::os::unix::fs::chown(folder, Some(account.uid), Some(account.gid))?;
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}
