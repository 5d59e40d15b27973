//! Bots of a Telegram store, as administrators look after them: by the API and at the server, on the Bot API emulator.

use std::process::{Output, Stdio};

use anyhow::{Context, Result, ensure};
use bot_api_emulator::{
    BotSeed, ChatKind, Control, Emulator, Fault, FaultRule, Limits, Members, Membership,
};
use ferry_core::wire::{
    AddBotRequest, BotChatState, BotState, BotsResponse, ChangeBotRequest, ErrorCode, RemovedBot,
    TestedBot,
};
use ferry_tests::{
    client::{Api, Person},
    fixture::{Fixture, FixtureBuilder},
    scan::Haystack,
};
use reqwest::Method;
use tokio::io::AsyncWriteExt as _;

/// A Bot API of the test's own, with a bot and a channel.
struct BotApi {
    emulator: Emulator,
    bot: BotSeed,
    channel: i64,
    _home: tempfile::TempDir,
}

impl BotApi {
    async fn start() -> Result<BotApi> {
        let home = ferry_tests::run_dir::new_dir("bot-api-")?;
        let settings = bot_api_emulator::Settings {
            limits: Limits::off(),
            ..bot_api_emulator::Settings::new(home.path())
        };
        let emulator = Emulator::start(settings).await?;
        let control = emulator.control();
        let bot = control.create_bots(1)?.remove(0);
        let channel = control.create_chat(ChatKind::Channel, "Parts", &Members::AllBots)?;
        Ok(BotApi {
            bot,
            channel: channel.id,
            emulator,
            _home: home,
        })
    }

    fn control(&self) -> Control {
        self.emulator.control()
    }

    fn member(&self, membership: Membership) -> Result<()> {
        let (chat, bot) = (self.channel, self.bot.id);
        Ok(self.control().set_member(chat, bot, Some(membership))?)
    }

    /// A server that knows this Bot API, and no other.
    fn fixture(&self) -> FixtureBuilder {
        FixtureBuilder::default().set("FERRY_TELEGRAM__API_URL", self.emulator.url())
    }

    fn request(&self, token: &str) -> AddBotRequest {
        AddBotRequest {
            token: token.to_owned(),
            chats: vec![self.channel],
            weight: None,
            shared_chats: None,
        }
    }

    fn secret(&self) -> Result<&str> {
        Ok(self.bot.token.split_once(':').context("a token")?.1)
    }
}

const BOTS: &str = "/api/admin/bots";

async fn pool(api: &Api) -> Result<BotsResponse> {
    api.get(BOTS).await?.expect(200)
}

#[tokio::test]
async fn an_administrator_adds_tests_disables_and_removes_a_bot() -> Result<()> {
    let telegram = BotApi::start().await?;
    let fixture = telegram.fixture().start().await?;
    let admin = fixture.admin().await?;
    let bot = &telegram.bot;
    let one = format!("{BOTS}/{}", bot.id);

    let answer = admin.api.post(BOTS, &telegram.request(&bot.token)).await?;
    let added: TestedBot = answer.expect(201)?;
    ensure!(added.ok && added.chats[0].title == "Parts", "{added:?}");
    let listed = pool(&admin.api).await?;
    ensure!(listed.bots[0].state == BotState::Active, "{listed:?}");
    ensure!(
        listed.api_url == telegram.emulator.url(),
        "{}",
        listed.api_url
    );
    ensure!(
        telegram.control().ledger(None).is_empty(),
        "the test document is still there"
    );

    telegram.member(Membership::Kicked)?;
    let test = format!("{one}/test");
    let checked: TestedBot = admin.api.post(&test, &()).await?.expect(200)?;
    let problem = checked.chats[0].problem.clone().unwrap_or_default();
    ensure!(
        !checked.ok && problem.contains("was put out of"),
        "{checked:?}"
    );
    let pair = pool(&admin.api).await?.bots[0].chats[0].clone();
    ensure!(pair.state == BotChatState::Kicked, "{pair:?}");
    telegram.member(Membership::FULL)?;
    let checked: TestedBot = admin.api.post(&test, &()).await?.expect(200)?;
    ensure!(checked.ok, "{checked:?}");

    let aside = ChangeBotRequest {
        enabled: Some(false),
        weight: None,
    };
    let change = admin.api.call(Method::PATCH, &one).json(&aside);
    change.send().await?.expect_status(204)?;
    ensure!(
        pool(&admin.api).await?.bots[0].state == BotState::Disabled,
        "it is still in use"
    );

    let removed: RemovedBot = admin.api.delete(&one).await?.expect(200)?;
    ensure!(
        removed.unreadable_parts == 0 && !removed.returns_at_start,
        "{removed:?}"
    );
    admin
        .api
        .delete(&one)
        .await?
        .refused(404, ErrorCode::NotFound)?;
    ensure!(pool(&admin.api).await?.bots.is_empty(), "it is still there");
    fixture.close().await
}

#[tokio::test]
async fn what_is_wrong_with_a_bot_is_told_and_nothing_of_it_is_kept() -> Result<()> {
    let telegram = BotApi::start().await?;
    let fixture = telegram.fixture().start().await?;
    let admin = fixture.admin().await?;
    let add = async |token: &str| admin.api.post(BOTS, &telegram.request(token)).await;

    let told = add("no token")
        .await?
        .refused(422, ErrorCode::BotTokenRefused)?;
    ensure!(told.hint.contains("@BotFather"), "{told:?}");
    telegram.member(Membership::Left)?;
    let told = add(&telegram.bot.token)
        .await?
        .refused(422, ErrorCode::ChatNotUsable)?;
    ensure!(
        told.detail.unwrap_or_default().contains("is not in"),
        "of a chat that the bot left"
    );
    telegram.member(Membership::FULL)?;
    telegram
        .control()
        .add_faults(vec![FaultRule::always(Fault::BadGatewayHtml)]);
    let told = add(&telegram.bot.token)
        .await?
        .refused(502, ErrorCode::BotApiUnavailable)?;
    ensure!(
        told.detail.unwrap_or_default().contains("502"),
        "of a page of a proxy"
    );
    telegram.control().clear_faults();
    telegram.control().revoke_token(telegram.bot.id)?;
    add(&telegram.bot.token)
        .await?
        .refused(422, ErrorCode::BotTokenRefused)?;
    ensure!(
        pool(&admin.api).await?.bots.is_empty(),
        "a bot that cannot be used was kept"
    );
    fixture.close().await
}

#[tokio::test]
async fn nobody_but_an_administrator_sees_or_touches_a_bot() -> Result<()> {
    let telegram = BotApi::start().await?;
    let fixture = telegram.fixture().start().await?;
    let admin = fixture.admin().await?;
    admin
        .api
        .post(BOTS, &telegram.request(&telegram.bot.token))
        .await?
        .expect_status(201)?;
    let user = fixture.invite(&admin, "user").await?;
    let one = format!("{BOTS}/{}", telegram.bot.id);
    for (api, status, code) in [
        (&user.api, 403, ErrorCode::Forbidden),
        (&fixture.api()?, 401, ErrorCode::Unauthenticated),
    ] {
        let request = telegram.request(&telegram.bot.token);
        api.get(BOTS).await?.refused(status, code)?;
        api.post(BOTS, &request).await?.refused(status, code)?;
        api.post(&format!("{one}/test"), &())
            .await?
            .refused(status, code)?;
        let change = api
            .call(Method::PATCH, &one)
            .json(&ChangeBotRequest::default());
        change.send().await?.refused(status, code)?;
        api.delete(&one).await?.refused(status, code)?;
    }
    ensure!(
        pool(&admin.api).await?.bots.len() == 1,
        "somebody else removed it"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_token_is_neither_answered_nor_logged_nor_in_the_database() -> Result<()> {
    let telegram = BotApi::start().await?;
    let builder = telegram.fixture().set("FERRY_LOG", "trace");
    let fixture = builder.start().await?;
    let admin = fixture.admin().await?;
    let mut haystack = Haystack::default();
    let answer = admin
        .api
        .post(BOTS, &telegram.request(&telegram.bot.token))
        .await?;
    answer.expect_status(201)?;
    haystack.add(&answer.body);
    haystack.add(&admin.api.get(BOTS).await?.body);
    // an API that is gone is told with its address, which must not be the one that carries the token
    telegram
        .control()
        .add_faults(vec![FaultRule::always(Fault::ResetBeforeBody)]);
    let test = format!("{BOTS}/{}/test", telegram.bot.id);
    haystack.add(&admin.api.post(&test, &()).await?.body);
    haystack.add(&admin.api.get("/api/admin/audit").await?.body);
    haystack.add_dump(&fixture.dump().await?);
    haystack.add(fixture.server()?.log()?.as_bytes());
    ensure!(
        haystack.holds(telegram.bot.username.as_bytes()),
        "nothing was looked through"
    );
    ensure!(
        !haystack.holds(telegram.secret()?.as_bytes()),
        "the token is somewhere"
    );
    fixture.close().await
}

/// `ferry-server bots ...` with these settings and this on its standard input.
async fn command(fixture: &Fixture, words: &[&str], input: &str) -> Result<Output> {
    let mut command = fixture.server_config().command()?;
    command.arg("bots").args(words);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take().context("no stdin")?;
    stdin.write_all(input.as_bytes()).await?;
    drop(stdin);
    Ok(child.wait_with_output().await?)
}

/// What a command said that ended well.
async fn told(fixture: &Fixture, words: &[&str], input: &str) -> Result<String> {
    let output = command(fixture, words, input).await?;
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    ensure!(
        output.status.success(),
        "{words:?} ended with {}: {said}{complaint}",
        output.status
    );
    Ok(said)
}

/// What a command said that did not.
async fn complained(fixture: &Fixture, words: &[&str], input: &str) -> Result<String> {
    let output = command(fixture, words, input).await?;
    let (said, complaint) = (text(&output.stdout), text(&output.stderr));
    ensure!(!output.status.success(), "{words:?} ended well: {said}");
    Ok(format!("{said}{complaint}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn at_the_server_each_thing_that_is_wrong_is_said_with_what_to_do() -> Result<()> {
    let telegram = BotApi::start().await?;
    let fixture = telegram.fixture().start().await?;
    let admin = fixture.admin().await?;
    let (bot, channel) = (&telegram.bot, telegram.channel.to_string());
    let add = ["add", "--chat", &channel];

    let said = complained(&fixture, &add, "not a token\n").await?;
    ensure!(
        said.contains("123456789:") && !said.contains("not a token"),
        "{said}"
    );
    telegram.member(Membership::Kicked)?;
    let said = complained(&fixture, &add, &bot.token).await?;
    ensure!(
        said.contains("was put out of") && said.contains(&channel),
        "{said}"
    );
    telegram.member(Membership::Administrator {
        can_post_messages: false,
        can_delete_messages: true,
    })?;
    let said = complained(&fixture, &add, &bot.token).await?;
    ensure!(said.contains("right to post messages"), "{said}");
    let said = complained(&fixture, &["add", "--chat", "-1009999999999"], &bot.token).await?;
    ensure!(said.contains("knows no chat -1009999999999"), "{said}");
    telegram
        .control()
        .add_faults(vec![FaultRule::always(Fault::BadGatewayHtml)]);
    let said = complained(&fixture, &add, &bot.token).await?;
    ensure!(said.contains("HTML page with status 502"), "{said}");
    telegram.control().clear_faults();

    telegram.member(Membership::FULL)?;
    let said = told(&fixture, &add, &bot.token).await?;
    ensure!(
        said.contains("Added") && !said.contains(telegram.secret()?),
        "{said}"
    );
    ensure!(
        pool(&admin.api).await?.bots.len() == 1,
        "the server does not see it"
    );
    let name = format!("@{}", bot.username);
    let said = told(&fixture, &["list"], "").await?;
    ensure!(said.contains(&name) && said.contains("\"Parts\""), "{said}");
    ensure!(
        told(&fixture, &["test"], "").await?.contains("read back"),
        "of a test"
    );
    told(&fixture, &["disable", &name], "").await?;
    ensure!(
        pool(&admin.api).await?.bots[0].state == BotState::Disabled,
        "it is in use"
    );
    told(&fixture, &["enable", &name], "").await?;
    telegram.control().revoke_token(bot.id)?;
    let said = complained(&fixture, &["test", &name], "").await?;
    ensure!(said.contains("@BotFather"), "{said}");
    ensure!(
        pool(&admin.api).await?.bots[0].state == BotState::Unauthorized,
        "nothing was written down"
    );
    ensure!(
        told(&fixture, &["remove", &bot.id.to_string()], "")
            .await?
            .contains("Removed"),
        "of a removal"
    );
    complained(&fixture, &["remove", &bot.id.to_string()], "").await?;
    fixture.close().await
}

#[tokio::test]
async fn a_group_that_grew_up_is_told_with_its_new_id_and_used_so() -> Result<()> {
    let telegram = BotApi::start().await?;
    let control = telegram.control();
    let group = control
        .create_chat(ChatKind::Group, "Old", &Members::AllBots)?
        .id;
    let supergroup = control.migrate(group)?;
    let fixture = telegram.fixture().start().await?;
    let admin = fixture.admin().await?;
    let add = ["add", "--chat", &group.to_string()];
    let said = told(&fixture, &add, &telegram.bot.token).await?;
    ensure!(
        said.contains(&format!("became the supergroup {supergroup}")),
        "{said}"
    );
    let chat_id = pool(&admin.api).await?.bots[0].chats[0].chat_id;
    ensure!(chat_id == supergroup, "{chat_id} is used");
    fixture.close().await
}

#[tokio::test]
async fn at_the_server_bots_are_there_whether_it_runs_on_its_own_postgres_or_not() -> Result<()> {
    let telegram = BotApi::start().await?;
    let mut fixture = telegram.fixture().embedded_postgres().start().await?;
    let admin: Person = fixture.admin().await?;
    let channel = telegram.channel.to_string();
    told(&fixture, &["add", "--chat", &channel], &telegram.bot.token).await?;
    ensure!(
        pool(&admin.api).await?.bots.len() == 1,
        "the server does not see it"
    );
    fixture.stop_server().await?;
    let said = told(&fixture, &["list"], "").await?;
    ensure!(said.contains(&telegram.bot.username), "{said}");
    ensure!(
        told(&fixture, &["check"], "").await?.contains("read back"),
        "the key is another one"
    );
    fixture.start_server().await?;
    ensure!(
        pool(&admin.api).await?.bots.len() == 1,
        "it is gone after a start"
    );
    fixture.close().await
}
