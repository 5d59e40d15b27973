//! What a built server and client consist of, as CycloneDX documents: written by cargo-cyclonedx from `Cargo.lock`.

use anyhow::{Context, Result};

use crate::{
    install,
    workspace::{self, cargo, root, target},
};

/// What is given to people.
const PRODUCTS: [&str; 3] = ["server", "client-wasm", "cli"];
/// Written beside each manifest, and moved from there: the tool knows no other place.
const NAME: &str = "ferry.cdx";

/// `cargo xtask sbom`.
pub(crate) fn run() -> Result<()> {
    install::cargo_command("cyclonedx")?;
    let folder = target().join("sbom");
    std::fs::create_dir_all(&folder)?;
    let manifest = root().join("server/Cargo.toml");
    let mut write = cargo();
    write.args(["cyclonedx", "--format", "json", "--override-filename", NAME]);
    workspace::run(write.arg("--manifest-path").arg(manifest))?;
    let members = [
        "core",
        "client-wasm",
        "server",
        "cli",
        "tests",
        "tests/bot-api-emulator",
        "xtask",
    ];
    for member in members {
        let written = root().join(member).join(format!("{NAME}.json"));
        if PRODUCTS.contains(&member) {
            let kept = folder.join(format!("{member}.cdx.json"));
            std::fs::rename(&written, &kept)
                .with_context(|| format!("{} was not written", written.display()))?;
            eprintln!("{}", kept.display());
        } else if written.exists() {
            std::fs::remove_file(written)?;
        }
    }
    Ok(())
}
