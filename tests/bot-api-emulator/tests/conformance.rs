//! The list of conformance against this emulator. Against the real service it is run by hand; see the README.

use bot_api_emulator::conformance::{self, Ending, Subject};

use crate::wire::Fixture;

#[tokio::test]
async fn the_emulator_answers_as_listed() {
    let fixture = Fixture::new().await;
    let subject = Subject::Emulator(fixture.emulator.url());
    let outcomes = conformance::run(&subject).await.expect("the list is run");
    let different: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.ending != Ending::Same)
        .map(|outcome| format!("{}: {:?}", outcome.name, outcome.ending))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(outcomes.len() >= 100, "{} cases", outcomes.len());
}

#[tokio::test]
async fn a_server_that_answers_otherwise_is_found_out() {
    let fixture = Fixture::new().await;
    let subject = Subject::Server {
        api_url: fixture.emulator.url(),
        token: fixture.token.clone(),
        chat: fixture.chat.to_string(),
    };
    let endings = |outcomes: Vec<conformance::CaseOutcome>| -> (usize, Vec<String>) {
        let same = outcomes
            .iter()
            .filter(|outcome| outcome.ending == Ending::Same)
            .count();
        let different = outcomes
            .into_iter()
            .filter(|outcome| matches!(outcome.ending, Ending::Different(_)));
        (same, different.map(|outcome| outcome.name).collect())
    };
    let (same, different) = endings(conformance::run(&subject).await.expect("the list is run"));
    assert_eq!(different, [""; 0]);
    assert!(same >= 54, "{same} cases need no control");
    fixture.control().revoke_token(fixture.bot).expect("a bot");
    let (_, different) = endings(conformance::run(&subject).await.expect("the list is run"));
    assert!(different.contains(&"getMe".to_owned()), "{different:?}");
}
