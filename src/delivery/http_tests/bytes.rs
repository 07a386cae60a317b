//! Connections that die at every byte, by an end and by a reset: nobody is let go of whose request may have been read,
//! and nobody is accepted on half an answer.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{TIMEOUT, transport};
use crate::delivery::{Transport, TransportError};
use crate::domain::batch::Batch;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::outcome::Outcome;
use crate::phone::Phone;
use crate::providers::VendorConfig;
use crate::providers::api::Verdict;

const NUMBER: &str = "+84987654321";

/// How far a server gets before it is gone.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// So many bytes of the request are read.
    Reading(usize),
    /// So many bytes of the answer are written.
    Writing(usize),
}

/// Serves one connection as far as that; gives how long the request was as far as it was read.
async fn serve(listener: &TcpListener, answer: &[u8], death: Death, is_reset: bool) -> usize {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = 0;
    match death {
        Death::Reading(n_bytes) => {
            let mut some = vec![0; n_bytes];
            if n_bytes > 0 {
                read = stream.read_exact(&mut some).await.unwrap();
            }
        }
        Death::Writing(n_bytes) => {
            read = whole_request(&mut stream).await;
            stream.write_all(&answer[..n_bytes]).await.unwrap();
            stream.flush().await.unwrap();
        }
    }
    if is_reset {
        stream.set_zero_linger().unwrap();
    }
    read
}

async fn whole_request(stream: &mut TcpStream) -> usize {
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let (_, length) = head.split_once("content-length: ").unwrap();
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        if body.len() >= length {
            return request.len();
        }
    }
}

#[tokio::test]
async fn whoever_was_being_sent_when_a_connection_died_at_any_byte_is_let_go_of_by_nobody() {
    let body = r#"{"status":1,"result":[{"contact_id":"c1","so_dien_thoai":"+84987654321"}],"message":"ok"}"#;
    let framings = [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        ),
    ];
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let config = serde_json::json!({
        "vendor_type": "vbee", "campaign_id": "c", "base_url": format!("http://{}", listener.local_addr().unwrap()),
        "credentials": { "auth_type": "api_key", "api_key": "demo-key", "api_secret": "demo-secret" },
    });
    let vendor = serde_json::from_value::<VendorConfig>(config).unwrap().build();
    let contact = Contact::new(Phone::e164(NUMBER));
    let batch = Batch::new(Campaign::new("c"), vec![&contact], false);
    let transport = transport(&[], TIMEOUT);
    let try_out = async |answer: &[u8], death: Death, is_reset: bool| {
        let request = vendor.build_request(&batch, Timestamp::UNIX_EPOCH);
        let (sent, read) =
            tokio::join!(transport.send_request(request), serve(&listener, answer, death, is_reset));
        let ending = match sent {
            Ok(reply) => match vendor.interpret(&batch, &reply) {
                Verdict::Settled(outcomes) if matches!(outcomes[..], [Outcome::Accepted { .. }]) => {
                    "accepted"
                }
                Verdict::Unclear { .. } => "unclear",
                other => panic!("{death:?}: {other:?}"),
            },
            Err(TransportError::Lost(_)) => "unclear",
            // A connection that was reset while it was made.
            Err(TransportError::NotSent(_)) if matches!(death, Death::Reading(0)) => "not sent",
            Err(why) => panic!("{death:?}: {why:?}"),
        };
        (ending, read)
    };
    for answer in framings.map(String::into_bytes) {
        let whole = answer.len();
        let (ending, n_request) = try_out(&answer, Death::Writing(whole), false).await;
        assert_eq!(ending, "accepted");
        let reading = (0..=n_request).map(Death::Reading);
        let writing = (0..whole).map(Death::Writing);
        let mut endings = BTreeSet::new();
        for (death, is_reset) in reading.chain(writing).flat_map(|death| [(death, false), (death, true)]) {
            let (ending, _) = try_out(&answer, death, is_reset).await;
            // The last chunk may have come although the empty line behind it has not.
            let is_told = matches!(death, Death::Writing(n_bytes) if n_bytes + 2 >= whole);
            let is_right = ending == "unclear" || (is_told && ending == "accepted") || ending == "not sent";
            assert!(is_right, "{death:?}, reset: {is_reset}: {ending}");
            endings.insert(ending);
        }
        assert!(endings.contains("unclear"), "{endings:?}");
    }
}
