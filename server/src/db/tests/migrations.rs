//! Every migration, forward and back, on tables that hold rows: what an earlier release left must come through.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use diesel_async::SimpleAsyncConnection;

use super::names;
use crate::db::test_database::TestDatabase;
use crate::db::{Db, DbTimeouts};

const TABLES: &str = "SELECT table_name::text AS name FROM information_schema.tables \
                      WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'";

/// Everything that a migration may change but the rows, one line each.
const SHAPE: &str = "
    SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, generation_expression,
                     is_identity, col_description(table_name::regclass, ordinal_position::int)) AS name
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'
    UNION ALL SELECT indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> '__diesel_schema_migrations'
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
          AND conrelid <> coalesce(to_regclass('__diesel_schema_migrations')::oid, 0)
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace";

/// Rows for the tables that a migration brings, valid when it has just run.
const FILLED_BY: &[(&str, &str)] = &[
    ("2026-11-20-000000_first_light", FIRST_ROWS),
    ("2026-11-21-000000_telegram", TELEGRAM_ROWS),
    ("2026-11-27-000000_senders", SENDER_ROWS),
];

const FIRST_ROWS: &str = "
    INSERT INTO users (id, username, username_folded, auth_verifier, role, created_at)
    VALUES (lpad('1', 32, '0')::uuid, 'Ada', 'ada', decode(repeat('00', 32), 'hex'), 'admin', now());
    INSERT INTO key_slots (id, user_id, kind, account_key_id, slot)
    SELECT id, id, 'password', decode(repeat('00', 16), 'hex'), decode(repeat('00', 132), 'hex') FROM users;
    INSERT INTO invitations (id, token_hash, role, created_by, created_at, expires_at)
    SELECT id, decode(repeat('01', 32), 'hex'), 'user', id, now(), now() FROM users;
    INSERT INTO tokens (id, user_id, token_hash, kind, label, scopes, created_at, expires_at)
    SELECT id, id, decode(repeat('02', 32), 'hex'), 'api', 'script', '{read}', now(), now() FROM users;
    INSERT INTO login_attempts VALUES ('name ada', 1, now());
    INSERT INTO server_secrets VALUES ('kdf', '\\x00', now());
    INSERT INTO files (id, user_id, original_filename, file_size, header, total_parts_expected, last_part_size,
                       encrypted_file_key, manifest, start_blake3, created_at)
    SELECT lpad(n::text, 32, '0')::uuid, u.id, '~' || n, n, decode(repeat('00', 88), 'hex'), 2, 1,
           decode(repeat('00', 80), 'hex'), decode(repeat('00', 288), 'hex'), decode(repeat('00', 32), 'hex'), now()
    FROM users u, generate_series(1, 3) n;
    INSERT INTO upload_sessions (id, user_id, file_id, original_filename, file_size, total_parts, ttl_secs, created_at,
                                 last_activity_at)
    SELECT id, user_id, id, original_filename, file_size, 2, 60, now(), now() FROM files;
    INSERT INTO file_parts (file_id, part_number, size, stored_size, iv, auth_tag, is_compressed, part_mac,
                            stored_blake3, provider, locator, created_at, stored_at)
    SELECT f.id, n, 1, 29, decode(repeat('00', 12), 'hex'), decode(repeat('00', 16), 'hex'), false,
           decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), p.provider, p.locator, now(), now()
    FROM files f, (VALUES (1, 'directory', '{\"key\": \"x\"}'::jsonb),
                          (2, 'telegram', '{\"bot_id\": 7, \"chat_id\": -1000000000001}'::jsonb)) p (n, provider, locator);
    INSERT INTO tombstones
    SELECT lpad('9', 32, '0')::uuid, id, 'expired', 1, 0, now() FROM users;
    INSERT INTO put_intents SELECT id, user_id, id, 1, 'directory', '{}', now() FROM files;
    INSERT INTO deletions (provider, locator, queued_at, not_before) SELECT provider, locator, now(), now() FROM file_parts;
    INSERT INTO jobs VALUES ('cleanup', now(), now(), 'it failed');
    INSERT INTO audit_events (at, user_id, action, subject_id, reason)
    SELECT now(), id, 'user.register', id, 'setup' FROM users;
";

const TELEGRAM_ROWS: &str = "
    INSERT INTO bots (id, username, token_sealed, source, created_at) VALUES (7, 'seven_bot', '\\x00', 'config', now());
    INSERT INTO telegram_chats (chat_id, messages, high_message_id, created_at) VALUES (-1000000000001, 3, 30, now());
    INSERT INTO bot_chats (bot_id, chat_id, created_at) VALUES (7, -1000000000001, now());
    INSERT INTO bot_sends (attempt_id, put_id, bot_id, chat_id, kind, size_bytes, started_at, deadline, high_at_start,
                           state, message_id, settled_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 7, -1000000000001, kind, 1, now(), now(), 0, state, message_id,
           CASE WHEN state <> 'in_flight' THEN now() END
    FROM (VALUES ('part', 'stored', 1), ('copy', 'stored', 2), ('part', 'refused', NULL), ('part', 'in_flight', NULL),
                 ('mark', 'unknown', NULL)) s (kind, state, message_id);
";

const SENDER_ROWS: &str = "
    INSERT INTO bot_senders (id, beats) VALUES (gen_random_uuid(), 1);
";

/// The folders of `migrations/`, in their order.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let entries = std::fs::read_dir(root).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(folders.len() >= 6, "{folders:?}");
    folders
}

fn sql(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

/// The version as diesel writes it down: the folder's name up to the first `_`, digits alone.
fn version(folder: &Path) -> String {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let (version, _) = name.split_once('_').unwrap();
    version.replace('-', "")
}

async fn execute(db: &Db, sql: &str) {
    let mut conn = db.connection().await.unwrap();
    conn.batch_execute(sql).await.unwrap();
}

/// Puts rows into the tables that a migration brought; afterwards no table is empty.
async fn fill(db: &Db, folder: &Path) {
    let name = folder.file_name().unwrap().to_str().unwrap();
    if let Some((_, rows)) = FILLED_BY.iter().find(|(filled, _)| *filled == name) {
        execute(db, rows).await;
    }
    let counts = row_counts(db).await;
    let empty: Vec<_> = counts.iter().filter(|(_, rows)| *rows == "0").collect();
    assert!(
        empty.is_empty(),
        "{name} brings tables without rows in FILLED_BY: {empty:?}"
    );
}

async fn row_counts(db: &Db) -> BTreeMap<String, String> {
    let mut counts = BTreeMap::new();
    for table in names(db, TABLES).await {
        let count = format!("SELECT count(*)::text AS name FROM {table}");
        counts.insert(table, names(db, &count).await.remove(0));
    }
    counts
}

async fn shape(db: &Db) -> BTreeSet<String> {
    names(db, SHAPE).await.into_iter().collect()
}

fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<String> {
    before.symmetric_difference(after).cloned().collect()
}

#[tokio::test]
async fn every_migration_keeps_the_rows_and_is_undone_by_its_down() {
    let database = TestDatabase::start_empty(DbTimeouts::default()).await;
    let db = &database.db;
    let mut counts = BTreeMap::new();
    for folder in &folders() {
        let (up, down) = (sql(folder, "up.sql"), sql(folder, "down.sql"));
        let before = shape(db).await;
        execute(db, &up).await;
        let after = shape(db).await;
        assert_ne!(before, after, "{folder:?} changes nothing");
        execute(db, &down).await;
        let undone = difference(&before, &shape(db).await);
        assert!(undone.is_empty(), "{folder:?} is not undone: {undone:#?}");
        execute(db, &up).await;
        let again = difference(&after, &shape(db).await);
        assert!(again.is_empty(), "{folder:?}, once more: {again:#?}");
        for (table, rows) in &counts {
            assert_eq!(row_counts(db).await.get(table), Some(rows), "{table}");
        }
        fill(db, folder).await;
        counts = row_counts(db).await;
    }
    let chats =
        "SELECT DISTINCT coalesce(chat_id::text, 'none') AS name FROM file_parts ORDER BY 1";
    assert_eq!(names(db, chats).await, ["-1000000000001", "none"]);

    for folder in folders().iter().rev() {
        execute(db, &sql(folder, "down.sql")).await;
    }
    assert_eq!(shape(db).await, BTreeSet::new());
    database.stop().await;
}

#[tokio::test]
async fn many_instances_bring_an_earlier_release_up_to_date_once() {
    let database = TestDatabase::start_empty(DbTimeouts::default()).await;
    let db = &database.db;
    let folders = folders();
    let (first, later) = folders.split_first().unwrap();
    execute(db, &sql(first, "up.sql")).await;
    execute(
        db,
        &format!(
            "CREATE TABLE __diesel_schema_migrations (
                 version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now());
             INSERT INTO __diesel_schema_migrations (version) VALUES ('{}')",
            version(first)
        ),
    )
    .await;
    fill(db, first).await;
    let counts = row_counts(db).await;

    let instances: Vec<Db> = (0..4)
        .map(|_| Db::new(&database.database_url(), 2, DbTimeouts::default()))
        .collect();
    let migrations = instances.iter().map(Db::migrate);
    futures_util::future::try_join_all(migrations)
        .await
        .unwrap();

    let run = "SELECT version::text AS name FROM __diesel_schema_migrations ORDER BY version";
    let versions: Vec<String> = folders.iter().map(|folder| version(folder)).collect();
    assert_eq!(names(db, run).await, versions);
    assert!(!later.is_empty());
    let now = row_counts(db).await;
    assert!(now.len() > counts.len(), "no table is new: {now:?}");
    for (table, rows) in &counts {
        assert_eq!(now.get(table), Some(rows), "{table}");
    }
    database.stop().await;
}

#[tokio::test]
async fn many_instances_make_the_tables_once() {
    let database = TestDatabase::start_empty(DbTimeouts::default()).await;
    let instances: Vec<Db> = (0..4)
        .map(|_| Db::new(&database.database_url(), 2, DbTimeouts::default()))
        .collect();
    let migrations = instances.iter().map(Db::migrate);
    futures_util::future::try_join_all(migrations)
        .await
        .unwrap();
    let migrated = shape(&database.db).await;

    let by_hand = TestDatabase::start_empty(DbTimeouts::default()).await;
    for folder in &folders() {
        execute(&by_hand.db, &sql(folder, "up.sql")).await;
    }
    let other = difference(&migrated, &shape(&by_hand.db).await);
    assert!(
        other.is_empty(),
        "the server carries other migrations: {other:#?}"
    );
    by_hand.stop().await;
    database.stop().await;
}
