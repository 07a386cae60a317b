//! Servers that answer by a script, over loopback.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const KEY: &str = "AKIAHUNTER2HUNTER2XX";
const SECRET: &str = "hunter2/hunter2+hunter2hunter2hunter2xxx";

const PUT: &str = "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 0\r\n\r\n";
const TAKEN: &str = "HTTP/1.1 412 X\r\nContent-Length: 0\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n";
const GONE: &str = "HTTP/1.1 204 X\r\n\r\n";

/// What a server does with a request.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Answers(&'static str),
    /// Gives the mark of the last put.
    Marked,
    /// Hangs up when it has read it.
    HangsUp,
}

/// Heads of the requests, as they came.
type Heads = Arc<Mutex<Vec<String>>>;

async fn server(turns: &[Turn]) -> (S3, Heads) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (mut turns, heads) = (VecDeque::from_iter(turns.to_vec()), Heads::default());
    let heard = Arc::clone(&heads);
    tokio::spawn(async move {
        // The last turn is for everybody who comes later, too.
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = request(&mut stream).await;
            heard.lock().unwrap().push(head);
            let turn = if turns.len() > 1 { turns.pop_front() } else { turns.front().copied() };
            let answer = match turn {
                Some(Turn::Answers(answer)) => answer.to_owned(),
                Some(Turn::Marked) => {
                    let mark = heard.lock().unwrap().iter().find_map(|head| header(head, MARK)).unwrap();
                    format!("HTTP/1.1 200 OK\r\n{MARK}: {mark}\r\nContent-Length: 0\r\n\r\n")
                }
                Some(Turn::HangsUp) | None => continue,
            };
            drop(stream.write_all(answer.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes()).await);
            drop(stream.shutdown().await);
        }
    });
    (bucket(&json!({ "s3_endpoint": format!("http://{address}") })), heads)
}

fn bucket(settings: &serde_json::Value) -> S3 {
    let mut config = json!({
        "access_key_id": KEY, "secret_access_key": SECRET, "s3_bucket_name": "rejects", "s3_endpoint": "",
    });
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let config: S3Config = serde_json::from_value(config).unwrap();
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    let s3 = S3::new(&config, &Network::default(), Patience::Short, now).unwrap();
    S3 { pause: Duration::from_millis(1), ..s3 }
}

/// Reads a request to its end; gives its head.
async fn request(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return head.to_owned();
            }
        }
        if stream.read_buf(&mut heard).await.unwrap_or_default() == 0 {
            return text;
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

/// A refusal as Amazon writes it, with a key and a signature in its words.
fn refusal(status: u16, headers: &str, code: &str, more: &str) -> &'static str {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>Of {KEY}</Message>{more}<AWSAccessKeyId>{KEY}</AWSAccessKeyId><StringToSign>{SECRET}</StringToSign></Error>"
    );
    let length = body.len();
    Box::leak(
        format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_boxed_str(),
    )
}

fn told(result: Result<(), PutError>) -> String {
    let Err(PutError::Storage(error)) = result else { panic!("{result:?}") };
    let text = crate::domain::error::Error::from(error).with_causes();
    for hidden in [KEY, SECRET, "Signature=", "X-Amz", "hunter2"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    text
}

async fn put(s3: &S3) -> Result<(), PutError> {
    s3.put("p/1/a.csv", "text/csv", &Bytes::from_static(b"rows")).await
}

#[tokio::test]
async fn every_refusal_has_its_own_remedy_and_shows_no_key() {
    for (answer, passes, words) in [
        (refusal(403, "", "InvalidAccessKeyId", ""), false, "access_key_id is not known there"),
        (refusal(403, "", "SignatureDoesNotMatch", ""), false, "secret_access_key is not the secret of this"),
        (refusal(403, "", "AccessDenied", ""), false, "refuses s3:PutObject (AccessDenied)"),
        (refusal(400, "", "ExpiredToken", ""), false, "is of a session"),
        (refusal(404, "", "NoSuchBucket", ""), false, "there is no bucket rejects"),
        (refusal(400, "", "InvalidBucketName", ""), false, "cannot be the name of a bucket"),
        (
            refusal(301, "x-amz-bucket-region: eu-west-3\r\n", "PermanentRedirect", ""),
            false,
            "is in the region eu-west-3: write that into object_storage_config.s3_bucket_region",
        ),
        (
            refusal(400, "", "AuthorizationHeaderMalformed", "<Region>ap-southeast-1</Region>"),
            false,
            "is in the region ap-southeast-1",
        ),
        (refusal(301, "", "PermanentRedirect", "<Region>hunter2 !</Region>"), false, "is in another region"),
        (refusal(307, "", "TemporaryRedirect", ""), true, "a redirect that passes, after 3 attempts"),
        (refusal(501, "", "NotImplemented", ""), false, "If-None-Match"),
        (
            refusal(405, "", "MethodNotAllowed", ""),
            false,
            "(MethodNotAllowed): is object_storage_config.s3_endpoint",
        ),
        (refusal(503, "", "SlowDown", ""), true, "HTTP 503 (SlowDown), after 3 attempts"),
        (BUSY, true, "HTTP 503, after 3 attempts"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, "answers what it was not asked"),
        (
            "HTTP/1.1 404 X\r\nContent-Length: 6\r\n\r\n<html>",
            false,
            "s3_endpoint the address of an S3 server?",
        ),
    ] {
        let (s3, heads) = server(&[Turn::Answers(answer)]).await;
        let text = told(put(&s3).await);
        assert!(text.contains(words), "{words}: {text}");
        assert_eq!(text.contains("cannot be reached"), passes, "{text}");
        assert_eq!(heads.lock().unwrap().len(), if passes { 3 } else { 1 }, "{text}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_what_was_put_is_known_by_its_mark() {
    use Turn::{Answers, HangsUp, Marked};
    for (name, turns, want) in [
        ("at once", &[Answers(PUT)][..], Some(1)),
        ("lost before", &[HangsUp, Answers(PUT)], Some(2)),
        ("lost after", &[HangsUp, Answers(TAKEN), Marked], Some(3)),
        ("busy, but put", &[Answers(BUSY), Answers(TAKEN), Marked], Some(3)),
        ("somebody else's", &[HangsUp, Answers(TAKEN), Answers(PUT)], None),
        ("nobody may look", &[HangsUp, Answers(TAKEN), Answers("HTTP/1.1 403 X\r\n\r\n")], None),
        ("taken from the start", &[Answers(TAKEN)], None),
    ] {
        let (s3, heads) = server(turns).await;
        let result = put(&s3).await;
        match want {
            Some(count) => {
                result.unwrap_or_else(|error| panic!("{name}: {error:?}"));
                assert_eq!(heads.lock().unwrap().len(), count, "{name}");
            }
            None => assert!(matches!(result, Err(PutError::Taken)), "{name}: {result:?}"),
        }
        for head in heads.lock().unwrap().iter().filter(|head| head.starts_with("PUT")) {
            assert_eq!(header(head, "if-none-match").as_deref(), Some("*"), "{name}: never written over");
        }
    }
}

#[tokio::test]
async fn a_server_that_dies_is_awaited_for_a_bounded_time() {
    let (s3, heads) = server(&[Turn::HangsUp]).await;
    let text = told(put(&s3).await);
    assert!(text.contains("cannot be reached") && text.contains("after 3 attempts"), "{text}");
    assert_eq!(heads.lock().unwrap().len(), 3);
    let unused = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let text = told(put(&bucket(&json!({ "s3_endpoint": format!("http://{unused}") }))).await);
    assert!(text.contains("check object_storage_config.s3_endpoint") && !text.contains("base_url"), "{text}");
}

#[tokio::test]
async fn the_clock_is_corrected_once_and_only_by_a_little() {
    let skewed =
        |time: &str| refusal(403, "", "RequestTimeTooSkewed", &format!("<ServerTime>{time}</ServerTime>"));
    let near = Turn::Answers(skewed("2026-11-22T10:40:30Z"));
    let (s3, heads) = server(&[near, Turn::Answers(PUT)]).await;
    put(&s3).await.unwrap();
    let times: Vec<_> =
        heads.lock().unwrap().iter().map(|head| header(head, "x-amz-date").unwrap()).collect();
    assert!(times[0].starts_with("20261122T1000") && times[1].starts_with("20261122T1040"), "{times:?}");
    for (server_time, count) in [("2026-11-22T10:40:00Z", 2), ("2026-11-29T10:00:00Z", 1)] {
        let (s3, heads) = server(&[Turn::Answers(skewed(server_time))]).await;
        let text = told(put(&s3).await);
        assert!(text.contains("clock is not the server's") && text.contains(server_time), "{text}");
        assert_eq!(heads.lock().unwrap().len(), count, "{server_time}");
    }
}

#[tokio::test]
async fn names_are_listed_as_they_are_and_what_is_gone_is_gone() {
    let listing = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>p/a&amp;b&#x20;c</Key></Contents><Contents><Key>p/é</Key></Contents></ListBucketResult>";
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{listing}", listing.len());
    let (s3, heads) = server(&[Turn::Answers(Box::leak(answer.into_boxed_str())), Turn::Answers(GONE)]).await;
    assert_eq!(s3.list("p/a&b").await.unwrap(), ["p/a&b c", "p/é"]);
    s3.delete("p/é/a b").await.unwrap();
    let heads = heads.lock().unwrap();
    assert!(heads[0].starts_with("GET /rejects/?list-type=2&prefix=p%2Fa%26b HTTP/1.1"), "{}", heads[0]);
    assert!(heads[1].starts_with("DELETE /rejects/p/%C3%A9/a%20b HTTP/1.1"), "{}", heads[1]);
}

#[test]
fn a_bucket_is_where_its_region_says() {
    for (settings, want) in [
        (json!({}), "https://rejects.s3.us-east-1.amazonaws.com"),
        (json!({ "s3_bucket_region": "cn-north-1" }), "https://rejects.s3.cn-north-1.amazonaws.com.cn"),
        (
            json!({ "s3_bucket_region": "eu-west-1", "s3_bucket_name": "a.b" }),
            "https://s3.eu-west-1.amazonaws.com/a.b",
        ),
        (json!({ "s3_endpoint": "https://s3.example.com/x/" }), "https://s3.example.com/x/rejects"),
    ] {
        assert_eq!(bucket(&settings).base, want);
    }
    let within = |path: &str| bucket(&json!({ "bucket_path": path })).within("1/a");
    assert_eq!([within(""), within("/p//q/")], ["1/a", "p/q/1/a"]);
}
