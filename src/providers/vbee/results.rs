//! The entries of `result`: whom the vendor added. Whom it did not add is missing, without a reason.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::providers::contact_index::ContactIndex;
use crate::providers::json;

/// One added contact. Its personal fields come back too and are skipped.
#[derive(Deserialize)]
pub(super) struct VbeeResultEntry<'a> {
    #[serde(borrow, default, alias = "contactId")]
    contact_id: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "soDienThoai")]
    so_dien_thoai: Option<&'a RawValue>,
    #[serde(borrow, default)]
    phone_number: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "phoneNumber")]
    phone_number_camel: Option<&'a RawValue>,
}

/// The entries; nothing when `result` is not a list. An entry that is no object names nobody.
pub(super) fn parse_results(result: Option<&RawValue>) -> Option<Vec<Option<VbeeResultEntry<'_>>>> {
    let raw = result?.get();
    if let Ok(entries) = serde_json::from_str::<Vec<VbeeResultEntry<'_>>>(raw) {
        return Some(entries.into_iter().map(Some).collect());
    }
    let odd: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(odd.into_iter().map(|entry| serde_json::from_str(entry.get()).ok()).collect())
}

impl VbeeResultEntry<'_> {
    /// The contact that the entry is about, tried first at the place where it is expected.
    pub(super) fn contact(&self, contact_index: &ContactIndex<'_>, expected: usize) -> Option<usize> {
        [self.so_dien_thoai, self.phone_number, self.phone_number_camel]
            .into_iter()
            .filter_map(json::text)
            .find_map(|number| contact_index.find_near(expected, &number))
    }

    /// The vendor's identifier, the only key to later webhooks.
    pub(super) fn contact_id(&self) -> Option<Box<str>> {
        json::text(self.contact_id).filter(|id| !id.is_empty()).map(|id: Cow<'_, str>| id.into())
    }
}
