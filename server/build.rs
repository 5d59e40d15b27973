//! Makes sure that the folders which are embedded exist, so that the server builds before the page's module was built.
//! Builds nothing itself: `cargo xtask web` does that.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["web", "target/web-pkg"] {
        let folder = root.join(folder);
        std::fs::create_dir_all(&folder)?;
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    Ok(())
}
