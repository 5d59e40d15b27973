//! Accounts on a real Postgres, with a clock that tests turn.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use ferry_core::wire::{
    B64, Bytes64, KeySlotEntry, KeySlotKind, LoginRequest, NewInvitationRequest, NewTokenRequest,
    PasswordRequest, RegisterRequest, Role, Scope, SignUp,
};
use uuid::Uuid;

use super::{Accounts, AuthError, AuthSettings, Credential, Identity, PlainToken, SignedIn};
use crate::{
    clock::Clock,
    config::LoginLimits,
    db::{self, test_database::TestDatabase},
};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const PASSWORD: [u8; 32] = [1; 32];
const OTHER_PASSWORD: [u8; 32] = [2; 32];

/// A database, accounts on it, and their clock.
struct Fixture {
    database: TestDatabase,
    accounts: Accounts,
    offset_secs: Arc<AtomicI64>,
}

impl Fixture {
    async fn start() -> Self {
        let database = TestDatabase::start().await;
        let offset_secs = Arc::new(AtomicI64::new(0));
        let accounts = accounts_on(&database, &offset_secs);
        Fixture {
            database,
            accounts,
            offset_secs,
        }
    }

    /// A second server on the same database.
    fn second_instance(&self) -> Accounts {
        accounts_on(&self.database, &self.offset_secs)
    }

    fn turn_clock(&self, secs: i64) {
        self.offset_secs.fetch_add(secs, Ordering::Relaxed);
    }

    async fn administrator(&self) -> SignedIn {
        let setup = self.accounts.setup_token().await.unwrap().unwrap();
        self.accounts
            .register(&registration("Root", &setup))
            .await
            .unwrap()
    }

    async fn identity(&self, session: &PlainToken) -> Result<Identity, AuthError> {
        self.accounts
            .authenticate(session, Credential::Session)
            .await
    }

    async fn invited(&self, admin: &Identity, name: &str) -> SignedIn {
        let request = NewInvitationRequest {
            role: Role::User,
            ttl_secs: None,
        };
        let invited = self.accounts.invite(admin, &request).await.unwrap();
        self.accounts
            .register(&registration(name, &invited.token))
            .await
            .unwrap()
    }
}

fn accounts_on(database: &TestDatabase, offset_secs: &Arc<AtomicI64>) -> Accounts {
    let offset = Arc::clone(offset_secs);
    let clock: Clock =
        Arc::new(move || Utc::now() + TimeDelta::seconds(offset.load(Ordering::Relaxed)));
    let settings = AuthSettings {
        session_ttl: Duration::from_secs(1_000),
        login: LoginLimits {
            per_name: 3,
            per_address: 100,
            window: Duration::from_secs(300),
        },
        default_quota_bytes: Some(1_000_000),
    };
    Accounts::new(database.db.clone(), clock, settings)
}

fn password_slot(salt: u8) -> KeySlotEntry {
    let mut slot = vec![1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 3];
    slot.extend([salt; 108]);
    slot.extend([0; 12]);
    KeySlotEntry {
        kind: KeySlotKind::Password,
        account_key_id: B64([7; 16]),
        slot: Bytes64(slot),
    }
}

fn registration(name: &str, invitation: &PlainToken) -> RegisterRequest {
    RegisterRequest {
        invitation: invitation.expose().to_owned(),
        user_id: Uuid::new_v4(),
        username: name.to_owned(),
        auth: B64(PASSWORD),
        key_slots: vec![password_slot(9)],
    }
}

fn login(name: &str, auth: [u8; 32]) -> LoginRequest {
    LoginRequest {
        username: name.to_owned(),
        auth: B64(auth),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_user_comes_by_the_setup_link_and_is_the_administrator() {
    let fixture = Fixture::start().await;
    let accounts = &fixture.accounts;
    assert_eq!(accounts.sign_up().await.unwrap(), SignUp::Setup);
    let setup = accounts.setup_token().await.unwrap().unwrap();
    let elsewhere = fixture.second_instance().setup_token().await.unwrap();
    assert_eq!(setup.expose(), elsewhere.unwrap().expose());

    let request = registration("Root", &setup);
    let first = accounts.register(&request).await.unwrap();
    assert_eq!(first.account.role, Role::Admin);
    assert_eq!(first.account.quota_bytes, Some(1_000_000));
    // The answer was lost: the same request gets the same account, another one nothing.
    let again = accounts.register(&request).await.unwrap();
    assert_eq!(again.account, first.account);
    let late = accounts.register(&registration("Late", &setup)).await;
    assert!(
        matches!(late, Err(AuthError::InvitationInvalid)),
        "{late:?}"
    );

    assert!(accounts.setup_token().await.unwrap().is_none());
    assert_eq!(accounts.sign_up().await.unwrap(), SignUp::Invitation);
    fixture.database.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invitations_are_used_once_end_and_can_be_withdrawn() {
    let fixture = Fixture::start().await;
    let accounts = &fixture.accounts;
    let root = fixture.administrator().await;
    let admin = fixture.identity(&root.session).await.unwrap();
    let request = NewInvitationRequest {
        role: Role::User,
        ttl_secs: Some(60),
    };

    // A name is taken however it is written, and the invitation stays good.
    let invited = accounts.invite(&admin, &request).await.unwrap();
    let taken = accounts
        .register(&registration("rOOT", &invited.token))
        .await;
    assert!(matches!(taken, Err(AuthError::UsernameTaken)), "{taken:?}");
    let user = accounts
        .register(&registration("Bob", &invited.token))
        .await
        .unwrap();
    assert_eq!(user.account.role, Role::User);

    let late = accounts.invite(&admin, &request).await.unwrap();
    let withdrawn = accounts.invite(&admin, &request).await.unwrap();
    let id = withdrawn.entry.invitation_id;
    for _ in 0..2 {
        accounts.withdraw_invitation(&admin, id).await.unwrap();
    }
    let unknown = accounts.withdraw_invitation(&admin, Uuid::new_v4()).await;
    assert!(matches!(unknown, Err(AuthError::NotFound)));
    fixture.turn_clock(61);
    for token in [&late.token, &withdrawn.token] {
        let refused = accounts.register(&registration("Eve", token)).await;
        assert!(
            matches!(refused, Err(AuthError::InvitationInvalid)),
            "{refused:?}"
        );
    }
    let listed = accounts.list_invitations().await.unwrap();
    let used = listed.iter().filter(|entry| entry.used_at.is_some());
    assert_eq!((listed.len(), used.count()), (3, 1));
    fixture.database.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_sign_ins_are_counted_by_all_instances_together() {
    let fixture = Fixture::start().await;
    fixture.administrator().await;
    let instances = [fixture.accounts.clone(), fixture.second_instance()];

    // A success between failures sets the name's count back.
    for auth in [OTHER_PASSWORD, OTHER_PASSWORD, PASSWORD, OTHER_PASSWORD] {
        let outcome = fixture
            .accounts
            .login(&login("root", auth), HERE, None)
            .await;
        assert_eq!(outcome.is_ok(), auth == PASSWORD);
    }
    for instance in &instances {
        let wrong = instance
            .login(&login("Root", OTHER_PASSWORD), HERE, None)
            .await;
        assert!(matches!(wrong, Err(AuthError::WrongCredentials)));
    }
    for instance in &instances {
        let limited = instance.login(&login("ROOT", PASSWORD), HERE, None).await;
        let Err(AuthError::RateLimited { retry_after_secs }) = limited else {
            panic!("the right password went through: {limited:?}");
        };
        assert!((1..=300).contains(&retry_after_secs));
    }
    fixture.turn_clock(301);
    assert!(
        fixture
            .accounts
            .login(&login("root", PASSWORD), HERE, None)
            .await
            .is_ok()
    );
    fixture.database.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_nobody_has_look_like_others() {
    let fixture = Fixture::start().await;
    fixture.administrator().await;
    let accounts = &fixture.accounts;
    let known = accounts.kdf("ROOT").await.unwrap().slot_prefix.0;
    assert_eq!(known[..], password_slot(9).slot.0[..28]);

    let unknown = accounts.kdf("nobody").await.unwrap().slot_prefix.0;
    assert_eq!(unknown[..12], known[..12], "the parameters tell them apart");
    let elsewhere = fixture.second_instance().kdf("NoBody").await.unwrap();
    assert_eq!(elsewhere.slot_prefix.0, unknown);
    let other = accounts.kdf("nobody2").await.unwrap().slot_prefix.0;
    assert_ne!(other[12..], unknown[12..]);

    let outcome = accounts.login(&login("nobody", PASSWORD), HERE, None).await;
    assert!(matches!(outcome, Err(AuthError::WrongCredentials)));
    fixture.database.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_and_tokens_end_when_they_should() {
    let fixture = Fixture::start().await;
    let accounts = &fixture.accounts;
    let root = fixture.administrator().await;
    let admin = fixture.identity(&root.session).await.unwrap();
    let bob = fixture.invited(&admin, "Bob").await;
    let bob = fixture.identity(&bob.session).await.unwrap();

    let request = NewTokenRequest {
        label: "script".to_owned(),
        scopes: vec![Scope::Read],
        ttl_secs: Some(100),
    };
    let made = accounts.create_token(&bob, &request).await.unwrap();
    let token = PlainToken::parse(&made.token).unwrap();
    let as_api = accounts
        .authenticate(&token, Credential::Api)
        .await
        .unwrap();
    assert_eq!(as_api.user_id, bob.user_id);
    assert!(fixture.identity(&token).await.is_err(), "good as a cookie");
    let more = NewTokenRequest {
        scopes: vec![Scope::Admin],
        ..request.clone()
    };
    let refused = accounts.create_token(&bob, &more).await;
    assert!(matches!(refused, Err(AuthError::Forbidden(_))));
    assert!(accounts.create_token(&as_api, &request).await.is_err());

    let id = made.entry.token_id;
    let foreign = accounts.revoke_token(&admin, id).await;
    assert!(matches!(foreign, Err(AuthError::NotFound)));
    assert!(accounts.authenticate(&token, Credential::Api).await.is_ok());
    for _ in 0..2 {
        accounts.revoke_token(&bob, id).await.unwrap();
    }
    assert!(
        accounts
            .authenticate(&token, Credential::Api)
            .await
            .is_err()
    );
    assert!(accounts.list_tokens(&bob).await.unwrap().is_empty());

    let second = accounts.create_token(&bob, &request).await.unwrap();
    let second = PlainToken::parse(&second.token).unwrap();
    fixture.turn_clock(101);
    assert!(
        accounts
            .authenticate(&second, Credential::Api)
            .await
            .is_err()
    );
    assert!(fixture.identity(&root.session).await.is_ok());
    fixture.turn_clock(1_000);
    assert!(fixture.identity(&root.session).await.is_err());
    fixture.database.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_every_session_and_is_written_down() {
    let fixture = Fixture::start().await;
    let accounts = &fixture.accounts;
    let root = fixture.administrator().await;
    let second = accounts
        .login(&login("root", PASSWORD), HERE, None)
        .await
        .unwrap();
    let admin = fixture.identity(&root.session).await.unwrap();
    let change = |old: [u8; 32]| PasswordRequest {
        old_auth: B64(old),
        new_auth: B64(OTHER_PASSWORD),
        new_slot: password_slot(10),
    };
    let wrong = accounts.change_password(&admin, &change([9; 32])).await;
    assert!(matches!(wrong, Err(AuthError::WrongCredentials)));
    assert!(fixture.identity(&root.session).await.is_ok());

    accounts
        .change_password(&admin, &change(PASSWORD))
        .await
        .unwrap();
    for session in [&root.session, &second.session] {
        assert!(fixture.identity(session).await.is_err());
    }
    assert!(
        accounts
            .login(&login("root", PASSWORD), HERE, None)
            .await
            .is_err()
    );
    let signed_in = accounts
        .login(&login("root", OTHER_PASSWORD), HERE, None)
        .await
        .unwrap();
    assert_eq!(signed_in.account.key_slots, [password_slot(10)]);

    let mut connection = fixture.database.db.connection().await.unwrap();
    let events = db::audit::latest(&mut connection, 10).await.unwrap();
    let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["password.change", "user.register"]);
    drop(connection);
    fixture.database.stop().await;
}

#[derive(diesel::QueryableByName)]
struct Waiting {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    transactions: i64,
}

/// Waits until this many transactions want a lock that another one holds.
async fn until_waiting_for_locks(db: &db::Db, wanted: i64) {
    use diesel_async::RunQueryDsl;
    let waiting = "SELECT count(DISTINCT pid) AS transactions FROM pg_locks WHERE NOT granted";
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    let mut connection = db.connection().await.unwrap();
    loop {
        let query = diesel::sql_query(waiting);
        let found: Waiting = query.get_result(&mut *connection).await.unwrap();
        if found.transactions >= wanted {
            return;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{} transactions wait for a lock, not {wanted}",
            found.transactions
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_begins_during_a_password_change_does_not_outlive_it() {
    let fixture = Fixture::start().await;
    let root = fixture.administrator().await;
    let admin = fixture.identity(&root.session).await.unwrap();
    let request = NewTokenRequest {
        label: "script".to_owned(),
        scopes: vec![Scope::Read],
        ttl_secs: None,
    };

    let mut change = fixture.database.db.begin().await.unwrap();
    db::users::by_id_locked(&mut change, admin.user_id)
        .await
        .unwrap();
    let verifier = super::verifier::Verifier::derive(admin.user_id, &OTHER_PASSWORD);
    db::users::set_verifier(&mut change, admin.user_id, verifier.as_bytes())
        .await
        .unwrap();
    db::tokens::delete_all(&mut change, admin.user_id)
        .await
        .unwrap();
    let old_password = login("root", PASSWORD);
    let (signed_in, made, ()) = tokio::join!(
        fixture.accounts.login(&old_password, HERE, None),
        fixture.accounts.create_token(&admin, &request),
        async {
            // Both have read what the change is about to make untrue.
            until_waiting_for_locks(&fixture.database.db, 2).await;
            change.end::<(), AuthError>(Ok(())).await.unwrap();
        }
    );
    assert!(matches!(signed_in, Err(AuthError::WrongCredentials)));
    assert!(matches!(made, Err(AuthError::Unauthenticated)));
    fixture.database.stop().await;
}

const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

#[tokio::test]
async fn guessing_shuts_the_name_for_the_guesser_alone() {
    let fixture = Fixture::start().await;
    let signed_in = fixture.administrator().await;
    let accounts = &fixture.accounts;
    let right = login("root", PASSWORD);
    let known = signed_in.device;
    for _ in 0..20 {
        let guess = accounts
            .login(&login("root", OTHER_PASSWORD), HERE, None)
            .await;
        assert!(guess.is_err());
    }
    let refused = |outcome: Result<SignedIn, AuthError>| {
        matches!(outcome, Err(AuthError::RateLimited { .. }))
    };
    assert!(
        refused(accounts.login(&right, HERE, None).await),
        "guessing is as slow as before"
    );
    let made_up = super::DeviceMark::new("AAAA.AAAA");
    assert!(refused(accounts.login(&right, HERE, Some(&made_up)).await));
    let of_another = accounts.mark_device("somebody else").await.unwrap();
    assert!(refused(
        accounts.login(&right, HERE, Some(&of_another)).await
    ));
    accounts.login(&right, HERE, Some(&known)).await.unwrap();
    accounts.login(&right, ELSEWHERE, None).await.unwrap();
    // A device that was stolen guesses no faster than a stranger.
    for _ in 0..20 {
        let guess = accounts
            .login(&login("root", OTHER_PASSWORD), HERE, Some(&known))
            .await;
        assert!(guess.is_err());
    }
    assert!(refused(accounts.login(&right, HERE, Some(&known)).await));
    fixture.database.stop().await;
}

#[tokio::test]
async fn a_made_up_name_counts_into_nobody_elses_bucket() {
    let fixture = Fixture::start().await;
    fixture.administrator().await;
    let accounts = &fixture.accounts;
    // Each with the owner's address in it, in every order that a bucket might be named by.
    let made_up = [
        format!("root from {HERE}"),
        format!("root {HERE}"),
        format!("{HERE} root"),
        format!("stranger:{HERE} root"),
        format!("name:root from {HERE}"),
    ];
    for name in made_up {
        for _ in 0..10 {
            let guess = accounts
                .login(&login(&name, OTHER_PASSWORD), ELSEWHERE, None)
                .await;
            assert!(guess.is_err());
        }
    }
    let owner = accounts.login(&login("root", PASSWORD), HERE, None).await;
    assert!(owner.is_ok(), "{owner:?}");
    fixture.database.stop().await;
}

#[tokio::test]
async fn a_known_device_signs_in_from_the_address_that_a_guesser_used_up() {
    let fixture = Fixture::start().await;
    let known = fixture.administrator().await.device;
    let accounts = &fixture.accounts;
    let right = login("root", PASSWORD);
    // All that an address gets, spread over names that nobody has.
    for number in 0..100 {
        let name = format!("name{number}");
        let guess = accounts
            .login(&login(&name, OTHER_PASSWORD), HERE, None)
            .await;
        assert!(matches!(guess, Err(AuthError::WrongCredentials)));
    }
    let stranger = accounts.login(&right, HERE, None).await;
    assert!(matches!(stranger, Err(AuthError::RateLimited { .. })));
    accounts.login(&right, HERE, Some(&known)).await.unwrap();
    fixture.database.stop().await;
}

#[tokio::test]
async fn a_stolen_session_guesses_the_password_no_faster_than_a_stranger() {
    let fixture = Fixture::start().await;
    let root = fixture.administrator().await;
    let admin = fixture.identity(&root.session).await.unwrap();
    let accounts = &fixture.accounts;
    let change = |old: [u8; 32]| PasswordRequest {
        old_auth: B64(old),
        new_auth: B64(OTHER_PASSWORD),
        new_slot: password_slot(10),
    };
    for _ in 0..3 {
        let guess = accounts.change_password(&admin, &change([9; 32])).await;
        assert!(matches!(guess, Err(AuthError::WrongCredentials)));
    }
    let limited = accounts.change_password(&admin, &change(PASSWORD)).await;
    assert!(
        matches!(limited, Err(AuthError::RateLimited { .. })),
        "{limited:?}"
    );
    fixture.turn_clock(301);
    accounts
        .change_password(&admin, &change(PASSWORD))
        .await
        .unwrap();
    fixture.database.stop().await;
}

#[tokio::test]
async fn nobody_captures_a_name_by_another_spelling_of_it() {
    let fixture = Fixture::start().await;
    let root = fixture.administrator().await;
    let admin = fixture.identity(&root.session).await.unwrap();
    let accounts = &fixture.accounts;
    for (first, second) in [
        (
            "\u{39d}\u{399}\u{39a}\u{39f}\u{3a3}",
            "\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c2}",
        ),
        ("\u{3c0}\u{3b5}\u{3c2}", "\u{3a0}\u{395}\u{3a3}"),
    ] {
        fixture.invited(&admin, first).await;
        let request = NewInvitationRequest {
            role: Role::User,
            ttl_secs: None,
        };
        let invited = accounts.invite(&admin, &request).await.unwrap();
        let taken = accounts
            .register(&registration(second, &invited.token))
            .await;
        assert!(matches!(taken, Err(AuthError::UsernameTaken)), "{taken:?}");
        for spelling in [first, second] {
            let signed_in = accounts.login(&login(spelling, PASSWORD), HERE, None).await;
            assert_eq!(signed_in.unwrap().account.username, first);
        }
    }
    fixture.database.stop().await;
}

#[tokio::test]
async fn an_account_of_a_name_that_is_refused_by_now_keeps_its_way_in() {
    use diesel_async::RunQueryDsl;
    let fixture = Fixture::start().await;
    let root = fixture.administrator().await;
    let admin = fixture.identity(&root.session).await.unwrap();
    fixture.invited(&admin, "ada").await;
    let accounts = &fixture.accounts;
    for earlier in ["a\u{200d}d\u{200d}a", "\u{ff41}da", "\u{ff42}ob"] {
        let mut connection = fixture.database.db.connection().await.unwrap();
        diesel::sql_query(
            "UPDATE users SET username = $1, username_folded = $1 WHERE role = 'admin'",
        )
        .bind::<diesel::sql_types::Text, _>(earlier)
        .execute(&mut *connection)
        .await
        .unwrap();
        drop(connection);
        let signed_in = accounts
            .login(&login(earlier, PASSWORD), HERE, None)
            .await
            .unwrap();
        assert_eq!(signed_in.account.user_id, root.account.user_id);
        let again = accounts
            .login(&login(earlier, PASSWORD), HERE, Some(&signed_in.device))
            .await;
        assert!(again.is_ok(), "its device is known: {again:?}");
        let slot = accounts.kdf(earlier).await.unwrap().slot_prefix.0;
        assert_eq!(slot[..], password_slot(9).slot.0[..28]);
    }
    // Nobody new gets such a name, nor one that looks like another's.
    for name in ["r\u{200d}oot", "\u{ff42}ob"] {
        let request = NewInvitationRequest {
            role: Role::User,
            ttl_secs: None,
        };
        let invited = accounts.invite(&admin, &request).await.unwrap();
        let refused = accounts.register(&registration(name, &invited.token)).await;
        assert!(
            matches!(
                refused,
                Err(AuthError::Invalid(_) | AuthError::UsernameTaken)
            ),
            "{refused:?}"
        );
    }
    fixture.database.stop().await;
}
