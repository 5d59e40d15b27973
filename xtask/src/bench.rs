//! Speed and memory, measured by `tests/` on optimised builds; here they are only built and started.

use anyhow::Result;

use crate::{
    bench_cli, install, test, web,
    workspace::{self, target},
};

/// `cargo xtask bench [name]`.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    if name == Some("cli") {
        return bench_cli::run();
    }
    install::for_tests()?;
    web::build(web::Purpose::Benchmarks)?;
    test::build_parts(true)?;
    workspace::run(
        test::with_postgres(true)
            .arg(target().join("release/bench"))
            .args(name),
    )
}
