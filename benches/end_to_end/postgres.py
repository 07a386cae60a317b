"""A PostgreSQL server of our own, for the shared ledger."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`, which Debian keeps off the path."""
    found = shutil.which("initdb")
    candidates = [Path(found)] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return candidates[0].resolve().parent if candidates else None


class Server:
    """A running server."""

    def __init__(self, port: int, process: int, psql: Callable[[str], None]) -> None:
        self.process = process
        self._port = port
        self._psql = psql
        self._n_databases = 0

    def database(self) -> str:
        """Makes an empty database; gives its URL."""
        self._n_databases += 1
        name = f"ledger_{self._n_databases}"
        self._psql(f"CREATE DATABASE {name}")
        return f"postgres://postgres@127.0.0.1:{self._port}/{name}"


@contextmanager
def server() -> Iterator[Server]:
    """Starts a server with its usual settings on a free port; it is gone afterwards."""
    binaries = programs()
    folder = Path(tempfile.mkdtemp(prefix="ai-voice-bench-"))
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def psql(statement: str) -> None:
        command = [
            binaries / "psql",
            "-h",
            folder,
            "-p",
            str(port),
            "-U",
            "postgres",
            "-qc",
            statement,
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    initdb = [
        binaries / "initdb",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "-D",
        folder / "data",
    ]
    subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder)
    command = [binaries / "postgres", "-D", folder / "data", "-k", folder, "-h", "127.0.0.1"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [*command, "-p", str(port)], stdout=log, stderr=log, user=user, cwd=folder
        )
    try:
        _wait_until_ready(folder)
        yield Server(port, process.pid, psql)
    finally:
        process.terminate()
        process.wait(timeout=60)
        shutil.rmtree(folder)


def _wait_until_ready(folder: Path) -> None:
    """The server says so itself, in the last line of its lock file."""
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        try:
            lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            lines = []
        if len(lines) > 7 and lines[7].strip() == "ready":
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL does not start: {(folder / 'log').read_text()}")
