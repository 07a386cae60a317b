//! One connection, behind whatever stands between it and the database.
//!
//! A pooler by transaction gives each transaction a server connection of its own, and that to others
//! afterwards. So nothing is left on a connection: settings are `LOCAL`, statements have no name,
//! locks end with the transaction.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{join, join3};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Error, Row};

use super::error::PostgresError;
use super::query::{Query, QueryParameter, within};
use super::timing::Timing;

/// Which transaction of which server connection this is.
const HERE: Query =
    Query { purpose: "opening the ledger", sql: "SELECT pg_backend_pid() || ' ' || now()", types: &[] };

/// One connection.
pub(super) struct Session {
    client: Client,
    driver: JoinHandle<()>,
    schema: String,
    begin: String,
    limit: Duration,
    is_given_up: AtomicBool,
}

/// A transaction of several questions. Unless it is ended, the connection ends with it.
pub(super) struct Step<'a> {
    session: &'a Session,
    is_open: bool,
}

impl Session {
    pub(super) fn new(client: Client, driver: JoinHandle<()>, schema: &str, timing: Timing) -> Self {
        let limit = timing.statement + timing.grace;
        let (schema, begin) = (schema.to_owned(), begin(timing.statement));
        Self { client, driver, schema, begin, limit, is_given_up: AtomicBool::new(false) }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed) || self.client.is_closed()
    }

    /// The next question goes to another connection.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
        // Its end takes a moment.
        self.driver.abort();
    }

    /// The rows that a question gives.
    pub(super) async fn rows(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let (sql, bound) = (query.within(&self.schema), query.bind(parameters));
        self.alone(self.client.query_typed(&sql, &bound)).await
    }

    /// How many rows a question wrote.
    pub(super) async fn written(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<u64, PostgresError> {
        let (sql, bound) = (query.within(&self.schema), query.bind(parameters));
        self.alone(self.client.execute_typed(&sql, &bound)).await
    }

    /// The rows that a question gives in the transaction of another one, which comes first.
    pub(super) async fn rows_after(
        &self,
        before: (&Query, &[QueryParameter<'_>]),
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let (first, sql) = (before.0.within(&self.schema), query.within(&self.schema));
        let (bound_first, bound) = (before.0.bind(before.1), query.bind(parameters));
        let asking = async {
            let both =
                join(self.client.execute_typed(&first, &bound_first), self.client.query_typed(&sql, &bound));
            let (done, rows) = both.await;
            done?;
            rows
        };
        self.alone(asking).await
    }

    /// Asks in a transaction of its own. Its three messages leave together: that costs one round
    /// trip, and whoever stops waiting leaves no transaction open.
    async fn alone<T>(&self, asking: impl Future<Output = Result<T, Error>>) -> Result<T, PostgresError> {
        let begun = self.client.batch_execute(&self.begin);
        let ended = self.client.batch_execute("COMMIT");
        let Ok((begun, answer, ended)) = timeout(self.limit, join3(begun, asking, ended)).await else {
            // What hangs once hangs again.
            self.give_up();
            return Err(PostgresError::Silent);
        };
        begun?;
        let answer = answer?;
        ended?;
        Ok(answer)
    }

    /// Begins a transaction of several questions, which needs the connection for itself.
    pub(super) async fn step(&mut self) -> Result<Step<'_>, PostgresError> {
        let step = Step { session: self, is_open: true };
        step.session.client.batch_execute(&step.session.begin).await?;
        if step.here().await? != step.here().await? {
            return Err(PostgresError::Torn);
        }
        Ok(step)
    }
}

impl Step<'_> {
    pub(super) fn schema(&self) -> &str {
        &self.session.schema
    }

    pub(super) async fn rows(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let (sql, bound) = (query.within(self.schema()), query.bind(parameters));
        Ok(self.session.client.query_typed(&sql, &bound).await?)
    }

    pub(super) async fn written(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<u64, PostgresError> {
        let (sql, bound) = (query.within(self.schema()), query.bind(parameters));
        Ok(self.session.client.execute_typed(&sql, &bound).await?)
    }

    /// Statements without parameters.
    pub(super) async fn run(&self, sql: &str) -> Result<(), PostgresError> {
        Ok(self.session.client.batch_execute(&within(sql, self.schema())).await?)
    }

    pub(super) async fn commit(self) -> Result<(), PostgresError> {
        self.end("COMMIT").await
    }

    pub(super) async fn roll_back(self) -> Result<(), PostgresError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &str) -> Result<(), PostgresError> {
        self.session.client.batch_execute(how).await?;
        self.is_open = false;
        Ok(())
    }

    async fn here(&self) -> Result<String, PostgresError> {
        let rows = self.rows(&HERE, &[]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.session.give_up();
        }
    }
}

/// Begins a transaction, and says what it must be like, whatever the database's or the role's defaults are.
///
/// - Operators and functions are PostgreSQL's own, and nobody's temporary tables are in the way.
/// - A row that a policy hides is an error: its person would be called again.
/// - A commit is on disk when it returns, and a stricter setting stays.
/// - Tables that grow faster than their statistics are never read whole, nor compiled for.
/// - Nobody waits for ever. The lock's time ends first, because it says more.
fn begin(statement: Duration) -> String {
    let (limit, lock) = (statement.as_millis(), (statement * 2 / 3).as_millis());
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED;
         SET LOCAL search_path TO pg_catalog, pg_temp;
         SET LOCAL statement_timeout TO {limit};
         SET LOCAL lock_timeout TO {lock};
         SET LOCAL idle_in_transaction_session_timeout TO {limit};
         SET LOCAL client_min_messages TO warning;
         SET LOCAL row_security TO off;
         SET LOCAL enable_seqscan TO off;
         SET LOCAL jit TO off;
         SELECT set_config('synchronous_commit', 'on', true)
         WHERE current_setting('synchronous_commit') = 'off'"
    )
}
