//! A way to the database that mends itself.
//!
//! Every question here may be repeated: whether an answer was lost or the question, asking again
//! gives the same result.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{Client, Config, Row, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::error::PostgresError;
use super::query::{Query, QueryParameter};
use super::session::Session;
use super::timing::Timing;
use super::tls;
use crate::ledger::LedgerError;

/// The waits between attempts: a deadlock is over at once, a restarted database takes seconds. Time ends
/// the attempts, not their number: a database may fall over again while somebody waits for it.
const WAITS: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(2)];
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// So many of these waits when a ledger is opened.
const N_FIRST_WAITS: usize = 3;

pub(super) const OPENING: &str = "opening the ledger";

/// Asked on a connection that was only made to ask it, so that nothing is to be set.
const IS_STANDBY: &str = "SELECT pg_catalog.pg_is_in_recovery()";

/// A way to the database.
pub(super) struct LedgerClient {
    address: Address,
    tls: MakeRustlsConnect,
    timing: Timing,
    kept: tokio::sync::Mutex<Option<Arc<Session>>>,
}

impl LedgerClient {
    /// A way that is not connected yet.
    pub(super) fn new(url: &str, timing: Timing) -> Result<Self, LedgerError> {
        // A URL that is not understood has no place to show.
        let address = Address::parse(url).map_err(|fault| fault.at("the ledger", OPENING))?;
        let tls = tls::connector(address.check, address.root_file.as_deref());
        let tls = tls.map_err(|fault| fault.at(&address.place, OPENING))?;
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

    /// The rows that a question gives, asked again while what hinders it may pass.
    pub(super) async fn rows(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<Vec<Row>, LedgerError> {
        let ask = |session: Arc<Session>| async move { session.rows(query, parameters).await };
        self.repeat(query, ask).await
    }

    /// The same in the transaction of another question, which comes first.
    pub(super) async fn rows_after(
        &self,
        before: (&Query, &[QueryParameter<'_>]),
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<Vec<Row>, LedgerError> {
        let ask = |session: Arc<Session>| async move { session.rows_after(before, query, parameters).await };
        self.repeat(query, ask).await
    }

    /// How many rows a question wrote, asked again while what hinders it may pass.
    pub(super) async fn written(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<u64, LedgerError> {
        let ask = |session: Arc<Session>| async move { session.written(query, parameters).await };
        self.repeat(query, ask).await
    }

    /// How many rows a question wrote that must not be asked twice.
    pub(super) async fn written_once(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<u64, LedgerError> {
        let asking = async { self.session().await?.written(query, parameters).await };
        asking.await.map_err(|fault| fault.at(self.place(), query.purpose))
    }

    /// The rows of a question that must not be asked twice.
    pub(super) async fn rows_once(
        &self,
        query: &Query,
        parameters: &[QueryParameter<'_>],
    ) -> Result<Vec<Row>, LedgerError> {
        let asking = async { self.session().await?.rows(query, parameters).await };
        asking.await.map_err(|fault| fault.at(self.place(), query.purpose))
    }

    async fn repeat<T, A>(
        &self,
        query: &Query,
        ask: impl Fn(Arc<Session>) -> A + Send,
    ) -> Result<T, LedgerError>
    where
        A: Future<Output = Result<T, PostgresError>> + Send,
    {
        let started = Instant::now();
        let mut waits = WAITS.iter();
        loop {
            let asked = async {
                let session = self.session().await?;
                let answer = ask(Arc::clone(&session)).await;
                if matches!(&answer, Err(fault) if fault.wants_another_host()) {
                    session.give_up();
                }
                answer
            };
            let fault = match asked.await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            if !fault.may_pass() || started.elapsed() >= self.timing.retry_for {
                return Err(fault.at(self.place(), query.purpose));
            }
            let wait = waits.next().copied().unwrap_or(LONGEST_WAIT);
            sleep(wait.mul_f64(0.5 + fastrand::f64())).await;
        }
    }

    /// The connection, a new one where the old one broke. Who waits for it does so no longer than it
    /// may take to connect.
    async fn session(&self) -> Result<Arc<Session>, PostgresError> {
        let waiting = timeout(self.address.patience(), self.kept.lock()).await;
        let mut kept = waiting.map_err(|_| PostgresError::Silent)?;
        if let Some(session) = kept.as_ref().filter(|session| !session.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(self.connect().await?);
        *kept = Some(Arc::clone(&session));
        Ok(session)
    }

    /// The first connection, owned, for transactions. A person may be waiting who mistyped the
    /// address, so patience is short here.
    pub(super) async fn first(&self) -> Result<Session, LedgerError> {
        let started = Instant::now();
        let mut waits = WAITS.iter().take(N_FIRST_WAITS);
        loop {
            let fault = match self.connect().await {
                Ok(session) => return Ok(session),
                Err(fault) => fault,
            };
            let is_early = started.elapsed() < self.address.patience();
            let Some(wait) = waits.next().filter(|_| is_early && fault.may_pass()) else {
                return Err(fault.at(self.place(), OPENING));
            };
            sleep(*wait).await;
        }
    }

    /// Waits for a transaction no longer than for a few statements.
    pub(super) async fn within<T>(
        &self,
        purpose: &str,
        transaction: impl Future<Output = Result<T, PostgresError>>,
    ) -> Result<T, LedgerError> {
        let done =
            timeout(self.timing.statement * 2, transaction).await.unwrap_or(Err(PostgresError::Silent));
        done.map_err(|fault| fault.at(self.place(), purpose))
    }

    /// Takes a connection for the questions to come.
    pub(super) async fn keep(&self, session: Session) {
        *self.kept.lock().await = Some(Arc::new(session));
    }

    pub(super) async fn connect(&self) -> Result<Session, PostgresError> {
        let connecting = async {
            let (client, driver) = match self.dial(&self.address.config).await {
                Err(fault) if fault.takes_no_writes() => return Err(self.why_read_only().await?),
                dialled => dialled?,
            };
            Ok(Session::new(client, driver, &self.address.schema, self.timing))
        };
        timeout(self.address.patience(), connecting).await.unwrap_or(Err(PostgresError::Silent))
    }

    async fn dial(&self, config: &Config) -> Result<(Client, tokio::task::JoinHandle<()>), PostgresError> {
        let (client, connection) = config.connect(self.tls.clone()).await?;
        // Its error reaches whoever waits for an answer; nobody else wants it.
        Ok((client, tokio::spawn(async move { drop(connection.await) })))
    }

    /// A standby may become the primary; what a role was given stays.
    async fn why_read_only(&self) -> Result<PostgresError, PostgresError> {
        let mut config = self.address.config.clone();
        config.target_session_attrs(TargetSessionAttrs::Any);
        let (client, _) = self.dial(&config).await?;
        let answer = client.simple_query(IS_STANDBY).await?;
        let is_standby = answer
            .iter()
            .any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t")));
        Ok(if is_standby { PostgresError::Standby } else { PostgresError::ReadOnly })
    }
}
