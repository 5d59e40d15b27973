//! Bounds guessing: failed sign-ins are counted by who tries, by name and by address in Postgres, so all instances count together.

use std::net::IpAddr;

use uuid::Uuid;

use super::{Accounts, AuthError, AuthResult, DeviceMark, delta};
use crate::db;

/// Strangers guess from many addresses: all of them together get so many times what one of them gets.
const STRANGERS: u32 = 10;

/// An attempt that was counted as a failure before it was looked at, so that many at once gain nothing.
pub(super) struct Attempt {
    /// Of a client that tries this name from here.
    own: String,
    shared: Vec<String>,
}

impl Accounts {
    /// Counts the attempt, or refuses it. A device that signed in to this name before is counted by itself, and other
    /// addresses than the guesser's are too: nobody can lock a name for its owner by guessing.
    pub(super) async fn attempt(
        &self,
        folded: &str,
        address: IpAddr,
        device: Option<&DeviceMark>,
    ) -> AuthResult<Attempt> {
        let limits = self.settings.login;
        let network = network_of(address);
        let (own, shared) = match self.known_device(folded, device).await? {
            // Its address may be the guesser's too, behind one router or an unnamed proxy.
            Some(id) => (format!("device:{id}"), Vec::new()),
            None => {
                let strangers = limits.per_name.saturating_mul(STRANGERS);
                let shared = vec![
                    (format!("address:{network}"), limits.per_address),
                    (format!("name:{folded}"), strangers),
                ];
                (bucket_of_stranger(&network, folded), shared)
            }
        };
        self.counted(own, shared).await
    }

    /// Counts an attempt of somebody who is signed in, or refuses it: the same limit from wherever they come.
    pub(super) async fn attempt_signed_in(&self, user_id: Uuid) -> AuthResult<Attempt> {
        self.counted(format!("user:{user_id}"), Vec::new()).await
    }

    async fn counted(&self, own: String, shared: Vec<(String, u32)>) -> AuthResult<Attempt> {
        let limits = self.settings.login;
        // The narrow one first: who is refused there takes nothing from the others.
        self.count(&own, limits.per_name).await?;
        for (bucket, limit) in &shared {
            self.count(bucket, *limit).await?;
        }
        let shared = shared.into_iter().map(|(bucket, _)| bucket).collect();
        Ok(Attempt { own, shared })
    }

    async fn count(&self, bucket: &str, limit: u32) -> AuthResult<()> {
        let now = (self.clock)();
        let window_ends_at = now + delta(self.settings.login.window);
        let counted = self
            .db
            .run(async |connection| -> AuthResult<_> {
                Ok(db::login_attempts::count(connection, bucket, now, window_ends_at).await?)
            })
            .await?;
        if u32::try_from(counted.failures).unwrap_or(u32::MAX) <= limit {
            return Ok(());
        }
        let wait = (counted.window_ends_at - now).num_seconds().max(1);
        Err(AuthError::RateLimited {
            retry_after_secs: u32::try_from(wait).unwrap_or(u32::MAX),
        })
    }

    /// It was no failure: who tried begins anew, the others get their attempt back.
    pub(super) async fn succeeded(&self, attempt: Attempt) -> AuthResult<()> {
        self.db
            .run(async |connection| {
                db::login_attempts::forget(connection, &attempt.own).await?;
                for bucket in &attempt.shared {
                    db::login_attempts::take_back(connection, bucket).await?;
                }
                Ok(())
            })
            .await
    }
}

/// The network comes first, which has no space in it: no name that somebody makes up counts into another's bucket.
fn bucket_of_stranger(network: &str, folded: &str) -> String {
    format!("stranger:{network} {folded}")
}

/// One host counts once: an IPv4 address, or the /64 that an IPv6 host can choose its addresses from.
pub(crate) fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::network_of;

    #[test]
    fn an_ipv6_host_can_not_multiply_itself() {
        let of = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
