//! Putting what belongs together.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Object, Part, PutObject, StorageError};

/// Objects that are put at once: rows that are flushed have one for each stream.
const PUT_AT_ONCE: usize = 4;

/// Puts all of them.
pub(crate) async fn put_parts(store: Arc<dyn PutObject>, parts: Vec<Part>) -> Result<(), StorageError> {
    let put = |part: Part| async { store.put_object(part.packed().await?).await };
    stream::iter(parts).map(put).buffered(PUT_AT_ONCE).try_for_each(|_| async { Ok(()) }).await
}

/// Puts the two forms of a report under names that are alike; gives where the page is.
pub(crate) async fn put_report(
    store: Arc<dyn PutObject>,
    folder: String,
    (json, html): (String, String),
) -> Result<String, StorageError> {
    let object = |name: String, kind, text: String| Object { name, kind, body: Bytes::from(text) };
    let json = object(format!("{folder}/report.json"), "application/json", json);
    // An earlier attempt at the same sync may have left one.
    let name = store.put_object(json).await?;
    let name = format!("{}.html", name.strip_suffix(".json").unwrap_or(&name));
    let page = store.put_object(object(name, "text/html; charset=utf-8", html)).await?;
    Ok(store.address(&page))
}
