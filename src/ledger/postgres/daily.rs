//! Places in a campaign's day: two runs that take some at once do so one after the other.

use jiff::Timestamp;
use tokio_postgres::types::Type;

use super::Postgres;
use super::batch::storable;
use super::error::PostgresError;
use super::people::People;
use super::query::Query;
use crate::domain::contact::Campaign;
use crate::ledger::daily;
use crate::ledger::{DailyLimit, DailyQuota, LedgerError};

const TAKING: &str = "counting a campaign's day";

/// A value is how many are taken, and how many of them were taken last: only the statement that has the row knows what
/// was in it before. `$2` wanted, `$3` at most.
const TAKE: Query = Query {
    purpose: TAKING,
    sql: "INSERT INTO ledger.meta AS m (name, value)
    VALUES ($1, least($2, $3) || ' ' || least($2, $3))
    ON CONFLICT (name) DO UPDATE SET value =
        split_part(m.value, ' ', 1)::bigint + least($2, greatest($3 - split_part(m.value, ' ', 1)::bigint, 0))
        || ' ' || least($2, greatest($3 - split_part(m.value, ' ', 1)::bigint, 0))
    RETURNING split_part(value, ' ', 1)::bigint, split_part(value, ' ', 2)::bigint",
    types: &[Type::TEXT, Type::INT8, Type::INT8],
};

const TAKEN: Query = Query {
    purpose: TAKING,
    sql: "SELECT split_part(value, ' ', 1)::bigint FROM ledger.meta WHERE name = $1",
    types: &[Type::TEXT],
};

const GIVE_BACK: Query = Query {
    purpose: TAKING,
    sql: "UPDATE ledger.meta
    SET value = greatest(split_part(value, ' ', 1)::bigint - $2, 0) || ' 0' WHERE name = $1",
    types: &[Type::TEXT, Type::INT8],
};

const FORGET: Query = Query {
    purpose: TAKING,
    sql: "DELETE FROM ledger.meta WHERE name COLLATE \"C\" > $1 AND name COLLATE \"C\" < $2",
    types: &[Type::TEXT, Type::TEXT],
};

impl Postgres {
    /// Takes as many places as there are, and wanted.
    pub(super) async fn reserve_quota(
        &self,
        campaign: Campaign,
        wanted: u64,
        limit: &DailyLimit,
        now: Timestamp,
    ) -> Result<DailyQuota, LedgerError> {
        let day = limit.day(now);
        let fact = daily::fact(&self.people.account, &campaign, day);
        let (wanted, max) = (whole(wanted), whole(limit.max));
        let client = &self.people.records.client;
        let rows = client.rows(&TAKE, &[&storable(&fact), &wanted, &max]).await?;
        let refuse = |fault: PostgresError| self.people.refuse(&fault, &TAKE);
        let none = || PostgresError::Unfit("nobody says how many were handed over today".to_owned());
        let row = rows.first().ok_or_else(none).map_err(refuse)?;
        let (taken, count) = read(row).map_err(refuse)?;
        if taken == count {
            let [after, before] = &daily::facts_of_the_past(day);
            client.written(&FORGET, &[after, before]).await?;
        }
        Ok(DailyQuota { campaign, day, count: u64::try_from(count).unwrap_or(0) })
    }

    /// Gives places back.
    pub(super) async fn return_quota(&self, places: &DailyQuota) -> Result<(), LedgerError> {
        let fact = daily::fact(&self.people.account, &places.campaign, places.day);
        // Asked again after an answer that was lost it would give back twice: then rather never.
        let given = self
            .people
            .records
            .client
            .written_once(&GIVE_BACK, &[&storable(&fact), &whole(places.count)])
            .await;
        given.map(drop)
    }
}

impl People {
    /// How many are taken of what a fact counts.
    pub(super) async fn n_taken(&self, fact: &str) -> Result<u64, LedgerError> {
        let rows = self.records.client.rows(&TAKEN, &[&storable(fact)]).await?;
        let taken = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>(0));
        let taken = taken.map_err(|error| self.refuse(&error.into(), &TAKEN))?;
        Ok(u64::try_from(taken).unwrap_or(0))
    }
}

fn read(row: &tokio_postgres::Row) -> Result<(i64, i64), PostgresError> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
