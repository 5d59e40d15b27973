//! The list of conformance against this emulator. Against the real service it is run by hand; see the README.

use bot_api_emulator::conformance::{self, Ending, Subject};

use crate::wire::Stage;

#[tokio::test]
async fn the_emulator_answers_as_listed() {
    let stage = Stage::new().await;
    let subject = Subject::Emulator(stage.emulator.url());
    let verdicts = conformance::run(&subject).await.expect("the list is run");
    let different: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.ending != Ending::Same)
        .map(|verdict| format!("{}: {:?}", verdict.name, verdict.ending))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(verdicts.len() >= 100, "{} cases", verdicts.len());
}

#[tokio::test]
async fn a_server_that_answers_otherwise_is_found_out() {
    let stage = Stage::new().await;
    let subject = Subject::Server {
        api_url: stage.emulator.url(),
        token: stage.token.clone(),
        chat: stage.chat.to_string(),
    };
    let endings = |verdicts: Vec<conformance::Verdict>| -> (usize, Vec<String>) {
        let same = verdicts
            .iter()
            .filter(|verdict| verdict.ending == Ending::Same)
            .count();
        let different = verdicts
            .into_iter()
            .filter(|verdict| matches!(verdict.ending, Ending::Different(_)));
        (same, different.map(|verdict| verdict.name).collect())
    };
    let (same, different) = endings(conformance::run(&subject).await.expect("the list is run"));
    assert_eq!(different, [""; 0]);
    assert!(same >= 54, "{same} cases need no control");
    stage.control().revoke_token(stage.bot).expect("a bot");
    let (_, different) = endings(conformance::run(&subject).await.expect("the list is run"));
    assert!(different.contains(&"getMe".to_owned()), "{different:?}");
}
