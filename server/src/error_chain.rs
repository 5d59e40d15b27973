//! An error in one line of a log: with everything below it, because the top alone may say "error sending request".

/// The messages from the top down, without one that repeats the one above.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    let mut messages: Vec<String> = errors.map(ToString::to_string).collect();
    messages.dedup();
    messages.join(": ")
}
