//! The server's own secrets, the same for all instances.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Connection, DbError, schema::server_secrets};

/// The secret of that name; `candidate` becomes it where there is none yet. The first one wins.
pub async fn get_or_insert(
    connection: &mut Connection,
    name: &str,
    candidate: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<u8>, DbError> {
    let row = (
        server_secrets::name.eq(name),
        server_secrets::secret.eq(candidate),
        server_secrets::created_at.eq(now),
    );
    let insert = diesel::insert_into(server_secrets::table).values(row);
    insert
        .on_conflict(server_secrets::name)
        .do_nothing()
        .execute(connection)
        .await?;
    Ok(server_secrets::table
        .find(name)
        .select(server_secrets::secret)
        .first(connection)
        .await?)
}
