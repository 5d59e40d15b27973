//! The long versions: the story of kills and resumes on large files and many seeds, half an hour of the bot pool, and
//! thousands of parts in Telegram.

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
    bot_pool()?;
    parts_in_telegram()?;
    kills(seeds, size_mib)
}

/// Three processes on the Bot API emulator, and twenty pairs of bot and chat in a model: virtual minutes.
fn bot_pool() -> Result<()> {
    let mut run = test::on_stage(true);
    run.arg("cargo").arg("test").args(test::MEMBERS);
    run.args([
        "--release",
        "--lib",
        "--",
        "--test-threads=1",
        "--nocapture",
    ]);
    run.args(["fleet", "throughput"].map(|tests| format!("telegram::pool::tests::{tests}")));
    run.env("FERRY_TEST_VIRTUAL_MINUTES", "30");
    workspace::run(&mut run)
}

/// Five thousand parts through floods, failures, lost answers and dead bots.
fn parts_in_telegram() -> Result<()> {
    let mut run = test::on_stage(true);
    run.arg("cargo").arg("test").args(test::MEMBERS);
    run.args(["--release", "--lib", "uploads::tests::telegram"]);
    run.args(["--", "--test-threads=1", "--nocapture"]);
    run.env("FERRY_TEST_TELEGRAM_PARTS", "5000");
    workspace::run(&mut run)
}

fn kills(seeds: u32, size_mib: u32) -> Result<()> {
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
