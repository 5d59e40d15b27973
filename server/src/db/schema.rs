//! The tables as diesel sees them. Written by hand after `migrations/`; a test compares it with a migrated database.

diesel::table! {
    users (id) {
        id -> Uuid,
        username -> Text,
        username_folded -> Text,
        auth_verifier -> Binary,
        role -> Text,
        quota_bytes -> Nullable<Int8>,
        used_bytes -> Int8,
        created_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    key_slots (id) {
        id -> Uuid,
        user_id -> Uuid,
        kind -> Text,
        account_key_id -> Binary,
        slot -> Binary,
    }
}

diesel::table! {
    invitations (id) {
        id -> Uuid,
        token_hash -> Binary,
        role -> Text,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        used_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    tokens (id) {
        id -> Uuid,
        user_id -> Uuid,
        token_hash -> Binary,
        kind -> Text,
        label -> Text,
        scopes -> Array<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    login_attempts (bucket) {
        bucket -> Text,
        failures -> Int4,
        window_ends_at -> Timestamptz,
    }
}

diesel::table! {
    server_secrets (name) {
        name -> Text,
        secret -> Binary,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    files (id) {
        id -> Uuid,
        user_id -> Uuid,
        original_filename -> Text,
        folder -> Text,
        file_size -> Int8,
        header -> Binary,
        total_parts_expected -> Int4,
        last_part_size -> Int4,
        encryption_algo -> Text,
        encryption_version -> Int2,
        encrypted_file_key -> Binary,
        key_iv -> Binary,
        file_fingerprint -> Nullable<Binary>,
        manifest -> Binary,
        manifest_seq -> Int8,
        revision -> Int4,
        is_complete -> Bool,
        start_blake3 -> Binary,
        last_chunk_uploaded_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    file_parts (id) {
        id -> Int8,
        file_id -> Uuid,
        part_number -> Int4,
        size -> Int4,
        stored_size -> Int4,
        iv -> Binary,
        auth_tag -> Binary,
        is_compressed -> Bool,
        part_mac -> Binary,
        stored_blake3 -> Binary,
        state -> Text,
        provider -> Text,
        locator -> Jsonb,
        bot_id -> Nullable<Int8>,
        telegram_file_id -> Nullable<Text>,
        generation -> Int4,
        created_at -> Timestamptz,
        stored_at -> Timestamptz,
        verified_at -> Nullable<Timestamptz>,
        chat_id -> Nullable<Int8>,
    }
}

diesel::table! {
    upload_sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        file_id -> Uuid,
        original_filename -> Text,
        file_size -> Int8,
        total_parts -> Int4,
        uploaded_parts -> Int4,
        stored_bytes -> Int8,
        status -> Text,
        client -> Nullable<Text>,
        ttl_secs -> Int8,
        created_at -> Timestamptz,
        last_activity_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    tombstones (file_id) {
        file_id -> Uuid,
        user_id -> Uuid,
        reason -> Text,
        deleted -> Int8,
        crypto_erased -> Int8,
        at -> Timestamptz,
    }
}

diesel::table! {
    put_intents (id) {
        id -> Uuid,
        user_id -> Uuid,
        file_id -> Uuid,
        part_number -> Int4,
        provider -> Text,
        locator -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    deletions (id) {
        id -> Int8,
        provider -> Text,
        locator -> Jsonb,
        queued_at -> Timestamptz,
        not_before -> Timestamptz,
        attempts -> Int4,
        last_error -> Nullable<Text>,
        promised_of -> Nullable<Uuid>,
    }
}

diesel::table! {
    jobs (name) {
        name -> Text,
        next_run_at -> Timestamptz,
        last_run_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    audit_events (id) {
        id -> Int8,
        at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        action -> Text,
        subject_id -> Nullable<Uuid>,
        reason -> Text,
    }
}

diesel::table! {
    bots (id) {
        id -> Int8,
        username -> Text,
        token_sealed -> Binary,
        state -> Text,
        reason -> Nullable<Text>,
        cooled_until -> Nullable<Timestamptz>,
        weight -> Float4,
        source -> Text,
        changes -> Int8,
        created_at -> Timestamptz,
        checked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    telegram_chats (chat_id) {
        chat_id -> Int8,
        title -> Text,
        kind -> Text,
        dedicated -> Bool,
        state -> Text,
        messages -> Int8,
        high_message_id -> Int8,
        last_start -> Nullable<Timestamptz>,
        swept_to -> Int8,
        migrated_to -> Nullable<Int8>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    bot_chats (bot_id, chat_id) {
        bot_id -> Int8,
        chat_id -> Int8,
        state -> Text,
        reason -> Nullable<Text>,
        cooled_until -> Nullable<Timestamptz>,
        tokens -> Float8,
        refilled_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    bot_sends (attempt_id) {
        attempt_id -> Uuid,
        put_id -> Uuid,
        bot_id -> Int8,
        chat_id -> Int8,
        kind -> Text,
        size_bytes -> Int4,
        started_at -> Timestamptz,
        deadline -> Timestamptz,
        high_at_start -> Int8,
        state -> Text,
        message_id -> Nullable<Int8>,
        telegram_file_id -> Nullable<Text>,
        telegram_file_unique_id -> Nullable<Text>,
        settled_at -> Nullable<Timestamptz>,
        ends_at -> Timestamptz,
        sender_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    bot_senders (id) {
        id -> Uuid,
        beats -> Int8,
    }
}

diesel::joinable!(file_parts -> files (file_id));
diesel::joinable!(upload_sessions -> files (file_id));
diesel::joinable!(upload_sessions -> users (user_id));
diesel::joinable!(key_slots -> users (user_id));
diesel::joinable!(tokens -> users (user_id));
diesel::joinable!(bot_chats -> bots (bot_id));
diesel::joinable!(bot_chats -> telegram_chats (chat_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    key_slots,
    invitations,
    tokens,
    login_attempts,
    server_secrets,
    files,
    file_parts,
    upload_sessions,
    tombstones,
    put_intents,
    deletions,
    jobs,
    audit_events,
    bots,
    telegram_chats,
    bot_chats,
    bot_sends,
    bot_senders,
);
