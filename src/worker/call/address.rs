//! Which addresses the worker talks to.

use std::net::IpAddr;

use reqwest::Url;

use crate::worker::settings::CallSettings;

/// A checked address of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub url: Url,
    /// This very machine: no proxy, and plain HTTP is no risk.
    pub loopback: bool,
}

impl Address {
    /// `base` with `path` (`chat/completions`) behind it, if the settings allow it; else why not.
    pub fn new(base: &str, path: &str, settings: &CallSettings) -> Result<Self, &'static str> {
        let mut url = Url::parse(base).map_err(|_| "base_url is no URL")?;
        // Behind the path, before what some services want asked in the query.
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        let host = url.host_str().ok_or("base_url has no host")?.trim_matches(['[', ']']).to_lowercase();
        if !url.username().is_empty() || url.password().is_some() {
            return Err("base_url must not hold a user or password: name the key by secret_name");
        }
        let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if loopback || settings.allow_http => {}
            "http" => return Err("plain http goes to this machine only (router.llm_allow_http)"),
            _ => return Err("base_url must be https"),
        }
        if !settings.hosts.is_empty() && !settings.hosts.iter().any(|pattern| matches(pattern, &host)) {
            return Err("the host is not among router.llm_hosts");
        }
        Ok(Self { url, loopback })
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => pattern == host,
    }
}
