//! Words that this code no longer uses, looked for in the names that its sources give to things. What stands for them is
//! in CONTRIBUTING.md; comments and texts are not looked at.

/// A word that a room gave up for a term of the field.
pub(super) struct Retired {
    /// In lower case, as one word of a name: `stage` is found in `Stage`, `on_stage` and `stageDir`.
    pub(super) word: &'static str,
    /// What the field calls it.
    pub(super) instead: &'static str,
    /// Folders that are free of it.
    pub(super) rooms: &'static [&'static str],
    /// Files of these folders where it is a name that others gave.
    pub(super) except: &'static [&'static str],
}

const TESTS: &[&str] = &["tests", "xtask"];
const CLIENT: &[&str] = &["client-wasm", "core", "web"];
const ALL: &[&str] = &["tests", "xtask", "client-wasm", "core", "web", "server"];
const EVERYWHERE: &[&str] = &[
    "tests",
    "xtask",
    "client-wasm",
    "core",
    "web",
    "server",
    "cli",
];

/// An entry is added with the rename that makes it true.
pub(super) const RETIRED: &[Retired] = &[
    Retired {
        word: "stage",
        instead: "fixture",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "story",
        instead: "test",
        rooms: EVERYWHERE,
        except: &[],
    },
    Retired {
        word: "stories",
        instead: "tests",
        rooms: EVERYWHERE,
        // fields of the Bot API
        except: &["tests/bot-api-emulator/src/shapes.rs"],
    },
    Retired {
        word: "upkeep",
        instead: "maintenance",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "recipe",
        instead: "server config",
        rooms: TESTS,
        except: &[],
    },
    Retired {
        word: "dice",
        instead: "random numbers",
        rooms: TESTS,
        except: &[],
    },
    Retired {
        word: "wish",
        instead: "parameters",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "parcel",
        instead: "message",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "desk",
        instead: "request queue or a job table",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "errand",
        instead: "pending request",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "leave",
        instead: "transition",
        rooms: CLIENT,
        except: &[],
    },
    Retired {
        word: "ledger",
        instead: "part table",
        rooms: CLIENT,
        except: &[],
    },
    Retired {
        word: "books",
        instead: "index",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "unbook",
        instead: "index",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "choosing",
        instead: "search for a candidate",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "bury",
        instead: "mark as dead",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "pulse",
        instead: "heartbeat",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "beat",
        instead: "heartbeat",
        rooms: CLIENT,
        except: &[],
    },
    Retired {
        word: "patience",
        instead: "timeout",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "doubts",
        instead: "retry delay",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "tidy",
        instead: "prune",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "seat",
        instead: "worker slot",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "stretch",
        instead: "key derivation",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "audience",
        instead: "observer",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "doubt",
        instead: "unknown outcome",
        rooms: &["server"],
        except: &[],
    },
    Retired {
        word: "deeds",
        instead: "action",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "standing",
        instead: "status",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "trouble",
        instead: "error",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "verdict",
        instead: "result",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "fate",
        instead: "result",
        rooms: ALL,
        except: &[],
    },
    Retired {
        word: "shut",
        instead: "error",
        rooms: ALL,
        except: &[],
    },
];

/// The words of a name: `on_stage`, `OnStage` and `onStage` are `on` and `stage`.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let begins = character == '_' || (character.is_uppercase() && after_lower);
        if begins {
            words.push(String::new());
        }
        after_lower = character.is_lowercase() || character.is_numeric();
        if character != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_however_it_is_written() {
        for name in ["on_stage", "OnStage", "onStage", "ON_STAGE"] {
            assert_eq!(words_of(name), ["on", "stage"], "{name}");
        }
        assert_eq!(words_of("staged"), ["staged"]);
    }
}
