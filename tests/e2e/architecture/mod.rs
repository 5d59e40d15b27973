//! The import rules of ARCHITECTURE.md, over the sources and over `cargo metadata`. What a rule means is said there.

mod paths;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use words::Retired;

/// Files below `room` name nothing that begins with one of `never`; files of `except` may.
struct Room {
    room: &'static str,
    never: &'static [&'static str],
    except: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room {
        room: "core/src",
        never: &[
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "std::env",
            "std::time::SystemTime",
            "std::time::Instant",
            "tokio",
            "getrandom",
            "futures_util",
            "chrono::Utc::now",
        ],
        except: &[],
    },
    Room {
        room: "cli/src/engine",
        never: &[
            "rusqlite",
            "crate::phases",
            "crate::terminal",
            "crate::command",
            "crate::config",
        ],
        except: &[],
    },
    Room {
        room: "cli/src/destination",
        never: &[
            "rusqlite",
            "crate::phases",
            "crate::terminal",
            "crate::command",
        ],
        except: &[],
    },
    Room {
        room: "cli/src/job",
        never: &["crate::phases", "crate::terminal", "crate::command"],
        except: &[],
    },
    Room {
        room: "cli/src/phases",
        never: &["crate::terminal", "crate::command", "clap"],
        except: &[],
    },
    Room {
        room: "server/src/http",
        never: &[
            "crate::db",
            "crate::storage",
            "diesel",
            "diesel_async",
            "opendal",
            "teloxide_core",
        ],
        except: &[],
    },
    Room {
        room: "server/src/auth",
        never: &[
            "actix_web",
            "crate::storage",
            "crate::http",
            "crate::uploads",
        ],
        except: &[],
    },
    Room {
        room: "server/src/uploads",
        never: &[
            "actix_web",
            "diesel",
            "diesel_async",
            "crate::http",
            "opendal",
        ],
        except: &[],
    },
    Room {
        room: "server/src/spool",
        never: &[
            "actix_web",
            "diesel",
            "diesel_async",
            "crate::http",
            "crate::db",
            "crate::storage",
            "crate::uploads",
        ],
        except: &[],
    },
    Room {
        room: "server/src/bots",
        never: &[
            "actix_web",
            "diesel",
            "diesel_async",
            "crate::http",
            "crate::uploads",
        ],
        except: &[],
    },
    Room {
        room: "server/src/db",
        never: &[
            "crate::uploads",
            "crate::storage",
            "crate::http",
            "actix_web",
        ],
        except: &[],
    },
    Room {
        room: "server/src/storage",
        never: &["crate::uploads", "crate::http", "actix_web"],
        except: &[],
    },
    Room {
        room: "server/src/storage",
        never: &["crate::db"],
        except: &["server/src/storage/telegram"],
    },
    Room {
        // the bot pool keeps its own rows in Postgres, and knows no others
        room: "server/src/storage/telegram",
        never: &[
            "crate::db::deletions",
            "crate::db::files",
            "crate::db::intents",
            "crate::db::parts",
            "crate::db::schema",
            "crate::db::users",
            "diesel",
            "diesel_async",
        ],
        except: &[],
    },
    Room {
        room: "server/src/jobs",
        never: &["crate::http", "actix_web"],
        except: &[],
    },
    Room {
        room: "server/src",
        never: &["opendal"],
        except: &["server/src/storage/opendal.rs"],
    },
    Room {
        room: "server/src",
        never: &["teloxide_core", "reqwest", "reqwest_of_teloxide"],
        except: &["server/src/storage/telegram/api"],
    },
    Room {
        room: "server/src",
        never: &["std::env::var"],
        except: &["server/src/config.rs", "server/src/config"],
    },
    Room {
        room: "client-wasm/src",
        never: &[
            "std::fs",
            "std::net",
            "tokio",
            "std::time::Instant",
            "std::time::SystemTime",
        ],
        except: &[],
    },
];

/// A library and the only crates that may depend on it.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("bot-api-emulator", &["ferry-tests"]),
    ("actix-web", &["ferry-server"]),
    ("diesel", &["ferry-server"]),
    ("diesel-async", &["ferry-server"]),
    ("opendal", &["ferry-server"]),
    (
        "tokio",
        &["ferry-server", "ferry-tests", "bot-api-emulator"],
    ),
    ("hyper", &["bot-api-emulator"]),
    ("wasm-bindgen", &["ferry-client-wasm"]),
    ("web-sys", &["ferry-client-wasm"]),
    ("js-sys", &["ferry-client-wasm"]),
    ("gloo-timers", &["ferry-client-wasm"]),
    ("postgres", &["ferry-tests"]),
    (
        "reqwest",
        &["ferry-tests", "ferry-server", "bot-api-emulator"],
    ),
    ("thirtyfour", &["ferry-tests"]),
    ("wasm-bindgen-cli-support", &["xtask"]),
];

/// Which of our crates may depend on which: arrows only go down.
const MEMBERS: &[(&str, &[&str])] = &[
    ("ferry-core", &[]),
    ("ferry-cli", &["ferry-core"]),
    ("ferry-client-wasm", &["ferry-core"]),
    ("ferry-server", &["ferry-core", "bot-api-emulator"]),
    ("ferry-tests", &["ferry-core", "bot-api-emulator"]),
    ("bot-api-emulator", &[]),
    ("xtask", &[]),
];

/// Libraries that the product is built on, and a crate that names them in its sources.
const IN_USE: &[(&str, &str)] = &[
    ("wasm-bindgen", "client-wasm/src"),
    ("web-sys", "client-wasm/src"),
    ("js-sys", "client-wasm/src"),
    ("gloo-timers", "client-wasm/src"),
    ("sha2", "core/src"),
    ("aes-gcm", "core/src"),
    ("actix-web", "server/src"),
    ("diesel", "server/src"),
    ("postgres", "tests/src"),
    ("serde", "core/src"),
    ("uuid", "core/src"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[expect(
    clippy::expect_used,
    reason = "without metadata there is nothing to check"
)]
fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata answers")
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

/// Dependencies of the product itself, not of its tests or build scripts.
fn product_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|of| of.kind == DependencyKind::Normal)
        .map(|of| of.name.as_str())
}

#[test]
fn no_room_uses_what_it_must_not() {
    let mut broken = Vec::new();
    for Room {
        room,
        never,
        except,
    } in ROOMS
    {
        let files = sources(room);
        assert!(
            !files.is_empty(),
            "{room} has no sources: the rule checks nothing"
        );
        for file in files
            .iter()
            .filter(|file| !except.iter().any(|exception| file.starts_with(exception)))
            .filter(|file| !is_test_module(file))
        {
            let used = paths::used_by(&paths::without_tests(&read(file)));
            let forbidden = used
                .iter()
                .filter(|path| never.iter().any(|prefix| paths::begins_with(path, prefix)));
            broken.extend(forbidden.map(|path| format!("{file} uses {path}")));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn our_crates_depend_only_downwards() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let known: BTreeSet<&str> = MEMBERS.iter().map(|(member, _)| *member).collect();
    let unknown: Vec<_> = ours.difference(&known).collect();
    assert!(unknown.is_empty(), "crates without a rule: {unknown:?}");
    for package in &metadata.packages {
        let (_, allowed) = MEMBERS
            .iter()
            .find(|(member, _)| *member == package.name.as_str())
            .expect("known");
        let wrong: Vec<&str> = package
            .dependencies
            .iter()
            .map(|dependency| dependency.name.as_str())
            .filter(|name| ours.contains(name) && !allowed.contains(name))
            .collect();
        assert!(wrong.is_empty(), "{} depends on {wrong:?}", package.name);
    }
}

#[test]
fn libraries_stay_in_the_crates_that_own_them() {
    for package in &metadata().packages {
        for (library, owners) in LIBRARIES {
            let used = product_dependencies(package).any(|name| name == *library);
            assert!(
                !used || owners.contains(&package.name.as_str()),
                "{} depends on {library}",
                package.name
            );
        }
    }
}

#[test]
fn the_libraries_it_is_built_on_are_in_use() {
    let metadata = metadata();
    for (library, folder) in IN_USE {
        let krate = library.replace('-', "_");
        let named = sources(folder).iter().any(|file| {
            paths::used_by(&read(file))
                .iter()
                .any(|path| paths::begins_with(path, &krate))
        });
        assert!(named, "nothing in {folder} names {krate}");
        let declared = metadata
            .packages
            .iter()
            .any(|package| product_dependencies(package).any(|name| name == *library));
        assert!(declared, "no crate depends on {library}");
    }
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
        .chain(&["migrations"])
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
