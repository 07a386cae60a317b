//! A statement of the ledger: what it says, what it takes, what it is for.

use tokio_postgres::types::{ToSql, Type};

/// A parameter of a statement.
pub(super) type QueryParameter<'a> = &'a (dyn ToSql + Sync);

/// A statement. In its text the tables are in `ledger.`, whatever the schema is called.
///
/// It has no name at the server: behind a pooler, the next question may meet another server
/// connection, where a prepared statement is not known or somebody else's. So it says the types of
/// its parameters itself, which are otherwise asked for.
pub(super) struct Query {
    /// What the program was doing, in the words of an error.
    pub(super) purpose: &'static str,
    pub(super) sql: &'static str,
    pub(super) types: &'static [Type],
}

impl Query {
    /// The text for a schema, which was checked to be a plain name.
    pub(super) fn within(&self, schema: &str) -> String {
        within(self.sql, schema)
    }

    /// The parameters with their types.
    pub(super) fn bind<'a>(&self, parameters: &[QueryParameter<'a>]) -> Vec<(QueryParameter<'a>, Type)> {
        debug_assert_eq!(parameters.len(), self.types.len(), "{}", self.sql);
        parameters.iter().copied().zip(self.types.iter().cloned()).collect()
    }
}

/// Every name says its schema: a table of the same name in another one is never met.
pub(super) fn within(sql: &str, schema: &str) -> String {
    sql.replace("ledger.", &format!("\"{schema}\"."))
}
