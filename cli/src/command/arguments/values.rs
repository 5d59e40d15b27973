//! Words as values. The command line and configuration files use the same, so both say the same about a wrong one.

use std::str::FromStr as _;

use crate::settings::Threads;

/// A number from 1 on, or `auto`.
pub(super) fn threads(text: &str) -> Result<Threads, String> {
    if text == "auto" {
        return Ok(Threads::Auto);
    }
    match u16::from_str(text) {
        Ok(count) if count > 0 => Ok(Threads::Exactly(count)),
        _ => Err("write a number from 1 on, or auto".to_owned()),
    }
}

/// `1MiB`, `64KB`, `4096`.
pub(super) fn size_bytes(text: &str) -> Result<u64, String> {
    let size = bytesize::ByteSize::from_str(text);
    size.map(|size| size.as_u64())
        .map_err(|_| "write a size such as 1MiB".to_owned())
}

/// The same, also with `/s`.
pub(super) fn bytes_per_sec(text: &str) -> Result<u64, String> {
    size_bytes(text.trim_end_matches("/s")).map_err(|_| "write a rate such as 50MiB".to_owned())
}

/// `10m`, `90s`, `0`.
pub(super) fn whole_secs(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    let time = humantime::parse_duration(text);
    time.map(|time| time.as_secs())
        .map_err(|error| format!("{error}; write 10m or 90s"))
}
