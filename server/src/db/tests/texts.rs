//! The constraints of the tables against the enums and the limits of the code, and what becomes of a name that no enum has.

use std::collections::BTreeSet;
use std::fmt::Display;

use diesel_async::SimpleAsyncConnection;
use ferry_core::envelope::part::PART_OVERHEAD_BYTES;
use ferry_core::envelope::{IV_BYTES, TAG_BYTES};
use ferry_core::plan::MAX_PARTS;
use ferry_core::wire::{
    BotChatState, BotSource, BotState, ChatState, KeySlotKind, MAX_LABEL_BYTES, MAX_MANIFEST_BYTES,
    MAX_PART_BODY_BYTES, PartState, Role, UploadStatus,
};
use strum::VariantArray;

use super::names;
use crate::db::bot_sends::{SendKind, SendState};
use crate::db::test_database::TestDatabase;
use crate::db::tokens::TokenKind;
use crate::db::tombstones::TombstoneReason;
use crate::db::{DbError, bots};
use crate::storage::telegram::MAX_WEIGHT;

/// A column and the names that the code has for it.
type Column = (&'static str, &'static str, BTreeSet<String>);

fn column<T: VariantArray + Display>(table: &'static str, column: &'static str) -> Column {
    let names = T::VARIANTS.iter().map(ToString::to_string);
    (table, column, names.collect())
}

/// Columns that hold an enum, each with a constraint that lists its names.
fn columns() -> Vec<Column> {
    vec![
        column::<Role>("users", "role"),
        column::<Role>("invitations", "role"),
        column::<KeySlotKind>("key_slots", "kind"),
        column::<TokenKind>("tokens", "kind"),
        column::<PartState>("file_parts", "state"),
        column::<UploadStatus>("upload_sessions", "status"),
        column::<TombstoneReason>("tombstones", "reason"),
        column::<BotState>("bots", "state"),
        column::<BotSource>("bots", "source"),
        column::<ChatState>("telegram_chats", "state"),
        column::<BotChatState>("bot_chats", "state"),
        column::<SendKind>("bot_sends", "kind"),
        column::<SendState>("bot_sends", "state"),
    ]
}

/// Constraints that say which names a column takes, as `table.column: names`.
const LISTS: &str = "
    SELECT con.conrelid::regclass || '.' || att.attname || ': ' || pg_get_constraintdef(con.oid) AS name
    FROM pg_constraint con
    JOIN pg_attribute att ON att.attrelid = con.conrelid AND con.conkey = ARRAY[att.attnum]
    WHERE con.contype = 'c' AND con.connamespace = 'public'::regnamespace
      AND pg_get_constraintdef(con.oid) ~ '= ANY'
    ORDER BY name";

/// What stands in quotes: `'user'::text` is `user`.
fn quoted(definition: &str) -> BTreeSet<String> {
    let pieces = definition.split('\'').skip(1).step_by(2);
    pieces.map(str::to_owned).collect()
}

/// Statements name states as Postgres has them: a name that no enum has any more would match no row, silently.
#[test]
fn statements_name_no_state_that_no_enum_has() {
    let mut known: BTreeSet<String> = columns()
        .into_iter()
        .flat_map(|(_, _, names)| names)
        .collect();
    // What Telegram calls a chat that a group became.
    known.insert("supergroup".to_owned());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("tests.rs")
        {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for name in compared_with_a_state(&source) {
            assert!(known.contains(name), "{}: {name:?}", path.display());
            seen += 1;
        }
    }
    assert!(
        seen > 10,
        "{seen} names were found: does this test still see the statements?"
    );
}

/// What stands in quotes in lines that speak of a state, a kind or a status.
fn compared_with_a_state(source: &str) -> impl Iterator<Item = &str> {
    let lines = source.lines().filter(|line| {
        ["state", "kind", "status"]
            .iter()
            .any(|column| line.contains(column))
    });
    let quoted = lines.flat_map(|line| line.split('\'').skip(1).step_by(2));
    quoted
        .filter(|text| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

#[tokio::test]
async fn a_column_takes_the_names_of_its_enum_and_no_others() {
    let database = TestDatabase::start().await;
    let lists = names(&database.db, LISTS).await;
    let in_postgres: Vec<(String, BTreeSet<String>)> = lists
        .iter()
        .map(|line| {
            let (column, definition) = line.split_once(": ").unwrap();
            (column.to_owned(), quoted(definition))
        })
        .collect();
    let mut in_code: Vec<(String, BTreeSet<String>)> = columns()
        .into_iter()
        .map(|(table, column, names)| (format!("{table}.{column}"), names))
        .collect();
    in_code.sort();
    assert_eq!(in_code, in_postgres);
    database.stop().await;
}

#[tokio::test]
async fn a_name_that_the_code_does_not_know_is_an_error_and_no_other_state() {
    let database = TestDatabase::start().await;
    let mut conn = database.db.connection().await.unwrap();
    conn.batch_execute(
        "ALTER TABLE bots DROP CONSTRAINT bots_state_check;
         INSERT INTO bots (id, username, token_sealed, state, source, created_at)
         VALUES (1, 'a_bot', '', 'of_tomorrow', 'admin', now())",
    )
    .await
    .unwrap();
    let read = bots::list(&mut conn).await;
    let Err(DbError::Unreadable(why)) = read else {
        panic!("{read:?}");
    };
    for part in ["of_tomorrow", "active", "logged_out"] {
        assert!(why.contains(part), "{why}");
    }
    drop(conn);
    database.stop().await;
}

#[tokio::test]
async fn a_number_that_the_code_allows_fits_its_column() {
    let database = TestDatabase::start().await;
    for (constraint, limits) in [
        ("bots_weight_check", vec![MAX_WEIGHT.to_string()]),
        (
            "files_total_parts_expected_check",
            vec![MAX_PARTS.to_string()],
        ),
        (
            "file_parts_stored_size_check",
            vec![
                PART_OVERHEAD_BYTES.to_string(),
                MAX_PART_BODY_BYTES.to_string(),
            ],
        ),
        ("files_manifest_check", vec![MAX_MANIFEST_BYTES.to_string()]),
        (
            "files_original_filename_check",
            vec![MAX_LABEL_BYTES.to_string()],
        ),
        ("files_folder_check", vec![MAX_LABEL_BYTES.to_string()]),
        ("file_parts_iv_check", vec![IV_BYTES.to_string()]),
        ("file_parts_auth_tag_check", vec![TAG_BYTES.to_string()]),
    ] {
        let sql = format!(
            "SELECT pg_get_constraintdef(oid) AS name FROM pg_constraint WHERE conname = '{constraint}'"
        );
        let definition = names(&database.db, &sql).await.concat();
        let numbers = definition.split(|of: char| !of.is_ascii_digit());
        let numbers: Vec<&str> = numbers.filter(|number| !number.is_empty()).collect();
        for limit in limits {
            assert!(
                numbers.contains(&limit.as_str()),
                "{constraint}: {definition}"
            );
        }
    }
    database.stop().await;
}
