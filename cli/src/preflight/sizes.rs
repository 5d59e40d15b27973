//! How many files of which size: what estimates and advice hang on.

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// Upper bounds in bytes, each for files that are larger than the one before; the last has none.
pub const BUCKETS: [(&str, u64); 8] = [
    ("up to 4 KiB", 4 * KIB),
    ("up to 64 KiB", 64 * KIB),
    ("up to 1 MiB", MIB),
    ("up to 16 MiB", 16 * MIB),
    ("up to 256 MiB", 256 * MIB),
    ("up to 4 GiB", 4 * GIB),
    ("up to 64 GiB", 64 * GIB),
    ("larger", u64::MAX),
];

/// One bar of the histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Bucket {
    /// How many files.
    pub files: u64,
    /// Their sizes together.
    pub size_bytes: u64,
}

/// The largest file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Largest {
    /// As a person reads it.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
}

/// A pile of files by size.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Sizes {
    /// How many files.
    pub files: u64,
    /// Their sizes together.
    pub size_bytes: u64,
    /// In the order of [`BUCKETS`].
    pub histogram: [Bucket; BUCKETS.len()],
    /// Absent when there is no file.
    pub largest: Option<Largest>,
}

impl Sizes {
    /// Counts one file. Its path is only asked for when it is the largest so far.
    pub fn add(&mut self, size_bytes: u64, path: impl FnOnce() -> String) {
        self.files += 1;
        self.size_bytes = self.size_bytes.saturating_add(size_bytes);
        let bars = BUCKETS.iter().zip(&mut self.histogram);
        if let Some((_, bar)) = bars
            .into_iter()
            .find(|((_, bound), _)| size_bytes <= *bound)
        {
            bar.files += 1;
            bar.size_bytes = bar.size_bytes.saturating_add(size_bytes);
        }
        if self
            .largest
            .as_ref()
            .is_none_or(|largest| size_bytes > largest.size_bytes)
        {
            self.largest = Some(Largest {
                path: path(),
                size_bytes,
            });
        }
    }

    /// Mean size; 0 without files.
    pub fn mean_bytes(&self) -> u64 {
        self.size_bytes.checked_div(self.files).unwrap_or(0)
    }
}
