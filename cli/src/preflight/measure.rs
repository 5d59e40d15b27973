//! What both disks and the processor do, measured within a bound of time and bytes. What is written has no name where
//! the system can do that, so that not even a kill leaves it behind; elsewhere it lies in a directory of its own that
//! goes with it.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    time::{Duration, Instant},
};

use crate::destination::SYNCED_TOGETHER_FROM;

const MIB: u64 = 1 << 20;
const BLOCK_BYTES: usize = 1 << 20;
/// Written between two syncs, so that a slow disk is noticed in time.
const SYNCED_BYTES: u64 = 8 * MIB;
/// Files made to learn what a small file costs.
const SMALL_FILES: u32 = 96;
const SMALL_FILE_BYTES: usize = 4096;
const PREFIX: &str = ".ferry-preflight-";

/// What measuring may cost in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes read and written, all together.
    pub bytes: u64,
    /// Time, all together; where a disk hangs, what is not known by then stays unknown.
    pub time: Duration,
}

impl Default for Budget {
    /// 256 MiB and 10 s, with a margin for cleaning up.
    fn default() -> Self {
        Self {
            bytes: 240 * MIB,
            time: Duration::from_secs(8),
        }
    }
}

impl Budget {
    /// For a job of so many bytes: measuring must not take longer than copying.
    pub fn for_job(size_bytes: u64) -> Self {
        let all = Self::default();
        Self {
            bytes: (size_bytes / 128).clamp(4 * MIB, all.bytes),
            ..all
        }
    }

    /// Little is measured, for little is to be done.
    fn is_small(self) -> bool {
        self.bytes < 16 * MIB
    }
}

/// Each is absent where it was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Rates {
    /// Reading files of the source, with the system's cache emptied where it can be.
    pub read_bytes_per_sec: Option<f64>,
    /// Writing to the destination until it is durable.
    pub write_bytes_per_sec: Option<f64>,
    /// Reading back from the destination.
    pub read_back_bytes_per_sec: Option<f64>,
    /// Hashing on one core.
    pub hash_bytes_per_sec: Option<f64>,
    /// What each file costs at the destination beside its bytes: made, made durable with many others, named.
    pub file_cost_secs: Option<f64>,
    /// Bytes that the measurement read and wrote.
    pub measured_bytes: u64,
    /// How long it took.
    pub measured_secs: f64,
}

enum Finding {
    Hash(f64),
    Read(f64, u64),
    Write(f64, u64),
    ReadBack(f64, u64),
    FileCost(f64, u64),
}

/// Measures in a thread of its own, so that a disk that hangs takes only the budget's time.
pub(super) fn measure(
    sample: &[PathBuf],
    destination: &Path,
    sha256: bool,
    files: u64,
    budget: Budget,
) -> Rates {
    let (tell, told) = mpsc::channel();
    let (sample, destination) = (sample.to_vec(), destination.to_owned());
    let begun = Instant::now();
    std::thread::spawn(move || all(&sample, &destination, sha256, files, budget, &tell));
    let mut rates = Rates::default();
    while let Ok(finding) = told.recv_timeout(budget.time.saturating_sub(begun.elapsed())) {
        rates.take(finding);
    }
    rates.measured_secs = begun.elapsed().as_secs_f64();
    rates
}

impl Rates {
    fn take(&mut self, finding: Finding) {
        let (place, value, bytes) = match finding {
            Finding::Hash(rate) => (&mut self.hash_bytes_per_sec, rate, 0),
            Finding::Read(rate, bytes) => (&mut self.read_bytes_per_sec, rate, bytes),
            Finding::Write(rate, bytes) => (&mut self.write_bytes_per_sec, rate, bytes),
            Finding::ReadBack(rate, bytes) => (&mut self.read_back_bytes_per_sec, rate, bytes),
            Finding::FileCost(secs, bytes) => (&mut self.file_cost_secs, secs, bytes),
        };
        *place = Some(value).filter(|value| value.is_finite() && *value > 0.0);
        self.measured_bytes += bytes;
    }
}

/// Each part in turn; one that fails leaves its value unknown. A third of the time is for the last two.
fn all(
    sample: &[PathBuf],
    destination: &Path,
    sha256: bool,
    files: u64,
    budget: Budget,
    tell: &mpsc::Sender<Finding>,
) {
    let third = budget.time / 3;
    // nobody listens any more once the budget is spent
    let _ = tell.send(Finding::Hash(hash_rate(sha256, budget)));
    if let Some((rate, bytes)) = read_rate(sample, budget.bytes * 2 / 5, third) {
        let _ = tell.send(Finding::Read(rate, bytes));
    }
    sweep(destination);
    if let Ok((rate, bytes, file)) = write_rate(destination, budget.bytes * 2 / 5, third) {
        let _ = tell.send(Finding::Write(rate, bytes));
        if let Ok((rate, bytes)) = read_back_rate(file, budget.bytes / 5, third / 2) {
            let _ = tell.send(Finding::ReadBack(rate, bytes));
        }
    }
    if let Ok((secs, bytes)) = file_cost(destination, third / 2, files, budget) {
        let _ = tell.send(Finding::FileCost(secs, bytes));
    }
}

fn hash_rate(sha256: bool, budget: Budget) -> f64 {
    let time = Duration::from_millis(if budget.is_small() { 4 } else { 40 });
    let block = vec![0x5a_u8; BLOCK_BYTES];
    let begun = Instant::now();
    let mut hashed = 0_u32;
    while begun.elapsed() < time {
        if sha256 {
            std::hint::black_box(ring::digest::digest(&ring::digest::SHA256, &block));
        } else {
            std::hint::black_box(blake3::hash(&block));
        }
        hashed += 1;
    }
    f64::from(hashed) * as_f64(BLOCK_BYTES as u64) / begun.elapsed().as_secs_f64()
}

/// Files in the order of the sample until bytes or time are spent; unknown when hardly anything could be read. What the
/// cache has of the rest is left there: the copy is glad of it.
fn read_rate(sample: &[PathBuf], limit_bytes: u64, limit: Duration) -> Option<(f64, u64)> {
    let mut block = vec![0; BLOCK_BYTES];
    let (begun, mut bytes) = (Instant::now(), 0);
    for path in sample {
        if bytes >= limit_bytes || begun.elapsed() >= limit {
            break;
        }
        let Ok(mut file) = File::open(path) else {
            continue;
        };
        forget_cached(&file, limit_bytes - bytes);
        while bytes < limit_bytes && begun.elapsed() < limit {
            match file.read(&mut block) {
                Ok(0) | Err(_) => break,
                Ok(read) => bytes += read as u64,
            }
        }
    }
    (bytes >= MIB).then(|| (as_f64(bytes) / begun.elapsed().as_secs_f64(), bytes))
}

fn write_rate(
    destination: &Path,
    limit_bytes: u64,
    limit: Duration,
) -> io::Result<(f64, u64, File)> {
    let mut file = nameless(destination)?;
    // not zeros: some filesystems do not store those
    let block: Vec<u8> = (0..BLOCK_BYTES)
        .map(|at| (at * 31 + at / 251) as u8)
        .collect();
    let (begun, mut bytes) = (Instant::now(), 0);
    while bytes < limit_bytes && begun.elapsed() < limit {
        let step = bytes.saturating_add(SYNCED_BYTES).min(limit_bytes);
        while bytes < step {
            file.write_all(&block)?;
            bytes += block.len() as u64;
        }
        file.sync_data()?;
    }
    Ok((as_f64(bytes) / begun.elapsed().as_secs_f64(), bytes, file))
}

fn read_back_rate(mut file: File, limit_bytes: u64, limit: Duration) -> io::Result<(f64, u64)> {
    forget_cached(&file, limit_bytes);
    file.rewind()?;
    let mut block = vec![0; BLOCK_BYTES];
    let (begun, mut bytes) = (Instant::now(), 0);
    while bytes < limit_bytes && begun.elapsed() < limit {
        match file.read(&mut block)? {
            0 => break,
            read => bytes += read as u64,
        }
    }
    Ok((as_f64(bytes) / begun.elapsed().as_secs_f64(), bytes))
}

/// As a batch does it: written, made durable together, renamed. Where the job has few files, each by itself: making a
/// whole filesystem durable would then cost more than the job does.
fn file_cost(
    destination: &Path,
    limit: Duration,
    files: u64,
    budget: Budget,
) -> io::Result<(f64, u64)> {
    let most = if budget.is_small() {
        SMALL_FILES / 3
    } else {
        SMALL_FILES
    };
    let wanted = u32::try_from(files.max(1)).map_or(most, |files| files.min(most));
    let together = usize::try_from(wanted).is_ok_and(|files| files >= SYNCED_TOGETHER_FROM);
    let dir = tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}-", std::process::id()))
        .tempdir_in(destination)?;
    let content = vec![0x5a_u8; SMALL_FILE_BYTES];
    let (begun, mut made) = (Instant::now(), 0);
    let mut last = None;
    while made < wanted && begun.elapsed() < limit {
        let (part, name) = (dir.path().join("part"), dir.path().join(made.to_string()));
        let mut file = File::create(&part)?;
        file.write_all(&content)?;
        if !together {
            file.sync_data()?;
        }
        std::fs::rename(&part, &name)?;
        made += 1;
        last = Some(file);
    }
    if let Some(file) = last.filter(|_| together) {
        sync_filesystem(&file)?;
    }
    let secs = begun.elapsed().as_secs_f64() / f64::from(made.max(1));
    dir.close()?;
    Ok((secs, u64::from(made) * SMALL_FILE_BYTES as u64))
}

/// Takes away directories of measurements that a kill ended: their process is gone, or they are too old for one that
/// still runs, on whatever machine.
pub fn sweep(destination: &Path) {
    let entries = std::fs::read_dir(destination)
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries {
        let name = entry.file_name();
        let Some(of) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        let pid = of.split('-').next().and_then(|pid| pid.parse().ok());
        let age = entry.metadata().and_then(|data| data.modified()).ok();
        let is_old = age
            .and_then(|at| at.elapsed().ok())
            .is_some_and(|age| age > Duration::from_secs(3600));
        if is_old || pid.is_some_and(is_gone) {
            // a leftover that cannot be removed harms nobody; the next measurement tries again
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_gone(pid: i32) -> bool {
    let pid = rustix::process::Pid::from_raw(pid);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

#[cfg(target_os = "linux")]
fn nameless(destination: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(destination, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(file.into()),
        // not every filesystem has files without a name
        Err(_) => tempfile::tempfile_in(destination),
    }
}

#[cfg(not(target_os = "linux"))]
fn nameless(destination: &Path) -> io::Result<File> {
    tempfile::tempfile_in(destination)
}

#[cfg(target_os = "linux")]
fn forget_cached(file: &File, first_bytes: u64) {
    // a cache that stays full only makes the measurement rosier
    let first = std::num::NonZeroU64::new(first_bytes);
    let _ = rustix::fs::fadvise(file, 0, first, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn forget_cached(_file: &File, _first_bytes: u64) {}

#[cfg(target_os = "linux")]
fn sync_filesystem(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_filesystem(file: &File) -> io::Result<()> {
    file.sync_all()
}

pub(super) fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}
