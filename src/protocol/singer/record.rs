//! The short way for records, which nearly all lines are.

use std::borrow::Cow;

use crate::protocol::RecordMessage;
use crate::protocol::json::scanner::Scanner;

/// Reads a line that is a RECORD of the usual kind. Nothing: the long way reads the line, or says
/// what is wrong with it.
pub(super) fn parse_record(line: &str) -> Option<RecordMessage<'_>> {
    let (mut is_record, mut stream, mut data, mut time) = (false, None, None, None);
    let mut scan = Scanner::new(line);
    scan.object(|scan, name| {
        match name {
            "type" if !is_record => {
                is_record = true;
                return (scan.plain_string()? == "RECORD").then_some(());
            }
            "stream" if stream.is_none() => stream = Some(scan.plain_string()?),
            "record" if data.is_none() => data = Some(scan.members()?),
            "time_extracted" if time.is_none() => time = Some(scan.value()?),
            "type" | "stream" | "record" | "time_extracted" => return None,
            _ => drop(scan.value()?),
        }
        Some(())
    })?;
    scan.end()?;
    Some(RecordMessage {
        stream: stream.filter(|stream| is_record && !stream.is_empty()).map(Cow::Borrowed)?,
        namespace: Cow::Borrowed(""),
        data: data?,
        emitted_at: time.and_then(milliseconds).unwrap_or_default(),
    })
}

/// The time as the other protocol says it.
pub(super) fn milliseconds(time_extracted: &str) -> Option<i64> {
    let text = time_extracted.trim_matches('"');
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}
