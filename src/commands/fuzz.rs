//! Any configuration is read or refused, with each mistake in its place and no secret in it.

use std::fmt::Write;

use serde_json::Value;

use super::load_config::LoadedConfig;

/// What the form calls a secret, of all sections.
const SECRETS: [&str; 9] = [
    "api_key",
    "api_secret",
    "access_token",
    "token",
    "password",
    "hash_key",
    "url",
    "secret_access_key",
    "access_key_id",
];

/// A text by which a secret is found again.
const MARK: &str = "s3cr3t";

pub(crate) fn configuration(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut told = String::new();
    match LoadedConfig::from_text(text) {
        Ok(mut loaded) => {
            loaded.check_streams();
            told = format!("{:?}", loaded.config);
            for mistake in &loaded.mistakes {
                writeln!(told, "{}: {}", mistake.at, mistake.why).expect("a text takes everything");
            }
            if let Err(error) = loaded.complete() {
                told += &error.with_causes();
            }
        }
        Err(error) => told += &error.with_causes(),
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    let mut n_secrets = 0;
    count(&value, &mut n_secrets);
    if text.matches(MARK).count() == n_secrets {
        assert!(!told.contains(MARK), "{told}");
    }
}

/// How often the mark stands in secrets.
fn count(value: &Value, n_secrets: &mut usize) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if SECRETS.contains(&name.as_str()) => {
                        *n_secrets += text.matches(MARK).count();
                    }
                    value => count(value, n_secrets),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| count(item, n_secrets)),
        _ => {}
    }
}
