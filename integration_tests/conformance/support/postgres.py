"""A PostgreSQL of a test's own: Debian's programs, one loopback port, gone with the test."""

import csv
import io
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

INSTALL = "this suite needs a PostgreSQL server: apt-get install postgresql"
USER, PASSWORD, DATABASE = "postgres", "invented-Passw0rd", "postgres"

# The server is the child of a shell that reads a pipe which only the test can write to. However
# the test ends, the pipe closes, and the shell stops the server and clears up.
_KEEPER = """
"$1/postgres" -D "$2/data" -k "$2" -h 127.0.0.1 -p "$3" -c max_connections=200 -c fsync=off &
server=$!
read -r _
# A shell has what it starts beside itself ignore SIGQUIT, until the server asks for it.
while kill -QUIT $server 2>/dev/null; do sleep 0.1; done
wait $server
rm -rf "$2"
"""


@dataclass(frozen=True)
class Postgres:
    """A running server; its one user may do everything."""

    port: int
    programs: Path
    host: str = "127.0.0.1"
    user: str = USER
    password: str = PASSWORD
    database: str = DATABASE

    @property
    def dsn(self) -> str:
        """The database as a URL, password included."""
        return (
            f"postgresql://{self.user}:{quote(self.password, safe='')}"
            f"@{self.host}:{self.port}/{self.database}"
        )

    def execute(self, sql: str) -> list[list[str]]:
        """Runs statements in one transaction and gives the rows of what they select."""
        done = self._psql(sql)
        assert done.returncode == 0, f"{sql[:200]}: {done.stderr}"
        return list(csv.reader(io.StringIO(done.stdout)))

    def answers(self) -> bool:
        """Whether the server takes statements yet."""
        return self._psql("SELECT 1").returncode == 0

    def _psql(self, sql: str) -> subprocess.CompletedProcess[str]:
        options = ["-X", "-q", "-t", "--csv", "-1", "-v", "ON_ERROR_STOP=1"]
        return subprocess.run(
            [self.programs / "psql", *options, "-h", self.host, "-p", str(self.port)],
            input=sql,
            capture_output=True,
            text=True,
            timeout=60,
            env={
                **os.environ,
                "PGUSER": self.user,
                "PGPASSWORD": self.password,
                "PGDATABASE": self.database,
                "PGCONNECT_TIMEOUT": "5",
            },
            check=False,
        )


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Starts a server and stops it; its log stays in `folder`.

    The data lie elsewhere: root's test folders are closed to the user that the server runs as.
    """
    programs = _programs()
    home = Path(tempfile.mkdtemp(prefix="ai-voice-postgres-"))
    log = folder / "postgres.log"
    try:
        _make_data(programs, home)
        port = _free_port()
        with log.open("wb") as said:
            keeper = subprocess.Popen(
                [*_as_user(), "sh", "-c", _KEEPER, "keeper", programs, home, str(port)],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                cwd=home,
                # The terminal's interrupt is for the test, and the pipe tells the shell.
                start_new_session=True,
            )
        try:
            server = Postgres(port, programs)
            _wait(server, keeper, log)
            yield server
        finally:
            keeper.communicate(b"\n", timeout=30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs() -> Path:
    """The newest server's programs: Debian keeps them off the path."""
    found = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, INSTALL
    return max(found, key=lambda path: float(path.parts[-3])).parent


def _as_user() -> list[str]:
    """PostgreSQL refuses to run as root: the words before a command that make it somebody else's."""
    if os.geteuid() != 0:
        return []
    user = _unprivileged()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _unprivileged() -> pwd.struct_passwd:
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _make_data(programs: Path, home: Path) -> None:
    password = home / "password"
    password.write_text(PASSWORD)
    if os.geteuid() == 0:
        user = _unprivileged()
        for path in (password, home):
            os.chown(path, user.pw_uid, user.pw_gid)
    initdb = [programs / "initdb", "-U", USER, "-A", "scram-sha-256", "--pwfile", password]
    done = subprocess.run(
        [*_as_user(), *initdb, "-E", "UTF8", "--locale=C", "--no-sync", "-D", home / "data"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=home,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(server: Postgres, keeper: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers; one that ended does not become ready."""
    deadline = time.monotonic() + 60
    while not server.answers():
        alive = keeper.poll() is None and time.monotonic() < deadline
        assert alive, f"PostgreSQL does not start: {log.read_text()}"
        time.sleep(0.1)
