"""The platform's container of one sync: the launcher's script, its pipes, its exit code."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from support.connector import binary, json_file

_Answer = TypeVar("_Answer")

_HERE = Path(__file__).parent
_USER = 1000
_PIPES = ("stdin", "stdout", "stderr")

# What the launcher tells a sync about itself.
_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "DEPLOYMENT_MODE": "OSS",
    "WORKER_CONNECTOR_IMAGE": "destination-ai-voice:under-test",
    "WORKER_JOB_ID": "17",
    "WORKER_JOB_ATTEMPT": "0",
    "USE_STREAM_CAPABLE_STATE": "true",
    "LOG_LEVEL": "INFO",
}


def why_unconfined() -> str | None:
    """Why a sync cannot be confined on this machine; nothing when it can."""
    if os.geteuid() != 0:
        return f"only root can make a container, and this is uid {os.geteuid()}"
    if missing := [name for name in ("unshare", "setpriv", "chroot") if not shutil.which(name)]:
        return f"there is no {', '.join(missing)}"
    probe = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"unshare refuses: {probe.stderr.strip()}" if probe.returncode else None


class Container:
    """A container in its folder; the folder outlives it, as the platform's volume does."""

    def __init__(self, folder: Path, poll_seconds: float = 0.2) -> None:
        self.folder = folder
        self.is_confined = why_unconfined() is None
        self.inside = Path("/mnt") if self.is_confined else folder
        connector = Path("/opt") / binary().name if self.is_confined else binary()
        self._environment = {
            **_ENVIRONMENT,
            "AIRBYTE_ENTRYPOINT": str(connector),
            "POLL_SECONDS": str(poll_seconds),
        }
        self._stdin: int | None = None
        self._readers: dict[str, subprocess.Popen] = {}
        self._launcher: subprocess.Popen | None = None

    def popen(self, *command: str, **settings: object) -> subprocess.Popen:
        """Starts a command where the connector is, under the same rules."""
        if self.is_confined:
            root = self.folder.parent / f"{self.folder.name}-root"
            root.mkdir(exist_ok=True)
            namespaces = "unshare --mount --pid --fork --kill-child sh".split()
            command = (
                *namespaces,
                _HERE / "confine.sh",
                root,
                self.folder,
                binary().parent,
                *command,
            )
        return subprocess.Popen(
            command, cwd=self.folder, env=self._environment, start_new_session=True, **settings
        )

    def write(self, config: dict, catalog: dict) -> "Container":
        """Starts a sync, with a reader at each end of it."""
        for name in (*_PIPES, "exitCode.txt", "TERMINATED"):
            (self.folder / name).unlink(missing_ok=True)
        json_file(self.folder, "connectorConfig.json", config)
        json_file(self.folder, "catalog.json", catalog)
        shutil.copy(_HERE / "write.sh", self.folder)
        for name in _PIPES:
            os.mkfifo(self.folder / name)
        if self.is_confined:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, _USER, _USER)
        for name in ("stdout", "stderr"):
            with (self.folder / f"{name}.txt").open("wb") as kept:
                self._readers[name] = subprocess.Popen(["cat", self.folder / name], stdout=kept)
        self._launcher = self.popen("sh", "write.sh")
        self._stdin = until(self._open_stdin, "the connector opens its stdin")
        return self

    def _open_stdin(self) -> int | None:
        try:
            stdin = os.open(self.folder / "stdin", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None
        fcntl.fcntl(stdin, fcntl.F_SETFL, os.O_WRONLY)
        return stdin

    def send(self, *lines: str) -> None:
        """Writes lines to the connector, which may have ended."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._stdin, "".join(f"{line}\n" for line in lines).encode())

    def end_input(self, rest: str = "") -> None:
        """Closes stdin, perhaps in the middle of a line; the same as the death of who writes."""
        if self._stdin is not None:
            if rest:
                os.write(self._stdin, rest.encode())
            os.close(self._stdin)
            self._stdin = None

    def kill_reader(self) -> None:
        """Ends whoever reads stdout."""
        self._readers["stdout"].kill()
        self._readers["stdout"].wait()

    def cancel(self) -> None:
        """Asks the launcher to end the connector, as a cancelled sync does."""
        (self.folder / "TERMINATED").touch()

    def said(self, name: str = "stdout") -> list[str]:
        """The whole lines that were read from stdout or stderr so far."""
        text = (self.folder / f"{name}.txt").read_text(encoding="utf-8")
        return text[: text.rfind("\n") + 1].splitlines()

    def exit_code(self, timeout: float = 30) -> str:
        """What the file with the exit code says in the end; the container is gone then."""
        self._launcher.wait(timeout)
        code = (self.folder / "exitCode.txt").read_text().strip()
        self._vanish()
        return code

    def _vanish(self) -> None:
        """The container's processes go with it: here by their namespace, or as one session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._launcher.pid, signal.SIGKILL)
        self._launcher.wait(10)
        self.end_input()
        for reader in self._readers.values():
            # Without a connector nobody has ever opened the pipe that it waits for.
            if not (self.folder / "exitCode.txt").exists():
                reader.kill()
            reader.wait(10)

    def __enter__(self) -> "Container":
        return self

    def __exit__(self, *_: object) -> None:
        if self._launcher:
            self._vanish()


def until(question: Callable[[], _Answer | None], what: str, timeout: float = 30) -> _Answer:
    """Waits for an answer."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.02)
    raise TimeoutError(f"not within {timeout} s: {what}")
