//! The story of kills and resumes, on large files and many seeds.

use anyhow::Result;

use crate::{
    install, test, web,
    workspace::{self, target},
};

/// `cargo xtask soak`.
pub(crate) fn run(seeds: u32, size_mib: u32) -> Result<()> {
    install::for_tests()?;
    web::build()?;
    test::build_parts(true)?;
    let mut story = test::on_stage(true);
    story.arg("cargo").arg("test").args(test::MEMBERS);
    story.args([
        "--release",
        "--test",
        "stories",
        "resume_from_a_fresh_profile",
    ]);
    story.args(["--", "--test-threads=1", "--nocapture"]);
    story.env("FERRY_TEST_SEEDS", seeds.to_string());
    story.env("FERRY_TEST_SIZE_MIB", size_mib.to_string());
    story.env("FERRY_TEST_SERVER", target().join("release/ferry-server"));
    workspace::run(&mut story)
}
