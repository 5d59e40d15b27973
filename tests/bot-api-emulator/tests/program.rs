//! The program itself: what it prints, and that a kill costs nothing that a client was told.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::wire::{exchange, upload};

struct Program {
    child: Child,
    seeds: Value,
}

impl Program {
    fn start(data: &Path) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bot-api-emulator"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--seed-bots",
                "2",
                "--seed-chats",
                "1",
            ])
            .args(["--limits", "off", "--json", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        Program {
            child,
            seeds: serde_json::from_str(&line).expect("JSON"),
        }
    }

    fn address(&self) -> std::net::SocketAddr {
        let url = self.seeds["url"].as_str().expect("a URL");
        url.trim_start_matches("http://")
            .parse()
            .expect("an address")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL; it may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_killed_program_goes_on_with_every_stored_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::start(folder.path());
    assert_eq!(program.seeds["bots"].as_array().map(Vec::len), Some(2));
    let seeds = program.seeds.clone();
    let token = seeds["bots"][0]["token"].as_str().expect("a token");
    let chat = seeds["chats"][0]["id"].as_i64().expect("an id");
    let mut stored = Vec::new();
    for size in [1, 70_000, 3_000_000] {
        let reply = exchange(program.address(), &upload(token, chat, &vec![9; size])).await;
        stored.push(reply.expect("a reply").json()["result"]["message_id"].clone());
    }
    // A write that the kill cuts off.
    drop(program);
    let journal = folder.path().join("journal.jsonl");
    let mut torn = std::fs::read(&journal).expect("a journal");
    torn.extend_from_slice(b"{\"event\":\"posted\",\"chat\":-100");
    std::fs::write(&journal, torn).expect("it is written");
    std::fs::write(folder.path().join("files/99"), b"an upload without a row")
        .expect("it is written");

    let program = Program::start(folder.path());
    assert_eq!(program.seeds["bots"], seeds["bots"]);
    assert_eq!(program.seeds["chats"], seeds["chats"]);
    let request = b"GET /control/ledger HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let ledger = exchange(program.address(), request)
        .await
        .expect("a reply")
        .json();
    let rows = ledger["documents"].as_array().expect("a list");
    let ids: Vec<Value> = rows.iter().map(|row| row["message_id"].clone()).collect();
    assert_eq!(ids, stored);
    assert!(!folder.path().join("files/99").exists());
    let reply = exchange(program.address(), &upload(token, chat, b"more")).await;
    assert_eq!(reply.expect("a reply").json()["result"]["message_id"], 5);
}
