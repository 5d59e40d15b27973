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

/// An entry is added with the rename that makes it true.
pub(super) const RETIRED: &[Retired] = &[
    Retired {
        word: "stage",
        instead: "fixture",
        rooms: TESTS,
        except: &[],
    },
    Retired {
        word: "story",
        instead: "test",
        rooms: TESTS,
        except: &[],
    },
    Retired {
        word: "stories",
        instead: "tests",
        rooms: TESTS,
        // fields of the Bot API
        except: &["tests/bot-api-emulator/src/shapes.rs"],
    },
    Retired {
        word: "upkeep",
        instead: "maintenance",
        rooms: TESTS,
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
        rooms: TESTS,
        except: &[],
    },
    Retired {
        word: "parcel",
        instead: "message",
        rooms: TESTS,
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
