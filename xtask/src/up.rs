//! Builds everything and becomes the server, so that Ctrl-C and SIGTERM reach it and nothing stays behind.

use std::{os::unix::process::CommandExt, path::PathBuf};

use anyhow::{Context, Result};

use crate::{
    install, web,
    workspace::{self, cargo, program, root, target},
};

/// `cargo xtask up`; returns only when the server could not be started.
pub(crate) fn run(data: Option<PathBuf>, port: Option<u16>, release: bool) -> Result<()> {
    install::for_server()?;
    web::build()?;
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "ferry-server"]);
    if release {
        build.arg("--release");
    }
    workspace::run(&mut build)?;
    let data = data.unwrap_or_else(|| root().join(".ferry"));
    std::fs::create_dir_all(&data)
        .with_context(|| format!("{} can not be made", data.display()))?;
    let binary = target()
        .join(if release { "release" } else { "debug" })
        .join("ferry-server");
    let mut server = program(&binary);
    server.env("FERRY_DATA_DIR", data.canonicalize()?);
    if let Some(port) = port {
        server.env("FERRY_LISTEN", format!("127.0.0.1:{port}"));
    }
    Err(server.exec()).with_context(|| format!("{} does not start", binary.display()))
}
