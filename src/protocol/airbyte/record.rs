//! The short way for records, which nearly all lines are.

use std::borrow::Cow;

use crate::protocol::RecordMessage;
use crate::protocol::json::scanner::Scanner;

/// Reads a line that is a RECORD of the usual kind. Nothing: the long way reads the line, or says
/// what is wrong with it.
pub(super) fn parse_record(line: &str) -> Option<RecordMessage<'_>> {
    let (mut is_record, mut record) = (false, None);
    let mut scan = Scanner::new(line);
    scan.object(|scan, name| match name {
        "type" if !is_record => {
            is_record = true;
            (scan.plain_string()? == "RECORD").then_some(())
        }
        "record" if record.is_none() => {
            record = Some(body(scan)?);
            Some(())
        }
        "type" | "record" => None,
        _ => scan.value().map(drop),
    })?;
    scan.end()?;
    record.filter(|_| is_record)
}

fn body<'a>(scan: &mut Scanner<'a>) -> Option<RecordMessage<'a>> {
    let (mut stream, mut namespace, mut data, mut emitted_at) = (None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "stream" if stream.is_none() => stream = Some(scan.plain_string()?),
            "namespace" if namespace.is_none() => namespace = Some(name_or_null(scan)?),
            "data" if data.is_none() => data = Some(scan.members()?),
            "emitted_at" if emitted_at.is_none() => emitted_at = Some(scan.value()?),
            "stream" | "namespace" | "data" | "emitted_at" => return None,
            _ => drop(scan.value()?),
        }
        Some(())
    })?;
    Some(RecordMessage {
        stream: stream.filter(|stream| !stream.is_empty()).map(Cow::Borrowed)?,
        namespace: Cow::Borrowed(namespace.unwrap_or_default()),
        data: data?,
        emitted_at: emitted_at.and_then(|raw| raw.parse().ok()).unwrap_or_default(),
    })
}

fn name_or_null<'a>(scan: &mut Scanner<'a>) -> Option<&'a str> {
    scan.plain_string().or_else(|| (scan.value()? == "null").then_some(""))
}
