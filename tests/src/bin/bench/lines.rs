//! `bench lines`: the real page and the real server over lines as people have them. Of each line: how much of what it could
//! carry was confirmed by the server, what was sent in vain, and whether the cards told the truth all the while.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ferry_core::{envelope::part::PART_OVERHEAD_BYTES, wire::FilesPage};
use ferry_tests::{
    browser::Browser,
    client::{Opened, Person, content, sha256_of},
    fixture::{Fixture, PASSWORD},
    line::{Line, Shape},
    truth,
};
use tokio::time::{Instant, sleep};

use crate::{Bar, Measured};

const USER: &str = "ada";
const KBIT: u64 = 1_000 / 8;
const MBIT: u64 = 1_000_000 / 8;
const MB: u64 = 1_000_000;
/// Files are made block by block.
const BLOCK_BYTES: u64 = 1 << 20;
/// A line that does not get there in several times its due is given up.
const TIMES_OF_DUE: u32 = 4;
/// Twice what a piece should be: seconds of the line.
const PIECE_SECS: u64 = 8;
/// Of the file's bytes, besides a piece for each cut.
const MOST_IN_VAIN: f64 = 0.05;

/// A line, what happens to it, and what it has to bring.
struct Case {
    name: &'static str,
    bytes_per_sec: u64,
    delay_ms: u64,
    incident: Incident,
    /// Bytes of each file; all are picked at once.
    files: &'static [u64],
    least_share: f64,
    /// The first part is stored within this.
    first_part_secs: Option<f64>,
}

/// What happens while it carries; seconds from the first file on.
#[derive(Clone, Copy)]
enum Incident {
    None,
    /// For five seconds, thirty seconds after the last time.
    Cuts,
    /// From Wi-Fi to mobile.
    NewAddress {
        after_secs: u64,
        bytes_per_sec: u64,
    },
    /// A captive portal, until somebody accepts its terms.
    Portal {
        after_secs: u64,
        lasts_secs: u64,
    },
    /// The device sleeps, and wakes with another address.
    Sleep {
        after_secs: u64,
        lasts_secs: u64,
    },
    /// A video call has this much of the line.
    Shared {
        bytes_per_sec: u64,
    },
}

const CASES: [Case; 9] = [
    Case {
        name: "64-kbit",
        bytes_per_sec: 64 * KBIT,
        delay_ms: 50,
        incident: Incident::None,
        files: &[1_200_000],
        least_share: 0.85,
        first_part_secs: None,
    },
    Case {
        name: "640-kbit",
        bytes_per_sec: 640 * KBIT,
        delay_ms: 20,
        incident: Incident::None,
        files: &[2_400_000; 5],
        least_share: 0.87,
        first_part_secs: Some(30.0),
    },
    Case {
        name: "5-mbit-300-ms",
        bytes_per_sec: 5 * MBIT,
        delay_ms: 300,
        incident: Incident::None,
        files: &[60 * MB],
        least_share: 0.85,
        first_part_secs: Some(30.0),
    },
    Case {
        name: "100-mbit-200-ms",
        bytes_per_sec: 100 * MBIT,
        delay_ms: 200,
        incident: Incident::None,
        files: &[800 * MB],
        least_share: 0.85,
        first_part_secs: Some(30.0),
    },
    Case {
        name: "cuts",
        bytes_per_sec: 640 * KBIT,
        delay_ms: 20,
        incident: Incident::Cuts,
        files: &[8 * MB],
        least_share: 0.75,
        first_part_secs: Some(30.0),
    },
    Case {
        name: "new-address",
        bytes_per_sec: 5 * MBIT,
        delay_ms: 30,
        incident: Incident::NewAddress {
            after_secs: 30,
            bytes_per_sec: 2 * MBIT,
        },
        files: &[45 * MB],
        least_share: 0.75,
        first_part_secs: Some(30.0),
    },
    Case {
        name: "portal",
        bytes_per_sec: 2 * MBIT,
        delay_ms: 30,
        incident: Incident::Portal {
            after_secs: 20,
            lasts_secs: 15,
        },
        files: &[25 * MB],
        least_share: 0.75,
        first_part_secs: Some(30.0),
    },
    Case {
        name: "sleep",
        bytes_per_sec: 2 * MBIT,
        delay_ms: 30,
        incident: Incident::Sleep {
            after_secs: 20,
            lasts_secs: 60,
        },
        files: &[25 * MB],
        least_share: 0.75,
        first_part_secs: Some(30.0),
    },
    Case {
        name: "shared",
        bytes_per_sec: 640 * KBIT,
        delay_ms: 20,
        incident: Incident::Shared {
            bytes_per_sec: 320 * KBIT,
        },
        files: &[4 * MB],
        least_share: 0.85,
        first_part_secs: None,
    },
];

/// As it was reported: twenty minutes, so only where it is asked for by its name.
const WHOLE: Case = Case {
    name: "five-of-20-mb",
    bytes_per_sec: 640 * KBIT,
    delay_ms: 20,
    incident: Incident::None,
    files: &[20 * MB; 5],
    least_share: 0.87,
    first_part_secs: Some(30.0),
};

/// The lines whose name contains this, one after another.
pub(crate) async fn measure(wanted: &str) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    let whole = Some(&WHOLE).filter(|case| case.name == wanted);
    let cases = CASES.iter().filter(|case| case.name.contains(wanted));
    for case in cases.chain(whole) {
        let of_this = case.run().await;
        let of_this = of_this.with_context(|| format!("the line {}", case.name))?;
        for one in &of_this {
            eprintln!("{one}");
        }
        measured.extend(of_this);
    }
    ensure!(!measured.is_empty(), "there is no line called {wanted}");
    Ok(measured)
}

/// What one run showed.
struct Run {
    secs: f64,
    first_part_secs: f64,
    capacity_bytes: f64,
    carried_bytes: u64,
    part_bytes: u64,
    parts: u64,
    cuts: u64,
}

impl Case {
    async fn run(&self) -> Result<Vec<Measured>> {
        let fixture = Fixture::new().await?;
        let browser = Browser::open(fixture.dir(), "bench").await?;
        let page = browser.page();
        let token = fixture.server()?.setup_token().await?;
        let setup = format!("setup={token}");
        page.set_up(&fixture.proxy.url(), &setup, USER, PASSWORD)
            .await?;
        let mut line = Line::start(fixture.proxy.address(), self.shape()).await?;
        page.sign_in(&line.url(), USER, PASSWORD).await?;
        let files = self.write_files(fixture.dir())?;
        page.watch_cards().await?;
        let run = self.upload(&fixture, &browser, &mut line, &files).await?;
        let events = page.card_events().await?;
        let sizes = files.iter().zip(self.files);
        let sizes: BTreeMap<String, u64> =
            sizes.map(|(path, size)| (name_of(path), *size)).collect();
        truth::cards_were_true(&events, &fixture.proxy.ledger(), &sizes, self.asleep())?;
        truth::title_never_fell(&events)?;
        let person = Person::login(&fixture.api()?, USER, PASSWORD).await?;
        all_are_equal(&person, &files).await?;
        browser.kill().await?;
        fixture.close().await?;
        Ok(self.judged(&run))
    }

    fn shape(&self) -> Shape {
        let cut = (Duration::from_secs(30), Duration::from_secs(5));
        Shape {
            bytes_per_sec: self.bytes_per_sec,
            delay: Duration::from_millis(self.delay_ms),
            cut: matches!(self.incident, Incident::Cuts).then_some(cut),
        }
    }

    fn asleep(&self) -> Duration {
        match self.incident {
            Incident::Sleep { lasts_secs, .. } => Duration::from_secs(lasts_secs),
            _ => Duration::ZERO,
        }
    }

    fn size_bytes(&self) -> u64 {
        self.files.iter().sum()
    }

    fn write_files(&self, dir: &Path) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for (number, size) in (1_u64..).zip(self.files) {
            let path = dir.join(format!("file {number}.bin"));
            let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
            let mut left = *size;
            for block in 0.. {
                let now = left.min(BLOCK_BYTES);
                if now == 0 {
                    break;
                }
                let seed = number << 32 | block;
                file.write_all(&content(seed, usize::try_from(now)?))?;
                left -= now;
            }
            file.flush()?;
            paths.push(path);
        }
        Ok(paths)
    }

    async fn upload(
        &self,
        fixture: &Fixture,
        browser: &Browser,
        line: &mut Line,
        files: &[PathBuf],
    ) -> Result<Run> {
        let page = browser.page();
        let (cuts, carried_bytes) = (line.cuts(), line.carried_bytes());
        let capacity_bytes = line.capacity_bytes();
        let began = Instant::now();
        page.pick(files).await?;
        if let Incident::Shared { bytes_per_sec } = self.incident {
            line.share_with(bytes_per_sec);
        }
        let due = Duration::from_secs(60 + self.size_bytes() / self.least_bytes_per_sec());
        let first_part = async {
            let wanted = |ledger: &ferry_tests::proxy::Ledger| !ledger.acknowledged().is_empty();
            fixture
                .proxy
                .until("the first part is stored", due * TIMES_OF_DUE, wanted)
                .await?;
            anyhow::Ok(began.elapsed().as_secs_f64())
        };
        let (first_part_secs, ()) =
            tokio::try_join!(first_part, self.make_incident(browser, line))?;
        for file in files {
            page.until_upload(&name_of(file), &["done"], due * TIMES_OF_DUE)
                .await?;
        }
        let ledger = fixture.proxy.ledger();
        Ok(Run {
            secs: began.elapsed().as_secs_f64(),
            first_part_secs,
            capacity_bytes: line.capacity_bytes() - capacity_bytes,
            carried_bytes: line.carried_bytes() - carried_bytes,
            part_bytes: ledger.part_bytes(),
            parts: ledger.acknowledged().len() as u64,
            cuts: line.cuts() - cuts,
        })
    }

    fn least_bytes_per_sec(&self) -> u64 {
        match self.incident {
            Incident::NewAddress { bytes_per_sec, .. } => bytes_per_sec,
            Incident::Shared { bytes_per_sec } => self.bytes_per_sec - bytes_per_sec,
            _ => self.bytes_per_sec,
        }
    }

    async fn make_incident(&self, browser: &Browser, line: &Line) -> Result<()> {
        let pause = |secs| sleep(Duration::from_secs(secs));
        match self.incident {
            Incident::None | Incident::Cuts | Incident::Shared { .. } => {}
            Incident::NewAddress {
                after_secs,
                bytes_per_sec,
            } => {
                pause(after_secs).await;
                line.change_address(bytes_per_sec);
            }
            Incident::Portal {
                after_secs,
                lasts_secs,
            } => {
                pause(after_secs).await;
                line.close_by_portal();
                pause(lasts_secs).await;
                line.open();
            }
            Incident::Sleep {
                after_secs,
                lasts_secs,
            } => {
                pause(after_secs).await;
                line.sleep();
                browser.suspend()?;
                pause(lasts_secs).await;
                line.change_address(self.bytes_per_sec);
                browser.wake()?;
            }
        }
        Ok(())
    }

    fn judged(&self, run: &Run) -> Vec<Measured> {
        let size_bytes = self.size_bytes();
        let needed = size_bytes + run.parts * u64::from(PART_OVERHEAD_BYTES);
        let in_vain = run.part_bytes.saturating_sub(needed) as f64 / size_bytes as f64;
        let carried = run.carried_bytes as f64 / size_bytes as f64;
        println!(
            "{}: {:.0} s, first part after {:.1} s, {} parts, {} cuts, {carried:.3} of the size on the line",
            self.name, run.secs, run.first_part_secs, run.parts, run.cuts
        );
        let piece_bytes = self.bytes_per_sec * PIECE_SECS;
        let for_cuts = (run.cuts * piece_bytes) as f64 / size_bytes as f64;
        let mut measured = vec![
            Measured {
                what: format!("{}: confirmed of what the line carries", self.name).into(),
                value: size_bytes as f64 / run.capacity_bytes,
                unit: "",
                bar: Bar::AtLeast(self.least_share),
            },
            Measured {
                what: format!("{}: sent in vain, of the size", self.name).into(),
                value: in_vain,
                unit: "",
                bar: Bar::AtMost(MOST_IN_VAIN + for_cuts),
            },
        ];
        measured.extend(self.first_part_secs.map(|most| Measured {
            what: format!("{}: first part stored after", self.name).into(),
            value: run.first_part_secs,
            unit: "s",
            bar: Bar::AtMost(most),
        }));
        measured
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Everything that was picked is there, byte by byte, read by another implementation.
async fn all_are_equal(person: &Person, files: &[PathBuf]) -> Result<()> {
    let listed: FilesPage = person.api.get("/api/files").await?.expect(200)?;
    ensure!(listed.files.len() == files.len(), "{listed:?}");
    for entry in &listed.files {
        let stored = Opened::fetch(person, entry.file_id).await?;
        let path = files.iter().find(|path| name_of(path) == stored.name);
        let path = path.with_context(|| format!("{} was not picked", stored.name))?;
        let came_down = stored.download(person, |_| ()).await?;
        ensure!(came_down == sha256_of(path)?, "{} differs", stored.name);
    }
    Ok(())
}
