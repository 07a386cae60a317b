//! A mark of which one entry is lost: the one that is left was written for an earlier transaction.

use std::fs;

use super::accidents::{N_PEOPLE, change, is_refused, log, mark};
use super::*;
use crate::ledger::suite::{accepted, claim, day, options, send};

type Damage<'a> = &'a dyn Fn(&mut Vec<u8>, usize);

#[tokio::test]
async fn a_log_that_was_cut_is_not_believed_beside_a_mark_that_lost_its_newest() {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    send(&ledger, 0..30, accepted()).await;
    claim(&ledger, 30..N_PEOPLE).await;
    let folder = copy(&folder.0);
    let (whole, marks) = (fs::read(log(&folder)).unwrap(), fs::read(mark(&folder)).unwrap());
    let [flip, blank, cut]: [Damage<'_>; 3] = [
        &|bytes, at| bytes[at..at + 40].iter_mut().for_each(|byte| *byte ^= 0x73),
        &|bytes, at| bytes[at..at + 40].fill(0),
        &|bytes, at| bytes.truncate(at + 20),
    ];
    let mut n_refused = 0;
    for (name, at, accident) in [
        ("even", 0, flip),
        ("even", 0, blank),
        ("odd", 512, flip),
        ("odd", 512, blank),
        ("odd, cut", 512, cut),
    ] {
        for length in (32..=whole.len()).rev().step_by(24 + 4_096).take(12) {
            let folder = copy(&folder.0);
            fs::write(log(&folder), &whole[..length]).unwrap();
            fs::write(mark(&folder), &marks).unwrap();
            change(&mark(&folder), |bytes| accident(bytes, at));
            let is_refused = is_refused(&folder.file(), &format!("{name}, a log of {length} bytes")).await;
            n_refused += usize::from(is_refused);
        }
    }
    assert!(n_refused > 50, "{n_refused}");
}
