-- Takes everything of first_light away again, rows included.
DROP TABLE audit_events, jobs, deletions, put_intents, tombstones, upload_sessions, file_parts, files;
DROP TABLE server_secrets, login_attempts, tokens, invitations, key_slots, users;
DROP FUNCTION ferry_append_only, ferry_parts_inserted, ferry_parts_updated, ferry_parts_deleted;
DROP FUNCTION ferry_account_parts;
