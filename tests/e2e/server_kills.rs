//! An upload whose server is killed again and again, its parts in Telegram: the page goes on by itself, nobody picks the
//! file again, and what goes again was on its way. It brings its own bots, so it is not in `in_a_browser`, which CI
//! tells once for each store.

use std::fmt;

use anyhow::{Context, Result, ensure};
use ferry_core::{
    digest::sha256,
    plan::Profile,
    wire::{BotsResponse, FilesPage},
};
use ferry_tests::{
    bot_pool::BotPool,
    client::{Opened, Person},
    fixture::{Fixture, FixtureBuilder},
    kills::{Kill, SeededRng, judge},
    part_store::Store,
    proxy::{Action, Fault, Head, Ledger, Proxy},
};

use crate::in_a_browser::{
    LONG, MIB, Scene, check_unfinished, ensure_stored, run_counts, run_sets,
};

/// The last parts see no kill: where they are on their way already, nothing follows that a kill could strike at.
const QUIET_PARTS: usize = 6;

/// How the run wants it: quick for CI, or as long as `cargo xtask soak server-kills`.
struct Parameters {
    seed: u64,
    kills: usize,
    size_bytes: u64,
    parts: Profile,
}

impl Parameters {
    fn of_the_run() -> Result<Parameters> {
        let profile = run_sets("FERRY_TEST_SERVER_KILLS_PARTS");
        let profile = profile.as_deref().unwrap_or("slow");
        Ok(Parameters {
            seed: run_counts("FERRY_TEST_SERVER_KILLS_SEED", 1)?,
            kills: usize::try_from(run_counts("FERRY_TEST_SERVER_KILLS", 5)?)?,
            size_bytes: run_counts("FERRY_TEST_SERVER_KILLS_SIZE_MIB", 96)? * MIB,
            parts: Profile::by_name(profile).with_context(|| format!("no profile {profile}"))?,
        })
    }

    /// So many different numbers of stored parts, rising, each with a moment within a part; every four have all moments.
    fn points(&self, total_parts: usize) -> Result<Vec<Point>> {
        let mut rng = SeededRng::new(self.seed);
        let stored = (0..total_parts.saturating_sub(QUIET_PARTS)).collect();
        let mut stored = rng.shuffled(stored);
        stored.truncate(self.kills);
        ensure!(stored.len() == self.kills, "the file has too few parts");
        stored.sort_unstable();
        let mut moments = Vec::new();
        while moments.len() < self.kills {
            moments.extend(rng.shuffled(Moment::ALL.to_vec()));
        }
        let least_bytes = self.parts.min_bytes;
        let mut point = |(stored_parts, moment)| Point {
            stored_parts,
            moment,
            least_bytes,
            bytes: rng.below(least_bytes as usize) as u64,
        };
        Ok(stored.into_iter().zip(moments).map(&mut point).collect())
    }
}

/// How far a part is when the server is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Some of its bytes have come.
    Coming,
    /// It has come, and some of its bytes have left for Telegram.
    Leaving,
    /// Telegram has it; the server does not know yet.
    Sent,
    /// The server has stored it; the page does not know yet.
    Stored,
}

impl Moment {
    const ALL: [Moment; 4] = [
        Moment::Coming,
        Moment::Leaving,
        Moment::Sent,
        Moment::Stored,
    ];
}

/// When the server is killed.
struct Point {
    stored_parts: usize,
    moment: Moment,
    /// Where only some bytes have moved.
    bytes: u64,
    /// No part but the last is smaller.
    least_bytes: u32,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} parts, another one ", self.stored_parts)?;
        match self.moment {
            Moment::Coming => write!(f, "came as far as byte {}", self.bytes),
            Moment::Leaving => write!(f, "went to Telegram as far as byte {}", self.bytes),
            Moment::Sent => write!(f, "is in Telegram and its answer under way to the server"),
            Moment::Stored => write!(f, "is stored and its answer under way to the page"),
        }
    }
}

/// A page, a server, Telegram, and a proxy on each of the two ways between them.
struct Ways {
    scene: Scene,
    to_telegram: Proxy,
}

impl Ways {
    async fn open(parts: Profile) -> Result<Ways> {
        let to_telegram = Proxy::start().await?;
        let builder = FixtureBuilder::default()
            .parts_in(Store::SOME_BOTS)
            .set("FERRY_TELEGRAM__API_URL", to_telegram.url())
            .set("FERRY_PART_PROFILE", parts.name);
        let mut fixture = builder.start_later().await?;
        to_telegram.forward_to(fixture.bot_pool()?.address());
        fixture.start_server().await?;
        let scene = Scene::on(fixture).await?;
        Ok(Ways { scene, to_telegram })
    }

    fn fixture(&self) -> &Fixture {
        &self.scene.fixture
    }

    async fn kill_server_at_each(&mut self, points: &[Point], seed: u64) -> Result<Vec<Kill>> {
        let mut kills = Vec::new();
        for (at, point) in points.iter().enumerate() {
            let what = format!("seed {seed}: {point}");
            let struck = self.kill_server_at(point, what.clone()).await;
            kills.push(struck.with_context(|| format!("kill {} ({what})", at + 1))?);
        }
        Ok(kills)
    }

    /// Waits until a part is where the point wants it, kills, and starts the server again.
    async fn kill_server_at(&mut self, point: &Point, what: String) -> Result<Kill> {
        self.scene.until_stored(point.stored_parts).await?;
        let way = match point.moment {
            Moment::Coming | Moment::Stored => &self.scene.fixture.proxy,
            Moment::Leaving | Moment::Sent => &self.to_telegram,
        };
        way.add(point.fault());
        let stalls = Ledger::is_stalled;
        way.until("a part is at this point", LONG, stalls).await?;
        let before = self.fixture().proxy.ledger();
        self.scene.fixture.kill_server().await?;
        let after = self.fixture().proxy.ledger();
        self.to_telegram.release();
        self.scene.fixture.start_server().await?;
        Ok(Kill::between(what, &before, &after))
    }
}

impl Point {
    /// Keeps a part where the point wants it.
    fn fault(&self) -> Fault {
        let least_bytes = u64::from(self.least_bytes);
        let carries_a_part = move |head: &Head| {
            let length = head.field("content-length").map(str::parse::<u64>);
            matches!(length, Some(Ok(bytes)) if bytes >= least_bytes)
        };
        let action = match self.moment {
            Moment::Coming | Moment::Leaving => Action::StallAfterBytes(self.bytes),
            Moment::Sent | Moment::Stored => Action::StallAnswer,
        };
        Fault::matching(carries_a_part, 1, action)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_to_telegram_outlives_its_server_again_and_again() -> Result<()> {
    let parameters = Parameters::of_the_run()?;
    let mut ways = Ways::open(parameters.parts).await?;
    let path = ways
        .scene
        .file("night.bin", parameters.seed, parameters.size_bytes)?;
    let person = ways.scene.person().await?;
    ways.scene.page.pick([&path]).await?;
    let begun = |ledger: &Ledger| ledger.part_puts().next().is_some();
    ways.fixture().proxy.until("it begins", LONG, begun).await?;
    let total_parts = check_unfinished(&person).await?.total_chunks;
    let points = parameters.points(usize::try_from(total_parts)?)?;
    let kills = ways.kill_server_at_each(&points, parameters.seed).await?;
    let card = ways.scene.page.until_upload("night.bin", &["done"], LONG);
    let card = card.await?;
    ensure!(card.get("percent").starts_with("100"), "{card:?}");
    let went_again = judge(&ways.fixture().proxy.ledger(), &kills)?;
    ensure_stored(&person, "night.bin", &path).await?;
    ensure_in_telegram(
        &person,
        ways.fixture().bot_pool()?,
        total_parts,
        kills.len(),
    )
    .await?;
    println!(
        "seed {}: {} kills over {total_parts} parts; after each of them went again: {went_again:?}",
        parameters.seed,
        kills.len()
    );
    ways.scene.browser.kill().await?;
    ways.scene.fixture.close_after_lost_puts().await
}

/// Each part is in Telegram, as the one message that its row names. Other messages may be left of puts that were killed, at
/// most one a kill: also of the same bytes, because the page keeps a sealed body until the part is stored.
async fn ensure_in_telegram(
    person: &Person,
    pool: &BotPool,
    total_parts: u32,
    kills: usize,
) -> Result<()> {
    let bots: BotsResponse = person.api.get("/api/admin/bots").await?.expect(200)?;
    let named: u64 = bots.bots.iter().map(|bot| bot.parts).sum();
    ensure!(
        named == u64::from(total_parts),
        "{named} messages are named"
    );
    let files: FilesPage = person.api.get("/api/files").await?.expect(200)?;
    let file = files.files.first().context("no file")?;
    let stored = Opened::fetch(person, file.file_id).await?;
    let messages = pool.control().ledger(None);
    let mut unnamed = 0;
    for number in 1..=total_parts {
        let body = stored.sealed_part(person, number).await?;
        let hash: String = sha256(&[&body])
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let copies = messages.iter().filter(|row| row.sha256 == hash).count();
        ensure!(copies >= 1, "part {number} is not in Telegram");
        unnamed += copies - 1;
    }
    ensure!(
        unnamed <= kills,
        "{unnamed} parts are in Telegram once more after {kills} kills"
    );
    Ok(())
}
