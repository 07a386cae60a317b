//! Where the ledger is, by its URL. The password stays inside: no error and no log shows the URL.
//!
//! `tokio_postgres::Config` reads it. What is done before is what that cannot (0.7): it refuses `sslmode=verify-ca`,
//! `sslmode=verify-full` and `sslrootcert`, knows no `schema`, and takes what follows a raw `@` in a password for the host.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use url::form_urlencoded;

use super::error::PostgresError;
use super::tls::VerifyMode;

/// Where the tables are unless the URL says `schema=…`: apart from everything else in a shared
/// database, and the same whatever the role's `search_path` is.
const DEFAULT_SCHEMA: &str = "ai_voice_ledger";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Routers forget idle connections after minutes; the default of two hours finds out too late.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(30);

/// Where and how to connect.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) check: VerifyMode,
    pub(super) root_file: Option<PathBuf>,
    pub(super) schema: String,
    /// `host:port/database`: what errors show.
    pub(super) place: String,
}

/// What the URL says that `tokio_postgres` does not know.
#[derive(Default)]
struct Extras {
    mode: Option<String>,
    root_file: Option<PathBuf>,
    schema: Option<String>,
    rest: String,
}

impl Address {
    /// Reads a URL.
    pub(super) fn parse(url: &str) -> Result<Self, PostgresError> {
        let (before, query) = split(url.trim())?;
        let extras = extras(query);
        let parsed = format!("{before}?{}", extras.rest).parse::<Config>();
        let mut config = parsed.map_err(|error| unfit(&PostgresError::from(error).cause()))?;
        if config.get_hosts().is_empty() {
            return Err(unfit("it names no host"));
        }
        let check = tls_mode(&mut config, &extras)?;
        let schema = extras.schema.unwrap_or_else(|| DEFAULT_SCHEMA.to_owned());
        if !is_plain_name(&schema) {
            return Err(unfit(
                "`schema` must be lower-case letters, digits and underscores, and not begin with pg_",
            ));
        }
        fill_in(&mut config);
        Ok(Self { check, root_file: extras.root_file, schema, place: place(&config), config })
    }

    /// How long connecting may take: each host has its own time, and signing in comes on top.
    pub(super) fn patience(&self) -> Duration {
        let each = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        let n_hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(u32::MAX);
        each.saturating_mul(n_hosts.saturating_add(1))
    }
}

/// Splits off the query. A password with a raw `@` would be taken for a part of the host, and shown.
fn split(url: &str) -> Result<(&str, &str), PostgresError> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let rest = rest.ok_or_else(|| unfit("it must look like postgres://user:password@host:5432/database"))?;
    let after_user = rest.find('@').map_or(0, |at| at + 1);
    let start = url.len() - rest.len() + after_user;
    let end = url.get(start..).and_then(|text| text.find('?')).map_or(url.len(), |question| start + question);
    let (before, query) = url.split_at(end);
    if before.get(start..).is_some_and(|host| host.contains('@')) {
        return Err(unfit("an @ in the user name or the password must be written as %40"));
    }
    Ok((before, query.trim_start_matches('?')))
}

fn extras(query: &str) -> Extras {
    let mut extras = Extras::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "sslmode" => extras.mode = Some(decode(value)),
            // libpq's word for the roots that are used anyhow.
            "sslrootcert" if value == "system" => {}
            "sslrootcert" => extras.root_file = Some(decode(value).into()),
            "schema" => extras.schema = Some(decode(value)),
            _ => {
                extras.rest.push_str(pair);
                extras.rest.push('&');
            }
        }
    }
    extras.rest.pop();
    extras
}

/// A plus is a plus here, not a blank.
fn decode(value: &str) -> String {
    let value = value.replace('+', "%2B");
    form_urlencoded::parse(value.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// As libpq: `require` checks nothing unless somebody went to the trouble of giving a root.
fn tls_mode(config: &mut Config, extras: &Extras) -> Result<VerifyMode, PostgresError> {
    let (mode, check) = match extras.mode.as_deref().unwrap_or("prefer") {
        "disable" => (SslMode::Disable, VerifyMode::Nothing),
        "prefer" => (SslMode::Prefer, VerifyMode::Nothing),
        "require" if extras.root_file.is_none() => (SslMode::Require, VerifyMode::Nothing),
        "require" | "verify-ca" => (SslMode::Require, VerifyMode::Chain),
        "verify-full" => (SslMode::Require, VerifyMode::ChainAndName),
        _ => return Err(unfit("`sslmode` must be one of: disable, prefer, require, verify-ca, verify-full")),
    };
    config.ssl_mode(mode);
    Ok(check)
}

/// What the URL may say, and does not.
fn fill_in(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name(env!("CARGO_PKG_NAME"));
    }
    // Of several hosts, the one that can be written to: after a failover it is another.
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    config.keepalives_idle(KEEPALIVES_IDLE).keepalives_interval(CONNECT_TIMEOUT).keepalives_retries(3);
    config.tcp_user_timeout(KEEPALIVES_IDLE);
}

fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=63).contains(&name.len()) && name.chars().all(plain) && !name.starts_with("pg_")
}

fn place(config: &Config) -> String {
    let mut hosts = Vec::new();
    for (index, host) in config.get_hosts().iter().enumerate() {
        let port = config.get_ports().get(index).or_else(|| config.get_ports().first());
        let host = match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        };
        hosts.push(format!("{host}:{}", port.unwrap_or(&5432)));
    }
    let database = config.get_dbname().or_else(|| config.get_user()).unwrap_or_default();
    format!("{}/{database}", hosts.join(","))
}

fn unfit(why: &str) -> PostgresError {
    PostgresError::Unfit(format!("the URL is not understood: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address, String> {
        Address::parse(url).map_err(|fault| fault.at("somewhere", "parsing").to_string())
    }

    #[test]
    fn a_url_is_taken_apart() {
        for (url, place, schema, check) in [
            ("postgres://u:p@db/calls", "db:5432/calls", "ai_voice_ledger", VerifyMode::Nothing),
            (
                "postgresql://u:p@db:6543/calls?sslmode=require",
                "db:6543/calls",
                "ai_voice_ledger",
                VerifyMode::Nothing,
            ),
            (
                "postgres://u:p%40@db/calls?sslmode=verify-full",
                "db:5432/calls",
                "ai_voice_ledger",
                VerifyMode::ChainAndName,
            ),
            (
                "postgres://u:p?q@a,b:2/calls?schema=x_1&sslmode=verify-ca",
                "a:5432,b:2/calls",
                "x_1",
                VerifyMode::Chain,
            ),
            (
                "postgres://u@db/?sslmode=require&sslrootcert=/a%20b+c",
                "db:5432/u",
                "ai_voice_ledger",
                VerifyMode::Chain,
            ),
            (
                "postgres://u@%2Frun%2Fpg/c?application_name=x",
                "/run/pg:5432/c",
                "ai_voice_ledger",
                VerifyMode::Nothing,
            ),
        ] {
            let address = parse(url).unwrap_or_else(|why| panic!("{url}: {why}"));
            let got = (address.place.as_str(), address.schema.as_str(), address.check);
            assert_eq!(got, (place, schema, check), "{url}");
        }
        let with_root = parse("postgres://u@db/?sslmode=verify-ca&sslrootcert=/a%20b+c").unwrap();
        assert_eq!(with_root.root_file, Some("/a b+c".into()));
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_shown() {
        for (url, why) in [
            ("mysql://u:s3cret@db/calls", "must look like"),
            ("host=db password=s3cret", "must look like"),
            ("postgres://u:pa@s3cret@db/calls", "%40"),
            ("postgres://u:pa@s3cret?@db/calls?x", ""),
            ("postgres://u:s3cret@db:port/calls", "invalid value for option `port`"),
            ("postgres://u:s3cret@db/calls?sslmode=maybe", "must be one of"),
            ("postgres://u:s3cret@db/calls?sslcert=x", "unknown option `sslcert`"),
            ("postgres://u:s3cret@db/calls?schema=a%22b", "lower-case"),
            ("postgres://u:s3cret@db/calls?schema=pg_calls", "not begin with pg_"),
            ("postgres:///calls", "no host"),
            ("", "must look like"),
        ] {
            let Err(shown) = parse(url) else { continue };
            assert!(shown.contains(why) && !shown.contains("s3cret"), "{url}: {shown}");
        }
    }
}
