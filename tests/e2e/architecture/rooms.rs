//! Which room may use which, as tables, and the tests that hold them: arrows between rooms, crates and libraries.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::{is_test_module, paths, read, root, sources};

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
