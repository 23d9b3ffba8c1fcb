//! The HTTP clients: one for this machine, one for the world.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect};

use crate::worker::settings::CallSettings;

/// Shorter than the idle limits of common servers, so that a connection is seldom closed under a request.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

pub struct Clients {
    near: Client,
    far: Client,
}

impl Clients {
    /// The error is for the log: it names a setting, never a secret.
    pub fn new(settings: &CallSettings) -> Result<Self, String> {
        let plain = |e: reqwest::Error| format!("the HTTP client can't be made: {}", e.without_url());
        let authorities = authorities(settings)?;
        let base = || authorities.iter().cloned().fold(base(), ClientBuilder::add_root_certificate);
        let near = base().no_proxy().build().map_err(plain)?;
        let mut far = base();
        if let Some(proxy) = &settings.proxy {
            let proxy = Proxy::all(proxy).map_err(|_| "router.llm_proxy is no URL".to_owned())?;
            far = far.proxy(proxy.no_proxy(reqwest::NoProxy::from_env()));
        }
        Ok(Self { near, far: far.build().map_err(plain)? })
    }

    pub fn for_loopback(&self, loopback: bool) -> &Client {
        if loopback { &self.near } else { &self.far }
    }
}

fn authorities(settings: &CallSettings) -> Result<Vec<Certificate>, String> {
    let Some(file) = &settings.ca_file else { return Ok(Vec::new()) };
    let pem = fs::read(file).map_err(|e| format!("router.llm_ca_file can't be read: {e}"))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err("router.llm_ca_file holds no certificate".to_owned()),
    }
}

fn base() -> ClientBuilder {
    // "localhost" is this machine, whatever a name server says.
    let localhost = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    Client::builder()
        .use_rustls_tls()
        .hickory_dns(true)
        .resolve_to_addrs("localhost", &localhost)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("router/", env!("CARGO_PKG_VERSION")))
        .tcp_nodelay(true)
        .pool_idle_timeout(KEEP_ALIVE)
        .pool_max_idle_per_host(256)
}
