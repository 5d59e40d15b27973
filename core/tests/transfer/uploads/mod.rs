//! Uploads, a situation a test; here what they begin with.

mod changed;
mod disagreeing;
mod resuming;
mod stopping;
mod waiting;

use ferry_core::plan::PartSpan;
use ferry_core::progress::Phase;
use ferry_core::transfer::upload::UploadLimits;
use ferry_core::transfer::upload::{
    Action, Answer, Decision, Done, Event, Outcome, Request, SealedContent, UploadMachine,
    UploadSetup,
};
use ferry_core::transfer::{Failure, TransferError, WaitReason};
use ferry_core::wire::{ErrorCode, PartState, Problem};
use uuid::Uuid;

use crate::driver::Driver;
use crate::file::{SimFile, plan_of};
use crate::server::{Body, Manifest, Server, Stored, Upload};

const MIB: u64 = 1 << 20;
const LABEL: &str = "~label";

fn done(outcome: Outcome) -> Done {
    match outcome {
        Outcome::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

/// A server that holds the first parts of the file, and the file.
fn interrupted(size_bytes: u64, parts: u32) -> (Server, SimFile, Uuid) {
    let file = SimFile::new(size_bytes, 5);
    let mut server = Server::new();
    let mut driver = Driver::new(file.clone(), LABEL, 3);
    let is_stored = |server: &Server, number| {
        server
            .files
            .values()
            .any(|upload| upload.parts.contains_key(&number))
    };
    while server.files.is_empty() || !(1..=parts).all(|number| is_stored(&server, number)) {
        assert!(driver.run_some(&mut server, 1), "it ended too early");
    }
    let file_id = *server.files.keys().next().unwrap();
    server
        .files
        .get_mut(&file_id)
        .unwrap()
        .parts
        .retain(|number, _| *number <= parts);
    server.counts = Default::default();
    (server, file, file_id)
}

/// A server that holds the whole file.
fn complete(file: &SimFile) -> (Server, Uuid) {
    let mut server = Server::new();
    let finished = done(Driver::new(file.clone(), LABEL, 4).run(&mut server));
    server.counts = Default::default();
    (server, finished.file_id)
}

fn upload(server: &Server, file_id: Uuid) -> &Upload {
    &server.files[&file_id]
}

fn span(server: &Server, file_id: Uuid, size_bytes: u64, number: u32) -> PartSpan {
    plan_of(upload(server, file_id).plan, size_bytes)
        .part(number)
        .unwrap()
}

fn holds(server: &Server, file_id: Uuid, file: &SimFile) {
    let upload = upload(server, file_id);
    assert!(upload.is_complete);
    assert_eq!(upload.content().as_ref(), Some(file));
    let manifest = upload.manifest.as_ref().unwrap();
    assert_eq!(manifest.content.sha256, file.sha256());
    assert_eq!(manifest.content.size_bytes, file.size_bytes);
    assert_eq!(manifest.parts_root, crate::server::root(upload));
}
