//! Text columns whose values are the names of an enum. A name that the enum does not have is an error of the read
//! ([`DbError::Unreadable`](super::DbError::Unreadable)), never some other variant. Which names a column takes is also a
//! constraint of its table; a test compares the two.

use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types;

/// A value of such a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Text)]
pub struct Text<T>(pub T);

impl<T> FromSql<sql_types::Text, Pg> for Text<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let name = std::str::from_utf8(value.as_bytes())?;
        Ok(Text(name.parse()?))
    }
}

impl<T: fmt::Debug + fmt::Display> ToSql<sql_types::Text, Pg> for Text<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        write!(out, "{}", self.0)?;
        Ok(IsNull::No)
    }
}

impl<T: PartialEq> PartialEq<T> for Text<T> {
    fn eq(&self, other: &T) -> bool {
        self.0 == *other
    }
}
