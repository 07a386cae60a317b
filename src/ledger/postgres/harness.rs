//! A real PostgreSQL for tests: started once for the process, gone when the process is gone.
//!
//! Uses nothing of this crate, so that the integration tests can take it by `#[path]`. The server is
//! the child of a shell that reads a pipe which only this process can write to. However this process
//! ends, the pipe closes, and the shell stops the server and clears up.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[path = "pooler.rs"]
pub(crate) mod pooler;

const INSTALL: &str = "these tests need a PostgreSQL server: apt-get install postgresql";
const START_TIMEOUT: Duration = Duration::from_mins(1);

const STANDBY: &str = "standby";

/// The password of the superuser `postgres`.
const PASSWORD: &str = "s3cret@1";

/// For each line of its input, ends the server the quick way, as a crash does, and starts it again; at
/// the end of its input for good.
///
/// What a server that crashes has written, the system has: only where a whole machine goes down, somebody has to wait
/// for the disk.
const KEEPER: &str = r#"
run() {
    "$1/postgres" -D "$2/data" -k "$2" -h 127.0.0.1 -p "$3" \
        -c ssl=on -c ssl_cert_file="$2/server.pem" -c ssl_key_file="$2/server.key" \
        -c max_connections=400 -c deadlock_timeout=100ms -c fsync=off >>"$2/log" 2>&1 &
    server=$!
}
end() {
    # A shell has what it starts beside itself ignore SIGQUIT, until the server asks for it.
    while kill -QUIT $server 2>/dev/null; do sleep 0.1; done
    wait $server
}
run "$@"
while read -r _; do
    end
    sleep 0.5
    run "$@"
done
end
rm -rf "$2"
"#;

/// `server.pem` is signed by `root.pem` for `localhost`; `self.pem` signs itself, as an authority.
const CERTIFICATES: &str = "
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj /CN=test-root -keyout root.key -out root.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -subj /CN=localhost -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost' > server.ext
openssl x509 -req -in server.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 \
    -extfile server.ext -out server.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout self.key -out self.pem
";

/// A server under way.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Certificates, the socket, the log.
    pub(crate) folder: PathBuf,
    n_databases: AtomicU32,
    /// Holds our end of the pipe, too.
    keeper: Mutex<Child>,
}

/// Gives the server of this process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start("primary"))
}

/// A server whose crashes disturb nobody else.
pub(crate) fn crashing() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start("crashing"))
}

/// A server that waits for the records of a primary, which takes no writes.
pub(crate) fn standby() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(STANDBY))
}

impl Server {
    fn start(role: &str) -> Self {
        let programs = programs();
        let folder = std::env::temp_dir().join(format!("ai-voice-{role}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir(&folder).expect("a temporary folder can be made");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("it is ours");
        make_certificates(&folder);
        fs::write(folder.join("password"), PASSWORD).expect("there is room");
        let user = other_user(&folder);
        if let Some(user) = &user {
            give_away(&folder, user);
        }
        let mut initdb = as_user(user.as_ref(), programs.join("initdb"));
        initdb.args(["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]);
        initdb.arg("--pwfile").arg(folder.join("password")).arg("-D").arg(folder.join("data"));
        run(initdb.current_dir(&folder));
        trust_some(&folder);
        if role == STANDBY {
            fs::write(folder.join("data/standby.signal"), "").expect("root may, and so may the owner");
        }

        let port = free_port();
        let mut keeper = as_user(user.as_ref(), "sh".into());
        keeper.arg("-c").arg(KEEPER).arg("keeper").arg(&programs).arg(&folder).arg(port.to_string());
        // Its own group: the terminal's interrupt is for us, and the pipe tells the shell.
        keeper.current_dir(&folder).process_group(0);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = keeper.spawn().unwrap_or_else(|error| panic!("{keeper:?}: {error}"));
        let server = Self { port, folder, n_databases: AtomicU32::new(0), keeper: Mutex::new(keeper) };
        server.wait();
        server
    }

    /// The server itself says when it is ready, in the last line of its lock file.
    fn wait(&self) {
        let started = Instant::now();
        let is_ready = || {
            let lines = fs::read_to_string(self.folder.join("data/postmaster.pid"));
            lines.is_ok_and(|lines| {
                lines.lines().nth(7).is_some_and(|line| ["ready", STANDBY].contains(&line.trim()))
            })
        };
        while !is_ready() {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(started.elapsed() < START_TIMEOUT, "PostgreSQL does not start: {}", log());
            sleep(Duration::from_millis(10));
        }
    }

    /// Ends the server at once, and sees that it is gone; half a second later it is started again.
    pub(crate) fn crash(&self) {
        tell(&self.keeper);
        wait_until_gone(self.port);
    }

    /// The URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", PASSWORD.replace('@', "%40"), self.port)
    }

    /// Makes an empty database, and gives its URL.
    pub(crate) async fn database(&self) -> String {
        let name = format!("test_{}", self.n_databases.fetch_add(1, Ordering::Relaxed));
        execute(&self.url("postgres"), &format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }
}

/// Runs statements on a connection of their own, past the code under test.
pub(crate) async fn execute(url: &str, sql: &str) {
    connect(url).await.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// A connection past the code under test.
pub(crate) async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the server runs");
    tokio::spawn(async move { drop(connection.await) });
    client
}

/// Has a keeper begin anew.
fn tell(keeper: &Mutex<Child>) {
    let mut keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
    let pipe = keeper.stdin.as_mut().expect("it was started with one");
    pipe.write_all(b"\n").expect("it reads until we end");
}

/// A crash that does not happen proves nothing.
fn wait_until_gone(port: u16) {
    let asked = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(asked.elapsed() < START_TIMEOUT, "what should crash does not end");
        sleep(Duration::from_millis(10));
    }
}

fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a port is free").port()
}

/// The folder with `initdb` and `postgres`: Debian keeps them off the path.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for versions in ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt"] {
        let found = fs::read_dir(versions).into_iter().flatten().flatten();
        folders.extend(found.map(|version| version.path().join("bin")));
    }
    let complete = |folder: &PathBuf| folder.join("initdb").exists() && folder.join("postgres").exists();
    let found = folders.into_iter().find(complete).unwrap_or_else(|| panic!("{INSTALL}"));
    // Through a link, the server would not find its libraries.
    let real = fs::canonicalize(found.join("postgres")).expect("it was there");
    real.parent().expect("a file is in a folder").to_owned()
}

/// Roles of this name need no password: for what stands between, and cannot sign in.
pub(crate) const TRUSTED: &str = "trusted";

fn trust_some(folder: &Path) {
    let file = folder.join("data/pg_hba.conf");
    let rules = fs::read_to_string(&file).expect("initdb made it");
    let trust = format!("host all {TRUSTED} 127.0.0.1/32 trust\n");
    // What comes first counts. The file stays the server's.
    fs::write(file, trust + &rules).expect("root may, and so may the owner");
}

fn make_certificates(folder: &Path) {
    let mut openssl = Command::new("sh");
    openssl.args(["-e", "-c", CERTIFICATES]).current_dir(folder);
    run(&mut openssl);
    for key in ["server.key", "self.key"] {
        fs::set_permissions(folder.join(key), Permissions::from_mode(0o600)).expect("it is ours");
    }
}

/// PostgreSQL refuses to run as root: name, user and group of somebody else then.
fn other_user(folder: &Path) -> Option<(String, u32, u32)> {
    if fs::metadata(folder).expect("it was just made").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a machine has users");
    let named = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let ids: Vec<u32> = line.split(':').skip(2).take(2).map_while(|id| id.parse().ok()).collect();
        Some((name.to_owned(), *ids.first()?, *ids.get(1)?))
    };
    Some(named("postgres").or_else(|| named("nobody")).expect("root has an unprivileged user beside it"))
}

fn give_away(folder: &Path, (_, user, group): &(String, u32, u32)) {
    let files = fs::read_dir(folder).expect("it is ours").flatten().map(|file| file.path());
    for path in files.chain([folder.to_owned()]) {
        chown(&path, Some(*user), Some(*group)).expect("root may give away");
    }
}

/// A command of the user that the server runs as.
fn as_user(user: Option<&(String, u32, u32)>, program: PathBuf) -> Command {
    let Some((name, uid, gid)) = user else { return Command::new(program) };
    let exists = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if exists("setpriv") {
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={uid}"), format!("--regid={gid}")]).arg("--clear-groups").arg(program);
        return command;
    }
    assert!(
        exists("runuser"),
        "to start PostgreSQL as root, setpriv or runuser is needed: apt-get install util-linux"
    );
    let mut command = Command::new("runuser");
    command.args(["-u", name, "--"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {INSTALL} openssl"));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}; {INSTALL} openssl", String::from_utf8_lossy(&said));
}
