//! The page's section about bots: added by a form, seen live, tested, and what is wrong told in the row.

use anyhow::{Result, ensure};
use bot_api_emulator::{ChatKind, Emulator, Limits, Members, Membership, Settings};
use ferry_core::wire::AddBotRequest;
use ferry_tests::wait;

use super::{SHORT, Scene, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_adds_a_bot_and_sees_the_pool_live() -> Result<()> {
    let home = ferry_tests::run_dir::new_dir("bot-api-")?;
    let settings = Settings {
        limits: Limits::off(),
        ..Settings::new(home.path())
    };
    let emulator = Emulator::start(settings).await?;
    let control = emulator.control();
    let bots = control.create_bots(2)?;
    let [first, second] = bots.as_slice() else {
        anyhow::bail!("no bots")
    };
    let channel = control
        .create_chat(ChatKind::Channel, "Parts", &Members::AllBots)?
        .id;
    let scene = Scene::set_up(tiny_parts().set("FERRY_TELEGRAM__API_URL", emulator.url())).await?;
    let page = &scene.page;
    page.click("nav-admin").await?;
    page.until_view(&["admin"]).await?;

    page.type_into("bot-token", &first.token).await?;
    page.type_into("bot-chats", "the channel").await?;
    page.click_in("[data-testid=bot-form]", "submit").await?;
    until_cards(&scene, "form-error", "code", &["invalid_form"]).await?;
    let clear = "document.querySelector('[data-testid=bot-chats]').value = ''";
    page.script(clear, vec![]).await?;
    page.type_into("bot-chats", &channel.to_string()).await?;
    page.click_in("[data-testid=bot-form]", "submit").await?;
    until_cards(&scene, "bot-row", "state", &["active"]).await?;
    let kept = page.script(
        "return document.querySelector('[data-testid=bot-token]').value",
        vec![],
    );
    ensure!(
        kept.await?.as_str() == Some(""),
        "the token stays in the form"
    );

    // somebody else adds one: it shows up by itself
    let request = AddBotRequest {
        token: second.token.clone(),
        chats: vec![channel],
        weight: None,
        shared_chats: None,
    };
    let api = scene.person().await?.api;
    api.post("/api/admin/bots", &request)
        .await?
        .expect_status(201)?;
    until_cards(&scene, "bot-row", "state", &["active", "active"]).await?;

    control.set_member(channel, first.id, Some(Membership::Kicked))?;
    let row = format!("[data-bot-id=\"{}\"]", first.id);
    page.click_in(&row, "bot-check").await?;
    until_cards(&scene, "bot-row", "state", &["no_chat", "active"]).await?;
    until_cards(&scene, "bot-test-result", "ok", &["false", "true"]).await?;
    page.click_in(&row, "bot-remove").await?;
    page.click("confirm-yes").await?;
    until_cards(&scene, "bot-row", "state", &["active"]).await?;
    scene.close().await
}

/// Waits until the cards of a kind have these values, in the order of the page; cards without one are left out.
async fn until_cards(scene: &Scene, handle: &str, name: &str, values: &[&str]) -> Result<()> {
    let shown = || async {
        let cards = scene.page.cards(handle).await?;
        let seen: Vec<&str> = cards
            .iter()
            .map(|card| card.get(name))
            .filter(|value| !value.is_empty())
            .collect();
        wait::holds(seen == values, &format!("{name} of {handle} is {seen:?}"))
    };
    wait::until(SHORT, &format!("{handle} shows {values:?}"), shown).await
}
