//! Waiting for conditions, never for time alone.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

const PAUSE: Duration = Duration::from_millis(25);

/// The future's value, or an error that says what did not happen.
pub async fn within<T>(time: Duration, what: &str, future: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(time, future)
        .await
        .with_context(|| format!("not within {} s: {what}", time.as_secs()))
}

/// Asks again and again until there is a value; the last refusal is part of the error.
pub async fn until<T, F>(time: Duration, what: &str, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let begun = Instant::now();
    loop {
        match ask().await {
            Ok(value) => return Ok(value),
            Err(refusal) if begun.elapsed() > time => {
                return Err(refusal.context(format!("not within {} s: {what}", time.as_secs())));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// [`until`] for code that is not async.
pub fn until_blocking<T>(
    time: Duration,
    what: &str,
    mut ask: impl FnMut() -> Result<T>,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(value) => return Ok(value),
            Err(refusal) if begun.elapsed() > time => {
                return Err(refusal.context(format!("not within {} s: {what}", time.as_secs())));
            }
            Err(_) => std::thread::park_timeout(PAUSE),
        }
    }
}

/// Turns a condition into something [`until`] can ask.
pub fn holds(condition: bool, what: &str) -> Result<()> {
    if condition { Ok(()) } else { bail!("{what}") }
}
