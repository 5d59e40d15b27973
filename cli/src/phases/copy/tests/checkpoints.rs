//! Batches by number and by time, and what a resume looks at first.

use super::*;
use crate::settings::ResumeManager;

/// Files in the largest batch of so many, which come at this rate: steadily, so that quiet does not close a batch.
fn largest_batch(files: usize, files_per_sec: u64, settle: impl FnOnce(&mut ResumeManager)) -> u64 {
    const FILE_BYTES: u16 = 20_000;
    let names: Vec<String> = (0..files).map(|number| format!("f{number:02}")).collect();
    let files: BTreeMap<&str, Vec<u8>> = names
        .iter()
        .map(|name| (name.as_str(), vec![5; FILE_BYTES.into()]))
        .collect();
    let mut bench = Bench::new(&files);
    settle(&mut bench.settings.resume_manager);
    bench.settings.bwlimit_bytes_per_sec = files_per_sec * u64::from(FILE_BYTES);
    bench.copy();
    let told = bench.ear.0.lock().unwrap();
    let sizes = told.iter().filter_map(|event| match event {
        Event::Checkpoint { files, .. } => Some(*files),
        _ => None,
    });
    sizes.max().unwrap()
}

#[test]
fn r61_checkpoint_interval_closes_a_batch_that_took_its_time() {
    let largest =
        |interval| largest_batch(48, 20, |manager| manager.checkpoint_interval = interval);
    let (few, many) = (largest(2), largest(1_000));
    assert!(few < many, "{few} files with 2, {many} with 1,000");
}

#[test]
fn r61_checkpoint_time_interval_closes_a_batch_that_is_not_full() {
    let largest = |secs| largest_batch(24, 10, |manager| manager.checkpoint_time_interval = secs);
    let (quick, slow) = (largest(1), largest(30));
    assert!(
        quick < slow,
        "{quick} files in a batch of 1 s, {slow} in one of 30 s"
    );
}

#[test]
fn r61_verify_state_on_resume_and_max_checkpoint_age_days_decide_if_what_is_done_is_looked_for() {
    for (verify_state_on_resume, max_checkpoint_age_days, comes_back) in
        [(true, 7, true), (false, 7, false), (false, 0, true)]
    {
        let files = contents(4, 100);
        let mut bench = Bench::new(&files);
        bench.copy();
        bench.disk.forget("target/a");
        bench.settings.resume_manager.verify_state_on_resume = verify_state_on_resume;
        bench.settings.resume_manager.max_checkpoint_age_days = max_checkpoint_age_days;
        bench.copy();
        assert_eq!(bench.there().contains_key("a"), comes_back);
    }
}
