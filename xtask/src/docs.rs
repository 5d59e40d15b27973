//! What is made from the terminal client's own command tree and types: manual pages, completions, the schema of `--json`.
//! Tests compare the schema with the code; this writes it anew.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{
    test::MEMBERS,
    workspace::{self, cargo, program, root, target},
};

/// A shell, and the name under which its completions are found.
const SHELLS: [(&str, &str); 4] = [
    ("bash", "ferry.bash"),
    ("zsh", "_ferry"),
    ("fish", "ferry.fish"),
    ("powershell", "ferry.ps1"),
];

/// `cargo xtask docs`.
pub(crate) fn run() -> Result<()> {
    workspace::run(
        cargo()
            .arg("build")
            .args(MEMBERS)
            .args(["--bins", "--tests"]),
    )?;
    let docs = root().join("docs");
    let pages = docs.join("man");
    if pages.is_dir() {
        fs::remove_dir_all(&pages)?;
    }
    workspace::run(program(target().join("debug/ferry")).arg("man").arg(&pages))?;
    for (shell, name) in SHELLS {
        fs::write(
            docs.join("completions").join(name),
            printed(&["completions", shell])?,
        )?;
    }
    fs::write(
        docs.join("ferry-messages.schema.json"),
        printed(&["json-schema"])?,
    )?;
    Ok(())
}

fn printed(args: &[&str]) -> Result<Vec<u8>> {
    let output = program(target().join("debug/ferry")).args(args).output();
    let output = output.context("ferry does not start")?;
    ensure!(output.status.success(), "ferry {args:?} failed");
    Ok(output.stdout)
}
