//! Bounds guessing: failed sign-ins are counted by name and by address in Postgres, so all instances count together.

use std::net::IpAddr;

use super::{Accounts, AuthError, AuthResult, delta};
use crate::db;

/// An attempt that was counted as a failure before it was looked at, so that many at once gain nothing.
pub(super) struct Attempt {
    name: String,
    address: String,
}

impl Accounts {
    /// Counts the attempt, or refuses it.
    pub(super) async fn attempt(&self, folded: &str, address: IpAddr) -> AuthResult<Attempt> {
        let attempt = Attempt {
            name: format!("name:{folded}"),
            address: format!("address:{}", network_of(address)),
        };
        let limits = self.settings.login;
        for (bucket, limit) in [
            (&attempt.address, limits.per_address),
            (&attempt.name, limits.per_name),
        ] {
            self.count(bucket, limit).await?;
        }
        Ok(attempt)
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
        let wait = (counted.window_ends_at - now).num_seconds().clamp(1, 3_600);
        Err(AuthError::RateLimited {
            retry_after_secs: u32::try_from(wait).unwrap_or(3_600),
        })
    }

    /// It was no failure: the name starts anew, the address gets its attempt back.
    pub(super) async fn succeeded(&self, attempt: Attempt) -> AuthResult<()> {
        self.db
            .run(async |connection| {
                db::login_attempts::forget(connection, &attempt.name).await?;
                Ok(db::login_attempts::take_back(connection, &attempt.address).await?)
            })
            .await
    }
}

/// One host counts once: an IPv4 address, or the /64 that an IPv6 host can choose its addresses from.
fn network_of(address: IpAddr) -> String {
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
