//! Whom the database knows, a part at a time: each is a statement of its own that reads so many rows, so
//! that no transaction stays open for as long as somebody reads, and a pooler's connection is given back.

use tokio_postgres::types::Type;

use super::error::PostgresError;
use super::inspect::{PostgresRecords, found};
use super::key;
use super::query::Query;
use crate::ledger::key::plain;
use crate::ledger::{Key, LedgerError, ListPage, ListQuery};

/// The last row of a part is always given, so that the next one begins there; with no outcome it is nobody who is meant.
///
/// `$1` after this key, `$2` how many rows, `$3` outcomes (none: all), `$4` run, `$5` campaign, as it is compared.
const LIST: Query = Query {
    purpose: "reading the ledger",
    sql: "WITH page AS (
        SELECT key FROM ledger.contact WHERE key > $1 ORDER BY key LIMIT $2
    )
    SELECT m.campaign, m.outcome, m.reason, m.contact_id, m.stream, m.primary_key, m.run_name, m.at, p.key
    FROM page AS p LEFT JOIN LATERAL (
        SELECT k.*, coalesce(r.name, 'deleted-' || k.run) AS run_name
        FROM ledger.known AS k LEFT JOIN ledger.run AS r ON r.id = k.run
        WHERE k.key = p.key
            AND k.outcome IS NOT NULL
            AND (cardinality($3::text[]) = 0 OR k.outcome = ANY($3))
            AND ($4::text IS NULL OR coalesce(r.name, 'deleted-' || k.run) = $4)
            AND ($5::text IS NULL OR $5 = CASE
                WHEN k.campaign ~ '^[0-9A-Fa-f]{24}$' THEN lower(k.campaign) ELSE k.campaign
            END)
    ) AS m ON true
    WHERE m.key IS NOT NULL OR p.key = (SELECT key FROM page ORDER BY key DESC LIMIT 1)
    ORDER BY p.key",
    types: &[Type::BYTEA, Type::INT8, Type::TEXT_ARRAY, Type::TEXT, Type::TEXT],
};

impl PostgresRecords {
    pub(super) async fn page(
        &self,
        query: &ListQuery,
        after: Option<Key>,
        n_people: u32,
    ) -> Result<ListPage, LedgerError> {
        let ListQuery { outcomes, run, campaign } = query;
        let after: &[u8] = after.as_ref().map_or(&[], |key| &key.0);
        let campaign = campaign.as_deref().map(plain);
        let rows = self.client.rows(&LIST, &[&after, &i64::from(n_people), outcomes, run, &campaign]).await?;
        let read = || {
            let mut page = ListPage::default();
            for row in &rows {
                let key = key(row.try_get(8)?)?;
                if row.try_get::<_, Option<&str>>(1)?.is_some() {
                    page.people.push((key, found(row)?));
                }
                page.next = Some(key);
            }
            Ok::<_, PostgresError>(page)
        };
        self.read(&LIST, read())
    }
}
