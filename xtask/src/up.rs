//! Builds everything and becomes the server, so that Ctrl-C and SIGTERM reach it and nothing stays behind.

use std::{os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    emulator, install, web,
    workspace::{self, cargo, program, root, target},
};

/// What `cargo xtask up` is told.
pub(crate) struct Up {
    /// Where the server keeps its data.
    pub(crate) data: Option<PathBuf>,
    /// Its port on loopback.
    pub(crate) port: Option<u16>,
    /// Optimised.
    pub(crate) release: bool,
    /// Parts go to a pool of bots of the emulator.
    pub(crate) telegram_emulator: bool,
    /// What was built last is started as it is.
    pub(crate) no_build: bool,
}

/// `cargo xtask up`; returns only when the server could not be started.
pub(crate) fn run(up: Up) -> Result<()> {
    install::for_server()?;
    if !up.no_build {
        web::build(web::Purpose::Page)?;
        build(&up)?;
    }
    let data = up.data.unwrap_or_else(|| root().join(".ferry"));
    std::fs::create_dir_all(&data).with_context(|| format!("{} cannot be made", data.display()))?;
    let data = data.canonicalize()?;
    let binaries = target().join(if up.release { "release" } else { "debug" });
    let mut server = program(binaries.join("ferry-server"));
    server.env("FERRY_DATA_DIR", &data);
    if let Some(port) = up.port {
        server.env("FERRY_LISTEN", format!("127.0.0.1:{port}"));
    }
    if up.telegram_emulator {
        emulator::start(&binaries, &data)?.lend_to(&mut server);
    }
    Err(server.exec()).with_context(|| format!("{} does not start", shown(&server)))
}

fn build(up: &Up) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--locked", "--package", "ferry-server"]);
    if up.telegram_emulator {
        build.args(["--package", emulator::CRATE]);
    }
    if up.release {
        build.arg("--release");
    }
    workspace::run(&mut build)
}

fn shown(server: &Command) -> String {
    server.get_program().to_string_lossy().into_owned()
}
