//! How many files this process may hold open, and how many of them each part of a run gets. The one place that knows
//! `RLIMIT_NOFILE`.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Asks for as many as the system allows: the soft limit is made for programs that use `select`.
pub fn raise_limit() {
    let now = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: now.maximum,
        ..now
    };
    // macOS takes no more than its own constant: then the limit stays, and what is under way is bounded by it
    let _ = setrlimit(Resource::Nofile, wanted);
}

/// At most `most`, and at most one part in `parts` of what may be open.
pub fn share(parts: usize, most: usize) -> usize {
    let limit = getrlimit(Resource::Nofile)
        .current
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX);
    (limit / parts).clamp(1, most)
}
