//! The promise of the recipe under simulated power cuts, thousands of them: no row says done of a file that is not there
//! whole, no partial file is under a final name, and a resume ends with everything there. `FERRY_TEST_POWER_CUTS` sets how many.

use std::{collections::BTreeMap, path::Path};

use super::{
    Destination as _, Incoming, Received,
    local::{LocalDirectory, Manner},
};
use crate::{
    engine::{
        activity::Activity,
        content::Content,
        disk::Disk as _,
        fault::Fault,
        pace::Pace,
        sim_disk::{Plan, SimDisk},
        stop::Stop,
        tree::Tree,
    },
    path::RelativePath,
    settings::{Algorithm, Durability},
};

/// Files of a run: name and content.
type Files = BTreeMap<Vec<u8>, Vec<u8>>;

fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Up to twelve small files in a few directories; contents tell files and versions apart.
fn files_of(seed: u64) -> Files {
    let mut state = seed.wrapping_mul(0x2545_F491_4F6C_DD1D) | 1;
    let count = 1 + random(&mut state) % 12;
    (0..count)
        .map(|number| {
            let name = match random(&mut state) % 3 {
                0 => format!("f{number}"),
                1 => format!("d{}/f{number}", random(&mut state) % 2),
                _ => format!("d{}/e/f{number}", random(&mut state) % 2),
            };
            let size = usize::try_from(random(&mut state) % 900).unwrap();
            let content = (0..size)
                .map(|at| u8::try_from((at as u64 * 7 + number * 31 + seed) % 251).unwrap())
                .collect();
            (name.into_bytes(), content)
        })
        .collect()
}

struct Sides {
    source: SimDisk,
    target: SimDisk,
    files: Files,
    batch: usize,
    durability: Durability,
}

impl Sides {
    fn new(seed: u64) -> Self {
        let (source, target, files) = (
            SimDisk::new(seed),
            SimDisk::new(seed ^ 0xABCD),
            files_of(seed),
        );
        for (name, content) in &files {
            source.put(std::str::from_utf8(name).unwrap(), content);
        }
        let batch = 1 + usize::try_from(seed % 5).unwrap();
        let durability = if seed.is_multiple_of(3) {
            Durability::File
        } else {
            Durability::Batch
        };
        Sides {
            source,
            target,
            files,
            batch,
            durability,
        }
    }

    fn directory(&self) -> std::io::Result<LocalDirectory> {
        self.directory_until(Stop::new())
    }

    fn directory_until(&self, stop: Stop) -> std::io::Result<LocalDirectory> {
        let manner = Manner {
            job_short: "0badf00d".into(),
            algorithm: Algorithm::Blake3,
            durability: self.durability,
            buffer_bytes: 256,
            // about half of them
            large_bytes: 450,
            stop,
            activity: Activity::default(),
        };
        Ok(LocalDirectory::new(
            self.target.open_root(Path::new("/"))?,
            manner,
        ))
    }

    /// Copies what is not done, batch by batch, and marks each batch; ends at the first fault of the power cut.
    fn run(&self, done: &mut Vec<Vec<Vec<u8>>>) -> Result<(), Fault> {
        let gone = |error: std::io::Error| {
            Fault::of(&error, crate::engine::fault::Where::Destination, "opening")
        };
        let directory = self.directory().map_err(gone)?;
        let tree = Tree::new(self.source.open_root(Path::new("/")).map_err(gone)?);
        let marked: Vec<Vec<u8>> = done.iter().flatten().cloned().collect();
        let open: Vec<&Vec<u8>> = self
            .files
            .keys()
            .filter(|name| !marked.contains(name))
            .collect();
        for batch in open.chunks(self.batch) {
            let mut received = Vec::new();
            for name in batch {
                received.push(receive(&directory, &tree, name)?);
            }
            let verdicts = directory.settle(received);
            let settled = verdicts
                .iter()
                .zip(batch)
                .filter(|(verdict, _)| verdict.is_ok())
                .map(|(_, name)| (*name).clone());
            done.push(settled.collect());
            for verdict in verdicts {
                verdict?;
            }
        }
        Ok(())
    }

    fn assert_true(&self, done: &[Vec<Vec<u8>>], seed: u64) {
        let there = self.target.files();
        for name in done.iter().flatten() {
            assert_eq!(
                there.get(name),
                self.files.get(name),
                "seed {seed}: {} is marked done",
                String::from_utf8_lossy(name)
            );
        }
        for (name, content) in there
            .iter()
            .filter(|(name, _)| !name.ends_with(b".ferry-part"))
        {
            assert_eq!(
                self.files.get(name),
                Some(content),
                "seed {seed}: {} is partial",
                String::from_utf8_lossy(name)
            );
        }
    }
}

/// What the copy does with one file: adopt what is there, or copy.
fn receive(directory: &LocalDirectory, tree: &Tree, name: &[u8]) -> Result<Received, Fault> {
    let path = RelativePath::new(name).unwrap();
    let content = Content::open(
        tree,
        &path,
        Algorithm::Blake3,
        &Stop::new(),
        &Activity::default(),
    )?;
    if directory.look(&path)?.is_some() {
        let (ours, _) = content.hash_rest(&mut [0; 256])?;
        let (theirs, _) = directory.hash(&path)?;
        assert_eq!(ours, theirs, "what lies under a final name is whole");
        return directory.receive(&path, Incoming::Present { checksum: ours });
    }
    let pace = Pace::new(0);
    directory.receive(
        &path,
        Incoming::Content {
            content,
            mode: 0o644,
            replace: false,
            pace: &pace,
        },
    )
}

fn one_power_cut(seed: u64) {
    // how many calls an undisturbed run takes
    let calm = Sides::new(seed);
    calm.run(&mut Vec::new()).unwrap();
    assert_eq!(calm.target.files(), calm.files, "seed {seed}");
    let calls = calm.target.calls();

    let sides = Sides::new(seed);
    let mut dice = seed.wrapping_mul(0xD129_0C7F_5A4B_33E1) | 1;
    let mut done = Vec::new();
    // several cuts in a row, for a resume can be cut, too
    for _ in 0..=random(&mut dice) % 3 {
        let cut_at_call = Some(1 + random(&mut dice) % (calls + 1));
        sides.target.set_plan(Plan {
            cut_at_call,
            ..Plan::default()
        });
        // a cut ends it with a fault, or it was through before
        let _ = sides.run(&mut done);
        sides.target.cut_power();
        sides.assert_true(&done, seed);
        // WAL and NORMAL: the ledger's last transactions may be lost, never one before another
        let kept = done.len()
            - usize::try_from(random(&mut dice) % (done.len() as u64 + 1))
                .unwrap()
                .min(2)
                .min(done.len());
        done.truncate(kept);
    }
    sides.run(&mut done).unwrap();
    sides.assert_true(&done, seed);
    assert_eq!(
        sides.target.files(),
        sides.files,
        "seed {seed}: a resume ends whole and leaves nothing else behind"
    );
}

/// As many as the soak asks for.
fn power_cuts() -> u64 {
    let asked = std::env::vars().find(|(name, _)| name == "FERRY_TEST_POWER_CUTS");
    asked.map_or(2_000, |(_, count)| count.parse().unwrap())
}

#[test]
fn r23_no_power_cut_leaves_a_false_done_or_a_partial_file_under_a_final_name() {
    (1..=power_cuts()).for_each(one_power_cut);
}

#[test]
fn r22_bits_that_flip_on_the_way_never_get_a_final_name() {
    let mut caught = 0;
    for seed in 1..=600 {
        let sides = Sides::new(seed);
        sides.target.set_plan(Plan {
            flipping_permille: 100,
            ..Plan::default()
        });
        let mut done = Vec::new();
        let _ = sides.run(&mut done);
        caught += sides.target.flipped();
        sides.assert_true(&done, seed);
    }
    assert!(caught > 100, "only {caught} bits were flipped");
}

#[test]
fn r23_calls_that_fail_leave_no_partial_file_under_a_final_name() {
    for seed in 1..=300 {
        let sides = Sides::new(seed);
        sides.target.set_plan(Plan {
            failing_permille: 30,
            ..Plan::default()
        });
        let mut done = Vec::new();
        let _ = sides.run(&mut done);
        sides.assert_true(&done, seed);
        sides.target.set_plan(Plan::default());
        sides.run(&mut done).unwrap();
        assert_eq!(
            sides
                .target
                .files()
                .into_iter()
                .filter(|(name, _)| !name.ends_with(b".ferry-part"))
                .collect::<Files>(),
            sides.files
        );
    }
}

#[test]
fn a_destination_that_folds_case_is_found_out_and_keeps_the_first() {
    let sides = Sides::new(7);
    sides.target.set_plan(Plan {
        folds_case: true,
        ..Plan::default()
    });
    let directory = sides.directory().unwrap();
    assert!(directory.folds_case());
    assert!(
        sides.target.files().is_empty(),
        "the question leaves nothing behind"
    );
    sides.target.set_plan(Plan::default());
    assert!(!sides.directory().unwrap().folds_case());
}

#[test]
fn a_full_destination_is_told_from_other_faults() {
    let sides = Sides::new(11);
    sides.target.set_plan(Plan {
        capacity_bytes: Some(0),
        ..Plan::default()
    });
    let ended = sides.run(&mut Vec::new());
    assert_eq!(ended.unwrap_err().class, crate::engine::fault::Class::Full);
}

#[test]
fn a_stop_during_the_read_back_keeps_a_large_file_that_is_written() {
    let sides = Sides::new(7);
    sides.source.put("large", &[7; 2_000]);
    let stop = Stop::new();
    stop.by_signal(2);
    let directory = sides.directory_until(stop).unwrap();
    let tree = Tree::new(sides.source.open_root(Path::new("/")).unwrap());
    let received = receive(&directory, &tree, b"large").unwrap();
    let verdicts = directory.settle(vec![received]);
    assert!(verdicts.iter().all(Result::is_ok), "{verdicts:?}");
    assert_eq!(
        sides.target.files().get(b"large".as_slice()),
        Some(&vec![7; 2_000])
    );
}
