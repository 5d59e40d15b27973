//! The walk: every call of the client is answered with every lie, one at a time, while the page's own client does what
//! makes that call. Whatever is answered, nothing readable leaves the browser, no file comes down that is not the
//! original, no upload is spliced, no name moves, and what was not done is said.
//!
//! CI walks a share of the lies ([`SHARE`]), another one with each seed; `cargo xtask soak hostile` walks them all.

mod judging;
mod preparing;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Result, bail, ensure};
use ferry_tests::{
    browser::{Browser, Page},
    client::Person,
    fixture::{Fixture, PASSWORD},
    proxy::{Answered, Lie},
    wait,
};
use serde_json::{Value, json};
use uuid::Uuid;

use preparing::{invitation, kept};

use super::{
    super::{SHORT, USER, run_counts, tiny_parts},
    calls::{self, CALLS, Call, Trust},
    lies::Bend,
};

/// One in so many lies about fields is told in CI; lies about whole answers to what is proved are all told.
const SHARE: u64 = 60;
const SIZE_BYTES: usize = 200_000;
/// A password of the person's own would open the account of somebody else who has the same.
const PASSWORD_OF_BOB: &str = "only bob knows this";
const NEXT_PASSWORD: &str = "quite another password";

/// Bodies of answers, by the call that got them.
type Heard = BTreeMap<&'static str, Vec<Vec<u8>>>;

/// A lie about an answer, while a step runs.
struct Case {
    call: &'static Call,
    step: &'static str,
    bend: Bend,
}

/// How a step ended, as `steps.js` says it.
enum Ended {
    Well(Value),
    Told(String),
    Badly(String),
}

/// What a step was about, natively known.
#[derive(Default)]
struct Truth {
    args: Value,
    /// The file's name afterwards, and its content.
    file: Option<(String, Vec<u8>)>,
}

struct Walk {
    fixture: Fixture,
    browser: Browser,
    page: Page,
    person: Person,
    password: String,
    /// The two files that lies are about.
    a: Kept,
    b: Kept,
    count: u64,
}

/// A complete file and what it must stay.
struct Kept {
    id: Uuid,
    name: String,
    content: Vec<u8>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Walk {
    async fn begin() -> Result<Walk> {
        let fixture = tiny_parts().start().await?;
        let person = Person::register(
            &fixture.api()?,
            &fixture.server()?.setup_token().await?,
            USER,
            PASSWORD,
        )
        .await?;
        let a = kept(&person, "NAME-a.txt", 1).await?;
        let b = kept(&person, "NAME-b.txt", 2).await?;
        let proxy = &fixture.proxy;
        proxy.serve(
            "hostile.html",
            "text/html",
            include_str!("steps.html").to_owned(),
        );
        proxy.serve(
            "steps.js",
            "text/javascript",
            include_str!("steps.js").to_owned(),
        );
        let browser = Browser::open(fixture.dir(), "hostile").await?;
        let page = browser.page();
        let mut walk = Walk {
            page,
            browser,
            fixture,
            person,
            password: PASSWORD.to_owned(),
            a,
            b,
            count: 100,
        };
        walk.open_page().await?;
        Ok(walk)
    }

    /// A new page with an open client.
    async fn open_page(&mut self) -> Result<()> {
        let url = format!("{}/__bench/hostile.html", self.fixture.proxy.url());
        self.page.goto(&url).await?;
        let ready = || async {
            let ready = "return document.documentElement.dataset.ready === 'true'";
            wait::holds(
                self.page.script(ready, vec![]).await? == json!(true),
                "not loaded",
            )
        };
        wait::until(SHORT, "the steps are loaded", ready).await?;
        let args = json!({"username": USER, "password": self.password});
        match self.step("enter", &args).await? {
            Ended::Well(_) => Ok(()),
            Ended::Told(why) | Ended::Badly(why) => bail!("nobody can sign in: {why}"),
        }
    }

    async fn step(&self, step: &str, args: &Value) -> Result<Ended> {
        let run = "return globalThis.ferryStep(arguments[0], arguments[1])";
        let ended = self
            .page
            .script(run, vec![json!(step), args.clone()])
            .await?;
        Ok(match (ended.get("ok"), ended.get("told")) {
            (Some(value), _) => Ended::Well(value.clone()),
            (_, Some(code)) => Ended::Told(code.as_str().unwrap_or_default().to_owned()),
            _ => Ended::Badly(ended.to_string()),
        })
    }

    /// Honest answers, by call and address.
    async fn listen(&mut self) -> Result<Heard> {
        let heard: Arc<Mutex<Heard>> = Arc::default();
        for call in CALLS {
            for step in call.steps {
                let (route, name, heard) = (call.route, call.name, Arc::clone(&heard));
                self.fixture.proxy.tell(Lie::matching(
                    move |head| calls::is_of(route, head.method(), head.path()),
                    u32::MAX,
                    move |answered| {
                        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                        heard.entry(name).or_default().push(answered.body.clone());
                    },
                ));
                let truth = self.prepare(step).await?;
                let ended = self.step(step, &truth.args).await?;
                let Ended::Well(value) = &ended else {
                    bail!("{step} fails with an honest server: {}", ended.words());
                };
                self.judge(call, step, &truth, value).await?;
                self.settle(step, true).await?;
                self.ensure_kept(step, &truth).await?;
            }
        }
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(heard)
    }

    /// One lie, and everything that must hold although it was told.
    async fn tell(&mut self, case: &Case) -> Result<()> {
        let truth = self.prepare(case.step).await?;
        let proxy = &self.fixture.proxy;
        let (route, bend) = (case.call.route, case.bend.clone());
        proxy.record();
        let logins = proxy.ledger().count("POST /api/auth/login");
        proxy.tell(Lie::matching(
            move |head| calls::is_of(route, head.method(), head.path()),
            u32::MAX,
            move |answered: &mut Answered| bend.apply(answered),
        ));
        let ended = self.step(case.step, &truth.args).await?;
        let recorded = proxy.recorded();
        let logins = proxy.ledger().count("POST /api/auth/login") - logins;
        proxy.heal();
        self.ensure_nothing_readable(&recorded)?;
        let is_sound = match &ended {
            Ended::Badly(how) => bail!("nothing is said: {how}"),
            Ended::Told(code) => {
                ensure!(!code.is_empty(), "it is said without a code");
                false
            }
            Ended::Well(value) => {
                self.judge(case.call, case.step, &truth, value).await?;
                true
            }
        };
        ensure!(
            case.call.name != "kdf" || logins == 0 || is_sound,
            "a sign-in was sent under what the server made up"
        );
        self.settle(case.step, is_sound || case.call.trust != Trust::Proved)
            .await?;
        self.ensure_kept(case.step, &truth).await
    }

    async fn close(self) -> Result<()> {
        self.browser.kill().await?;
        self.fixture.close_after_lost_puts().await
    }
}

impl Ended {
    fn words(&self) -> String {
        match self {
            Ended::Well(value) => value.to_string(),
            Ended::Told(why) | Ended::Badly(why) => why.clone(),
        }
    }
}

/// The lies about one call: of any answer, of its fields, and true answers to other questions.
fn lies_about(heard: &[Vec<u8>], replays: &[(&'static str, Vec<u8>)]) -> Vec<Bend> {
    let mut lies = Bend::of_any();
    lies.extend(
        replays
            .iter()
            .map(|(what, body)| Bend::Replay(what, body.clone())),
    );
    if let Some(Ok(json)) = heard
        .first()
        .map(|body| serde_json::from_slice::<Value>(body))
    {
        lies.extend(Bend::of_json(&json));
    }
    lies
}

/// True answers at the wrong place: another file's, another user's, and what was true before.
async fn replays(walk: &Walk) -> Result<BTreeMap<&'static str, Vec<(&'static str, Vec<u8>)>>> {
    let (fixture, person) = (&walk.fixture, &walk.person);
    let invited = invitation(person).await?.invitation;
    let bob = Person::register(&fixture.api()?, &invited, "bob", PASSWORD_OF_BOB).await?;
    let of_bob = kept(&bob, "NAME-of-bob.txt", 3).await?;
    let b = format!("/api/files/{}", walk.b.id);
    let fetch = async |who: &Person, path: String| anyhow::Ok(who.api.get(&path).await?.body);
    let mut found: BTreeMap<&'static str, Vec<(&'static str, Vec<u8>)>> = BTreeMap::new();
    let entry_of_bob = fetch(&bob, format!("/api/files/{}", of_bob.id)).await?;
    let entry_of_a = fetch(person, format!("/api/files/{}", walk.a.id)).await?;
    for call in ["file", "rename"] {
        let all = [
            ("other file", fetch(person, b.clone()).await?),
            ("other user", entry_of_bob.clone()),
            ("older", entry_of_a.clone()),
        ];
        found.insert(call, all.to_vec());
    }
    found.insert(
        "files",
        vec![
            ("other user", fetch(&bob, "/api/files".to_owned()).await?),
            ("older", fetch(person, "/api/files".to_owned()).await?),
        ],
    );
    found.insert(
        "parts",
        vec![("other file", fetch(person, format!("{b}/parts")).await?)],
    );
    found.insert(
        "part_url",
        vec![
            ("other file", fetch(person, format!("{b}/parts/1")).await?),
            (
                "other part",
                fetch(person, format!("/api/files/{}/parts/2", walk.a.id)).await?,
            ),
        ],
    );
    let query = "/api/upload/check?filename=NAME&size=200000".to_owned();
    found.insert("check", vec![("other user", fetch(&bob, query).await?)]);
    found.insert(
        "me",
        vec![("other user", fetch(&bob, "/api/auth/me".to_owned()).await?)],
    );
    found.insert(
        "login",
        vec![("other user", fetch(&bob, "/api/auth/me".to_owned()).await?)],
    );
    found.insert(
        "kdf",
        vec![(
            "other user",
            fetch(&bob, "/api/auth/kdf?username=bob".to_owned()).await?,
        )],
    );
    Ok(found)
}

/// Whether this lie is told in this run.
fn is_chosen(bend: &Bend, trust: Trust, number: u64, seed: u64, share: u64) -> bool {
    let is_whole = matches!(bend, Bend::Replay(..))
        || !matches!(
            bend,
            Bend::Other(_)
                | Bend::Empty(_)
                | Bend::Kind(_)
                | Bend::Missing(_)
                | Bend::Huge(_)
                | Bend::Twice(_)
                | Bend::Late
                | Bend::Padded
        );
    (is_whole && trust == Trust::Proved) || (number + seed).is_multiple_of(share)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_server_answers_nothing_is_believed_that_is_not_proved() -> Result<()> {
    let mut walk = Walk::begin().await?;
    let older = replays(&walk).await?;
    let heard = walk.listen().await?;
    let (seed, share) = (
        run_counts("FERRY_TEST_SEED", 0)?,
        run_counts("FERRY_TEST_HOSTILE_SHARE", SHARE)?,
    );
    let (mut told, mut number, mut wrong) = (0, 0, Vec::new());
    for call in CALLS {
        let answers = heard.get(call.name).map(Vec::as_slice).unwrap_or_default();
        ensure!(
            call.steps.is_empty() || !answers.is_empty(),
            "{:?} never call `{}`",
            call.steps,
            call.name
        );
        let replays = older.get(call.name).map(Vec::as_slice).unwrap_or_default();
        for step in call.steps {
            for bend in lies_about(answers, replays) {
                number += 1;
                if !is_chosen(&bend, call.trust, number, seed, share) {
                    continue;
                }
                told += 1;
                let what = format!("{} of `{}` during {step}", describe(&bend), call.name);
                let case = Case { call, step, bend };
                if let Err(error) = walk.tell(&case).await {
                    wrong.push(format!("{what}: {error:#}"));
                    walk.fixture.proxy.heal();
                    walk.open_page().await?;
                }
            }
        }
    }
    println!("{told} of {number} lies were told, seed {seed}");
    ensure!(
        wrong.is_empty(),
        "{} of {told} lies:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    walk.close().await
}

fn describe(bend: &Bend) -> String {
    match bend {
        Bend::Replay(what, _) => format!("{what}'s answer"),
        other => format!("{other:?}"),
    }
}

#[test]
fn no_call_of_the_client_is_missing_in_the_list() -> Result<()> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../client-wasm/src/api/mod.rs");
    calls::ensure_complete(&std::fs::read_to_string(source)?)
}
