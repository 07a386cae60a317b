//! All vendors' APIs on one loopback port: rehearsals that dial nobody.
//!
//! The simulators are the vendors' own (`providers::*::simulator`), behind seeded faults; a page shows
//! who would be called how often. Nothing here is a security boundary: whoever can reach the port
//! can read the credentials, which are invented.

pub mod fault_injector;
pub mod faults;
mod host_check;
mod options;
mod pages;
mod routes;
pub mod sample;
mod server;
mod summary;
#[cfg(test)]
mod tests;
mod vendors;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use routes::Routes;

pub use options::{Clock, SandboxOptions};

/// A running sandbox; stops when it is dropped, too.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    configs: Vec<(&'static str, Value)>,
    stop: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl Sandbox {
    /// Starts to serve on 127.0.0.1, within the current runtime.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(
        options: SandboxOptions,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let clock: Arc<Clock> = Arc::new(clock);
        let (listener, address) = listen(options.port).await?;
        let router = Routes::new(options, address, Arc::clone(&clock)).router();
        Ok(Self::serve(listener, address, router, clock))
    }

    fn serve(listener: TcpListener, address: SocketAddr, router: Router, clock: Arc<Clock>) -> Self {
        let (stop, stopping) = watch::channel(());
        let serving = tokio::spawn(server::serve((listener, address.port()), router, clock, stopping));
        let configs = vendors::connector_configs(&format!("http://{address}"));
        Self { address, configs, stop, serving }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The names of the vendors that it plays, as in `vendor_type`.
    pub fn vendors(&self) -> impl Iterator<Item = &'static str> {
        self.configs.iter().map(|(name, _)| *name)
    }

    /// A whole configuration of the connector that sends to this sandbox, if it plays this vendor.
    #[must_use]
    pub fn connector_config(&self, vendor: &str) -> Option<Value> {
        self.configs.iter().find(|(name, _)| *name == vendor).map(|(_, config)| config.clone())
    }

    /// Stops: requests under way have two seconds to end.
    pub async fn stop(self) {
        drop(self.stop);
        // It ends in no other way than by itself.
        drop(self.serving.await);
    }
}

async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
