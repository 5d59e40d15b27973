//! What goes over HTTP, at both ends: refused, or it can be written and read again as the same. The first byte picks the
//! type, the rest is its JSON.
#![no_main]

use std::fmt::Debug;

use ferry_core::wire::{
    Account, B64, Bytes64, CheckResponse, CleanupRequest, CompleteRequest, ErrorCode, FileEntry,
    FilesPage, KdfResponse, LoginRequest, ManifestResponse, NewTokenRequest, PasswordRequest,
    Problem, RegisterRequest, RenameRequest, ResizeRequest, ResumeStatus, ServerConfig,
    StartRequest, StoredPart, UploadSession, VerifyRequest, VerifyResponse,
};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

/// Compared as values of JSON: some of the types show no secret and so cannot be compared.
fn again<T: DeserializeOwned + Serialize>(json: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(json) else {
        return;
    };
    let written = serde_json::to_value(&value).expect("what was read can be written");
    let read: T = serde_json::from_value(written.clone()).expect("what was written can be read");
    assert_eq!(serde_json::to_value(&read).expect("as before"), written);
}

fn text<T: std::str::FromStr + ToString + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(value) = text.parse::<T>()
    {
        assert_eq!(value.to_string().parse::<T>().ok(), Some(value));
    }
}

const TYPES: &[fn(&[u8])] = &[
    again::<Problem>,
    again::<Account>,
    again::<LoginRequest>,
    again::<RegisterRequest>,
    again::<PasswordRequest>,
    again::<NewTokenRequest>,
    again::<KdfResponse>,
    again::<ServerConfig>,
    again::<StartRequest>,
    again::<ResizeRequest>,
    again::<CompleteRequest>,
    again::<CheckResponse>,
    again::<ResumeStatus>,
    again::<UploadSession>,
    again::<StoredPart>,
    again::<VerifyRequest>,
    again::<VerifyResponse>,
    again::<CleanupRequest>,
    again::<FileEntry>,
    again::<FilesPage>,
    again::<ManifestResponse>,
    again::<RenameRequest>,
    again::<ErrorCode>,
    text::<B64<32>>,
    text::<Bytes64>,
];

fuzz_target!(|bytes: &[u8]| {
    if let Some((which, json)) = bytes.split_first() {
        TYPES[usize::from(*which) % TYPES.len()](json);
    }
});
