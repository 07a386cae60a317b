//! Whom the file knows, a part at a time.

use std::collections::BTreeMap;

use rusqlite::Result;

use super::inspection::{claimed, describe, name};
use super::store::Store;
use super::string_table::Texts;
use super::table::{Row, read_page};
use crate::ledger::key::plain;
use crate::ledger::{Key, ListPage, ListQuery};

impl Store {
    /// Whoever is meant among the next so many people. Who is claimed is listed as that, whatever was known before.
    pub(super) fn list(&mut self, query: &ListQuery, after: Option<Key>, n_people: u32) -> Result<ListPage> {
        self.merge()?;
        let page = read_page(&self.connection, after, n_people)?;
        let is_full = u32::try_from(page.len()).is_ok_and(|n_read| n_read == n_people);
        let next = page.last().filter(|_| is_full).map(|(key, _)| *key);
        let mut page: BTreeMap<Key, Row> = page.into_iter().collect();
        let is_here =
            |key: &Key| after.is_none_or(|after| *key > after) && next.is_none_or(|next| *key <= next);
        page.extend(claimed(&self.connection)?.into_iter().filter(|(key, _)| is_here(key)));
        let mut texts = Texts::new(&self.connection);
        let mut people = Vec::new();
        for (key, row) in page {
            if is_meant(query, &row, &mut texts)? {
                people.push((key, describe(&mut texts, row)?));
            }
        }
        Ok(ListPage { people, next })
    }
}

fn is_meant(query: &ListQuery, row: &Row, texts: &mut Texts<'_>) -> Result<bool> {
    let ListQuery { outcomes, run, campaign } = query;
    if !outcomes.is_empty() && !outcomes.contains(&name(row.outcome)?) {
        return Ok(false);
    }
    if let Some(run) = run
        && texts.text(row.run)? != run
    {
        return Ok(false);
    }
    let Some(campaign) = campaign else { return Ok(true) };
    Ok(plain(texts.text(row.campaign)?) == plain(campaign))
}
