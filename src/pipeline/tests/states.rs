//! Which records a STATE speaks for.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_state_of_all_streams_counts_them_all() {
    let global = r#"{"type":"STATE","state":{"type":"GLOBAL","global":{"stream_states":[]},"id":1}}"#;
    let legacy = r#"{"type":"STATE","state":{"type":"LEGACY","data":{"cursor":1},"id":2}}"#;
    let lines = [
        record("one", 1),
        record("two", 2),
        record_of("two", "n/a"),
        global.to_owned(),
        record("two", 3),
        record_of("one", "n/a"),
        legacy.to_owned(),
    ];
    let ran = Sync::of(lines).run().await;
    assert_eq!(ran.counts(), [(1, 2.0, 1.0), (2, 1.0, 1.0)]);
}
