//! The browser module: compiled, given its JavaScript by wasm-bindgen, put beside the hand-written JavaScript.
//! The version of wasm-bindgen is the one in `Cargo.lock`; nothing is installed globally.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    install::{self, WASM},
    workspace::{cargo, root, run, target},
};

const CRATE: &str = "ferry-client-wasm";
const MODULE: &str = "ferry_client_wasm";

/// What only benchmarks get: never part of a package that is served.
const BENCH_SCRIPT: &str = "bench.js";

/// What the package is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Page,
    Benchmarks,
}

/// Builds the package and returns its folder.
pub(crate) fn build(purpose: Purpose) -> Result<PathBuf> {
    install::for_web()?;
    let features: &[&str] = match purpose {
        Purpose::Page => &[],
        Purpose::Benchmarks => &["--features", "bench"],
    };
    let arguments = [
        "build",
        "--locked",
        "--package",
        CRATE,
        "--target",
        WASM,
        "--profile",
        "wasm",
    ];
    run(cargo().args(arguments).args(features))?;
    let package = root().join("target/web-pkg");
    let fresh = root().join("target/web-pkg.new");
    empty(&fresh)?;
    bind(&fresh)?;
    copy_files(&root().join("client-wasm/js"), &fresh)?;
    if purpose == Purpose::Page {
        std::fs::remove_file(fresh.join(BENCH_SCRIPT))?;
    }
    empty(&package)?;
    std::fs::remove_dir(&package)?;
    std::fs::rename(&fresh, &package)?;
    eprintln!("the browser module is in {}", package.display());
    Ok(package)
}

/// wasm-bindgen's glue for ES modules; the public types are the hand-written `ferry.d.ts`, not the generated ones.
fn bind(into: &Path) -> Result<()> {
    let wasm = target()
        .join(WASM)
        .join("wasm")
        .join(format!("{MODULE}.wasm"));
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)?
        .input_path(&wasm)
        .out_name(MODULE)
        .typescript(false)
        .remove_producers_section(true);
    bindgen
        .generate(into)
        .with_context(|| format!("wasm-bindgen refuses {}", wasm.display()))
}

fn empty(dir: &Path) -> Result<()> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))
}

/// Copies the files of `from`, without folders.
fn copy_files(from: &Path, into: &Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(from) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), into.join(entry.file_name()))?;
        }
    }
    Ok(())
}
