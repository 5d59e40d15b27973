//! What was typed, in the environment, or configured, as [`Settings`].

use std::str::FromStr as _;

use super::Tuning;
use crate::settings::{Settings, Threads};

/// Options over the values that hold without them. The error is for a person.
pub(super) fn settings(base: Settings, typed: &Tuning) -> Result<Settings, String> {
    let mut settings = base;
    if let Some(threads) = &typed.threads {
        settings.threads = threads_of(threads)?;
    }
    if let Some(size) = &typed.buffer_size {
        settings.buffer_bytes =
            usize::try_from(bytes_of("--buffer-size", size)?).map_err(|error| error.to_string())?;
    }
    if let Some(rate) = &typed.bwlimit {
        settings.bwlimit_bytes_per_sec = bytes_of("--bwlimit", rate.trim_end_matches("/s"))?;
    }
    if let Some(wait) = &typed.wait {
        let time = humantime::parse_duration(wait)
            .map_err(|error| format!("--wait {wait}: {error}; write 10m or 90s"))?;
        settings.wait_secs = time.as_secs();
    }
    let manager = &mut settings.resume_manager;
    put(&mut manager.checkpoint_interval, typed.checkpoint_interval);
    put(
        &mut manager.checkpoint_time_interval,
        typed.checkpoint_time_interval,
    );
    put(
        &mut manager.max_checkpoint_age_days,
        typed.max_checkpoint_age_days,
    );
    put(
        &mut manager.max_concurrent_resumes,
        typed.max_concurrent_resumes,
    );
    put(
        &mut manager.verify_state_on_resume,
        typed.verify_state_on_resume,
    );
    put(&mut settings.hash, typed.hash);
    put(&mut settings.durability, typed.durability);
    put(&mut settings.dedup, typed.dedup);
    put(&mut settings.on_conflict, typed.on_conflict);
    put(&mut settings.retries, typed.retries);
    put(&mut settings.order_by, typed.order_by);
    put(&mut settings.max_errors, typed.max_errors);
    if !typed.include.is_empty() {
        settings.include.clone_from(&typed.include);
    }
    if !typed.exclude.is_empty() {
        settings.exclude.clone_from(&typed.exclude);
    }
    Ok(settings)
}

fn put<T>(value: &mut T, typed: Option<T>) {
    if let Some(typed) = typed {
        *value = typed;
    }
}

fn threads_of(text: &str) -> Result<Threads, String> {
    if text == "auto" {
        return Ok(Threads::Auto);
    }
    match u16::from_str(text) {
        Ok(count) if count > 0 => Ok(Threads::Exactly(count)),
        _ => Err(format!(
            "--threads {text}: write a number from 1 on, or auto"
        )),
    }
}

fn bytes_of(option: &str, text: &str) -> Result<u64, String> {
    let size = bytesize::ByteSize::from_str(text)
        .map_err(|_| format!("{option} {text}: write a size such as 1MiB"))?;
    Ok(size.as_u64())
}
