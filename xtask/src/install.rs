//! Missing pieces: installed where that is possible (rustup, apt as root), otherwise named with the command to type.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::{answers, program, run, target};

/// The browser's compile target.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A program of the machine and the Debian package that brings it.
struct Piece {
    package: &'static str,
    present: fn() -> bool,
}

/// `initdb`, `postgres`, `pg_dump`.
fn postgres_is_here() -> bool {
    let debian = std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| {
        versions.any(|version| version.is_ok_and(|found| found.path().join("bin/initdb").exists()))
    });
    debian || answers("initdb", &["--version"])
}

const POSTGRES: Piece = Piece {
    package: "postgresql",
    present: postgres_is_here,
};
const CHROMIUM: Piece = Piece {
    package: "chromium",
    present: || answers("chromium", &["--version"]),
};
const CHROMEDRIVER: Piece = Piece {
    package: "chromium-driver",
    present: || answers("chromedriver", &["--version"]),
};
const NODE: Piece = Piece {
    package: "nodejs",
    present: || answers("node", &["--version"]),
};
const CURL: Piece = Piece {
    package: "curl",
    present: || answers("curl", &["--version"]),
};
const OPENSSL: Piece = Piece {
    package: "openssl",
    present: || answers("openssl", &["version"]),
};
const NGINX: Piece = Piece {
    package: "nginx-light",
    present: || answers("nginx", &["-v"]) || answers("/usr/sbin/nginx", &["-v"]),
};
const PYTHON_VENV: Piece = Piece {
    package: "python3-venv",
    present: || answers("python3", &["-c", "import venv, ensurepip"]),
};

const RSYNC: Piece = Piece {
    package: "rsync",
    present: || answers("rsync", &["--version"]),
};
const RCLONE: Piece = Piece {
    package: "rclone",
    present: || answers("rclone", &["version"]),
};
const HASHDEEP: Piece = Piece {
    package: "hashdeep",
    present: || answers("hashdeep", &["-V"]),
};

/// What the page's module is built with.
pub(crate) fn for_web() -> Result<()> {
    let sysroot = program("rustc")
        .args(["--print", "sysroot"])
        .output()
        .context("rustc does not start")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    if sysroot.join("lib/rustlib").join(WASM).exists() {
        return Ok(());
    }
    if answers("rustup", &["--version"]) {
        return run(program("rustup").args(["target", "add", WASM]));
    }
    bail!(
        "the compile target {WASM} is missing: install it with your Rust, e.g. `rustup target add {WASM}`"
    )
}

/// What the server runs on.
pub(crate) fn for_server() -> Result<()> {
    by_apt(&[POSTGRES])
}

/// What the end-to-end tests drive.
pub(crate) fn for_tests() -> Result<()> {
    by_apt(&[
        POSTGRES,
        CHROMIUM,
        CHROMEDRIVER,
        NODE,
        CURL,
        OPENSSL,
        NGINX,
        PYTHON_VENV,
    ])
}

/// What the terminal client is measured against.
pub(crate) fn for_bench_cli() -> Result<()> {
    by_apt(&[RSYNC, RCLONE, HASHDEEP])
}

/// A Python of our own with these packages, in a folder of this name; its interpreter.
pub(crate) fn python_venv(name: &str, requirements: &Path) -> Result<PathBuf> {
    let venv = target().join(name);
    let python = venv.join("bin/python");
    let installed = venv.join("installed-requirements.txt");
    let wanted = std::fs::read(requirements)
        .with_context(|| format!("{} is not readable", requirements.display()))?;
    if std::fs::read(&installed).is_ok_and(|present| present == wanted) {
        return Ok(python);
    }
    run(program("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv))?;
    run(program(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(requirements))?;
    std::fs::write(&installed, wanted)?;
    Ok(python)
}

/// A command of cargo that `cargo install` brings.
pub(crate) fn cargo_command(name: &str) -> Result<()> {
    if answers("cargo", &[name, "--version"]) {
        return Ok(());
    }
    bail!("missing on this machine: cargo-{name}; install it: cargo install --locked cargo-{name}")
}

fn by_apt(pieces: &[Piece]) -> Result<()> {
    let missing: Vec<&str> = pieces
        .iter()
        .filter(|piece| !(piece.present)())
        .map(|piece| piece.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get install {}", missing.join(" "));
    let is_root = program("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n");
    if !is_root || !answers("apt-get", &["--version"]) {
        bail!(
            "missing on this machine: {}; install it as root: {by_hand}",
            missing.join(", ")
        );
    }
    run(program("apt-get").args(["update", "-qq"]))?;
    let mut install = program("apt-get");
    install
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(&missing);
    // In run level 1 Debian's packages start no server of their own.
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1");
    run(&mut install).with_context(|| format!("could not install; try: {by_hand}"))
}
