"""The connector as a process: what it was given, what it printed, how it ended."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def binary() -> Path:
    """The binary under test; `run` sets it."""
    return Path(os.environ["AI_VOICE_BINARY"]).resolve()


def quiet_environment() -> dict[str, str]:
    """An environment in which nothing asks the network for anything but this machine."""
    return {
        **os.environ,
        "AIRBYTE_OFFLINE_MODE": "1",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


@dataclass
class Finished:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    def messages(self, kind: str | None = None) -> list[dict]:
        """The protocol's messages in order, of one type or all; a line that is none fails."""
        messages = [json.loads(line) for line in self.stdout.splitlines()]
        return [message for message in messages if kind in (None, message["type"])]


def run(
    *arguments: str | Path,
    stdin: str = "",
    timeout: float = 120,
    environment: dict[str, str] | None = None,
) -> Finished:
    """Runs a command of the connector to its end, with further variables of the environment."""
    done = subprocess.run(
        [binary(), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**quiet_environment(), **(environment or {})},
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def json_file(folder: Path, name: str, content: object) -> Path:
    """Writes a configuration or a catalog."""
    path = folder / name
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path
