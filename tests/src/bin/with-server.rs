//! Runs a program against a server with an administrator: `FERRY_URL` is its address, `FERRY_TOKEN` a token of all scopes
//! and `FERRY_USER` their id.
//! It needs the Postgres of `with-postgres`, and ends as the program does.

use std::process::ExitCode;

use anyhow::{Context, Result};
use ferry_core::wire::Scope;
use ferry_tests::{client::new_token, fixture::Fixture};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut line = std::env::args_os().skip(1);
    let program = line.next().context("with-server PROGRAM [ARGUMENT...]")?;
    let (fixture, admin) = Fixture::with_admin().await?;
    let token = new_token(&admin.page, &[Scope::Read, Scope::Upload, Scope::Admin]).await?;
    let status = tokio::process::Command::new(program)
        .args(line)
        .env("FERRY_URL", fixture.server()?.url())
        .env("FERRY_TOKEN", &token.token)
        .env("FERRY_USER", admin.user_id.to_string())
        .kill_on_drop(true)
        .status()
        .await?;
    fixture.close_after_lost_puts().await?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
