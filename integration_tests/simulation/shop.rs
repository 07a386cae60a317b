//! Where rejected records are put: slow, and refusing now and then.

use std::sync::{Arc, Mutex};

use destination_ai_voice::config::ObjectStorageConfig;
use destination_ai_voice::pipeline::Archive;
use destination_ai_voice::storage::{Object, PutObject, Receipts, Rejects, Run, StorageError};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::platform::Platform;

/// A place that remembers which lines of the input its rows are of.
struct Shop {
    platform: Arc<Mutex<Platform>>,
    rng: Mutex<fastrand::Rng>,
    /// One put in so many is refused; 0: none.
    refuses_one_in: u32,
}

impl PutObject for Shop {
    fn put_object(&self, object: Object) -> BoxFuture<'_, Result<String, StorageError>> {
        Box::pin(async move {
            let (wait, is_refused) = {
                let mut rng = self.rng.lock().unwrap();
                let refused = self.refuses_one_in > 0 && rng.u32(0..self.refuses_one_in) == 0;
                (rng.u64(0..3_000), refused)
            };
            sleep(Duration::from_millis(wait)).await;
            if is_refused {
                return Err(StorageError::Unavailable("the shop is closed".to_owned()));
            }
            if object.name.starts_with("rejects") {
                let rows = str::from_utf8(&object.body).unwrap().lines();
                let line = |row: &str| {
                    serde_json::from_str::<Value>(row).unwrap()["_airbyte_data"]["line"].as_u64().unwrap()
                };
                let mut platform = self.platform.lock().unwrap();
                for row in rows {
                    platform.kept.insert(line(row));
                    platform.n_kept += 1;
                }
            }
            Ok(object.name)
        })
    }

    fn address(&self, name: &str) -> String {
        name.to_owned()
    }
}

/// An archive of a run, in a shop of some mood; or none.
pub(crate) fn archive(platform: &Arc<Mutex<Platform>>, run: u64, mut rng: fastrand::Rng) -> Archive {
    let refuses_one_in = [0, 0, 4, 30][rng.usize(0..4)];
    let mut platform_of_run = platform.lock().unwrap();
    platform_of_run.keeps = rng.u32(0..4) > 0;
    if !platform_of_run.keeps {
        return Archive::default();
    }
    let config: ObjectStorageConfig = serde_json::from_value(json!({
        "storage_type": "Local", "path": "/", "format": { "format_type": "JSONL" },
        "path_format": "rejects/", "receipts": rng.bool(),
    }))
    .unwrap();
    let run = Run { sync_id: String::new(), id: run.to_string(), started: Timestamp::UNIX_EPOCH };
    let rejects = Rejects::new(&config, run.clone()).unwrap().unwrap();
    let receipts = Receipts::new(&config, run).unwrap();
    let shop = Shop { platform: Arc::clone(platform), rng: Mutex::new(rng), refuses_one_in };
    Archive::new(Arc::new(shop), rejects, receipts, None)
}
