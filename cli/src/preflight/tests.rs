//! What pre-flight sees, measures, advises and leaves behind.

use std::{collections::BTreeMap, fs, time::Instant};

use super::*;

const MIB: u64 = 1 << 20;

fn sizes(of: &[u64]) -> Sizes {
    let mut sizes = Sizes::default();
    for (at, size) in of.iter().enumerate() {
        sizes.add(*size, || format!("file-{at}"));
    }
    sizes
}

fn small_budget() -> Budget {
    Budget {
        bytes: 24 * MIB,
        time: std::time::Duration::from_secs(4),
    }
}

/// Every name below with its size.
fn tree(dir: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.insert(entry.path(), 0);
            found.extend(tree(&entry.path()));
        } else {
            found.insert(entry.path(), entry.metadata().unwrap().len());
        }
    }
    found
}

fn question<'a>(
    sources: &'a [PathBuf],
    destination: &'a Path,
    sizes: &'a Sizes,
    sample: &'a [PathBuf],
) -> Question<'a> {
    Question {
        sources,
        destination,
        sizes,
        sample,
        budget: Some(small_budget()),
        learned: Learned::default(),
        sha256: false,
        bwlimit_bytes_per_sec: 0,
    }
}

#[test]
fn r63_machine_and_both_disks_are_named_and_what_is_unknown_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let sources = [dir.path().to_owned()];
    let destination = dir.path().join("not/there/yet");
    let nothing = Sizes::default();
    let found = inspect(&Question {
        budget: None,
        ..question(&sources, &destination, &nothing, &[])
    });
    assert!(found.machine.cores.unwrap() >= 1);
    assert!(found.machine.memory_bytes.unwrap() > MIB);
    assert!(found.sources[0].free_bytes.is_some());
    assert!(found.destination.total_bytes.unwrap() >= found.destination.free_bytes.unwrap());
    let blank = Preflight {
        machine: Machine::default(),
        sources: vec![Storage::default()],
        destination: Storage::default(),
        ..found
    };
    let text = text(&blank, "ferry run a b");
    for line in [
        "processor    unknown, cores: unknown",
        "memory       unknown, available: unknown",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(
        text.contains("unknown on unknown (unknown), unknown free of unknown"),
        "{text}"
    );
}

#[test]
fn r64_it_measures_within_its_bounds_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (source, destination) = (dir.path().join("source"), dir.path().join("destination"));
    fs::create_dir_all(&source).unwrap();
    fs::create_dir_all(destination.join("old")).unwrap();
    fs::write(destination.join("old/file"), b"stays").unwrap();
    let sample = [source.join("big")];
    fs::write(&sample[0], vec![7; 12 * MIB as usize]).unwrap();
    let before = tree(dir.path());
    let begun = Instant::now();
    let sizes = sizes(&[12 * MIB]);
    let found = inspect(&question(&[source], &destination, &sizes, &sample));
    assert_eq!(tree(dir.path()), before);
    let rates = found.rates;
    assert!(
        rates.read_bytes_per_sec.is_some() && rates.write_bytes_per_sec.is_some(),
        "{rates:?}"
    );
    assert!(
        rates.hash_bytes_per_sec.is_some() && rates.file_cost_secs.is_some(),
        "{rates:?}"
    );
    // each of three parts ends with the block that spends it
    assert!(
        rates.measured_bytes <= small_budget().bytes + 4 * MIB,
        "{rates:?}"
    );
    assert!(begun.elapsed() < small_budget().time + std::time::Duration::from_secs(2));
    let whole = Budget::default();
    assert!(whole.bytes + 4 * MIB <= 256 * MIB && whole.time <= std::time::Duration::from_secs(10));
}

#[test]
fn r64_a_destination_that_refuses_leaves_its_rates_unknown() {
    let sizes = sizes(&[1]);
    let found = inspect(&question(&[], Path::new("/proc/nothing"), &sizes, &[]));
    assert_eq!(found.rates.write_bytes_per_sec, None);
    assert_eq!(found.estimate, None);
    assert!(text(&found, "").contains("duration     unknown"));
}

#[test]
fn r65_count_total_histogram_and_largest_are_shown() {
    let sizes = sizes(&[0, 4096, 4097, 100 * MIB, 5 * 1024 * MIB]);
    let files: Vec<u64> = sizes.histogram.iter().map(|bar| bar.files).collect();
    assert_eq!(files, [2, 1, 0, 0, 1, 0, 1, 0]);
    let bytes: u64 = sizes.histogram.iter().map(|bar| bar.size_bytes).sum();
    assert_eq!((sizes.files, sizes.size_bytes), (5, bytes));
    let found = inspect(&Question {
        budget: None,
        ..question(&[], Path::new("/"), &sizes, &[])
    });
    let text = text(&found, "");
    for line in [
        "to copy      5 files, 5.10 GiB",
        "up to 4 KiB            2    4.00 KiB  ####",
        "largest      5.00 GiB  file-4",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

fn advised(kind: DiskKind, sizes: &Sizes, rates: &Rates) -> Advice {
    let machine = Machine {
        cores: Some(4),
        ..Machine::default()
    };
    let disk = Storage {
        path: "/d".into(),
        kind: Some(kind),
        ..Storage::default()
    };
    advice::advise(&machine, &[Storage::default()], &disk, sizes, rates)
}

#[test]
fn r66_advice_follows_the_disk_and_the_files_and_names_what_limits() {
    let rates = Rates {
        read_bytes_per_sec: Some(500e6),
        write_bytes_per_sec: Some(100e6),
        hash_bytes_per_sec: Some(2e9),
        file_cost_secs: Some(0.001),
        ..Rates::default()
    };
    let large = sizes(&[100 * MIB; 8]);
    let small = sizes(&[1000; 5000]);
    let solid = advised(DiskKind::SolidState, &large, &rates);
    assert_eq!(
        (solid.threads, solid.buffer_bytes, solid.limited_by),
        (4, MIB, Limit::DestinationWrite)
    );
    let spinning = advised(DiskKind::Rotational, &large, &rates);
    assert_eq!((spinning.threads, spinning.buffer_bytes), (1, 4 * MIB));
    assert!(
        spinning.reasons[0].contains("/d is on a spinning disk"),
        "{:?}",
        spinning.reasons
    );
    let many = advised(DiskKind::SolidState, &small, &rates);
    assert_eq!(
        (many.threads, many.buffer_bytes, many.limited_by),
        (8, 262_144, Limit::Files)
    );
    let slow_hash = Rates {
        hash_bytes_per_sec: Some(50e6),
        ..rates
    };
    assert_eq!(
        advised(DiskKind::SolidState, &large, &slow_hash).limited_by,
        Limit::Hash
    );
    let unmeasured = advised(DiskKind::SolidState, &large, &Rates::default());
    assert_eq!(unmeasured.limited_by, Limit::Unknown);
}

#[test]
fn r66_the_command_can_be_pasted() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let advice = advised(DiskKind::SolidState, &sizes(&[MIB; 8]), &Rates::default());
    let odd = PathBuf::from(OsStr::from_bytes(b"a\xff'b"));
    let command = advice.command(
        &["/plain".into(), "/it's here".into(), odd],
        Path::new("/to"),
    );
    assert_eq!(
        command,
        "ferry run /plain '/it'\\''s here' $'a\\xff\\'b' /to --threads 4 --buffer-size 1024KiB --durability batch"
    );
}

#[test]
fn r67_best_and_worst_come_from_rates_and_a_cost_for_each_file() {
    let rates = Rates {
        read_bytes_per_sec: Some(400e6),
        write_bytes_per_sec: Some(100e6),
        read_back_bytes_per_sec: Some(400e6),
        hash_bytes_per_sec: Some(4e9),
        file_cost_secs: Some(0.001),
        ..Rates::default()
    };
    let of = |sizes: &Sizes| estimate::estimate(sizes, &rates, 2, Learned::default()).unwrap();
    let large = of(&sizes(&[1_000_000_000; 10]));
    assert!(
        large.best_secs < 100.0 && 100.0 < large.worst_secs,
        "{large:?}"
    );
    let many = of(&sizes(&[1000; 20_000]));
    assert!(many.best_secs < 20.0 && 20.0 < many.worst_secs, "{many:?}");
    let no_cost = Rates {
        file_cost_secs: Some(0.0),
        ..rates
    };
    let without =
        estimate::estimate(&sizes(&[1000; 20_000]), &no_cost, 2, Learned::default()).unwrap();
    assert!(many.worst_secs > without.worst_secs + 20.0);
}

#[test]
fn r67_a_limit_of_pace_makes_it_last_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (sizes, sources) = (sizes(&[4 * MIB; 25]), [dir.path().to_owned()]);
    let asked = |bwlimit_bytes_per_sec| {
        let found = inspect(&Question {
            bwlimit_bytes_per_sec,
            ..question(&sources, dir.path(), &sizes, &[])
        });
        (found.estimate.unwrap(), found.advice)
    };
    let (free, _) = asked(0);
    let (paced, advice) = asked(MIB / 10);
    let least = 1000.0 - f64::from(advice.threads) * 40.0;
    assert!(paced.best_secs >= least - 1.0, "{paced:?}");
    assert!(
        (1000.0 - 400.0..1000.0 + 2.0 * free.worst_secs + 60.0).contains(&paced.worst_secs),
        "{paced:?}, {free:?}"
    );
    assert_eq!(advice.limited_by, Limit::Bandwidth);
}

#[test]
fn r67_the_next_estimate_learns_from_what_happened() {
    let rates = Rates {
        write_bytes_per_sec: Some(100e6),
        file_cost_secs: Some(0.001),
        ..Rates::default()
    };
    let sizes = sizes(&[100 * MIB; 100]);
    let first = estimate::estimate(&sizes, &rates, 2, Learned::default()).unwrap();
    let truth = Truth {
        estimate: first,
        actual_secs: first.worst_secs * 1.5,
    };
    assert!(!truth.is_inside());
    let learned = Learned::from_ratios(vec![
        truth.ratio(),
        truth.ratio() * 1.1,
        truth.ratio() * 0.9,
    ]);
    let second = estimate::estimate(&sizes, &rates, 2, learned).unwrap();
    let again = Truth {
        estimate: second,
        ..truth
    };
    assert!(again.is_inside(), "{again:?}");
    assert!(second.worst_secs / second.best_secs < first.worst_secs / first.best_secs);
    assert_eq!(second.learned_from_runs, 3);
}

#[test]
fn r69_too_little_space_is_named_with_what_to_do() {
    let disk = Storage {
        path: "/d".into(),
        free_bytes: Some(10 * MIB),
        ..Storage::default()
    };
    assert_eq!(shortage(&sizes(&[9 * MIB]), &disk), None);
    assert_eq!(shortage(&sizes(&[9 * MIB]), &Storage::default()), None);
    let short = shortage(&sizes(&[8 * MIB, 4 * MIB]), &disk).unwrap();
    assert_eq!(
        short.to_string(),
        "/d has 10.0 MiB free, 12.0 MiB are needed: make room for 2.01 MiB, choose another destination, or add --force"
    );
}

#[test]
fn r63_a_virtual_disk_is_not_taken_for_a_spinning_one() {
    assert!(storage::is_virtual("/dev/vda1") && storage::is_virtual("/sys/devices/x/block/xvdb"));
    assert!(!storage::is_virtual("/dev/sda") && !storage::is_virtual("/dev/nvme0n1"));
}
