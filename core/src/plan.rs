//! The part plan: where a file of known size is cut, from a seed in its header. It knows sizes only, never content.
//!
//! Part `i` (from 1) has `min + 65,536 * (r_i mod steps)` bytes with `r_i` drawn by BLAKE3 from the seed; the last
//! part is what remains, and an empty file has one empty part. The sequence does not depend on the file's size, so a
//! file that grew keeps its first parts.

/// Every planned part but the last is a multiple of this.
pub const GRAIN_BYTES: u32 = 65_536;
/// Largest part that still fits a provider's message once it is sealed.
pub const MAX_PART_BYTES: u32 = 20_905_984;
/// Most parts of one file.
pub const MAX_PARTS: u32 = 1_000_000;

/// Where parts go when lines are slow: 2 to 3 MiB.
pub const SLOW: Profile = Profile {
    name: "slow",
    min_bytes: 2 << 20,
    max_bytes: 3 << 20,
};
/// Where parts go to a disk or an object store: 7 to 9 MiB.
pub const DISK: Profile = Profile {
    name: "disk",
    min_bytes: 7 << 20,
    max_bytes: 9 << 20,
};
/// Where parts become messages: 14 to 18 MiB.
pub const TELEGRAM: Profile = Profile {
    name: "telegram",
    min_bytes: 14 << 20,
    max_bytes: 18 << 20,
};
/// What a client chooses by itself where a part of [`POOR_LINE`] would take minutes: 128 to 256 KiB.
const POOREST_LINE: Profile = Profile {
    name: "poorest-line",
    min_bytes: 128 << 10,
    max_bytes: 256 << 10,
};
/// Between the two: 256 to 512 KiB.
const POORER_LINE: Profile = Profile {
    name: "poorer-line",
    min_bytes: 256 << 10,
    max_bytes: 512 << 10,
};
/// What a client chooses by itself on a poor line: 512 KiB to 1 MiB.
const POOR_LINE: Profile = Profile {
    name: "poor-line",
    min_bytes: 512 << 10,
    max_bytes: 1 << 20,
};
/// Below this a part of [`POORER_LINE`] takes ten seconds and more.
const POOREST_LINE_BYTES_PER_SEC: u64 = 32 << 10;
/// Below this a part of [`POOR_LINE`] does.
const POORER_LINE_BYTES_PER_SEC: u64 = 64 << 10;
/// Below this a part of [`SLOW`] takes ten seconds and more.
const POOR_LINE_BYTES_PER_SEC: u64 = 256 << 10;
/// Below this a part of [`DISK`] does.
const SLOW_LINE_BYTES_PER_SEC: u64 = 1 << 20;
/// The profiles by name.
pub const PROFILES: [Profile; 3] = [SLOW, DISK, TELEGRAM];

/// A named range of part sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Its name in settings and in the server's config answer.
    pub name: &'static str,
    /// Smallest part, bytes.
    pub min_bytes: u32,
    /// Largest part, bytes.
    pub max_bytes: u32,
}

impl Profile {
    /// The profile called so.
    pub fn by_name(name: &str) -> Option<Profile> {
        PROFILES.into_iter().find(|profile| profile.name == name)
    }

    /// The range for a new file on a line of so many bytes a second: a part should take seconds, so that a cut costs little
    /// and what is stored is seen to grow. Never larger than what the server offers, and never so small that the file would
    /// have more than [`MAX_PARTS`].
    pub fn for_line(self, size_bytes: u64, bytes_per_sec: Option<u64>) -> Profile {
        let Some(rate) = bytes_per_sec else {
            return self;
        };
        let holds = |wanted: &Profile| {
            size_bytes <= u64::from(wanted.min_bytes) * u64::from(MAX_PARTS)
                && wanted.max_bytes < self.max_bytes
        };
        let fitting = [
            (POOREST_LINE_BYTES_PER_SEC, POOREST_LINE),
            (POORER_LINE_BYTES_PER_SEC, POORER_LINE),
            (POOR_LINE_BYTES_PER_SEC, POOR_LINE),
            (SLOW_LINE_BYTES_PER_SEC, SLOW),
        ];
        let mut fitting = fitting
            .into_iter()
            .filter(|(below, _)| rate < *below)
            .map(|(_, profile)| profile);
        fitting.find(holds).unwrap_or(self)
    }

    /// This range with a file's own seed.
    pub fn with_seed(self, seed: [u8; 8]) -> PlanParams {
        PlanParams {
            min_bytes: self.min_bytes,
            max_bytes: self.max_bytes,
            seed,
        }
    }
}

/// What a header says about the plan; checked by [`PlanParams::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanParams {
    min_bytes: u32,
    max_bytes: u32,
    seed: [u8; 8],
}

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The header is not one that Ferry wrote.
    #[error(
        "part sizes must be multiples of {GRAIN_BYTES} with {GRAIN_BYTES} <= min <= max <= {MAX_PART_BYTES}"
    )]
    BadRange,
    /// Larger parts are needed.
    #[error("the file would have more than {MAX_PARTS} parts")]
    TooManyParts,
}

impl PlanParams {
    /// Refuses sizes that no plan may have.
    pub fn new(min_bytes: u32, max_bytes: u32, seed: [u8; 8]) -> Result<Self, PlanError> {
        let grained =
            min_bytes.is_multiple_of(GRAIN_BYTES) && max_bytes.is_multiple_of(GRAIN_BYTES);
        let ordered =
            GRAIN_BYTES <= min_bytes && min_bytes <= max_bytes && max_bytes <= MAX_PART_BYTES;
        if grained && ordered {
            Ok(Self {
                min_bytes,
                max_bytes,
                seed,
            })
        } else {
            Err(PlanError::BadRange)
        }
    }

    /// Smallest part, bytes.
    pub fn min_bytes(&self) -> u32 {
        self.min_bytes
    }

    /// Largest part, bytes.
    pub fn max_bytes(&self) -> u32 {
        self.max_bytes
    }

    /// What the sizes are drawn from.
    pub fn seed(&self) -> [u8; 8] {
        self.seed
    }

    /// Length of part `number` wherever it is not the last one, without making the whole plan.
    pub fn full_len_bytes(&self, number: u32) -> u32 {
        let steps = (self.max_bytes - self.min_bytes) / GRAIN_BYTES + 1;
        if steps == 1 {
            return self.min_bytes;
        }
        self.min_bytes + GRAIN_BYTES * (self.draw(number) % steps)
    }

    fn draw(&self, number: u32) -> u32 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed).update(&number.to_be_bytes());
        let mut first = [0; 4];
        hasher.finalize_xof().fill(&mut first);
        u32::from_be_bytes(first)
    }
}

/// One part's place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSpan {
    /// Part number, from 1.
    pub number: u32,
    /// Where its plaintext begins in the file.
    pub offset_bytes: u64,
    /// Length of its plaintext.
    pub len_bytes: u32,
}

impl PartSpan {
    /// Where the next part begins.
    pub fn end_bytes(&self) -> u64 {
        self.offset_bytes + u64::from(self.len_bytes)
    }
}

/// All parts of a file of known size; any of them is found at once.
#[derive(Clone, PartialEq, Eq)]
pub struct Plan {
    params: PlanParams,
    size_bytes: u64,
    /// Where each part ends; the last one is the size.
    ends_bytes: Vec<u64>,
}

impl Plan {
    /// Cuts a file of `size_bytes`; refuses one with more than [`MAX_PARTS`].
    pub fn new(params: PlanParams, size_bytes: u64) -> Result<Self, PlanError> {
        if size_bytes > u64::from(params.max_bytes) * u64::from(MAX_PARTS) {
            return Err(PlanError::TooManyParts);
        }
        let mut ends_bytes = Vec::new();
        let mut end_bytes = 0;
        for number in 1..=MAX_PARTS {
            end_bytes += u64::from(params.full_len_bytes(number));
            ends_bytes.push(end_bytes.min(size_bytes));
            if end_bytes >= size_bytes {
                return Ok(Self {
                    params,
                    size_bytes,
                    ends_bytes,
                });
            }
        }
        Err(PlanError::TooManyParts)
    }

    /// What it was made from.
    pub fn params(&self) -> &PlanParams {
        &self.params
    }

    /// Size of the file.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Parts of the file, at least 1.
    pub fn part_count(&self) -> u32 {
        u32::try_from(self.ends_bytes.len()).unwrap_or(MAX_PARTS)
    }

    /// Part `number`, from 1.
    pub fn part(&self, number: u32) -> Option<PartSpan> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        let end_bytes = *self.ends_bytes.get(index)?;
        let offset_bytes = match index.checked_sub(1) {
            Some(before) => *self.ends_bytes.get(before)?,
            None => 0,
        };
        let len_bytes = u32::try_from(end_bytes - offset_bytes).ok()?;
        Some(PartSpan {
            number,
            offset_bytes,
            len_bytes,
        })
    }

    /// All parts in order.
    pub fn iter(&self) -> impl Iterator<Item = PartSpan> + '_ {
        (1..=self.part_count()).filter_map(|number| self.part(number))
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Plan({} bytes in {} parts)",
            self.size_bytes,
            self.part_count()
        )
    }
}

#[cfg(test)]
mod tests;
