//! What ARCHITECTURE.md promises of the sources, held over the files themselves: headers, words, lengths, the page. Who may
//! use whom is in `rooms`.

mod paths;
mod rooms;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use words::Retired;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A module of tests alone, by the names that those have here.
fn is_test_module(file: &str) -> bool {
    let words = [
        "/tests.rs",
        "/tests/",
        "/test_support.rs",
        "/test_database.rs",
    ];
    words.iter().any(|word| file.contains(word))
}

/// Rust files below a folder, as paths from the root.
fn sources(folder: &str) -> Vec<String> {
    sources_in(&["rs"], folder)
}

/// Files with one of these extensions below a folder, as paths from the root; what was built or installed is left out.
fn sources_in(extensions: &[&str], folder: &str) -> Vec<String> {
    let is_ours = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_str();
        !matches!(name, Some("target" | "node_modules" | "vendor"))
    };
    let files = walkdir::WalkDir::new(root().join(folder))
        .sort_by_file_name()
        .into_iter()
        .filter_entry(is_ours)
        .filter_map(Result::ok);
    let wanted = files.filter(|entry| {
        let extension = entry.path().extension().and_then(|found| found.to_str());
        extension.is_some_and(|extension| extensions.contains(&extension))
    });
    let relative = |entry: walkdir::DirEntry| {
        Some(entry.path().strip_prefix(root()).ok()?.to_str()?.to_owned())
    };
    wanted.filter_map(relative).collect()
}

#[expect(
    clippy::expect_used,
    reason = "a rule over half of the sources is none"
)]
fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).expect("a source is readable")
}

/// Where our sources are.
const FOLDERS: &[&str] = &[
    "core",
    "client-wasm",
    "cli",
    "server",
    "tests",
    "web",
    "xtask",
];

#[test]
fn every_source_says_first_what_it_is() {
    let files: Vec<String> = FOLDERS
        .iter()
        .flat_map(|folder| sources_in(&["rs", "js", "mjs"], folder))
        .collect();
    assert!(files.len() > 100, "the sources were not found");
    let says_first = |file: &str| {
        let begins: &[&str] = match file.ends_with(".rs") {
            true => &["//! "],
            false => &["// ", "/**"],
        };
        let text = read(file);
        begins.iter().any(|begin| text.starts_with(begin))
    };
    let mute: Vec<&String> = files.iter().filter(|file| !says_first(file)).collect();
    assert!(mute.is_empty(), "without a first sentence: {mute:#?}");
}

/// How the constants of the format begin.
const OF_THE_FORMAT: &[&str] = &["IV_", "TAG_", "PART_OVERHEAD_", "MAX_PARTS"];

/// Constants that only begin like one of those.
const OF_THEIR_OWN: &[(&str, &str)] = &[
    ("tests/bot-api-emulator/src/world/file_id.rs", "TAG_BYTES"),
    ("server/src/uploads/browse.rs", "MAX_PARTS_PAGE_ROWS"),
];

#[test]
fn the_lengths_of_the_format_are_written_in_core_alone() {
    let mut copies = Vec::new();
    let folders = FOLDERS.iter().filter(|folder| **folder != "core");
    for file in folders.flat_map(|folder| sources(folder)) {
        let tokens = paths::tokens(&read(&file));
        let constants = tokens.windows(2).filter(|two| two[0] == "const");
        let names = constants.map(|two| two[1].as_str());
        let copied = names
            .filter(|name| OF_THE_FORMAT.iter().any(|begin| name.starts_with(begin)))
            .filter(|name| !OF_THEIR_OWN.contains(&(file.as_str(), *name)));
        copies.extend(copied.map(|name| format!("{file}: {name}")));
    }
    assert!(copies.is_empty(), "{copies:#?}");
}

/// What is written in backquotes and looks like a file or folder: `queue.rs`, `upload/`, `calls/mod.rs`.
fn named_files(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|name| name.ends_with(".rs") || name.ends_with('/'))
        .filter(|name| !name.contains([' ', '<', ':']) && !name.starts_with('/'))
        .collect()
}

#[test]
fn the_files_that_architecture_names_are_there() {
    let text = read("ARCHITECTURE.md");
    let named = named_files(&text);
    assert!(named.len() > 40, "{named:?}");
    let files: Vec<String> = FOLDERS
        .iter()
        .chain(&["migrations", "fuzz"])
        .flat_map(|folder| sources_in(&["rs", "js", "sql"], folder))
        .map(|file| format!("/{file}"))
        .collect();
    let is_there = |name: &&&str| {
        let end = format!("/{name}");
        files.iter().any(|file| match name.ends_with('/') {
            true => file.contains(&end),
            false => file.ends_with(&end),
        })
    };
    let gone: Vec<_> = named.iter().filter(|name| !is_there(name)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// A source and the names in it, by the words that they are made of.
fn names_by_word(file: &str) -> BTreeMap<String, String> {
    let names = paths::tokens(&read(file)).into_iter();
    let by_word = names.flat_map(|name| {
        let words = words::words_of(&name).into_iter();
        words.map(move |word| (word, name.clone()))
    });
    by_word.collect()
}

#[test]
fn words_that_were_given_up_do_not_come_back() {
    let rooms: BTreeSet<&str> = words::RETIRED
        .iter()
        .flat_map(|retired| retired.rooms.iter().copied())
        .collect();
    let mut found = Vec::new();
    for room in rooms {
        let retired: Vec<&Retired> = words::RETIRED
            .iter()
            .filter(|retired| retired.rooms.contains(&room))
            .collect();
        for file in sources_in(&["rs", "js", "mjs"], room) {
            let names = names_by_word(&file);
            for Retired { word, instead, .. } in &retired {
                if file.contains(&format!("/{word}")) {
                    found.push(format!("{file}, which is a {instead}"));
                }
            }
            let named = retired.iter().filter_map(|retired| {
                let name = names.get(retired.word)?;
                let is_excepted = retired.except.contains(&file.as_str());
                let instead = retired.instead;
                (!is_excepted).then(|| format!("{file}: {name}, which is a {instead}"))
            });
            found.extend(named);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_page_inserts_no_html_and_loads_nothing_from_elsewhere() {
    let files = walkdir::WalkDir::new(root().join("web"))
        .into_iter()
        .filter_map(Result::ok);
    let pages: Vec<PathBuf> = files
        .map(walkdir::DirEntry::into_path)
        .filter(|path| {
            path.extension().is_some_and(|extension| {
                extension == "js" || extension == "html" || extension == "css"
            })
        })
        .filter(|path| !path.to_string_lossy().contains("/test/"))
        .collect();
    assert!(!pages.is_empty(), "the page was not found");
    let banned = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "onclick=",
        "<style",
        " style=\"",
        "https://",
    ];
    let mut broken = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).expect("a page file is readable");
        broken.extend(
            banned
                .iter()
                .filter(|word| text.contains(**word))
                .map(|word| format!("{}: {word}", page.display())),
        );
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
