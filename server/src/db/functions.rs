//! Functions of Postgres that diesel does not know.

use diesel::sql_types::Timestamptz;

diesel::define_sql_function! {
    /// The earlier of two times.
    fn least(one: Timestamptz, other: Timestamptz) -> Timestamptz;
}
