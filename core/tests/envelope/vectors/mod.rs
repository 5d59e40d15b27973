//! The vectors in `tests/vectors`: written here, opened here, and opened and written a second time by
//! `tests/vectors/independent.py`, which shares no code with this.

mod accounts;
mod format;
mod lists;
mod opening;
mod others;
mod parts;
mod sealed;
mod whole;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use format::{Case, Expect, Vector};

/// A vector and the name of its file, which is the name of its fault.
struct Named {
    name: String,
    vector: Vector,
}

fn named(name: &str, about: &str, expect: Expect, case: Case) -> Named {
    Named {
        name: name.to_owned(),
        vector: Vector {
            about: about.to_owned(),
            expect,
            case,
        },
    }
}

/// Every vector as text, by file name.
fn written() -> BTreeMap<String, String> {
    let all = [
        accounts::all(),
        others::all(),
        whole::all(),
        sealed::all(),
        lists::all(),
        parts::all(),
    ];
    let mut texts = BTreeMap::new();
    for Named { name, vector } in all.into_iter().flatten() {
        let text = serde_json::to_string_pretty(&vector).unwrap() + "\n";
        assert!(
            texts.insert(format!("{name}.json"), text).is_none(),
            "two vectors are named {name}"
        );
    }
    texts
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// The vectors in a directory, by file name.
fn stored(directory: &Path) -> BTreeMap<String, String> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let vectors = paths.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    vectors
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}

/// Every vector of a directory ends as it says.
fn open_all(directory: &Path) {
    let vectors = stored(directory);
    assert!(!vectors.is_empty(), "no vectors in {}", directory.display());
    for (name, text) in &vectors {
        let vector: Vector =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            opening::outcome(&vector),
            vector.expect,
            "{name}: {}",
            vector.about
        );
    }
}

#[test]
fn every_stored_vector_ends_as_it_says() {
    open_all(&directory());
}

#[test]
fn the_stored_vectors_are_the_ones_this_code_writes() {
    let (stored, written) = (stored(&directory()), written());
    let names = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&stored),
        names(&written),
        "write them again, see tests/vectors/README.md"
    );
    for (name, text) in &written {
        assert!(
            stored[name] == *text,
            "{name} differs, see tests/vectors/README.md"
        );
    }
}

#[test]
#[ignore = "writes tests/vectors; run it when the vectors must change"]
fn write_the_vectors() {
    for name in stored(&directory()).keys() {
        fs::remove_file(directory().join(name)).unwrap();
    }
    for (name, text) in written() {
        fs::write(directory().join(name), text).unwrap();
    }
}

#[test]
#[ignore = "opens the vectors of another implementation in the directory FERRY_TEST_VECTORS"]
fn independent_vectors_end_as_they_say() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the person who runs this test says where those vectors are"
    )]
    let directory =
        std::env::var("FERRY_TEST_VECTORS").expect("FERRY_TEST_VECTORS names a directory");
    // Tests run in their package's folder; a relative path is meant from the workspace's.
    open_all(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(directory),
    );
}
