//! Pre-flight for a person's eyes: plain text, one fact a line, unknown values said.

use std::fmt::Write as _;

use super::{BUCKETS, DiskKind, Estimate, Preflight, Sizes, Storage};
use crate::terminal::words;

/// Widest bar of the histogram, in letters.
const BAR: u64 = 24;

/// The whole report. `command` is what to type to have what is advised.
pub fn text(preflight: &Preflight, command: &str) -> String {
    let mut text = String::new();
    machine(&mut text, preflight);
    for source in &preflight.sources {
        storage(&mut text, "source", source);
    }
    storage(&mut text, "destination", &preflight.destination);
    sizes(&mut text, &preflight.sizes);
    rates(&mut text, preflight);
    advice(&mut text, preflight, command);
    text
}

/// The same in two lines: what is shown before a copy. `threads` is what the copy takes, which may be another number.
pub fn brief(preflight: &Preflight, threads: u16) -> String {
    let sizes = &preflight.sizes;
    let free = known(preflight.destination.free_bytes, words::bytes);
    let duration = preflight
        .estimate
        .map_or_else(|| "unknown how long".to_owned(), estimate);
    format!(
        "to copy: {}, {}; destination: {free} free\n{duration}; threads: {threads}, limited by {}",
        words::files(sizes.files),
        words::bytes(sizes.size_bytes),
        preflight.advice.limited_by.words()
    )
}

fn fact(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name:<12} {value}");
}

fn known<T>(value: Option<T>, words: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "unknown".to_owned(), words)
}

fn machine(text: &mut String, preflight: &Preflight) {
    let machine = &preflight.machine;
    let model = known(machine.cpu_model.clone(), |model| model);
    let cores = known(machine.cores, |cores| cores.to_string());
    let sha = if machine.sha_instructions {
        ", SHA-256 instructions"
    } else {
        ""
    };
    fact(text, "processor", &format!("{model}, cores: {cores}{sha}"));
    let memory = known(machine.memory_bytes, words::bytes);
    let free = known(machine.memory_available_bytes, words::bytes);
    fact(text, "memory", &format!("{memory}, available: {free}"));
}

fn storage(text: &mut String, name: &str, storage: &Storage) {
    let filesystem = known(storage.filesystem.clone(), |name| name);
    let device = known(storage.device.clone(), |name| name);
    let kind = known(storage.kind, |kind| disk_words(kind).to_owned());
    let free = known(storage.free_bytes, words::bytes);
    let total = known(storage.total_bytes, words::bytes);
    let read_only = if storage.read_only == Some(true) {
        ", READ-ONLY"
    } else {
        ""
    };
    fact(text, name, &storage.path);
    let facts = format!("{filesystem} on {device} ({kind}), {free} free of {total}{read_only}");
    fact(text, "", &facts);
}

fn disk_words(kind: DiskKind) -> &'static str {
    match kind {
        DiskKind::Rotational => "spinning disk",
        DiskKind::SolidState => "solid state",
        DiskKind::Network => "network",
        DiskKind::Memory => "memory",
    }
}

fn sizes(text: &mut String, sizes: &Sizes) {
    let total = format!(
        "{}, {}",
        words::files(sizes.files),
        words::bytes(sizes.size_bytes)
    );
    fact(text, "to copy", &total);
    let most = sizes
        .histogram
        .iter()
        .map(|bar| bar.files)
        .max()
        .unwrap_or(0)
        .max(1);
    for ((name, _), bar) in BUCKETS.iter().zip(&sizes.histogram) {
        if bar.files == 0 {
            continue;
        }
        let length = (bar.files * BAR).div_ceil(most);
        let drawn = "#".repeat(usize::try_from(length).unwrap_or(0));
        let counted = format!("{:>9} {:>11}", bar.files, words::bytes(bar.size_bytes));
        fact(text, "", &format!("{name:<14} {counted}  {drawn}"));
    }
    if let Some(largest) = &sizes.largest {
        let size = words::bytes(largest.size_bytes);
        fact(text, "largest", &format!("{size}  {}", largest.path));
    }
}

fn rates(text: &mut String, preflight: &Preflight) {
    let rates = &preflight.rates;
    let rate = |rate: Option<f64>| known(rate, words::rate);
    fact(text, "reading", &rate(rates.read_bytes_per_sec));
    let back = rate(rates.read_back_bytes_per_sec);
    let written = rate(rates.write_bytes_per_sec);
    fact(
        text,
        "writing",
        &format!("{written} until durable, read back at {back}"),
    );
    fact(
        text,
        "hashing",
        &format!("{} on one core", rate(rates.hash_bytes_per_sec)),
    );
    let cost = known(rates.file_cost_secs, |secs| format!("{:.2} ms", secs * 1e3));
    fact(text, "a file", &format!("{cost} beside its bytes"));
    let measured = words::bytes(rates.measured_bytes);
    fact(
        text,
        "measured",
        &format!("{measured} in {:.1} s", rates.measured_secs),
    );
}

fn advice(text: &mut String, preflight: &Preflight, command: &str) {
    let advice = &preflight.advice;
    for (at, reason) in advice.reasons.iter().enumerate() {
        fact(text, if at == 0 { "advice" } else { "" }, reason);
    }
    fact(text, "limited by", advice.limited_by.words());
    fact(text, "duration", &known(preflight.estimate, estimate));
    if let Some(shortage) = &preflight.shortage {
        fact(text, "space", &format!("NOT ENOUGH: {shortage}"));
    }
    fact(text, "run", command);
}

fn estimate(estimate: Estimate) -> String {
    let from = words::seconds(estimate.best_secs);
    let to = words::seconds(estimate.worst_secs);
    let learned = match estimate.learned_from_runs {
        0 => String::new(),
        1 => "; corrected by 1 earlier run".to_owned(),
        runs => format!("; corrected by {runs} earlier runs"),
    };
    format!("{from} at best, {to} at worst{learned}")
}
