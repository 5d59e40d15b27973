//! A disk that parts, the private Postgres and its log share, filled to the end: parts are refused while there is room
//! left to delete.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ferry_core::{
    plan::DISK,
    wire::{ErrorCode, StorageEntry},
};
use ferry_tests::{
    client::{Person, SealedFile, content},
    fixture::{Fixture, FixtureBuilder},
    part_store::Store,
    wait,
};

const DISK_MIB: u64 = 300;
const RESERVE_BYTES: u64 = 96 << 20;
/// What Postgres may write into the reserve meanwhile: two segments of its log.
const POSTGRES_BYTES: u64 = 40 << 20;
const FILE_BYTES: usize = 30 << 20;

/// A file system of its own, gone with its value.
struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounting needs root, or a container that allows it.
    fn mount(at: &Path) -> Result<SmallDisk> {
        let size = format!("size={DISK_MIB}m,mode=0755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "ferry-test"])
            .arg(at)
            .status()?;
        ensure!(
            mounted.success(),
            "a disk of {DISK_MIB} MiB cannot be mounted: run as root"
        );
        Ok(SmallDisk { at: at.to_owned() })
    }

    fn free_bytes(&self) -> Result<u64> {
        let disk = nix::sys::statvfs::statvfs(&self.at)?;
        Ok(disk.blocks_available() * disk.fragment_size())
    }

    /// What Postgres and the server wrote into their logs there.
    fn logs(&self) -> String {
        let files = walkdir::WalkDir::new(&self.at)
            .into_iter()
            .filter_map(|entry| entry.ok());
        let logs = files.filter(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "log")
        });
        logs.filter_map(|log| std::fs::read_to_string(log.path()).ok())
            .collect()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.at).status().ok();
    }
}

/// Uploads files until a part is refused; the complete ones, and the one that did not fit.
async fn fill(person: &Person) -> Result<(Vec<SealedFile>, SealedFile, u32)> {
    let mut stored = Vec::new();
    for seed in 0..DISK_MIB {
        let name = format!("file {seed}");
        let file =
            SealedFile::with_profile(&person.keys, &name, content(seed, FILE_BYTES), DISK, false)?;
        file.start(&person.api).await?;
        for number in 1..=file.total_parts() {
            let answer = file.put(&person.api, number, &file.part(number)?).await?;
            if answer.status != 201 {
                answer.refused(507, ErrorCode::StorageFull)?;
                return Ok((stored, file, number));
            }
        }
        file.complete(&person.api).await?;
        stored.push(file);
    }
    anyhow::bail!("the disk never was full")
}

async fn storage(person: &Person) -> Result<StorageEntry> {
    let entries: Vec<StorageEntry> = person.api.get("/api/admin/storage").await?.expect(200)?;
    entries
        .into_iter()
        .find(|entry| entry.is_default)
        .context("no store")
}

async fn readiness(fixture: &Fixture) -> Result<String> {
    let ready = fixture.api()?.get("/readyz").await?;
    ready.expect_status(200)?;
    Ok(ready.text())
}

#[tokio::test]
async fn a_full_disk_refuses_parts_and_still_deletes() -> Result<()> {
    let builder = FixtureBuilder::default()
        .parts_in(Store::Directory)
        .embedded_postgres()
        .set("FERRY_DISK_RESERVE_BYTES", RESERVE_BYTES);
    let mut fixture = builder.start_later().await?;
    let disk = SmallDisk::mount(&fixture.server_config().data_dir)?;
    fixture.start_server().await?;
    let admin = fixture.admin().await?;
    let (stored, refused, number) = fill(&admin).await?;
    ensure!(stored.len() > 1, "nothing fits on the disk");
    let free = disk.free_bytes()?;
    ensure!(
        free + POSTGRES_BYTES >= RESERVE_BYTES,
        "only {free} bytes are left"
    );
    let told = || async {
        let (ready, store) = (readiness(&fixture).await?, storage(&admin).await?);
        let says = store
            .problem
            .as_deref()
            .is_some_and(|problem| problem.contains("full"));
        wait::holds(
            ready.contains("storage_full") && !store.healthy && says,
            &format!("{ready} {store:?}"),
        )
    };
    wait::until(Duration::from_secs(30), "the full disk is said", told).await?;
    for file in &stored {
        admin
            .api
            .delete(&format!("/api/files/{}", file.id()))
            .await?
            .expect_status(200)?;
    }
    let taken = || async {
        let answer = refused
            .put(&admin.api, number, &refused.part(number)?)
            .await?;
        answer.expect_status(201)
    };
    wait::until(Duration::from_secs(60), "the upload goes on", taken).await?;
    let well = || async { wait::holds(readiness(&fixture).await? == "ready\n", "still full") };
    wait::until(Duration::from_secs(30), "it is ready again", well).await?;
    let logs = disk.logs();
    ensure!(
        !logs.contains("PANIC") && !logs.contains("No space left"),
        "Postgres felt it: {logs}"
    );
    fixture.stop_server().await?;
    drop(disk);
    fixture.close().await
}
