//! What a run would do, up to the point where it would stay.

use std::time::SystemTime;

use jiff::Timestamp;

use super::batch::{Batch, Endings};
use super::fault::Fault;
use super::lease::{END, START, millis, number};
use super::line::Line;
use super::question::Parameter;
use super::session::Step;
use super::statements::{CLAIM, LOOK_UP, MARK_USED, SETTLE};
use super::{Postgres, Timing, schema, taken_row};
use crate::ledger::{Ending, Entry, LedgerError, Terms};

impl Postgres {
    /// Opens the ledger as a run does, claims somebody and lets go again, all in one transaction that
    /// is rolled back. Gives whether there is a ledger already.
    ///
    /// # Errors
    /// Whenever a run could not be opened, or could not claim.
    pub async fn rehearse(
        url: &str,
        terms: &Terms,
        hash_key: Option<&str>,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let timing = Timing::default();
        let line = Line::new(url, timing)?;
        let mut session = line.first().await?;
        let played = async {
            let step = session.step().await?;
            let condition = schema::prepare(&step, hash_key, terms).await?;
            play(&step, &terms.run, entry, now, timing).await?;
            step.roll_back().await?;
            // A run needs two.
            drop(line.beside().connect().await?);
            Ok(!condition.is_new)
        };
        line.within(played).await
    }
}

/// The questions of a run, one after the other.
async fn play(
    step: &Step<'_>,
    name: &str,
    entry: &Entry,
    now: Timestamp,
    timing: Timing,
) -> Result<(), Fault> {
    let now = SystemTime::from(now);
    let run = number(&step.rows(&START, &[&name, &now, &millis(timing)]).await?)?;
    let Batch { keys, campaigns, streams, primary_keys } = &Batch::new([entry].into_iter());
    let Endings { outcomes, reasons, contact_ids } = &Endings::new([&Ending::Released].into_iter());
    let (never, retake) = (None::<SystemTime>, false);
    step.rows(&LOOK_UP, &[keys, &never]).await?;
    let claim: [Parameter<'_>; 9] =
        [&run, &0_i64, &now, &never, &retake, keys, campaigns, streams, primary_keys];
    let claimed = step.rows(&CLAIM, &claim).await?;
    if claimed.first().map(taken_row).transpose()?.flatten().is_none() {
        return Err(Fault::Unfit("a claim was not taken, for no reason that is known".to_owned()));
    }
    step.written(&MARK_USED, &[&schema::USED]).await?;
    let settle: [Parameter<'_>; 9] =
        [&run, &now, keys, campaigns, streams, primary_keys, outcomes, reasons, contact_ids];
    step.written(&SETTLE, &settle).await?;
    step.written(&END, &[&run]).await.map(drop)
}
