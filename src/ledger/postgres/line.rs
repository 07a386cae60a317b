//! One connection to the database that mends itself.
//!
//! Every statement here may be repeated: whether an answer was lost or the question, asking again
//! gives the same result.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Timing;
use super::address::Address;
use super::fault::Fault;
use super::tls;
use crate::ledger::LedgerError;

/// A parameter of a statement.
pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// The waits between attempts: a deadlock is over at once, a restarted database takes seconds.
const WAITS: [Duration; 7] = [
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(8),
];

/// So many of these waits when a ledger is opened.
const N_FIRST_WAITS: usize = 3;

/// The server ends a statement itself and says so; this much later nobody is there any more.
const GRACE: Duration = Duration::from_secs(5);

/// A way to the database.
pub(super) struct Line {
    address: Address,
    tls: MakeRustlsConnect,
    timing: Timing,
    kept: tokio::sync::Mutex<Option<Arc<Session>>>,
}

/// One connection, with the statements prepared on it.
pub(super) struct Session {
    pub(super) client: Client,
    driver: JoinHandle<()>,
    prepared: Mutex<HashMap<&'static str, Statement>>,
    limit: Duration,
}

impl Line {
    /// A way that is not connected yet.
    pub(super) fn new(url: &str, timing: Timing) -> Result<Self, LedgerError> {
        // A URL that is not understood has no place to show.
        let address = Address::parse(url).map_err(|fault| fault.at("the ledger"))?;
        let tls = tls::connector(&address).map_err(|fault| fault.at(&address.place))?;
        Ok(Self { address, tls, timing, kept: tokio::sync::Mutex::default() })
    }

    /// A second connection to the same place.
    pub(super) fn beside(&self) -> Self {
        Self {
            address: self.address.clone(),
            tls: self.tls.clone(),
            timing: self.timing,
            kept: tokio::sync::Mutex::default(),
        }
    }

    /// What errors show.
    pub(super) fn place(&self) -> &str {
        &self.address.place
    }

    /// Where the tables are.
    pub(super) fn schema(&self) -> &str {
        &self.address.schema
    }

    /// Asks one question, again and again while what hinders it may pass.
    pub(super) async fn repeat<T, F, A>(&self, ask: F) -> Result<T, LedgerError>
    where
        F: Fn(Arc<Session>) -> A + Send + Sync,
        A: Future<Output = Result<T, Fault>> + Send,
    {
        let started = Instant::now();
        let mut waits = WAITS.iter();
        loop {
            let fault = match self.once(&ask).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let wait = waits.next().filter(|_| fault.may_pass() && started.elapsed() < self.timing.retry_for);
            let Some(wait) = wait else { return Err(fault.at(self.place())) };
            sleep(wait.mul_f64(0.5 + fastrand::f64())).await;
        }
    }

    /// Asks one question that must not be asked twice.
    pub(super) async fn once<T, A>(&self, ask: impl Fn(Arc<Session>) -> A + Send) -> Result<T, Fault>
    where
        A: Future<Output = Result<T, Fault>> + Send,
    {
        ask(self.session().await?).await
    }

    /// The connection, a new one where the old one broke.
    async fn session(&self) -> Result<Arc<Session>, Fault> {
        let mut kept = self.kept.lock().await;
        if let Some(session) = kept.as_ref().filter(|session| !session.client.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(self.connect().await?);
        *kept = Some(Arc::clone(&session));
        Ok(session)
    }

    /// The first connection, owned, for transactions. A person may be waiting who mistyped the
    /// address, so patience is short here.
    pub(super) async fn first(&self) -> Result<Session, LedgerError> {
        let mut waits = WAITS.iter().take(N_FIRST_WAITS);
        loop {
            let fault = match self.connect().await {
                Ok(session) => return Ok(session),
                Err(fault) => fault,
            };
            let Some(wait) = waits.next().filter(|_| fault.may_pass()) else {
                return Err(fault.at(self.place()));
            };
            sleep(*wait).await;
        }
    }

    /// Waits for a transaction no longer than for a few statements.
    pub(super) async fn within<T>(
        &self,
        transaction: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, LedgerError> {
        let limit = self.timing.statement * 2 + GRACE;
        let done = timeout(limit, transaction).await.unwrap_or(Err(Fault::Silent));
        done.map_err(|fault| fault.at(self.place()))
    }

    /// Takes a connection for the statements to come.
    pub(super) async fn keep(&self, session: Session) {
        *self.kept.lock().await = Some(Arc::new(session));
    }

    async fn connect(&self) -> Result<Session, Fault> {
        let connecting = async {
            let (client, connection) = self.address.config.connect(self.tls.clone()).await?;
            // Its error reaches whoever waits for an answer; nobody else wants it.
            let driver = tokio::spawn(async move { drop(connection.await) });
            let prepared = Mutex::default();
            let limit = self.timing.statement + GRACE;
            let session = Session { client, driver, prepared, limit };
            session.client.batch_execute(&self.settings()).await?;
            Ok(session)
        };
        timeout(self.address.patience(), connecting).await.unwrap_or(Err(Fault::Silent))
    }

    /// What a session must be like, whatever the database's or the role's defaults are: a commit is
    /// on disk when it returns; what is read is what is committed; tables that grow while plans are
    /// kept are never read whole; nobody waits for ever.
    fn settings(&self) -> String {
        let limit = self.timing.statement.as_millis();
        format!(
            "SET search_path TO \"{}\";
             SET statement_timeout TO {limit};
             SET lock_timeout TO {limit};
             SET idle_in_transaction_session_timeout TO {limit};
             SET default_transaction_isolation TO 'read committed';
             SET client_min_messages TO warning;
             SET enable_seqscan TO off;
             SET jit TO off;
             SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off'",
            self.address.schema
        )
    }
}

impl Session {
    /// The rows that a statement gives.
    pub(super) async fn rows(
        &self,
        sql: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Fault> {
        let asking = async { self.client.query(&self.statement(sql).await?, parameters).await };
        self.bounded(asking).await
    }

    /// How many rows a statement wrote.
    pub(super) async fn written(
        &self,
        sql: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<u64, Fault> {
        let asking = async { self.client.execute(&self.statement(sql).await?, parameters).await };
        self.bounded(asking).await
    }

    async fn statement(&self, sql: &'static str) -> Result<Statement, tokio_postgres::Error> {
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(prepared.entry(sql).or_insert(statement).clone())
    }

    /// A connection that says nothing is given up: what hangs once hangs again.
    async fn bounded<T>(
        &self,
        asking: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        if let Ok(answer) = timeout(self.limit, asking).await {
            return Ok(answer?);
        }
        self.driver.abort();
        Err(Fault::Silent)
    }
}
