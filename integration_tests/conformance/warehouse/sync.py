"""One connection as the platform runs it: a low-code source, this destination, and the last state.

The platform forwards records and states, numbers the states, and keeps what comes back: the next
sync begins with the state that the *destination* let out.
"""

import json
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from support import connector
from support.connector import Finished, json_file, quiet_environment
from warehouse.customers import START

MANIFEST = Path(__file__).with_name("manifest.yaml")


@dataclass
class Sync:
    """What the source gave, and what came of it."""

    records: list[dict]
    states: list[dict]
    finished: Finished

    @property
    def handed_back(self) -> list[dict]:
        """The states that the destination let out."""
        return [message["state"] for message in self.finished.messages("STATE")]

    def counted(self, counter: str) -> int:
        """The sum of a counter over all states that came back."""
        return sum(int(state["destinationStats"].get(counter, 0)) for state in self.handed_back)


@dataclass
class Connection:
    """A source, a destination, and how far they are."""

    folder: Path
    address: str
    destination: Path
    state: dict | None = None
    syncs: list[Sync] = field(default_factory=list)

    def sync(self, until: datetime, n_states: int | None = None) -> Sync:
        """Runs once. With `n_states`, the destination dies when so many states have come back."""
        self._configure(until)
        catalog = self.folder / "catalog.json"
        if not catalog.exists():
            json_file(self.folder, catalog.name, configured(self._ask("discover")))
        lines = [line for line in self._ask("read", catalog) if line["type"] in ("RECORD", "STATE")]
        states = [line["state"] for line in lines if line["type"] == "STATE"]
        for id, state in enumerate(states):
            state["id"] = id
        arguments = ["write", "--config", self.destination, "--catalog", catalog]
        if n_states is None:
            finished = connector.run(*arguments, stdin=as_text(lines))
        else:
            finished = killed(arguments, upto(lines, n_states), n_states)
        records = [line["record"]["data"] for line in lines if line["type"] == "RECORD"]
        done = Sync(records, states, finished)
        if done.handed_back:
            self.state = done.handed_back[-1]
        self.syncs.append(done)
        return done

    def _configure(self, until: datetime) -> None:
        times = {"start": time(START), "end": time(until)}
        json_file(self.folder, "source.json", {"address": self.address, **times})

    def _ask(self, command: str, catalog: Path | None = None) -> list[dict]:
        """The messages of one command of the source."""
        asked = [command, "--config", self.folder / "source.json", "--manifest-path", MANIFEST]
        if catalog:
            asked += ["--catalog", catalog]
        if catalog and self.state:
            kept = {name: self.state[name] for name in ("type", "stream")}
            asked += ["--state", json_file(self.folder, "state.json", [kept])]
        done = subprocess.run(
            ["source-declarative-manifest", *asked],
            capture_output=True,
            text=True,
            timeout=120,
            env=quiet_environment(),
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def configured(discovered: list[dict]) -> dict:
    """Everything that the source offers, incrementally."""
    [catalog] = [line["catalog"] for line in discovered if line["type"] == "CATALOG"]
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
    return {"streams": [{"stream": stream, **modes} for stream in catalog["streams"]]}


def time(at: datetime) -> str:
    """A time as the source's configuration has it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def as_text(lines: list[dict]) -> str:
    """Messages as the destination reads them."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def upto(lines: list[dict], n_states: int) -> list[dict]:
    """The messages up to a state, that one included."""
    places = [place for place, line in enumerate(lines) if line["type"] == "STATE"]
    return lines[: places[n_states - 1] + 1]


def killed(arguments: list[str | Path], lines: list[dict], n_states: int) -> Finished:
    """Feeds a destination that is killed as soon as the states have come back."""
    process = subprocess.Popen(
        [connector.binary(), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=quiet_environment(),
    )
    too_late = threading.Timer(60, process.kill)
    too_late.start()
    said = ""
    try:
        process.stdin.write(as_text(lines))
        process.stdin.flush()
        while n_states:
            line = process.stdout.readline()
            assert line, f"the destination ended by itself: {said}"
            said += line
            n_states -= json.loads(line)["type"] == "STATE"
    finally:
        too_late.cancel()
        process.kill()
        rest, complaint = process.communicate(timeout=30)
    return Finished(process.returncode, said + rest, complaint)
