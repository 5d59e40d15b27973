//! What somebody finds who holds the whole server, its database and its parts, and knows which file to look for.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use ferry_core::{
    digest::{body_blake3, sha256},
    envelope::{
        keys::{Password, derive_prk},
        label,
        slot::KeySlot,
    },
    wire::Account,
};
use ferry_tests::{
    client::{Person, SealedFile, content},
    fixture::{Fixture, FixtureBuilder, PASSWORD},
    scan::{Haystack, hex_values, spellings, without},
};

const NAME: &str = "the merger with Acme, draft 7.docx";

/// Everything that is stored, as one haystack.
async fn everything(fixture: &Fixture) -> Result<Haystack> {
    let mut haystack = Haystack::default();
    haystack.add_dump(&fixture.dump().await?);
    for path in fixture.stored_files() {
        haystack.add(path.to_string_lossy().as_bytes());
        haystack.add(&std::fs::read(path)?);
    }
    haystack.add(fixture.server()?.log()?.as_bytes());
    Ok(haystack)
}

/// What must not be found: content, names, and every hash that somebody who has the file could compute.
fn forbidden(file: &SealedFile) -> BTreeMap<String, Vec<u8>> {
    let mut forbidden = BTreeMap::new();
    forbidden.insert("the name".to_owned(), NAME.as_bytes().to_vec());
    forbidden.insert("the SHA-256".to_owned(), file.sha256().to_vec());
    forbidden.insert("the BLAKE3".to_owned(), body_blake3(&file.content).to_vec());
    forbidden.insert(
        "the name's SHA-256".to_owned(),
        sha256(&[NAME.as_bytes()]).to_vec(),
    );
    forbidden.insert(
        "the name's BLAKE3".to_owned(),
        body_blake3(NAME.as_bytes()).to_vec(),
    );
    for span in file.plan.iter() {
        let from = usize::try_from(span.offset_bytes).unwrap_or(usize::MAX);
        let plaintext = &file.content[from..from + span.len_bytes as usize];
        forbidden.insert(
            format!("SHA-256 of part {}", span.number),
            sha256(&[plaintext]).to_vec(),
        );
        forbidden.insert(
            format!("BLAKE3 of part {}", span.number),
            body_blake3(plaintext).to_vec(),
        );
        let middle = plaintext.len() / 2;
        forbidden.insert(
            format!("content of part {}", span.number),
            plaintext[middle..middle + 24].to_vec(),
        );
        forbidden.insert(
            format!("start of part {}", span.number),
            plaintext[..24].to_vec(),
        );
    }
    forbidden
}

#[tokio::test]
async fn neither_content_nor_name_nor_hash_is_in_the_dump() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, NAME, content(1, 700_000))?;
    file.upload(&admin.api).await?;
    let unfinished = SealedFile::new(&admin.keys, NAME, content(2, 300_000))?;
    unfinished.start(&admin.api).await?;
    unfinished.put_all(&admin.api, [1, 2]).await?;
    let haystack = everything(&fixture).await?;
    ensure!(
        haystack.holds(file.label().as_bytes()),
        "the scan does not even find the label: it proves nothing"
    );
    ensure!(
        haystack.holds(&file.header.to_bytes()),
        "the scan does not even find the header: it proves nothing"
    );
    for (what, needle) in forbidden(&file).into_iter().chain(forbidden(&unfinished)) {
        for spelling in spellings(&needle) {
            ensure!(!haystack.holds(&spelling), "{what} is stored");
        }
    }
    for (what, needle) in secrets(&admin).await? {
        for spelling in spellings(&needle) {
            ensure!(!haystack.holds(&spelling), "{what} is stored");
        }
    }
    fixture.close().await
}

/// What the account's owner knows and nobody else may.
async fn secrets(person: &Person) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let me: Account = person.page.get("/api/auth/me").await?.expect(200)?;
    let slot = KeySlot::parse(&me.key_slots[0].slot.0)?;
    let prk = derive_prk(&Password::new(PASSWORD), slot.prefix())?;
    let account_key = slot.open(&prk, &person.user_id)?;
    let ferry_tests::client::Credential::Token(token) = person.api.credential() else {
        anyhow::bail!("no token")
    };
    let ferry_tests::client::Credential::Cookie { cookie, .. } = person.page.credential() else {
        anyhow::bail!("no cookie")
    };
    let session = cookie.split('=').nth(1).unwrap_or_default();
    Ok(vec![
        ("the password", PASSWORD.as_bytes().to_vec()),
        (
            "what proves the password",
            prk.derive_auth().expose().to_vec(),
        ),
        ("the account key", account_key.expose().to_vec()),
        ("the wrapping key", person.keys.wrap.expose().to_vec()),
        ("the name key", person.keys.name.expose().to_vec()),
        ("an API token", token.as_bytes().to_vec()),
        ("the session's cookie", session.as_bytes().to_vec()),
    ])
}

/// Byte values of all rows that belong to a file, and its stored parts.
async fn values_of(fixture: &Fixture, file: &SealedFile) -> Result<Vec<Vec<u8>>> {
    let id = file.id().to_string();
    let rows = fixture.sql(move |client| {
        let mut rows = String::new();
        for (table, key) in [
            ("files", "id"),
            ("file_parts", "file_id"),
            ("upload_sessions", "file_id"),
        ] {
            let sql = format!("SELECT to_jsonb(t)::text FROM {table} t WHERE t.{key}::text = $1");
            client
                .query(&sql, &[&id])?
                .iter()
                .for_each(|row| rows.push_str(row.get(0)));
        }
        Ok(rows)
    });
    let rows = rows.await?;
    let mut values = hex_values(&rows);
    ensure!(values.len() > 10, "the rows were not read: {rows}");
    let ivs: Vec<Vec<u8>> = values
        .iter()
        .filter(|value| value.len() == 12)
        .cloned()
        .collect();
    for path in fixture.stored_files() {
        let body = std::fs::read(path)?;
        if ivs.iter().any(|iv| body.starts_with(iv)) {
            values.push(body);
        }
    }
    Ok(values)
}

#[tokio::test]
async fn two_uploads_of_one_file_share_only_what_is_allowed() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let one = SealedFile::new(&admin.keys, NAME, content(1, 700_000))?;
    let two = SealedFile::new(&admin.keys, NAME, content(1, 700_000))?;
    one.upload(&admin.api).await?;
    two.upload(&admin.api).await?;
    let header = one.header.to_bytes();
    let fingerprint = label::fingerprint(&admin.keys.fingerprint, &one.sha256());
    let allowed = [
        header[..8].to_vec(),
        header[40..48].to_vec(),
        admin.keys.account_id.to_vec(),
        one.label().into_bytes(),
        fingerprint.to_vec(),
    ];
    let mut first = Haystack::default();
    let mut unfiltered = Haystack::default();
    for value in values_of(&fixture, &one).await? {
        unfiltered.add(&value);
        without(&value, &allowed)
            .iter()
            .for_each(|piece| first.add(piece));
    }
    let mut seen_allowed = 0;
    for value in values_of(&fixture, &two).await? {
        seen_allowed += unfiltered.shared_with(&value);
        for piece in without(&value, &allowed) {
            ensure!(
                first.shared_with(&piece) == 0,
                "the uploads share {piece:02x?}"
            );
        }
    }
    ensure!(
        seen_allowed >= 3,
        "not even the allowed values were found: the scan proves nothing"
    );
    fixture.close().await
}

#[tokio::test]
async fn debug_logs_hold_nothing_of_what_goes_into_the_database() -> Result<()> {
    let builder = FixtureBuilder::default().set(
        "FERRY_LOG",
        "debug,tokio_postgres=debug,tokio_postgres::query=debug",
    );
    let fixture = builder.start().await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, NAME, content(1, 100_000))?;
    file.upload(&admin.api).await?;
    let log = fixture.server()?.log()?;
    ensure!(
        log.contains("DEBUG"),
        "the level was not taken: the scan proves nothing"
    );
    ensure!(!log.contains(&file.label()), "a label is in the log");
    ensure!(
        !log.contains("with parameters"),
        "values of statements are in the log"
    );
    for (what, needle) in secrets(&admin).await? {
        for spelling in spellings(&needle) {
            let found = log
                .as_bytes()
                .windows(spelling.len())
                .any(|window| window == spelling);
            ensure!(!found, "{what} is in the log");
        }
    }
    fixture.close().await
}
