//! What is known of a campaign before anybody is added to it, and rehearsals inside the program.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use http::{Method, StatusCode, Uri};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower_service::Service;

use crate::command::{self, Finished, Folder};
use crate::extract;
use crate::rehearsal::Rehearsal;

fn check(config: &Value, catalog: bool) -> (String, String) {
    let folder = Folder::new();
    let config = folder.file("config.json", &config.to_string());
    let path = folder.file("catalog.json", &extract::catalog());
    let mut arguments = vec!["check", "--config", &config];
    arguments.extend(catalog.then_some(["--catalog", &path]).into_iter().flatten());
    let messages = command::run(arguments, b"").messages();
    assert_eq!(messages.len(), 1, "{messages:?}");
    let told = |name: &str| messages[0]["connectionStatus"][name].as_str().unwrap_or_default().to_owned();
    (told("status"), told("message"))
}

/// Forty people, some twice, some without a number.
fn lines() -> Vec<u8> {
    extract::extract(40, 10, 1).lines
}

fn logs(finished: &Finished) -> Vec<(String, String)> {
    let text = |log: &Value, name: &str| log["log"][name].as_str().unwrap().to_owned();
    finished.of_type("LOG").iter().map(|log| (text(log, "level"), text(log, "message"))).collect()
}

#[test]
fn a_check_says_what_is_proved_by_which_answer_and_what_is_not() {
    let rehearsal = Rehearsal::new("none", &[]);
    let itnio = rehearsal.config("itnio", &json!({}));
    let vbee = rehearsal.config("vbee", &json!({}));
    let mut other_job = itnio.clone();
    other_job["vendor"]["job_id"] = json!(77);
    for (name, config, status, told) in [
        (
            "itnio",
            &itnio,
            "SUCCEEDED",
            "itnio accepts the credentials and the campaign (taskList lists job 9",
        ),
        ("a sandbox", &itnio, "SUCCEEDED", "This is a TRIAL: requests go to 127.0.0.1:"),
        (
            "its script",
            &itnio,
            "SUCCEEDED",
            "what its script speaks is not proved (properties: success without data)",
        ),
        (
            "vbee",
            &vbee,
            "SUCCEEDED",
            "vbee accepts the credentials; that there is such a campaign is not proved (Vbee documents no request",
        ),
        ("another job", &other_job, "FAILED", "vendor.job_id"),
    ] {
        let (found, message) = check(config, false);
        assert_eq!(found, status, "{name}: {message}");
        assert!(message.contains(told), "{name}: {message}");
    }
    assert_eq!(rehearsal.ask("/calls?format=json")["contacts"], 0);
}

#[test]
fn a_check_and_a_sync_name_variables_that_nothing_fills_and_discover_lists_them() {
    for vendor in ["itnio", "vbee"] {
        let rehearsal = Rehearsal::new("none", &["so_tien", "ngay_hen"]);
        let streams = json!([{
            "stream": "contacts",
            "fields": [{ "field": "phone_number", "column": "mobile" }, { "field": "so_tienn", "template": "1" }],
        }]);
        let config = rehearsal.config(vendor, &json!({ "streams": streams }));
        let (status, message) = check(&config, false);
        assert_eq!(status, "SUCCEEDED", "{vendor}: {message}");
        let missing = "the script speaks `so_tien`, and no field of stream `contacts` fills it; did you mean `so_tienn`?";
        let none = "the script speaks `ngay_hen`, and no field of stream `contacts` fills it";
        let extra =
            "field `so_tienn` of stream `contacts` is no variable of the script; did you mean `so_tien`?";
        for want in ["its script speaks `so_tien`, `ngay_hen`", missing, none, extra] {
            assert!(message.contains(want), "{vendor}: {want} in {message}");
        }
        let folder = Folder::new();
        let path = folder.file("config.json", &config.to_string());
        let catalog = r#"{"streams":[{"stream":{"name":"contacts","json_schema":{}},"sync_mode":"incremental","destination_sync_mode":"append"}]}"#;
        let catalog = folder.file("catalog.json", catalog);
        let finished = command::run(["write", "--config", &path, "--catalog", &catalog], b"");
        let logs = logs(&finished);
        for want in [missing, none, extra] {
            assert!(logs.contains(&("WARN".to_owned(), want.to_owned())), "{vendor}: {want} in {logs:?}");
        }
        let found = command::run(["discover", "--config", &path], b"").messages();
        let properties = &found[0]["destination_catalog"]["operations"][0]["json_schema"]["properties"];
        assert_eq!(
            properties["ngay_hen"]["description"],
            "A variable of the call script, as the vendor tells it."
        );
        assert_eq!(rehearsal.ask("/calls?format=json")["contacts"], 0, "{vendor}");
    }
}

/// A vendor that has no such questions: it notes who asks for what, and takes everybody.
struct OldVendor {
    runtime: Runtime,
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<(Method, String, usize)>>>,
}

impl OldVendor {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let asked: Arc<Mutex<Vec<_>>> = Arc::default();
        let notes = Arc::clone(&asked);
        let answer = move |method: Method, uri: Uri, body: Bytes| async move {
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let n_people = body["customerPersons"].as_array().map_or(0, Vec::len);
            notes.lock().unwrap().push((method, uri.path().to_owned(), n_people));
            match (uri.path(), n_people) {
                ("/importCustomer", 0) => (StatusCode::OK, r#"{"status":"-27","reason":"no"}"#),
                ("/importCustomer", _) => (StatusCode::OK, r#"{"status":"0","reason":"success","data":[]}"#),
                _ => (StatusCode::NOT_FOUND, "Not Found"),
            }
        };
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(listener, Router::new().fallback(answer)));
        Self { runtime, address, asked }
    }

    fn config(&self) -> Value {
        json!({
            "vendor": {
                "vendor_type": "itnio", "api_key": "invented-key", "api_secret": "invented-secret", "app_id": "A",
                "job_id": 9, "base_url": format!("http://{}", self.address),
            },
            "phone": { "default_region": "VN" },
            "streams": extract::streams("itnio"),
        })
    }

    fn asked(&self) -> Vec<(Method, String, usize)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn serve(listener: TcpListener, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let router = router.clone();
        let service = service_fn(move |request| router.clone().call(request));
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move { drop(serving.await) });
    }
}

#[test]
fn where_the_vendor_has_no_such_questions_the_empty_list_decides_and_the_sync_goes_on() {
    let vendor = OldVendor::new();
    let (status, message) = check(&vendor.config(), true);
    assert_eq!(status, "SUCCEEDED", "{message}");
    assert!(
        message.contains("that there is such a campaign is not proved (taskList: HTTP 404)"),
        "{message}"
    );
    let post = |path: &str, n_people| (Method::POST, path.to_owned(), n_people);
    let questions = [post("/taskList", 0), post("/properties", 0)];
    assert_eq!(vendor.asked(), [&[post("/importCustomer", 0)][..], &questions].concat());
    let folder = Folder::new();
    let config = folder.file("config.json", &vendor.config().to_string());
    let catalog = folder.file("catalog.json", &extract::catalog());
    let finished = command::run(["write", "--config", &config, "--catalog", &catalog], &lines());
    assert_eq!(finished.code, 0, "{}", finished.stdout);
    let asked = vendor.asked();
    assert_eq!(asked[..2], questions, "a sync asks before it adds anybody");
    assert!(
        asked[2..].iter().all(|(_, path, n_people)| path == "/importCustomer" && *n_people > 0),
        "{asked:?}"
    );
    drop(vendor.runtime);
}

/// The arguments that run a program where there is no network; none where this machine does not let us.
fn without_network() -> Option<[&'static str; 2]> {
    let tried = std::process::Command::new("unshare").args(["-rn", "true"]).status();
    tried.is_ok_and(|status| status.success()).then_some(["unshare", "-rn"])
}

#[test]
fn a_rehearsal_says_so_first_goes_through_everything_and_opens_no_socket() {
    for vendor in ["itnio", "vbee"] {
        let plays = match vendor {
            "itnio" => json!({ "vendor_type": "itnio", "app_id": "LILIN888", "job_id": 12 }),
            _ => json!({ "vendor_type": "vbee", "campaign_id": "65f0c0ffee0000000000cafe" }),
        };
        let folder = Folder::new();
        let ledger = json!({ "ledger_type": "sqlite", "path": folder.path("ledger.db") });
        let mut config = json!({
            "vendor": { "vendor_type": "rehearsal", "plays": plays },
            "phone": { "default_region": "VN" },
            "streams": extract::streams(vendor),
            "ledger": ledger,
        });
        let path = folder.file("config.json", &config.to_string());
        let catalog = folder.file("catalog.json", &extract::catalog());
        let (status, message) = check(&config, true);
        assert_eq!(status, "SUCCEEDED", "{message}");
        assert!(
            message.starts_with(&format!("REHEARSAL: {vendor} is played inside this program")),
            "{message}"
        );
        assert!(!message.contains("accepts the credentials"), "{message}");
        let write = ["write", "--config", &path, "--catalog", &catalog].map(str::to_owned);
        let binary = command::binary().display().to_string();
        let finished = match without_network() {
            Some([unshare, how]) => {
                let arguments = [vec![how.to_owned(), binary], write.to_vec()].concat();
                command::run_as(unshare, arguments, &lines())
            }
            None => command::run(write, &lines()),
        };
        assert_eq!(finished.code, 0, "{}", finished.stdout);
        let logs = logs(&finished);
        assert!(logs[0].1.starts_with("REHEARSAL, nobody is called: destination-ai-voice "), "{logs:?}");
        assert!(!finished.of_type("STATE").is_empty());
        let status = command::run(["ledger", "status", "--config", &path], b"");
        assert!(status.stdout.contains("accepted"), "{}", status.stdout);
        // Who rehearsed with a ledger does not call people with it: a rehearsal blocks no real call.
        let mut real = plays.clone();
        real["api_key"] = json!("invented-key");
        real["api_secret"] = json!("invented-secret");
        if vendor == "vbee" {
            real = json!({ "vendor_type": "vbee", "campaign_id": plays["campaign_id"],
                "credentials": { "auth_type": "api_key", "api_key": "invented-key", "api_secret": "invented-secret" } });
        }
        config["vendor"] = real;
        let path = folder.file("real.json", &config.to_string());
        let refused = command::run(["write", "--config", &path, "--catalog", &catalog], b"");
        assert_eq!(refused.code, 1, "{}", refused.stdout);
        assert!(refused.stdout.contains("use a ledger of its own for rehearsals"), "{}", refused.stdout);
    }
}

#[test]
fn plain_http_to_another_machine_is_sent_only_where_somebody_says_so_and_is_told() {
    let rehearsal = Rehearsal::new("none", &[]);
    let mut config = rehearsal.config("itnio", &json!({}));
    config["vendor"]["base_url"] = json!("http://192.0.2.1:1/aivoice");
    let (status, message) = check(&config, false);
    assert_eq!(status, "FAILED");
    assert!(
        message.contains("for a sandbox in a container set vendor.allow_plain_http to true"),
        "{message}"
    );
    config["vendor"]["allow_plain_http"] = json!(true);
    config["delivery"] = json!({ "request_timeout_seconds": 1 });
    let (_, message) = check(&config, false);
    assert!(!message.contains("allow_plain_http to true"), "{message}");
}

#[test]
fn a_demo_keeps_its_files_once() {
    let folder = Folder::new();
    let kept = folder.path("kept");
    let demo = ["demo", "--records", "50", "--faults", "none", "--keep", &kept];
    let first = command::run(demo, b"");
    assert_eq!(first.code, 0, "{}", first.stdout);
    for name in ["catalog.json", "messages.jsonl", "itnio.json", "vbee.json"] {
        let text = std::fs::read_to_string(std::path::Path::new(&kept).join(name)).unwrap();
        assert!(!text.is_empty(), "{name}");
        assert!(!name.starts_with("itnio") || text.contains("http://127.0.0.1:8080/aivoice"), "{text}");
    }
    let again = command::run(demo, b"");
    assert_eq!(again.code, 1, "{}", again.stdout);
    assert!(again.stdout.contains("what --keep writes"), "{}", again.stdout);
}
