//! All vendors' APIs on one port: rehearsals that dial nobody.
//!
//! The simulators are the vendors' own (`providers::*::simulator`), behind seeded faults; a page shows
//! who would be called how often, another one the reports of the runs that sent them. Nothing here is a security boundary: whoever can reach the port
//! can read the credentials, which are invented.

pub mod fault_injector;
pub mod faults;
mod host_check;
mod options;
mod pages;
mod reports;
mod routes;
pub mod sample;
mod server;
mod summary;
#[cfg(test)]
mod tests;
mod vendors;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
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
    /// Starts to serve, within the current runtime.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(
        options: SandboxOptions,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let clock: Arc<Clock> = Arc::new(clock);
        let (listener, address) = listen(options.bind, options.port).await?;
        let root = root_of(address);
        let configs = vendors::connector_configs(&options, &root);
        let router = Routes::new(options, root, Arc::clone(&clock)).router();
        Ok(Self::serve(listener, address, configs, router, clock))
    }

    fn serve(
        listener: TcpListener,
        address: SocketAddr,
        configs: Vec<(&'static str, Value)>,
        router: Router,
        clock: Arc<Clock>,
    ) -> Self {
        let (stop, stopping) = watch::channel(());
        let serving = tokio::spawn(server::serve((listener, address), router, clock, stopping));
        Self { address, configs, stop, serving }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The beginning of its addresses, as this machine can ask it.
    #[must_use]
    pub fn root(&self) -> String {
        root_of(self.address)
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

async fn listen(bind: IpAddr, port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((bind, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A socket that listens on every address is asked at this machine's own one.
fn root_of(address: SocketAddr) -> String {
    let asked = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(asked, address.port()))
}

/// Whole configurations of the connector, by vendor, for a sandbox that is not running yet but will be on this port.
#[must_use]
pub fn configs_for_port(port: u16, reports: Option<PathBuf>) -> Vec<(&'static str, Value)> {
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    vendors::connector_configs(&SandboxOptions { reports, ..SandboxOptions::default() }, &root_of(address))
}
