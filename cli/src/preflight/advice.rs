//! What to set, and what holds it up.

use std::path::Path;

use super::{DiskKind, Machine, Rates, Sizes, Storage, measure::as_f64};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// Below this mean size the work is names and not bytes.
const SMALL_MEAN_BYTES: u64 = MIB;

/// What takes the most time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Reading the source.
    SourceRead,
    /// Writing to the destination.
    DestinationWrite,
    /// Hashing.
    Hash,
    /// Making, naming and syncing many files.
    Files,
    /// The limit that was asked for.
    Bandwidth,
    /// Nothing was measured.
    Unknown,
}

impl Limit {
    /// In a sentence: "limited by …".
    pub fn words(self) -> &'static str {
        match self {
            Limit::SourceRead => "how fast the source is read",
            Limit::DestinationWrite => "how fast the destination writes",
            Limit::Hash => "how fast one core hashes",
            Limit::Files => "the number of files, not their bytes",
            Limit::Bandwidth => "--bwlimit",
            Limit::Unknown => "unknown: nothing was measured",
        }
    }
}

/// What to set, and why.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Advice {
    /// `--threads`.
    pub threads: u16,
    /// `--buffer-size`.
    pub buffer_bytes: u64,
    /// `--durability`.
    pub durability: &'static str,
    /// What takes the most time.
    pub limited_by: Limit,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

pub(super) fn advise(
    machine: &Machine,
    sources: &[Storage],
    destination: &Storage,
    sizes: &Sizes,
    rates: &Rates,
) -> Advice {
    let mut reasons = Vec::new();
    let threads = threads(machine, sources, destination, sizes, &mut reasons);
    let buffer_bytes = buffer_bytes(sources, destination, sizes, &mut reasons);
    reasons.push(
        "durability batch: as safe as a sync for each file, at the price of one for many"
            .to_owned(),
    );
    Advice {
        threads,
        buffer_bytes,
        durability: "batch",
        limited_by: limit(sizes, rates, threads),
        reasons,
    }
}

fn threads(
    machine: &Machine,
    sources: &[Storage],
    destination: &Storage,
    sizes: &Sizes,
    reasons: &mut Vec<String>,
) -> u16 {
    let cores = u16::try_from(machine.cores.unwrap_or(1)).unwrap_or(u16::MAX);
    if let Some(disk) = sources
        .iter()
        .chain([destination])
        .find(|disk| disk.wants_one_reader())
    {
        reasons.push(format!(
            "1 thread: {} is on a spinning disk, which is slower for several at once",
            disk.path
        ));
        return 1;
    }
    if sizes.files <= 1 {
        reasons.push("1 thread: there is one file".to_owned());
        return 1;
    }
    let (threads, why) = match sizes.mean_bytes() < SMALL_MEAN_BYTES {
        true => (
            cores.saturating_mul(2).clamp(2, 8),
            "many small files wait for names and syncs, not for bytes",
        ),
        false => (
            cores.saturating_mul(2).clamp(2, 4),
            "one large file is read back while others are written, and a few keep a disk busy",
        ),
    };
    let threads = threads.min(u16::try_from(sizes.files).unwrap_or(u16::MAX));
    reasons.push(format!("{threads} threads on {cores} cores: {why}"));
    threads
}

fn buffer_bytes(
    sources: &[Storage],
    destination: &Storage,
    sizes: &Sizes,
    reasons: &mut Vec<String>,
) -> u64 {
    let far = |disk: &&Storage| matches!(disk.kind, Some(DiskKind::Network | DiskKind::Rotational));
    if let Some(disk) = sources.iter().chain([destination]).find(far) {
        reasons.push(format!(
            "buffer 4 MiB: each request to {} has its price",
            disk.path
        ));
        return 4 * MIB;
    }
    if sizes.mean_bytes() < 64 * KIB {
        reasons.push("buffer 256 KiB: most files fit in one".to_owned());
        return 256 * KIB;
    }
    reasons.push("buffer 1 MiB: larger ones fall out of the processor's cache".to_owned());
    MIB
}

/// What takes the most time by itself.
fn limit(sizes: &Sizes, rates: &Rates, threads: u16) -> Limit {
    let bytes = as_f64(sizes.size_bytes);
    let over = |rate: Option<f64>| rate.map(|rate| bytes / rate);
    let files = rates.file_cost_secs.map(|secs| secs * as_f64(sizes.files));
    let shares = [
        (Limit::SourceRead, over(rates.read_bytes_per_sec)),
        (Limit::DestinationWrite, over(rates.write_bytes_per_sec)),
        (
            Limit::Hash,
            over(rates.hash_bytes_per_sec).map(|secs| 2.0 * secs / f64::from(threads)),
        ),
        (Limit::Files, files),
    ];
    let known = shares
        .iter()
        .filter_map(|(limit, secs)| Some((*limit, (*secs)?)));
    known
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map_or(Limit::Unknown, |(limit, _)| limit)
}

impl Advice {
    /// What to type to have exactly this.
    pub fn command(&self, sources: &[std::path::PathBuf], destination: &Path) -> String {
        let mut words = vec!["ferry".to_owned(), "run".to_owned()];
        words.extend(sources.iter().map(|path| quoted(path)));
        words.push(quoted(destination));
        words.push(self.options());
        words.join(" ")
    }

    /// The options alone.
    pub fn options(&self) -> String {
        format!(
            "--threads {} --buffer-size {}KiB --durability {}",
            self.threads,
            self.buffer_bytes / KIB,
            self.durability
        )
    }
}

/// A path as a word for the shell; bytes that are not printable as `$'\x..'`.
pub(crate) fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+:,@%=".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
        _ => {
            let letter = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                0x20..0x7f => char::from(*byte).to_string(),
                other => format!("\\x{other:02x}"),
            };
            format!("$'{}'", bytes.iter().map(letter).collect::<String>())
        }
    }
}
