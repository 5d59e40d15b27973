//! What was typed, in the environment, or configured, as [`Settings`].

use super::Tuning;
use crate::settings::Settings;

/// Options over the values that hold without them.
pub(super) fn settings(base: Settings, typed: &Tuning) -> Settings {
    let mut settings = base;
    put(&mut settings.threads, typed.threads);
    put(&mut settings.bwlimit_bytes_per_sec, typed.bwlimit);
    put(&mut settings.wait_secs, typed.wait);
    if let Some(size_bytes) = typed.buffer_size {
        settings.buffer_bytes = usize::try_from(size_bytes).unwrap_or(usize::MAX);
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
    settings
}

fn put<T>(value: &mut T, typed: Option<T>) {
    if let Some(typed) = typed {
        *value = typed;
    }
}
