//! Formatting and clippy, natively and for the browser, with no warnings left.

use anyhow::Result;

use crate::{
    install::{self, WASM},
    workspace::{self, cargo},
};

/// Fails on the first complaint; in CI also on a working tree that is not clean.
pub(crate) fn run() -> Result<()> {
    workspace::run(cargo().args(["fmt", "--all", "--check"]))?;
    let native = [
        "clippy",
        "--locked",
        "--workspace",
        "--exclude",
        "ferry-client-wasm",
        "--all-targets",
    ];
    workspace::run(cargo().args(native).args(["--", "-D", "warnings"]))?;
    install::for_web()?;
    let browser = [
        "clippy",
        "--locked",
        "--package",
        "ferry-client-wasm",
        "--target",
        WASM,
    ];
    workspace::run(cargo().args(browser).args(["--", "-D", "warnings"]))?;
    if std::env::var_os("CI").is_some() {
        workspace::ensure_clean_tree()?;
    }
    Ok(())
}
