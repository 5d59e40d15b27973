//! What the tests stand on: a database, a directory, a clock that can be turned, a user, and files sealed with noise.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::SimpleAsyncConnection;
use ferry_core::envelope::header::HeaderCore;
use ferry_core::envelope::part::PartRecord;
use ferry_core::envelope::parts_root::PartsRoot;
use ferry_core::plan::{Plan, PlanParams};
use ferry_core::wire::{
    B64, Bytes64, CheckQuery, CompleteRequest, Compression, ErrorCode, PartsQuery, StartRequest,
    StoredPart,
};
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::test_database::TestDatabase;
use crate::storage::{Bounded, OpendalStore, StorageLimits, Stores};
use crate::uploads::{
    ABANDONED_AFTER, BodyDigest, PartMeta, UploadResult, UploadSettings, Uploads,
};

pub(super) const GRAIN: u32 = 65_536;

pub(super) struct Fixture {
    pub(super) uploads: Uploads,
    pub(super) database: TestDatabase,
    pub(super) user: Uuid,
    pub(super) parts_dir: PathBuf,
    now: Arc<Mutex<DateTime<Utc>>>,
    _home: tempfile::TempDir,
}

impl Fixture {
    pub(super) async fn set() -> Self {
        Self::set_with(|stores| stores).await
    }

    /// The same with other stores beside the directory, or in its place.
    pub(super) async fn set_with(arrange: impl FnOnce(Stores) -> Stores) -> Self {
        Self::set_on(TestDatabase::start().await, None, arrange).await
    }

    /// The same on a database that others use too, and by their clock, which then cannot be turned here.
    pub(super) async fn set_on(
        database: TestDatabase,
        clock: Option<Clock>,
        arrange: impl FnOnce(Stores) -> Stores,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let parts_dir = home.path().join("store");
        let now = Arc::new(Mutex::new(
            DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        ));
        let turned = Arc::clone(&now);
        let clock = clock.unwrap_or_else(|| Arc::new(move || *turned.lock().unwrap()));
        let store = OpendalStore::marked(&parts_dir).await;
        let stores = Stores::new(
            "directory",
            Arc::new(Bounded::new(store, StorageLimits::default())),
        );
        let uploads = Uploads::new(
            database.db.clone(),
            arrange(stores),
            clock,
            UploadSettings::with_ttl(ABANDONED_AFTER),
        );
        let fixture = Fixture {
            uploads,
            database,
            user: Uuid::new_v4(),
            parts_dir,
            now,
            _home: home,
        };
        fixture.add_user(fixture.user, None).await;
        fixture
    }

    pub(super) async fn add_user(&self, id: Uuid, quota_bytes: Option<u32>) {
        let quota = quota_bytes.map_or("NULL".to_owned(), |bytes| bytes.to_string());
        self.sql(&format!(
            "INSERT INTO users (id, username, username_folded, auth_verifier, role, quota_bytes, created_at) \
             VALUES ('{id}', '{id}', '{id}', decode(repeat('00', 32), 'hex'), 'user', {quota}, now()); \
             INSERT INTO key_slots (id, user_id, kind, account_key_id, slot) \
             VALUES (gen_random_uuid(), '{id}', 'password', decode(repeat('06', 16), 'hex'), decode(repeat('00', 132), 'hex'))"
        ))
        .await;
    }

    pub(super) async fn sql(&self, sql: &str) {
        self.database
            .db
            .connection()
            .await
            .unwrap()
            .batch_execute(sql)
            .await
            .unwrap();
    }

    pub(super) async fn count(&self, table: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            rows: i64,
        }
        let mut conn = self.database.db.connection().await.unwrap();
        let query = diesel::sql_query(format!("SELECT count(*) AS rows FROM {table}"));
        let count: Count = diesel_async::RunQueryDsl::get_result(query, &mut *conn)
            .await
            .unwrap();
        count.rows
    }

    pub(super) fn turn_clock(&self, by: TimeDelta) {
        *self.now.lock().unwrap() += by;
    }

    /// Works the deletion queue off and says how many part files are in the directory.
    pub(super) async fn files_on_disk(&self) -> usize {
        while self.uploads.delete_queued().await.unwrap().deleted > 0 {}
        self.part_paths().len()
    }

    pub(super) fn part_paths(&self) -> Vec<PathBuf> {
        let Ok(folders) = std::fs::read_dir(self.parts_dir.join("parts")) else {
            return Vec::new();
        };
        folders
            .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .collect()
    }

    pub(super) async fn start(&self, file: &TestFile) {
        let (session, is_new) = self
            .uploads
            .start(self.user, file.start.clone())
            .await
            .unwrap();
        assert!(is_new);
        assert_eq!(session.total_parts, file.plan.part_count());
    }

    pub(super) async fn send(
        &self,
        file: &TestFile,
        number: u32,
        content: u8,
    ) -> UploadResult<StoredPart> {
        self.send_if(file, number, content, None).await
    }

    pub(super) async fn send_if(
        &self,
        file: &TestFile,
        number: u32,
        content: u8,
        if_match: Option<u32>,
    ) -> UploadResult<StoredPart> {
        let body = file.seal(number, content);
        let meta = meta(&body, content, if_match);
        let len = u64::try_from(body.len()).unwrap();
        let ticket = self
            .uploads
            .reserve_part(self.user, file.start.file_id, number, Some(len), meta)
            .await?;
        self.uploads.accept_part(ticket, body).await
    }

    pub(super) async fn send_all(&self, file: &TestFile) {
        for number in 1..=file.plan.part_count() {
            self.send(file, number, 7).await.unwrap();
        }
    }

    /// What a client would send, with the root of the rows that the server has.
    pub(super) async fn completion(&self, file: &TestFile, seq: u32) -> CompleteRequest {
        let page = self
            .uploads
            .parts(self.user, file.start.file_id, PartsQuery::default())
            .await
            .unwrap();
        let records: Vec<PartRecord> = page
            .parts
            .iter()
            .map(|row| PartRecord {
                iv: row.iv.0,
                tag: row.auth_tag.0,
                stored_len_bytes: row.stored_size,
                compression: row.compression,
                part_mac: row.part_mac.0,
            })
            .collect();
        let count = u32::try_from(records.len()).unwrap();
        CompleteRequest {
            manifest: manifest(seq, 1),
            manifest_seq: seq,
            parts_root: B64(PartsRoot::of(count, &records).unwrap()),
            fingerprint: B64([9; 32]),
        }
    }

    /// Chat and message of every part that is in Telegram.
    pub(super) async fn addresses(&self) -> BTreeSet<(i64, i64)> {
        let rows = self.messages("TRUE").await;
        rows.into_iter().collect()
    }

    /// Chat and message of one part.
    pub(super) async fn address(&self, file_id: Uuid, number: u32) -> (i64, i64) {
        let condition = format!("file_id = '{file_id}' AND part_number = {number}");
        self.messages(&condition).await[0]
    }

    /// How many parts a bot sent.
    pub(super) async fn parts_of_bot(&self, bot_id: i64) -> usize {
        self.messages(&format!("bot_id = {bot_id}")).await.len()
    }

    async fn messages(&self, condition: &str) -> Vec<(i64, i64)> {
        #[derive(diesel::QueryableByName)]
        struct Message {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            chat_id: i64,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            message_id: i64,
        }
        let query = diesel::sql_query(format!(
            "SELECT (locator ->> 'chat_id')::bigint AS chat_id, (locator ->> 'message_id')::bigint AS message_id \
             FROM file_parts WHERE {condition}"
        ));
        let mut conn = self.database.db.connection().await.unwrap();
        let rows: Vec<Message> = diesel_async::RunQueryDsl::load(query, &mut *conn)
            .await
            .unwrap();
        rows.iter()
            .map(|row| (row.chat_id, row.message_id))
            .collect()
    }

    /// The end of a fixture whose directory was not used.
    pub(super) async fn end_elsewhere(self) {
        assert_eq!(self.part_paths().len(), 0, "parts in the directory");
        self.database.stop().await;
    }

    pub(super) async fn end(self) {
        let incoming = std::fs::read_dir(self.parts_dir.join("incoming"))
            .unwrap()
            .count();
        assert_eq!(incoming, 0, "half-written files");
        self.database.stop().await;
    }
}

/// The MAC of a plaintext that is all `content`.
pub(super) fn mac(content: u8) -> [u8; 32] {
    *blake3::hash(&[content]).as_bytes()
}

pub(super) fn meta(body: &[u8], content: u8, if_match: Option<u32>) -> PartMeta {
    PartMeta {
        mac: mac(content),
        compression: Compression::None,
        digest: BodyDigest::Blake3(*blake3::hash(body).as_bytes()),
        if_match,
    }
}

pub(super) fn manifest(seq: u32, salt: u8) -> Bytes64 {
    let mut bytes = seq.to_be_bytes().to_vec();
    bytes.resize(4 + 12 + 256 + 16, salt);
    Bytes64(bytes)
}

pub(super) struct TestFile {
    pub(super) start: StartRequest,
    pub(super) plan: Plan,
}

impl TestFile {
    /// A file whose parts have 65,536 bytes each.
    pub(super) fn new(label: &str, size: u64) -> Self {
        let file_id = Uuid::new_v4();
        let params = PlanParams::new(GRAIN, GRAIN, [3; 8]).unwrap();
        let core = HeaderCore {
            file_id,
            file_salt: [1; 16],
            compression_allowed: true,
            plan: params,
        };
        let mut header = core.to_bytes().to_vec();
        header.extend([5; 32]);
        let mut file_key = vec![1, 1, 0, 0];
        file_key.resize(80, 6);
        let plan = Plan::new(params, size).unwrap();
        let start = StartRequest {
            file_id,
            filename: label.to_owned(),
            folder: String::new(),
            size,
            total_parts: plan.part_count(),
            header: Bytes64(header),
            file_key: Bytes64(file_key),
            manifest: manifest(0, 0),
            client: None,
        };
        TestFile { start, plan }
    }

    /// A body of the right length: a fresh IV, and noise in place of the ciphertext.
    pub(super) fn seal(&self, number: u32, content: u8) -> Bytes {
        let len = usize::try_from(self.plan.part(number).unwrap().len_bytes).unwrap();
        let mut body = vec![content; len + 28];
        let (iv, _) = body.split_at_mut(12);
        getrandom::fill(iv).unwrap();
        body.into()
    }
}

pub(super) fn code<T: std::fmt::Debug>(outcome: UploadResult<T>) -> ErrorCode {
    outcome.unwrap_err().code()
}

pub(super) fn query(filename: &str, size: u64) -> CheckQuery {
    CheckQuery {
        filename: filename.to_owned(),
        size,
        fingerprint: None,
    }
}
