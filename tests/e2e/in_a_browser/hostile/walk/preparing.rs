//! What a step of the walk needs before it runs: files, folders, tokens, invitations; and what a change is undone with.

use anyhow::{Result, ensure};
use ferry_core::wire::{NewInvitationRequest, NewInvitationResponse, Role, Scope};
use ferry_tests::{
    client::{Person, SealedFile, new_token},
    fixture::PASSWORD,
};
use serde_json::{Value, json};

use super::{super::super::USER, Ended, Kept, NEXT_PASSWORD, SIZE_BYTES, Truth, Walk};

impl Walk {
    /// Sets the scene for a step.
    pub(super) async fn prepare(&mut self, step: &str) -> Result<Truth> {
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

    /// After a step that changes who is signed in, the page is opened anew.
    pub(super) async fn settle(&mut self, step: &str, is_sound: bool) -> Result<()> {
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
}

pub(super) async fn kept(person: &Person, name: &str, seed: u64) -> Result<Kept> {
    let file = SealedFile::new(&person.keys, name, content(seed, SIZE_BYTES))?;
    file.upload(&person.api).await?;
    Ok(Kept {
        id: file.id(),
        name: name.to_owned(),
        content: file.content,
    })
}

pub(super) async fn invitation(person: &Person) -> Result<NewInvitationResponse> {
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

/// As in `steps.js`.
pub(super) fn content(seed: u64, size_bytes: usize) -> Vec<u8> {
    let marker = format!("PLAIN-{seed}-");
    marker
        .into_bytes()
        .into_iter()
        .cycle()
        .take(size_bytes)
        .collect()
}
