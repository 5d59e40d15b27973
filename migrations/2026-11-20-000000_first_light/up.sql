-- Ferry's first tables. Constraints do the work: what a row may never be is refused here, whoever writes it.

-- ---------------------------------------------------------------- accounts

CREATE TABLE users (
    id              uuid PRIMARY KEY,
    username        text NOT NULL,
    username_folded text NOT NULL UNIQUE,
    auth_verifier   bytea NOT NULL CHECK (octet_length(auth_verifier) = 32),
    role            text NOT NULL CHECK (role IN ('user', 'admin')),
    quota_bytes     bigint CHECK (quota_bytes >= 0),
    used_bytes      bigint NOT NULL DEFAULT 0 CHECK (used_bytes >= 0),
    created_at      timestamptz NOT NULL,
    disabled_at     timestamptz
);
COMMENT ON COLUMN users.used_bytes IS 'sealed bytes of all part rows; kept by the trigger on file_parts';

CREATE TABLE key_slots (
    id             uuid PRIMARY KEY,
    user_id        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind           text NOT NULL CHECK (kind IN ('password', 'recovery')),
    account_key_id bytea NOT NULL CHECK (octet_length(account_key_id) = 16),
    slot           bytea NOT NULL CHECK (octet_length(slot) = 132),
    UNIQUE (user_id, kind)
);

CREATE TABLE invitations (
    id         uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    role       text NOT NULL CHECK (role IN ('user', 'admin')),
    created_by uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    used_by    uuid REFERENCES users (id) ON DELETE SET NULL
);

CREATE TABLE tokens (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    kind         text NOT NULL CHECK (kind IN ('session', 'api')),
    label        text NOT NULL,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX idx_tokens_user ON tokens (user_id);
CREATE INDEX idx_tokens_expires ON tokens (expires_at);

CREATE TABLE login_attempts (
    bucket          text PRIMARY KEY,
    failures        integer NOT NULL CHECK (failures >= 0),
    window_ends_at  timestamptz NOT NULL
);
COMMENT ON TABLE login_attempts IS 'failed logins by name and by address, shared by all instances';

CREATE TABLE server_secrets (
    name       text PRIMARY KEY,
    secret     bytea NOT NULL,
    created_at timestamptz NOT NULL
);

-- ------------------------------------------------------------------- files

-- Nothing cascades down to file_parts: their rows go only in the transaction that queues the deletion of their bytes.
CREATE TABLE files (
    id                     uuid PRIMARY KEY,
    user_id                uuid NOT NULL REFERENCES users (id),
    original_filename      text NOT NULL CHECK (octet_length(original_filename) BETWEEN 1 AND 255),
    folder                 text NOT NULL DEFAULT '' CHECK (octet_length(folder) <= 255),
    file_size              bigint NOT NULL CHECK (file_size >= 0),
    header                 bytea NOT NULL CHECK (octet_length(header) = 88),
    total_parts_expected   integer NOT NULL CHECK (total_parts_expected BETWEEN 1 AND 1000000),
    last_part_size         integer NOT NULL CHECK (last_part_size >= 0),
    encryption_algo        text NOT NULL DEFAULT 'AES-256-GCM',
    encryption_version     smallint NOT NULL DEFAULT 1,
    encrypted_file_key     bytea NOT NULL CHECK (octet_length(encrypted_file_key) = 80),
    key_iv                 bytea NOT NULL GENERATED ALWAYS AS (substring(encrypted_file_key FROM 21 FOR 12)) STORED,
    file_fingerprint       bytea CHECK (octet_length(file_fingerprint) = 32),
    manifest               bytea NOT NULL CHECK (octet_length(manifest) BETWEEN 32 AND 65536),
    manifest_seq           bigint NOT NULL DEFAULT 0 CHECK (manifest_seq >= 0),
    revision               integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
    is_complete            boolean NOT NULL DEFAULT false,
    start_blake3           bytea NOT NULL CHECK (octet_length(start_blake3) = 32),
    last_chunk_uploaded_at timestamptz,
    created_at             timestamptz NOT NULL,
    completed_at           timestamptz,
    CHECK (NOT is_complete OR (completed_at IS NOT NULL AND manifest_seq >= 1 AND file_fingerprint IS NOT NULL))
);
COMMENT ON COLUMN files.last_part_size IS 'plaintext bytes of the last part by the plan; the others follow from the header and their number';
COMMENT ON COLUMN files.start_blake3 IS 'of the request that began the upload: tells a repeated start from another one with the same id';
COMMENT ON COLUMN files.completed_at IS 'first time it was complete; stays when verification finds damage: its content is frozen and it is never abandoned';

CREATE INDEX idx_files_resume_key ON files (user_id, original_filename, file_size);
CREATE INDEX idx_files_resume_lookup ON files (user_id, file_size) WHERE NOT is_complete;
CREATE INDEX idx_files_user_hash ON files (user_id, file_fingerprint) WHERE file_fingerprint IS NOT NULL;
CREATE INDEX idx_files_list ON files (user_id, completed_at DESC, id DESC) WHERE completed_at IS NOT NULL;
CREATE INDEX idx_files_list_folder ON files (user_id, folder, completed_at DESC, id DESC) WHERE completed_at IS NOT NULL;

CREATE TABLE file_parts (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id          uuid NOT NULL REFERENCES files (id),
    part_number      integer NOT NULL CHECK (part_number > 0),
    size             integer NOT NULL CHECK (size >= 0),
    stored_size      integer NOT NULL CHECK (stored_size BETWEEN 28 AND 20971520),
    iv               bytea NOT NULL CHECK (octet_length(iv) = 12),
    auth_tag         bytea NOT NULL CHECK (octet_length(auth_tag) = 16),
    is_compressed    boolean NOT NULL,
    part_mac         bytea NOT NULL CHECK (octet_length(part_mac) = 32),
    stored_blake3    bytea NOT NULL CHECK (octet_length(stored_blake3) = 32),
    state            text NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'corrupt')),
    provider         text NOT NULL,
    locator          jsonb NOT NULL,
    bot_id           bigint GENERATED ALWAYS AS ((locator ->> 'bot_id')::bigint) STORED,
    telegram_file_id text GENERATED ALWAYS AS (locator ->> 'telegram_file_id') STORED,
    generation       integer NOT NULL DEFAULT 1 CHECK (generation >= 1),
    created_at       timestamptz NOT NULL,
    stored_at        timestamptz NOT NULL,
    verified_at      timestamptz,
    UNIQUE (file_id, part_number) INCLUDE (state, size)
);
COMMENT ON COLUMN file_parts.stored_at IS 'when this generation was stored; created_at is the first one';
CREATE INDEX idx_file_parts_bot ON file_parts (bot_id) WHERE bot_id IS NOT NULL;
CREATE INDEX idx_file_parts_telegram_file ON file_parts (telegram_file_id) WHERE telegram_file_id IS NOT NULL;

CREATE TABLE upload_sessions (
    id                uuid PRIMARY KEY,
    user_id           uuid NOT NULL REFERENCES users (id),
    file_id           uuid NOT NULL UNIQUE REFERENCES files (id) ON DELETE CASCADE,
    original_filename text NOT NULL,
    file_size         bigint NOT NULL,
    total_parts       integer NOT NULL,
    uploaded_parts    integer NOT NULL DEFAULT 0 CHECK (uploaded_parts >= 0),
    stored_bytes      bigint NOT NULL DEFAULT 0 CHECK (stored_bytes >= 0),
    status            text NOT NULL DEFAULT 'in_progress' CHECK (status IN ('in_progress', 'completed', 'abandoned')),
    client            text,
    ttl_secs          bigint NOT NULL CHECK (ttl_secs > 0),
    created_at        timestamptz NOT NULL,
    last_activity_at  timestamptz NOT NULL,
    expires_at        timestamptz
);
COMMENT ON COLUMN upload_sessions.expires_at IS 'last activity + ttl; null for what is complete or once was';
CREATE INDEX idx_upload_sessions_user ON upload_sessions (user_id, last_activity_at DESC);
CREATE INDEX idx_upload_sessions_expires ON upload_sessions (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX idx_upload_sessions_activity ON upload_sessions (last_activity_at) WHERE expires_at IS NOT NULL;

-- Keeps the sums that status, quota and expiry read. Per statement, not per row: a deleted file may have a million parts.
CREATE FUNCTION ferry_account_parts(changed_file uuid, parts bigint, bytes bigint, stored_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE owner uuid;
BEGIN
    UPDATE upload_sessions s
    SET uploaded_parts = s.uploaded_parts + parts,
        stored_bytes = s.stored_bytes + bytes,
        last_activity_at = greatest(s.last_activity_at, stored_at),
        expires_at = CASE
            WHEN s.expires_at IS NULL OR stored_at IS NULL THEN s.expires_at
            ELSE greatest(s.expires_at, stored_at + make_interval(secs => s.ttl_secs)) END
    WHERE s.file_id = changed_file
    RETURNING s.user_id INTO STRICT owner;
    IF stored_at IS NOT NULL THEN
        UPDATE files SET last_chunk_uploaded_at = greatest(last_chunk_uploaded_at, stored_at) WHERE id = changed_file;
    END IF;
    IF bytes <> 0 THEN
        UPDATE users SET used_bytes = used_bytes + bytes WHERE id = owner;
    END IF;
END $$;

CREATE FUNCTION ferry_parts_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ferry_account_parts(file_id, count(*) FILTER (WHERE state = 'stored'), sum(stored_size), max(stored_at))
    FROM new_rows GROUP BY file_id;
    RETURN NULL;
END $$;

CREATE FUNCTION ferry_parts_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ferry_account_parts(
        n.file_id,
        count(*) FILTER (WHERE n.state = 'stored') - count(*) FILTER (WHERE o.state = 'stored'),
        sum(n.stored_size) - sum(o.stored_size),
        max(n.stored_at) FILTER (WHERE n.generation <> o.generation))
    FROM new_rows n JOIN old_rows o USING (id) GROUP BY n.file_id;
    RETURN NULL;
END $$;

CREATE FUNCTION ferry_parts_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ferry_account_parts(file_id, -count(*) FILTER (WHERE state = 'stored'), -sum(stored_size), NULL)
    FROM old_rows GROUP BY file_id;
    RETURN NULL;
END $$;

CREATE TRIGGER file_parts_inserted AFTER INSERT ON file_parts
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ferry_parts_inserted();
CREATE TRIGGER file_parts_updated AFTER UPDATE ON file_parts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ferry_parts_updated();
CREATE TRIGGER file_parts_deleted AFTER DELETE ON file_parts
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ferry_parts_deleted();

-- What became of ids that are gone: 410 instead of 404 after expiry, the same answer to a repeated discard,
-- and no late start that brings a discarded file back.
CREATE TABLE tombstones (
    file_id       uuid PRIMARY KEY,
    user_id       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reason        text NOT NULL CHECK (reason IN ('discarded', 'deleted', 'expired')),
    deleted       bigint NOT NULL,
    crypto_erased bigint NOT NULL,
    at            timestamptz NOT NULL
);

-- ------------------------------------------------------------------- bytes

-- Written before the provider is called, removed with the commit of the part's row. One that stays is an orphan's address.
CREATE TABLE put_intents (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    file_id     uuid NOT NULL,
    part_number integer NOT NULL,
    provider    text NOT NULL,
    locator     jsonb NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX idx_put_intents_created ON put_intents (created_at);

-- Queued in the transaction that removes the rows, worked off afterwards.
CREATE TABLE deletions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider   text NOT NULL,
    locator    jsonb NOT NULL,
    queued_at  timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    last_error text
);
CREATE INDEX idx_deletions_due ON deletions (not_before);

-- -------------------------------------------------------------------- work

CREATE TABLE jobs (
    name        text PRIMARY KEY,
    next_run_at timestamptz NOT NULL,
    last_run_at timestamptz,
    last_error  text
);

CREATE TABLE audit_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    user_id    uuid,
    action     text NOT NULL,
    subject_id uuid,
    reason     text NOT NULL
);
CREATE INDEX idx_audit_events_at ON audit_events (at DESC, id DESC);

CREATE FUNCTION ferry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION ferry_append_only();
