//! What a run would do, up to the point where it would stay.

use std::time::SystemTime;

use jiff::Timestamp;

use super::batch::{ClaimColumns, RuleColumns, SettleColumns};
use super::client::{LedgerClient, OPENING};
use super::error::PostgresError;
use super::lease::{END, register};
use super::queries::{CLAIM, HOLD_PEOPLE, LOOK_UP, MARK_USED, SETTLE, SETTLE_PEOPLE};
use super::query::QueryParameter;
use super::session::Step;
use super::{Postgres, Timing, schema, taken_row};
use crate::ledger::{ClaimEntry, LedgerError, LedgerOptions, Probed, Settlement};

impl Postgres {
    /// Opens the ledger as a run does, claims somebody and lets go again, all in one transaction that
    /// is rolled back.
    ///
    /// # Errors
    /// Whenever a run could not be opened, or could not claim.
    pub async fn probe(
        url: &str,
        options: &LedgerOptions,
        hash_key: Option<&str>,
        entry: &ClaimEntry,
        now: Timestamp,
    ) -> Result<Probed, LedgerError> {
        let timing = Timing::default();
        let client = LedgerClient::new(url, timing)?;
        let mut session = client.first().await?;
        let played = async {
            let step = session.step().await?;
            let condition = schema::prepare(&step, hash_key, options).await?;
            play(&step, options, entry, now, timing).await?;
            step.roll_back().await?;
            // A run needs two.
            drop(client.beside().connect().await?);
            Ok(Probed { is_there: !condition.is_new, list_refusal: condition.list_refusal })
        };
        client.within(OPENING, played).await
    }
}

/// The questions of a run, one after the other.
async fn play(
    step: &Step<'_>,
    options: &LedgerOptions,
    entry: &ClaimEntry,
    now: Timestamp,
    timing: Timing,
) -> Result<(), PostgresError> {
    let route = options.route();
    let run = register(step, (&options.run, &route), now, timing).await?.id;
    let now = SystemTime::from(now);
    let ClaimColumns { keys, campaigns, streams, primary_keys } = &ClaimColumns::new([entry].into_iter());
    let SettleColumns { outcomes, reasons, contact_ids } =
        &SettleColumns::new([&Settlement::Released].into_iter());
    let (never, retake, nobody) = (None::<SystemTime>, false, Vec::<i64>::new());
    let columns = RuleColumns::new([&entry.rules].into_iter());
    let (RuleColumns { listed, people }, no_list) = (&columns, None::<&str>);
    step.rows(&LOOK_UP, &[keys, listed, people, &never, &never, &no_list]).await?;
    step.written(&HOLD_PEOPLE, &[people]).await?;
    let claim: [QueryParameter<'_>; 15] = [
        &run,
        &0_i64,
        &now,
        &never,
        &retake,
        keys,
        campaigns,
        streams,
        primary_keys,
        &route,
        &nobody,
        listed,
        people,
        &never,
        &no_list,
    ];
    let claimed = step.rows(&CLAIM, &claim).await?;
    if claimed.first().map(taken_row).transpose()?.flatten().is_none() {
        return Err(PostgresError::Unfit("a claim was not taken, for no reason that is known".to_owned()));
    }
    step.written(&MARK_USED, &[&schema::USED]).await?;
    step.written(&SETTLE_PEOPLE, &[&run, &now, keys, outcomes, people]).await?;
    let settle: [QueryParameter<'_>; 9] =
        [&run, &now, keys, campaigns, streams, primary_keys, outcomes, reasons, contact_ids];
    step.written(&SETTLE, &settle).await?;
    step.written(&END, &[&run]).await.map(drop)
}
