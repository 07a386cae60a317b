//! Makes UTF-8 of an answer's bytes, by what its headers say of compression and character set.
//!
//! Not left to the HTTP client: it undoes one lower-case word and passes everything else (`x-gzip`, `GZIP`, a list)
//! on as bytes that nobody can read, and a vendor's yes that nobody can read leaves people `unknown`.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// No vendor's answer to a batch comes near this; a proxy's endless page must not fill the memory.
pub(super) const MAX_REPLY_BYTES: usize = 8 << 20;

/// Nobody compresses more often, except to cost the reader time.
const MOST_CODINGS: usize = 3;

/// A buffer of the decoder's own.
const BUFFER_BYTES: usize = 4096;

/// The answer in UTF-8, as far as its bound.
///
/// # Errors
/// Says why it cannot be read.
pub(super) fn decode(headers: &HeaderMap, body: Bytes) -> Result<Bytes, String> {
    match decompress(headers, &body) {
        Ok(None) => Ok(to_utf8(headers, body)),
        Ok(Some(plain)) => Ok(to_utf8(headers, plain.into())),
        // Something on the way undid the compression and left its header: JSON is no compressed stream.
        Err(_) if is_json_object(&body) => Ok(body),
        Err(why) => Err(why),
    }
}

/// Undoes each coding, the last one first; nothing where there is none.
fn decompress(headers: &HeaderMap, body: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let codings: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .map(|coding| String::from_utf8_lossy(coding.trim_ascii()).to_ascii_lowercase())
        // Some servers name their character set here.
        .filter(|coding| !matches!(coding.as_str(), "" | "identity") && label(coding).is_none())
        .collect();
    if codings.is_empty() || body.is_empty() {
        return Ok(None);
    }
    if codings.len() > MOST_CODINGS {
        return Err(format!("the answer is compressed {} times, one within another", codings.len()));
    }
    let mut plain = body.to_vec();
    for coding in codings.iter().rev() {
        plain = undo(coding, &plain)?;
    }
    Ok(Some(plain))
}

fn undo(coding: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let plain = match coding {
        "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(bytes)),
        // The standard means zlib's form by this word, many servers the bare one.
        "deflate" => bounded(ZlibDecoder::new(bytes)).or_else(|_| bounded(DeflateDecoder::new(bytes))),
        "br" => bounded(Decompressor::new(bytes, BUFFER_BYTES)),
        other => {
            return Err(format!(
                "the answer is compressed with {}, which was not asked for and cannot be read; have whatever stands before the API send it uncompressed",
                shown(other)
            ));
        }
    };
    let plain = plain.map_err(|_| {
        format!("the answer is said to be compressed with {coding}, and is broken or something else")
    })?;
    if plain.len() > MAX_REPLY_BYTES {
        return Err(format!("the answer was longer than {MAX_REPLY_BYTES} bytes"));
    }
    Ok(plain)
}

/// Reads one byte beyond the bound at most, whatever is packed into a few.
fn bounded(decoder: impl Read) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    let bound = u64::try_from(MAX_REPLY_BYTES).unwrap_or(u64::MAX);
    decoder.take(bound.saturating_add(1)).read_to_end(&mut plain)?;
    Ok(plain)
}

/// JSON is UTF-8; the header's character set counts where the bytes are not.
fn to_utf8(headers: &HeaderMap, body: Bytes) -> Bytes {
    let marked = Encoding::for_bom(&body).map(|(encoding, _)| encoding);
    let encoding = match marked.or_else(|| two_byte(&body)) {
        Some(encoding) => encoding,
        None => match charset(headers) {
            // A servlet says "ISO-8859-1" of all it sends; what reads as UTF-8 in spite of it is UTF-8. (Two
            // letters of GBK can look so by accident: there the header counts.)
            Some(named) if !named.is_single_byte() || std::str::from_utf8(&body).is_err() => named,
            _ => UTF_8,
        },
    };
    // What is wrong in UTF-8 is replaced where the text is read.
    if encoding == UTF_8 { body } else { encoding.decode(&body).0.into_owned().into() }
}

/// JSON begins with a sign of ASCII: a zero beside it tells UTF-16 and its order, whatever the header says.
fn two_byte(body: &[u8]) -> Option<&'static Encoding> {
    match *body {
        [0, sign, ..] if sign != 0 => Some(UTF_16BE),
        [sign, 0, ..] if sign != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// The character set that the header names; none for UTF-16, which shows by its zeros, and for what nobody knows.
fn charset(headers: &HeaderMap) -> Option<&'static Encoding> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let value = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    let encoding = label(value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')))?;
    (encoding != UTF_16LE && encoding != UTF_16BE).then_some(encoding)
}

fn label(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(name.as_bytes())
}

fn is_json_object(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

/// A coding's name, if it is one: the header is somebody else's words.
fn shown(coding: &str) -> &str {
    let is_name = coding.len() <= 20 && coding.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if is_name { coding } else { "something unknown" }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const PLAIN: &str = r#"{"status":1,"message":"đã thêm"}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, BUFFER_BYTES, 5, 22).write_all(bytes).unwrap();
        out
    }

    fn decoded(headers: &[(&str, &str)], body: &[u8]) -> Result<String, String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        decode(&map, Bytes::copy_from_slice(body)).map(|body| String::from_utf8_lossy(&body).into_owned())
    }

    #[test]
    fn a_body_is_decompressed_as_its_headers_say() {
        let plain = PLAIN.as_bytes();
        let two_members = [gzip(&plain[..9]), gzip(&plain[9..])].concat();
        for (coding, body) in [
            ("gzip", gzip(plain)),
            ("x-gzip", gzip(plain)),
            (" GZip ", gzip(plain)),
            ("gzip", two_members),
            ("deflate", zlib(plain)),
            ("deflate", deflate(plain)),
            ("br", brotli(plain)),
            ("identity", plain.to_vec()),
            ("Identity, gzip", gzip(plain)),
            ("gzip,, identity", gzip(plain)),
            ("gzip, br", brotli(&gzip(plain))),
            ("deflate, gzip, br", brotli(&gzip(&zlib(plain)))),
            ("utf-8", plain.to_vec()),
            // Undone on the way.
            ("gzip", plain.to_vec()),
            ("none", plain.to_vec()),
        ] {
            assert_eq!(decoded(&[("content-encoding", coding)], &body).as_deref(), Ok(PLAIN), "{coding}");
        }
        let two_lines = [("content-encoding", "gzip"), ("content-encoding", "br")];
        assert_eq!(decoded(&two_lines, &brotli(&gzip(plain))).as_deref(), Ok(PLAIN));
        assert_eq!(decoded(&[("content-encoding", "gzip")], b"").as_deref(), Ok(""));
    }

    #[test]
    fn what_cannot_be_decompressed_is_told() {
        let whole = gzip(PLAIN.as_bytes());
        let bomb = gzip(&vec![b' '; MAX_REPLY_BYTES + 1]);
        for (coding, body, want) in [
            ("gzip", &whole[..whole.len() - 9], "compressed with gzip, and is broken"),
            ("gzip", b"\x1f\x8b\x08 nothing", "compressed with gzip, and is broken"),
            ("br", &whole, "compressed with br, and is broken"),
            ("deflate", b"<html>", "compressed with deflate, and is broken"),
            ("zstd", b"\x28\xb5\x2f\xfd", "compressed with zstd, which was not asked for"),
            ("x-84987654321", b"x", "compressed with something unknown, which"),
            ("gzip, gzip, gzip, gzip", &whole, "4 times"),
            ("gzip", &bomb, "longer than 8388608 bytes"),
            ("gzip, gzip", &gzip(&bomb), "longer than 8388608 bytes"),
        ] {
            let why = decoded(&[("content-encoding", coding)], body).unwrap_err();
            assert!(why.contains(want), "{coding}: {why}");
        }
    }

    #[test]
    fn a_text_is_read_in_the_character_set_of_its_headers() {
        let chinese = r#"{"status":"0","data":["客户已存在"]}"#;
        let vietnamese = r#"{"message":"Đã có"}"#;
        let western = r#"{"message":"já está"}"#;
        let utf_16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        let encoded = |label: &str, text: &str| {
            Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned()
        };
        let marked = |mark: &[u8], body: Vec<u8>| [mark, &body].concat();
        for (content_type, body, want) in [
            ("application/json", chinese.as_bytes().to_vec(), chinese),
            ("", utf_16(chinese, u16::to_le_bytes), chinese),
            ("application/json;charset=utf-16le", utf_16(chinese, u16::to_le_bytes), chinese),
            ("application/json; charset=UTF-16BE", utf_16(chinese, u16::to_be_bytes), chinese),
            ("application/json; charset=utf-16", utf_16(chinese, u16::to_be_bytes), chinese),
            ("application/json; charset=utf-16", chinese.as_bytes().to_vec(), chinese),
            ("text/plain", marked(b"\xff\xfe", utf_16(chinese, u16::to_le_bytes)), chinese),
            ("text/plain", marked(b"\xfe\xff", utf_16(chinese, u16::to_be_bytes)), chinese),
            ("text/html; charset=latin1", marked(b"\xef\xbb\xbf", chinese.as_bytes().to_vec()), chinese),
            ("application/json; Charset=\"GBK\"", encoded("gbk", chinese), chinese),
            ("application/json; a=b; charset=gb18030", encoded("gb18030", chinese), chinese),
            ("application/json; charset=gb2312", encoded("gbk", chinese), chinese),
            ("application/json; charset=big5", encoded("big5", "{\"a\":\"已存\"}"), "{\"a\":\"已存\"}"),
            ("application/json; charset=windows-1258", b"{\"a\":\"\xd0ang\"}".to_vec(), "{\"a\":\"Đang\"}"),
            ("application/json; charset=iso-8859-1", encoded("latin1", western), western),
            ("application/json; charset=ISO-8859-1", vietnamese.as_bytes().to_vec(), vietnamese),
            ("application/json; charset=unheard-of", western.as_bytes().to_vec(), western),
        ] {
            let read = decoded(&[("content-type", content_type)], &body);
            assert_eq!(
                read.as_deref().map(|text| text.trim_start_matches('\u{feff}')),
                Ok(want),
                "{content_type}"
            );
        }
        let both = [("content-type", "application/json; charset=gbk"), ("content-encoding", "gzip")];
        assert_eq!(decoded(&both, &gzip(&encoded("gbk", chinese))).as_deref(), Ok(chinese));
    }
}
