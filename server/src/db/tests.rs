//! The tables themselves: the migrations, the hand-written schema, the plans of hot queries,
//! a Postgres that freezes or dies.

mod migrations;
mod texts;

use std::time::{Duration, Instant};

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use ferry_core::wire::PartState;
use nix::sys::signal::Signal;
use uuid::Uuid;

use super::test_database::TestDatabase;
use super::{
    Db, DbError, DbTimeouts, Text, bot_sends, bot_sweeps, deletions, files_with_sessions, parts,
    schema,
};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

async fn names(db: &Db, sql: &str) -> Vec<String> {
    let mut conn = db.connection().await.unwrap();
    let rows: Vec<Name> = diesel::sql_query(sql).load(&mut *conn).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

/// `table.column type nullable?` as diesel has it; asserted against what Postgres has.
macro_rules! assert_schema_matches {
    ($db:expr, $($table:ident)+) => {$({
        let mut conn = $db.connection().await.unwrap();
        let sql = schema::$table::table.select(schema::$table::all_columns);
        // Postgres checks every column's name when it plans, diesel every column's type and count by name below.
        let listed = diesel::debug_query::<Pg, _>(&sql).to_string();
        let columns = listed.matches(&format!("\"{}\".\"", stringify!($table))).count();
        let real = names(&$db, &format!(
            "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{}'",
            stringify!($table),
        )).await.len();
        assert_eq!(columns, real, "columns of {}", stringify!($table));
        let plan = explain(&mut conn, sql).await;
        assert!(plan.contains(stringify!($table)), "{plan}");
    })+};
}

#[tokio::test]
async fn hot_queries_use_their_indexes_and_the_schema_is_the_migrated_one() {
    let database = TestDatabase::start().await;
    assert_schema_matches!(
        database.db,
        users key_slots invitations tokens login_attempts server_secrets files file_parts upload_sessions
        tombstones put_intents deletions jobs audit_events bots telegram_chats bot_chats bot_sends bot_senders
    );
    let mut conn = database.db.connection().await.unwrap();
    conn.batch_execute(MANY_ROWS).await.unwrap();
    let user = Uuid::from_u128(1);
    let file = Uuid::from_u128(500);
    for (what, plan, index) in [
        (
            "by label",
            explain(
                &mut conn,
                files_with_sessions::candidates::with_label(user, "~500", 16),
            )
            .await,
            "idx_files_resume_key",
        ),
        (
            "by size",
            explain(
                &mut conn,
                files_with_sessions::candidates::unfinished_of_size(user, "~x", 500, 16),
            )
            .await,
            "idx_files_resume_lookup",
        ),
        (
            "by fingerprint",
            explain(
                &mut conn,
                files_with_sessions::candidates::with_fingerprint(user, "~x", &[7; 32], 16),
            )
            .await,
            "idx_files_user_hash",
        ),
        (
            "numbers of sound parts",
            explain(&mut conn, parts::in_state(file, Text(PartState::Stored))).await,
            "file_parts_file_id_part_number",
        ),
    ] {
        assert!(plan.contains(index), "{what}: {plan}");
        assert!(!plan.contains("Seq Scan"), "{what}: {plan}");
    }
    drop(conn);
    database.stop().await;
}

#[tokio::test]
async fn sums_of_all_parts_are_read_from_indexes_alone() {
    let database = TestDatabase::start().await;
    let mut conn = database.db.connection().await.unwrap();
    conn.batch_execute(MANY_ROWS).await.unwrap();
    conn.batch_execute(MANY_IN_TELEGRAM).await.unwrap();
    conn.batch_execute("VACUUM ANALYZE").await.unwrap();
    for (what, plan, index) in [
        (
            "by bot",
            explain(&mut conn, parts::by_bot()).await,
            "Index Only Scan using idx_file_parts_bot",
        ),
        (
            "by store",
            explain(&mut conn, parts::by_provider()).await,
            "Index Only Scan using idx_file_parts_provider",
        ),
        (
            "of a bot",
            explain(&mut conn, parts::holding(3)).await,
            "Index Only Scan using idx_file_parts_bot",
        ),
        (
            "deletions",
            explain(&mut conn, deletions::by_provider()).await,
            "Index Only Scan using idx_deletions_provider",
        ),
    ] {
        assert!(plan.contains(index), "{what}: {plan}");
        assert!(!plan.contains("on file_parts\n"), "{what}: {plan}");
    }
    let plan = explain(&mut conn, deletions::knowing("s3")).await;
    for index in ["idx_file_parts_provider", "idx_deletions_provider"] {
        assert!(
            plan.contains(index),
            "of a store that holds nothing: {plan}"
        );
    }
    drop(conn);
    database.stop().await;
}

#[tokio::test]
async fn what_a_send_costs_does_not_grow_with_those_before_it() {
    let database = TestDatabase::start().await;
    let mut conn = database.db.connection().await.unwrap();
    conn.batch_execute(MANY_SENDS).await.unwrap();
    let now = chrono::Utc::now();
    for (chat, counts_all) in [(-1_000_000_000_001_i64, false), (-1_000_000_000_002, true)] {
        let attempt_id = Uuid::new_v4();
        conn.batch_execute(&format!(
            "INSERT INTO bot_sends (attempt_id, put_id, bot_id, chat_id, kind, size_bytes, started_at, deadline, high_at_start) \
             VALUES ('{attempt_id}', '{attempt_id}', 1, {chat}, 'part', 1, now(), now() + interval '1 hour', 0)"
        ))
        .await
        .unwrap();
        let message = bot_sends::StoredMessage {
            attempt_id,
            message_id: 50_000,
            telegram_file_id: "file",
            telegram_file_unique_id: "unique",
            full_at_messages: 400_000,
        };
        let plan = explain_run(&mut conn, bot_sends::storing(&message, now)).await;
        let counted: Vec<&str> = plan
            .lines()
            .filter(|line| line.contains("on bot_sends s"))
            .collect();
        let is_run = counted.iter().any(|line| !line.contains("never executed"));
        assert!(!counted.is_empty() && is_run == counts_all, "{plan}");
    }
    let swept: Vec<String> = names(
        &database.db,
        "SELECT swept_to::text AS name FROM telegram_chats ORDER BY chat_id",
    )
    .await;
    assert_eq!(swept, ["49999", "7"], "the new chat's, the old one's");

    let plan = explain(&mut conn, bot_sweeps::pruning(now, 1_000)).await;
    assert!(plan.contains("idx_bot_sends_tidy"), "{plan}");
    let plan = explain_run(&mut conn, bot_sweeps::pruning(now, 1_000)).await;
    let looked_at = plan
        .lines()
        .find(|line| line.contains("idx_bot_sends_tidy"))
        .unwrap_or_default();
    assert!(
        looked_at.contains("rows=100 loops=1"),
        "copies are looked at: {plan}"
    );
    drop(conn);
    database.stop().await;
}

/// 20,000 copies of parts in one chat, 100 sends that left nothing, and a new chat.
const MANY_SENDS: &str = "
    SET statement_timeout = 0;
    INSERT INTO telegram_chats (chat_id, high_message_id, swept_to, created_at)
    VALUES (-1000000000001, 30000, 7, now()), (-1000000000002, 0, 0, now());
    INSERT INTO bot_sends (attempt_id, put_id, bot_id, chat_id, kind, size_bytes, started_at, deadline, high_at_start,
                           state, message_id, settled_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 1, -1000000000001, 'copy', 1, now() - interval '1 day',
           now() - interval '1 day', 0, 'stored', n, now() - interval '1 day'
    FROM generate_series(1, 20000) n;
    INSERT INTO bot_sends (attempt_id, put_id, bot_id, chat_id, kind, size_bytes, started_at, deadline, high_at_start,
                           state, settled_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 1, -1000000000001, 'part', 1, now() - interval '1 day',
           now() - interval '1 day', 0, 'refused', now() - interval '1 day'
    FROM generate_series(1, 100) n;
    ANALYZE;
";

/// The same files' parts from 3 on in Telegram: of four bots in two chats. And deletions of both stores.
const MANY_IN_TELEGRAM: &str = "
    INSERT INTO file_parts (file_id, part_number, size, stored_size, iv, auth_tag, is_compressed, part_mac,
                            stored_blake3, provider, locator, created_at, stored_at)
    SELECT f.id, n, 1, 29, decode(repeat('00', 12), 'hex'), decode(repeat('00', 16), 'hex'), false,
           decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), 'telegram',
           jsonb_build_object('bot_id', n, 'chat_id', -1000000000000 - n % 2), now(), now()
    FROM files f, generate_series(3, 6) n;
    INSERT INTO deletions (provider, locator, queued_at, not_before)
    SELECT provider, locator, now(), now() FROM file_parts;
";

/// 6,000 files of two users, and 12,000 parts.
const MANY_ROWS: &str = "
    SET statement_timeout = 0;
    INSERT INTO users (id, username, username_folded, auth_verifier, role, created_at)
    SELECT lpad(n::text, 32, '0')::uuid, n::text, n::text, decode(repeat('00', 32), 'hex'), 'user', now()
    FROM generate_series(1, 2) n;
    INSERT INTO files (id, user_id, original_filename, file_size, header, total_parts_expected, last_part_size,
                       encrypted_file_key, manifest, start_blake3, created_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, lpad((n % 2 + 1)::text, 32, '0')::uuid, '~' || n, n,
           decode(repeat('00', 88), 'hex'), 2, 1, decode(repeat('00', 80), 'hex'), decode(repeat('00', 288), 'hex'),
           decode(repeat('00', 32), 'hex'), now()
    FROM generate_series(1, 6000) n;
    UPDATE files SET file_fingerprint = sha256(original_filename::bytea);
    INSERT INTO upload_sessions (id, user_id, file_id, original_filename, file_size, total_parts, ttl_secs, created_at,
                                 last_activity_at)
    SELECT id, user_id, id, original_filename, file_size, 2, 60, now(), now() FROM files;
    INSERT INTO file_parts (file_id, part_number, size, stored_size, iv, auth_tag, is_compressed, part_mac,
                            stored_blake3, provider, locator, created_at, stored_at)
    SELECT f.id, n, 1, 29, decode(repeat('00', 12), 'hex'), decode(repeat('00', 16), 'hex'), false,
           decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), 'directory', '{}', now(), now()
    FROM files f, generate_series(1, 2) n;
    ANALYZE;
";

/// `EXPLAIN` in front of a query, so that Postgres says how it would run the very query that the code runs.
struct Explain<Q>(Q, &'static str);

impl<Q: QueryId> QueryId for Explain<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("EXPLAIN ");
        out.push_sql(self.1);
        self.0.walk_ast(out.reborrow())
    }
}

impl<Q> Query for Explain<Q> {
    type SqlType = diesel::sql_types::Text;
}

async fn explain<Q>(conn: &mut super::Connection, query: Q) -> String
where
    Q: QueryFragment<Pg> + QueryId + Send,
{
    let lines: Vec<String> = Explain(query, "").get_results(conn).await.unwrap();
    lines.join("\n")
}

/// The same for a query that is really run, with what each step of it did.
async fn explain_run<Q>(conn: &mut super::Connection, query: Q) -> String
where
    Q: QueryFragment<Pg> + QueryId + Send,
{
    let options = "(ANALYZE, TIMING OFF) ";
    let lines: Vec<String> = Explain(query, options).get_results(conn).await.unwrap();
    lines.join("\n")
}

fn impatient() -> DbTimeouts {
    DbTimeouts {
        connect: Duration::from_millis(500),
        statement: Duration::from_millis(500),
        whole: Duration::from_secs(1),
        whole_file: Duration::from_secs(1),
    }
}

async fn until_it_answers(db: &Db) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while let Err(error) = db.ping().await {
        assert!(matches!(error, DbError::Unavailable(_)), "{error:?}");
        assert!(Instant::now() < deadline, "{error}");
    }
}

#[tokio::test]
async fn a_frozen_or_dead_postgres_is_unavailable_and_comes_back() {
    let database = TestDatabase::start_empty(impatient()).await;
    let db = &database.db;
    db.ping().await.unwrap();

    database.signal_all(Signal::SIGSTOP);
    let asked = Instant::now();
    assert!(matches!(db.ping().await, Err(DbError::Unavailable(_))));
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "it hung for {:?}",
        asked.elapsed()
    );
    database.signal_all(Signal::SIGCONT);
    until_it_answers(db).await;

    // The watchdog may have another one up at once; a connection that was open is lost all the same.
    let mut open = db.connection().await.unwrap();
    database.signal_all(Signal::SIGKILL);
    let lost = open.batch_execute("SELECT 1").await.map_err(DbError::from);
    assert!(matches!(lost, Err(DbError::Unavailable(_))), "{lost:?}");
    drop(open);
    until_it_answers(db).await;
    database.stop().await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_or_failed_leaves_nothing() {
    let database = TestDatabase::start_empty(DbTimeouts::default()).await;
    let db = &database.db;
    db.connection()
        .await
        .unwrap()
        .batch_execute("CREATE TABLE t (n int)")
        .await
        .unwrap();

    let mut dropped = db.begin().await.unwrap();
    dropped
        .batch_execute("INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    drop(dropped);

    let mut failed = db.begin().await.unwrap();
    failed
        .batch_execute("INSERT INTO t VALUES (2)")
        .await
        .unwrap();
    let outcome: Result<(), DbError> = failed.end(Err(DbError::Unavailable("no".to_owned()))).await;
    assert!(outcome.is_err());

    let mut good = db.begin().await.unwrap();
    good.batch_execute("INSERT INTO t VALUES (3)")
        .await
        .unwrap();
    good.end(Ok::<_, DbError>(())).await.unwrap();
    assert_eq!(names(db, "SELECT n::text AS name FROM t").await, ["3"]);
    database.stop().await;
}

#[tokio::test]
async fn an_error_is_sorted_whatever_language_postgres_speaks() {
    let database = TestDatabase::start_empty(DbTimeouts::default()).await;
    let mut conn = database.db.connection().await.unwrap();
    for (code, message) in [
        (
            "57P01",
            "Verbindung wird abgebrochen aufgrund von Anweisung des Administrators",
        ),
        (
            "57014",
            "storniere Anfrage wegen Zeitüberschreitung der Anfrage",
        ),
        ("40P01", "interblocage détecté"),
        ("53300", "demasiados clientes"),
        ("53100", "no se pudo extender el archivo"),
    ] {
        let raise = format!(
            "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = '{message}'; END $$"
        );
        let error = conn.batch_execute(&raise).await.map_err(DbError::from);
        let Err(DbError::Unavailable(told)) = error else {
            panic!("{code}: {error:?}");
        };
        assert_eq!(told, message);
    }
    for wrong in [
        "SELECT nowhere",
        "SELEKT 1",
        "CREATE TABLE t (n int CHECK (n > 0)); INSERT INTO t VALUES (0)",
    ] {
        let error = conn.batch_execute(wrong).await.map_err(DbError::from);
        assert!(
            matches!(error, Err(DbError::Refused(_))),
            "{wrong}: {error:?}"
        );
    }
    drop(conn);
    database.stop().await;
}
