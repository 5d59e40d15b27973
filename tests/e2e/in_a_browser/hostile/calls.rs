//! Every call of the client, what a person does that makes it, and how much of its answer is proved. The test that walks
//! this list compares it with `client-wasm/src/api/mod.rs`: a call that is not here fails it. Fields are not listed at
//! all: they come from the honest answers.

use anyhow::{Context, Result, ensure};

/// One call of the client.
pub(super) struct Call {
    /// Its function in the client's `api`.
    pub(super) name: &'static str,
    /// `METHOD path`, with `{}` for an id or a number.
    pub(super) route: &'static str,
    /// What makes it, of `steps.js`; empty where a reason says why nothing does here.
    pub(super) steps: &'static [&'static str],
    /// What a lie may change.
    pub(super) trust: Trust,
}

/// How much of an answer a client can prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It decides about files or keys: whatever comes of it is true, or said.
    Proved,
    /// The server's own bookkeeping. It may be wrong, but decides nothing, and what cannot be read is said.
    Word,
    /// Nothing is read from it.
    Nothing,
}

/// Needs a store of bots, which has tests of its own; its answers are only shown.
const NEEDS_BOTS: &[&str] = &[];

/// A line is measured for files that are worth it; only the time is looked at.
const FOR_LARGE_FILES: &[&str] = &[];

const fn proved(name: &'static str, route: &'static str, steps: &'static [&'static str]) -> Call {
    let trust = Trust::Proved;
    Call {
        name,
        route,
        steps,
        trust,
    }
}

const fn word(name: &'static str, route: &'static str, steps: &'static [&'static str]) -> Call {
    let trust = Trust::Word;
    Call {
        name,
        route,
        steps,
        trust,
    }
}

const fn nothing(name: &'static str, route: &'static str, steps: &'static [&'static str]) -> Call {
    let trust = Trust::Nothing;
    Call {
        name,
        route,
        steps,
        trust,
    }
}

/// In the order of the client's `api`.
pub(super) const CALLS: &[Call] = &[
    word("config", "GET /api/config", &["config"]),
    proved("kdf", "GET /api/auth/kdf", &["login"]),
    proved("register", "POST /api/auth/register", &["register"]),
    proved("login", "POST /api/auth/login", &["login"]),
    proved("me", "GET /api/auth/me", &["unlock"]),
    nothing("logout", "POST /api/auth/logout", &["logout"]),
    nothing(
        "change_password",
        "POST /api/auth/password",
        &["changePassword"],
    ),
    nothing("probe_line", "POST /api/upload/probe", FOR_LARGE_FILES),
    proved("check", "GET /api/upload/check", &["resume", "grow"]),
    proved("start", "POST /api/upload/start", &["upload"]),
    proved("resize", "PATCH /api/upload/resume/{}", &["grow"]),
    proved("complete", "POST /api/upload/complete/{}", &["upload"]),
    nothing("discard", "DELETE /api/upload/resume/{}", &["discard"]),
    word("verify", "POST /api/upload/verify-chunks", &["verify"]),
    proved("uploads", "GET /api/uploads", &["uploads"]),
    proved("chunk_url", "PUT /api/upload/chunk/{}/{}", &["upload"]),
    proved("files", "GET /api/files", &["files"]),
    proved("file", "GET /api/files/{}", &["download", "rename"]),
    proved("rename", "PATCH /api/files/{}", &["rename"]),
    nothing("remove", "DELETE /api/files/{}", &["remove"]),
    proved("parts", "GET /api/files/{}/parts", &["download", "resume"]),
    proved("part_url", "GET /api/files/{}/parts/{}", &["download"]),
    word("new_token", "POST /api/tokens", &["newToken"]),
    word("tokens", "GET /api/tokens", &["tokens"]),
    nothing("revoke_token", "DELETE /api/tokens/{}", &["revokeToken"]),
    word(
        "new_invitation",
        "POST /api/admin/invitations",
        &["newInvitation"],
    ),
    word(
        "invitations",
        "GET /api/admin/invitations",
        &["invitations"],
    ),
    nothing(
        "revoke_invitation",
        "DELETE /api/admin/invitations/{}",
        &["revokeInvitation"],
    ),
    word("admin_sessions", "GET /api/admin/sessions", &["sessions"]),
    word("storage", "GET /api/admin/storage", &["storage"]),
    word("audit", "GET /api/admin/audit", &["audit"]),
    word(
        "cleanup",
        "POST /api/upload/cleanup-abandoned",
        &["cleanup"],
    ),
    word("bots", "GET /api/admin/bots", &["bots"]),
    word("add_bot", "POST /api/admin/bots", NEEDS_BOTS),
    word("test_bot", "POST /api/admin/bots/{}/test", NEEDS_BOTS),
    word("change_bot", "PATCH /api/admin/bots/{}", NEEDS_BOTS),
    word("remove_bot", "DELETE /api/admin/bots/{}", NEEDS_BOTS),
];

/// Whether a request belongs to a route.
pub(super) fn is_of(route: &str, method: &str, path: &str) -> bool {
    let Some((wanted, pattern)) = route.split_once(' ') else {
        return false;
    };
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let fits = |(wanted, got): (&&str, &&str)| *wanted == "{}" || wanted == got;
    wanted == method && pattern.len() == path.len() && pattern.iter().zip(&path).all(fits)
}

/// Every call that the client's source declares is in the list, and no other, with the address that it has there.
pub(super) fn ensure_complete(source: &str) -> Result<()> {
    let declared = declared(source);
    ensure!(
        declared.len() > 20,
        "the source cannot be read: {declared:?}"
    );
    for (name, body) in &declared {
        let call = CALLS.iter().find(|call| call.name == name);
        let call = call.with_context(|| {
            format!("the call `{name}` is not in the list of the hostile server")
        })?;
        let fixed = call.route.split(' ').nth(1).unwrap_or_default();
        let fixed = fixed.split("/{}").next().unwrap_or_default();
        ensure!(
            body.contains(fixed),
            "`{name}` does not call {}",
            call.route
        );
    }
    for call in CALLS {
        let is_declared = declared.iter().any(|(name, _)| name == call.name);
        ensure!(
            is_declared,
            "the client has no call `{}` any more",
            call.name
        );
    }
    Ok(())
}

/// Names and bodies of the functions that hold an address.
fn declared(source: &str) -> Vec<(String, String)> {
    source
        .split("pub(crate) ")
        .filter_map(|piece| {
            let rest = piece
                .strip_prefix("async fn ")
                .or(piece.strip_prefix("fn "))?;
            let name: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            rest.contains("\"/api/").then(|| (name, rest.to_owned()))
        })
        .collect()
}

#[test]
fn a_call_that_the_list_lacks_is_found() {
    let mut source: String = CALLS
        .iter()
        .map(|call| {
            let path = call.route.split(' ').nth(1).unwrap_or_default();
            format!("pub(crate) async fn {}() {{ \"{path}\" }}\n", call.name)
        })
        .collect();
    assert!(ensure_complete(&source).is_ok());
    source.push_str("pub(crate) async fn another() { \"/api/another\" }\n");
    assert!(ensure_complete(&source).is_err());
    assert!(is_of("GET /api/files/{}", "GET", "/api/files/7"));
    assert!(!is_of("GET /api/files/{}", "GET", "/api/files/7/parts"));
}
