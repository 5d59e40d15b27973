//! The walk: every call of the client is answered with every lie, one at a time, while the page's own client does what
//! makes that call. Whatever is answered, nothing readable leaves the browser, no file comes down that is not the
//! original, no upload is spliced, no name moves, and what was not done is said.
//!
//! CI walks a share of the lies ([`SHARE`]), another one with each seed; `cargo xtask soak hostile` walks them all.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, bail, ensure};
use ferry_core::{
    digest::sha256,
    wire::{NewInvitationRequest, NewInvitationResponse, Role, Scope},
};
use ferry_tests::{
    browser::{Browser, Page},
    client::{Opened, Person, SealedFile, new_token},
    fixture::{Fixture, PASSWORD},
    proxy::{Answered, Lie},
    scan::spellings,
    wait,
};
use serde_json::{Value, json};
use uuid::Uuid;

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

/// As in `steps.js`.
fn content(seed: u64, size_bytes: usize) -> Vec<u8> {
    let marker = format!("PLAIN-{seed}-");
    marker
        .into_bytes()
        .into_iter()
        .cycle()
        .take(size_bytes)
        .collect()
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

    /// Sets the scene for a step.
    async fn prepare(&mut self, step: &str) -> Result<Truth> {
        self.count += 1;
        let seed = self.count;
        let name = format!("NAME-{seed}.txt");
        let plain = content(seed, SIZE_BYTES);
        let person = &self.person;
        let of_a = json!({"fileId": self.a.id});
        let picked = json!({"name": name, "seed": seed, "sizeBytes": SIZE_BYTES});
        let truth = |args: Value| Truth { args, file: None };
        Ok(match step {
            "upload" => Truth {
                args: picked,
                file: Some((name, plain)),
            },
            "resume" | "grow" => {
                let stored = if step == "grow" {
                    SIZE_BYTES / 4 * 3
                } else {
                    SIZE_BYTES
                };
                let file = SealedFile::new(&person.keys, &name, content(seed, stored))?;
                file.start(&person.api).await?;
                file.put_all(&person.api, [1]).await?;
                Truth {
                    args: picked,
                    file: Some((name, plain)),
                }
            }
            "rename" => Truth {
                args: json!({"fileId": self.a.id, "name": name}),
                file: Some((name, self.a.content.clone())),
            },
            "download" => Truth {
                args: of_a,
                file: Some((self.a.name.clone(), self.a.content.clone())),
            },
            "verify" => truth(of_a),
            "remove" => truth(json!({"fileId": kept(person, &name, seed).await?.id})),
            "discard" | "uploads" => {
                let file = SealedFile::new(&person.keys, &name, plain.clone())?;
                file.start(&person.api).await?;
                Truth {
                    args: json!({"fileId": file.id()}),
                    file: Some((name, plain)),
                }
            }
            "login" | "unlock" => truth(json!({"username": USER, "password": self.password})),
            "changePassword" => truth(json!({"password": self.password, "next": NEXT_PASSWORD})),
            "register" => {
                let invited = invitation(person).await?;
                truth(
                    json!({"invitation": invited.invitation, "username": format!("person {seed}"), "password": PASSWORD}),
                )
            }
            "revokeToken" => {
                let made = new_token(&person.page, &[Scope::Read]).await?;
                truth(json!({"id": made.entry.token_id}))
            }
            "revokeInvitation" => {
                truth(json!({"id": invitation(person).await?.entry.invitation_id}))
            }
            _ => truth(json!({})),
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

    /// After a step that changes who is signed in, the page is opened anew.
    async fn settle(&mut self, step: &str, is_sound: bool) -> Result<()> {
        self.fixture.proxy.heal();
        if step == "changePassword" {
            let next = Person::login(&self.fixture.api()?, USER, NEXT_PASSWORD).await;
            let (password, is_changed) = match next {
                Ok(changed) => {
                    self.person = changed;
                    (NEXT_PASSWORD, true)
                }
                Err(_) => (PASSWORD, false),
            };
            self.password = password.to_owned();
            if is_changed {
                // And back, so that every case begins alike.
                self.open_page_after_change().await?;
            }
        }
        let ends_session = ["register", "logout", "changePassword"].contains(&step);
        if ends_session || !is_sound {
            self.open_page().await?;
        }
        Ok(())
    }

    async fn open_page_after_change(&mut self) -> Result<()> {
        self.open_page().await?;
        let args = json!({"password": NEXT_PASSWORD, "next": PASSWORD});
        ensure!(
            matches!(self.step("changePassword", &args).await?, Ended::Well(_)),
            "the password stays changed"
        );
        self.password = PASSWORD.to_owned();
        self.person = Person::login(&self.fixture.api()?, USER, PASSWORD).await?;
        Ok(())
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

    /// No content, no name, no key and no password in anything that was sent.
    fn ensure_nothing_readable(&self, recorded: &[Vec<u8>]) -> Result<()> {
        let keys = [
            self.person.keys.wrap.expose(),
            self.person.keys.name.expose(),
            self.person.keys.fingerprint.expose(),
        ];
        let mut secrets: Vec<Vec<u8>> = keys.iter().flat_map(|key| spellings(*key)).collect();
        let texts = ["PLAIN-", "NAME-", PASSWORD, NEXT_PASSWORD];
        secrets.extend(texts.map(|text| text.as_bytes().to_vec()));
        for request in recorded {
            for secret in &secrets {
                let found = request.windows(secret.len()).any(|window| window == secret);
                ensure!(
                    !found,
                    "{} is sent: {}",
                    String::from_utf8_lossy(secret),
                    String::from_utf8_lossy(request)
                );
            }
        }
        Ok(())
    }

    /// What the client takes for true is true.
    async fn judge(&self, call: &Call, step: &str, truth: &Truth, said: &Value) -> Result<()> {
        if call.trust != Trust::Proved {
            return Ok(());
        }
        match (step, &truth.file) {
            ("download", Some((name, content))) => ensure!(
                said["sha256"] == hex(&sha256(&[content]))
                    && said["name"] == json!(name)
                    && said["closed"] == true,
                "another file came down: {said}"
            ),
            ("upload" | "resume" | "grow", Some((name, content))) => {
                let id: Uuid = said["fileId"].as_str().unwrap_or_default().parse()?;
                self.ensure_is(id, name, content).await?;
            }
            ("rename", Some((name, content))) => self.ensure_is(self.a.id, name, content).await?,
            ("files", _) => self.ensure_listed(said, &[&self.a, &self.b])?,
            ("login" | "unlock", _) => ensure!(
                said["userId"] == json!(self.person.user_id) && said["state"] == "unlocked",
                "somebody else is signed in: {said}"
            ),
            _ => {}
        }
        Ok(())
    }

    fn ensure_listed(&self, said: &Value, kept: &[&Kept]) -> Result<()> {
        for row in said.as_array().context("no list")? {
            if !row["problem"].is_null() {
                ensure!(
                    row["name"].is_null() && row["sizeBytes"].is_null(),
                    "a refused row shows values: {row}"
                );
                continue;
            }
            let Some(file) = kept.iter().find(|file| row["fileId"] == json!(file.id)) else {
                continue;
            };
            ensure!(
                row["name"] == json!(file.name)
                    && row["path"] == ""
                    && row["sizeBytes"] == json!(file.content.len())
                    && row["sha256"] == hex(&sha256(&[&file.content])),
                "another file is shown: {row}"
            );
        }
        Ok(())
    }

    /// Both files are what they were; only the renamed one may have its new name.
    async fn ensure_kept(&mut self, step: &str, truth: &Truth) -> Result<()> {
        if step == "rename" {
            let name = Opened::fetch(&self.person, self.a.id).await?.name;
            let wanted = truth.file.as_ref().map(|(name, _)| name);
            ensure!(
                name == self.a.name || Some(&name) == wanted,
                "a name moved: {name}"
            );
            self.a.name = name;
        }
        for kept in [&self.a, &self.b] {
            self.ensure_is(kept.id, &kept.name, &kept.content).await?;
        }
        Ok(())
    }

    async fn ensure_is(&self, id: Uuid, name: &str, content: &[u8]) -> Result<()> {
        let stored = Opened::fetch(&self.person, id).await?;
        ensure!(stored.name == name, "{id} is called {}", stored.name);
        let came_down = stored.download(&self.person, |_| ()).await?;
        ensure!(came_down == sha256(&[content]), "{id} has another content");
        Ok(())
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

async fn kept(person: &Person, name: &str, seed: u64) -> Result<Kept> {
    let file = SealedFile::new(&person.keys, name, content(seed, SIZE_BYTES))?;
    file.upload(&person.api).await?;
    Ok(Kept {
        id: file.id(),
        name: name.to_owned(),
        content: file.content,
    })
}

async fn invitation(person: &Person) -> Result<NewInvitationResponse> {
    let request = NewInvitationRequest {
        role: Role::User,
        ttl_secs: None,
    };
    person
        .api
        .post("/api/admin/invitations", &request)
        .await?
        .good()
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
