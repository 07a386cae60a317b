//! Putting what belongs together.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::timeout;

use super::{Object, Part, PutObject, StorageError};

/// Objects that are put at once: rows that are flushed have one for each stream.
const PUT_AT_ONCE: usize = 4;

/// Rows that take longer are given up, whatever the store is still trying: seven attempts at one that is away take half
/// a minute, and those at one that does not answer must have an end.
pub(crate) const ROWS_TAKE_AT_MOST: Duration = Duration::from_mins(2);

/// Puts all of them; `place` is where they go, as people write it.
pub(crate) async fn put_parts(
    store: Arc<dyn PutObject>,
    parts: Vec<Part>,
    place: String,
) -> Result<(), StorageError> {
    let put = |part: Part| async { store.put_object(part.packed().await?).await };
    let all = stream::iter(parts).map(put).buffered(PUT_AT_ONCE).try_for_each(|_| async { Ok(()) });
    timeout(ROWS_TAKE_AT_MOST, all).await.unwrap_or_else(|_| Err(given_up(&place)))
}

fn given_up(place: &str) -> StorageError {
    let seconds = ROWS_TAKE_AT_MOST.as_secs();
    StorageError::Unavailable(format!(
        "{place}: what was rejected was not there {seconds} seconds after it was to be put; see whether the store is slow"
    ))
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
