//! A real PgBouncer for tests, in front of the server of this process and gone with it.

use super::*;

/// As the server's. Debian keeps the pooler off an ordinary user's path. A shell lets what it starts beside itself
/// ignore SIGQUIT, and the pooler does not ask for it back.
const KEEPER: &str = r#"
PATH=$PATH:/usr/sbin
run() {
    pgbouncer "$1/pgbouncer.ini" >>"$1/out" 2>&1 &
    pooler=$!
}
end() {
    kill -KILL $pooler
    wait $pooler
}
run "$1"
while read -r _; do
    end
    sleep 0.5
    run "$1"
done
end
rm -rf "$1"
"#;

/// A pooler under way.
pub(crate) struct Pooler {
    port: u16,
    /// Holds our end of the pipe, too.
    keeper: Mutex<Child>,
}

impl Pooler {
    /// Three connections to each database, and each transaction gets another one than the last.
    pub(crate) fn start(mode: &str) -> Self {
        static N_POOLERS: AtomicU32 = AtomicU32::new(0);
        let number = N_POOLERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("ai-voice-pooler-{}-{number}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir(&folder).expect("a temporary folder can be made");
        let port = free_port();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres password={PASSWORD}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = {mode}\n\
             default_pool_size = 3\nmin_pool_size = 3\nserver_round_robin = 1\nunix_socket_dir =\n",
            server().port
        );
        fs::write(folder.join("pgbouncer.ini"), settings).expect("there is room");
        let user = other_user(&folder);
        if let Some(user) = &user {
            give_away(&folder, user);
        }
        let mut keeper = as_user(user.as_ref(), "sh".into());
        keeper.arg("-c").arg(KEEPER).arg("keeper").arg(&folder).current_dir(&folder).process_group(0);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = keeper.spawn().unwrap_or_else(|error| panic!("{keeper:?}: {error}"));
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = || fs::read_to_string(folder.join("out")).unwrap_or_default();
            assert!(
                started.elapsed() < START_TIMEOUT,
                "PgBouncer does not start: {}; {INSTALL} pgbouncer",
                said()
            );
            sleep(Duration::from_millis(10));
        }
        Self { port, keeper: Mutex::new(keeper) }
    }

    /// Ends the pooler at once, and sees that it is gone; half a second later it is started again.
    pub(crate) fn crash(&self) {
        tell(&self.keeper);
        wait_until_gone(self.port);
    }

    /// The way through it to a database of the server. It offers no encryption.
    pub(crate) fn url(&self, direct: &str) -> String {
        direct.replace(&format!(":{}/", server().port), &format!(":{}/", self.port))
    }
}
