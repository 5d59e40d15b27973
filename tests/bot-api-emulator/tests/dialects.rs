//! Bodies byte for byte as foreign clients write them.

use crate::wire::Stage;

#[tokio::test]
async fn a_form_of_python_telegram_bot_is_understood() {
    let stage = Stage::new().await;
    let reply = stage.send(b"part").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(stage.control().ledger(None)[0].bot_id, stage.bot);
}
