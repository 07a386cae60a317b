//! Servers that do one thing to everybody who comes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// How a server closes after its answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Closing {
    AtOnce,
    Soon,
    ByReset,
    DynamicStreams,
    OldVersion,
}

#[derive(Clone)]
pub(super) enum Server {
    /// Answers with 200, and closes.
    Answers(Closing),
    /// Says this, whatever it heard, and closes.
    Says(&'static [u8]),
    /// Hears the request and breaks off.
    Resets,
    /// Takes everybody and says nothing.
    Silent,
    /// Answers with 200 over TLS.
    Tls(Arc<ServerConfig>),
    /// Opens the way to such a server.
    Tunnel(Arc<ServerConfig>),
}

/// What was heard, as far as it is text.
type Heard = Arc<Mutex<Vec<String>>>;

impl Server {
    pub(super) async fn start(self) -> (SocketAddr, Heard) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Heard::default();
        let remembered = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(self.clone().serve(stream, Arc::clone(&remembered)));
            }
        });
        (address, heard)
    }

    async fn serve(self, mut stream: TcpStream, heard: Heard) {
        match self {
            Self::Answers(closing) => {
                remember(&heard, head(&mut stream).await);
                let (version, extra) = match closing {
                    Closing::OldVersion => ("1.0", ""),
                    Closing::DynamicStreams => ("1.1", "Connection: close\r\n"),
                    _ => ("1.1", ""),
                };
                let answer = format!("HTTP/{version} 200 OK\r\n{extra}Content-Length: 2\r\n\r\n{{}}");
                drop(stream.write_all(answer.as_bytes()).await);
                match closing {
                    Closing::Soon => tokio::time::sleep(Duration::from_millis(1)).await,
                    // The answer must be read before it is wiped out.
                    Closing::ByReset => {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        reset(&stream);
                    }
                    _ => {}
                }
            }
            Self::Says(words) => {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).await.unwrap_or_default();
                if buffer.starts_with(b"CONNECT") {
                    remember(&heard, String::from_utf8_lossy(&buffer[..read]).into_owned());
                }
                drop(stream.write_all(words).await);
                drop(stream.shutdown().await);
            }
            Self::Resets => {
                head(&mut stream).await;
                reset(&stream);
            }
            Self::Silent => std::future::pending().await,
            Self::Tls(config) => over_tls(stream, config).await,
            Self::Tunnel(config) => {
                remember(&heard, head(&mut stream).await);
                drop(stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await);
                over_tls(stream, config).await;
            }
        }
    }
}

async fn over_tls(stream: TcpStream, config: Arc<ServerConfig>) {
    let Ok(mut stream) = TlsAcceptor::from(config).accept(stream).await else { return };
    head(&mut stream).await;
    answer(&mut stream).await;
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin)) {
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await);
    drop(stream.shutdown().await);
}

/// Reads a request whose body is `{}`, or a head alone.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut heard = Vec::new();
    let ends = |heard: &[u8]| {
        let end: &[u8] = if heard.starts_with(b"CONNECT") { b"\r\n\r\n" } else { b"\r\n\r\n{}" };
        heard.ends_with(end)
    };
    while !ends(&heard) {
        if stream.read_buf(&mut heard).await.unwrap_or_default() == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

fn remember(heard: &Heard, text: String) {
    heard.lock().unwrap().push(text);
}

/// What is dropped after this is reset.
fn reset(stream: &TcpStream) {
    stream.set_zero_linger().unwrap();
}
