-- The pool of bots and what they sent. Every process of a fleet paces itself by these rows, so no time in them is
-- Postgres' own: "now" always comes from outside, and with it the clock of a test.

CREATE TABLE bots (
    id           bigint PRIMARY KEY CHECK (id > 0),
    username     text NOT NULL,
    token_sealed bytea NOT NULL,
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'unauthorized', 'logged_out', 'disabled')),
    reason       text,
    cooled_until timestamptz,
    weight       real NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight <= 1000),
    source       text NOT NULL CHECK (source IN ('config', 'admin')),
    changes      bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    checked_at   timestamptz
);
COMMENT ON COLUMN bots.id IS 'the number before the colon of its token';
COMMENT ON COLUMN bots.changes IS 'rises with every lease and cool-down: who counted before it rose, counted something else';
COMMENT ON COLUMN bots.weight IS 'its share of the load, against the others';

CREATE TABLE telegram_chats (
    chat_id         bigint PRIMARY KEY,
    title           text NOT NULL DEFAULT '',
    kind            text NOT NULL DEFAULT '',
    dedicated       boolean NOT NULL DEFAULT true,
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'full', 'migrated')),
    messages        bigint NOT NULL DEFAULT 0 CHECK (messages >= 0),
    high_message_id bigint NOT NULL DEFAULT 0 CHECK (high_message_id >= 0),
    last_start      timestamptz,
    swept_to        bigint NOT NULL DEFAULT 0 CHECK (swept_to BETWEEN 0 AND high_message_id),
    migrated_to     bigint REFERENCES telegram_chats (chat_id),
    created_at      timestamptz NOT NULL,
    CHECK ((state = 'migrated') = (migrated_to IS NOT NULL))
);
COMMENT ON COLUMN telegram_chats.dedicated IS 'nobody else writes there: messages without a row are deleted';
COMMENT ON COLUMN telegram_chats.messages IS 'documents stored there by Ferry, ever; a chat is full at some number of them';
COMMENT ON COLUMN telegram_chats.high_message_id IS 'highest message known to be in it';
COMMENT ON COLUMN telegram_chats.last_start IS 'latest start of a send that is known to be stored: what was lost well before it, lies below high_message_id';
COMMENT ON COLUMN telegram_chats.swept_to IS 'up to here nothing in the chat is without a row';
COMMENT ON COLUMN telegram_chats.migrated_to IS 'the supergroup that the group became; there messages are counted anew';

CREATE TABLE bot_chats (
    bot_id       bigint NOT NULL REFERENCES bots (id) ON DELETE CASCADE,
    chat_id      bigint NOT NULL REFERENCES telegram_chats (chat_id),
    state        text NOT NULL DEFAULT 'active'
                 CHECK (state IN ('active', 'kicked', 'not_member', 'no_rights', 'not_found', 'migrated')),
    reason       text,
    cooled_until timestamptz,
    tokens       double precision NOT NULL DEFAULT 0,
    refilled_at  timestamptz NOT NULL DEFAULT to_timestamp(0),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (bot_id, chat_id)
);
CREATE INDEX idx_bot_chats_chat ON bot_chats (chat_id);
COMMENT ON COLUMN bot_chats.tokens IS 'of the bucket, as they were at refilled_at; a new pair''s bucket has filled since 1970';

-- Inserted by the statement that takes the token: the intent before the call. It says nothing of files.
CREATE TABLE bot_sends (
    attempt_id              uuid PRIMARY KEY,
    put_id                  uuid NOT NULL,
    bot_id                  bigint NOT NULL,
    chat_id                 bigint NOT NULL REFERENCES telegram_chats (chat_id),
    kind                    text NOT NULL CHECK (kind IN ('part', 'copy', 'mark')),
    size_bytes              integer NOT NULL CHECK (size_bytes >= 0),
    started_at              timestamptz NOT NULL,
    deadline                timestamptz NOT NULL,
    high_at_start           bigint NOT NULL,
    state                   text NOT NULL DEFAULT 'in_flight' CHECK (state IN ('in_flight', 'stored', 'refused', 'unknown')),
    message_id              bigint CHECK (message_id > 0),
    telegram_file_id        text,
    telegram_file_unique_id text,
    settled_at              timestamptz,
    ends_at                 timestamptz NOT NULL GENERATED ALWAYS AS (
        CASE WHEN state = 'unknown' THEN greatest(settled_at, deadline) ELSE coalesce(settled_at, deadline) END) STORED,
    CHECK ((state = 'stored') = (message_id IS NOT NULL)),
    CHECK ((state = 'in_flight') = (settled_at IS NULL)),
    UNIQUE (chat_id, message_id, bot_id)
);
COMMENT ON COLUMN bot_sends.put_id IS 'first attempt of the put; of a copy, that of the put whose message was copied';
COMMENT ON COLUMN bot_sends.deadline IS 'after it the sender''s success counts no more: its message is nobody''s';
COMMENT ON COLUMN bot_sends.high_at_start IS 'its message has a higher id';
COMMENT ON COLUMN bot_sends.ends_at IS 'the message arrives no later, if it arrives: of a send without an answer nobody knows more than its deadline';
CREATE INDEX idx_bot_sends_put ON bot_sends (put_id);
CREATE INDEX idx_bot_sends_pair ON bot_sends (bot_id, chat_id, ends_at);
CREATE INDEX idx_bot_sends_in_flight ON bot_sends (bot_id) WHERE state = 'in_flight';
CREATE INDEX idx_bot_sends_waiting ON bot_sends (chat_id) WHERE state IN ('in_flight', 'unknown');
CREATE INDEX idx_bot_sends_settled ON bot_sends (settled_at) WHERE settled_at IS NOT NULL;
