//! Between Postgres' signed numbers and Ferry's unsigned ones. The tables' constraints keep counts and sizes at zero or above.

/// A count out of a row.
pub fn u32_of(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

/// A size out of a row.
pub fn u64_of(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// A manifest's sequence number out of a row.
pub fn seq_of(value: i64) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

/// A count into a row or a comparison. What no row can hold becomes the largest value, which equals none.
pub fn i32_of(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// A size into a row or a comparison. What no row can hold becomes the largest value, which equals none.
pub fn i64_of(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
