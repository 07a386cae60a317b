"""Adds the rows of a Spark DataFrame to an AI voice-call campaign: one connector a partition.

    from ai_voice_spark import Connector, send

    send(frame, Connector(config="config.json", stream="customers"))

Spark runs a task again when it fails. That calls nobody twice, because all connectors share a
PostgreSQL ledger; a configuration with another one, or none, is refused. Needs a Spark with RDDs
(not Spark Connect), Python 3.9, and nothing else. See docs/scaling.md.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import json
import logging
import math
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pyspark import SparkFiles, TaskContext

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import DataFrame, Row

_LOG = logging.getLogger(__name__)
_LEVELS = {"FATAL": 50, "ERROR": 40, "WARN": 30, "INFO": 20, "DEBUG": 10, "TRACE": 10}
_LIBC = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
_PR_SET_PDEATHSIG = 1

#: A connector that has failed hears out its requests: `delivery.request_timeout_seconds` and five.
_PATIENCE_SECONDS = 75


class ConnectorFailed(RuntimeError):
    """A partition was not sent as a whole. What was sent is in the ledger: try it again."""


@dataclass(frozen=True)
class Connector:
    """How each partition's connector is started.

    `binary` and `config` are files of the workers, or came with the job (`spark-submit --files`).
    The columns of `primary_key` help people to find a contact in the ledger.
    """

    config: str
    stream: str
    primary_key: tuple[str, ...] = ()
    binary: str = "destination-ai-voice"
    #: The connector logs every ten seconds; one that is silent for so long is given up.
    silence_seconds: float = 300


@dataclass(frozen=True)
class Sent:
    """What became of a partition's rows."""

    partition: int
    #: 0, unless Spark had to try again.
    attempt: int
    #: Rows whose person is in the campaign, whichever row or run brought them there.
    accepted: int
    rejected: int


def send(frame: DataFrame, connector: Connector) -> list[Sent]:
    """Sends every row; raises when a partition failed more often than Spark tries it."""
    refuse_speculation(frame.sparkSession.sparkContext.getConf())
    partition = functools.partial(_send_partition, connector, tuple(frame.columns))
    return frame.rdd.mapPartitionsWithIndex(partition).collect()


def refuse_speculation(conf: SparkConf) -> None:
    """Two copies of a task share its people, and Spark kills one of them with what it holds."""
    if conf.get("spark.speculation", "false") == "true":
        raise ValueError("switch spark.speculation off: the copy that is killed takes people along")


def _send_partition(
    connector: Connector, columns: tuple[str, ...], index: int, rows: Iterator[Row]
) -> Iterator[Sent]:
    first = next(rows, None)
    if first is not None:
        data = (row.asDict(recursive=True) for row in itertools.chain([first], rows))
        accepted, rejected = deliver(connector, columns, index, data)
        yield Sent(index, TaskContext.get().attemptNumber(), accepted, rejected)


def deliver(
    connector: Connector, columns: Iterable[str], index: int, rows: Iterable[dict[str, Any]]
) -> tuple[int, int]:
    """Sends rows through one connector; gives how many ended as accepted and as rejected."""
    config = _located(connector.config)
    _demand_shared_ledger(config)
    state = _state(connector.stream, index)
    with tempfile.TemporaryDirectory(prefix="ai-voice-") as folder:
        catalog = Path(folder, "catalog.json")
        catalog.write_text(json.dumps(_catalog(connector, columns)))
        command = [_located(connector.binary), "write", "--config", config, "--catalog", catalog]
        with _running(command) as process:
            heard = _Heard()
            ear = threading.Thread(
                target=heard.listen, args=(process, connector.silence_seconds), daemon=True
            )
            ear.start()
            n_rows = _feed(process.stdin, connector.stream, rows, state)
            ear.join()
            code = process.wait(timeout=_PATIENCE_SECONDS)
    why = heard.complaint(code, state, n_rows)
    if why:
        raise ConnectorFailed(f"partition {index}: {why}")
    return heard.counts()


@dataclass
class _Heard:
    """What a connector said: only what decides, so that it stays small."""

    states: list[dict] = field(default_factory=list)
    error: dict | None = None
    given_up: str | None = None

    def listen(self, process: subprocess.Popen, silence_seconds: float) -> None:
        """Reads to the end of what the connector says, and ends one that makes no sense."""
        rest = b""
        try:
            while select.select([process.stdout], [], [], silence_seconds)[0]:
                said = os.read(process.stdout.fileno(), 1 << 16)
                if not said:
                    return
                *lines, rest = (rest + said).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
            self.given_up = "the connector said nothing any more"
        except (ValueError, KeyError, TypeError):
            self.given_up = "the connector said what is not the protocol"
        process.kill()

    def _take(self, message: dict) -> None:
        kind = message["type"]
        if kind == "LOG":
            _LOG.log(_LEVELS[message["log"]["level"]], "%s", message["log"]["message"])
        elif kind == "STATE":
            self.states.append(message["state"])
        elif kind == "TRACE" and message["trace"]["type"] == "ERROR":
            self.error = message["trace"]["error"]

    def complaint(self, code: int, state: dict, n_rows: int) -> str | None:
        """Why the partition does not count as sent. Holds nothing of the rows."""
        if self.given_up:
            return self.given_up
        if code != 0 and self.error:
            return f"{self.error['failure_type']}: {self.error['message']}"
        if code != 0:
            return f"the connector ended with {code} and gave no reason"
        came_back = [{name: came.get(name) for name in state} for came in self.states]
        if came_back != [state]:
            return "the connector did not hand the state back"
        if sum(self.counts()) != n_rows:
            return f"the connector accounts for {sum(self.counts())} of {n_rows} rows"
        return None

    def counts(self) -> tuple[int, int]:
        """Accepted and rejected."""
        stats = self.states[0].get("destinationStats") or {}
        return int(stats.get("recordCount", 0)), int(stats.get("rejectedRecordCount", 0))


@contextmanager
def _running(command: list[str | Path]) -> Iterator[subprocess.Popen]:
    """A connector that does not outlive the task, however that ends."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=_end_with_parent
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_PATIENCE_SECONDS)
            process.kill()
            process.wait()
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()


def _end_with_parent() -> None:
    """Spark kills the Python of a task with SIGKILL: then the connector is interrupted by Linux.

    Elsewhere it comes to the end of its input, and sends what it has read before.
    """
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _feed(pipe: IO[bytes], stream: str, rows: Iterable[dict[str, Any]], state: dict) -> int:
    """Writes the rows and the state that stands for them; gives how many rows there were.

    A connector that ended has said why, so that a broken pipe is no news.
    """
    n_rows = 0
    with suppress(BrokenPipeError):
        for row in rows:
            data = {name: _finite(value) for name, value in row.items()}
            record = {"stream": stream, "data": data, "emitted_at": int(time.time() * 1000)}
            pipe.write(_line({"type": "RECORD", "record": record}))
            n_rows += 1
        pipe.write(_line({"type": "STATE", "state": state}))
        pipe.close()
    return n_rows


def _line(message: dict) -> bytes:
    text = json.dumps(message, default=_plain, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _finite(value: Any) -> Any:
    """JSON has no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> str:
    """What JSON has no word for. The complaint names the type only, never the value."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a column holds a {type(value).__name__}: cast or drop it")


def _state(stream: str, index: int) -> dict:
    place = {"stream_descriptor": {"name": stream}, "stream_state": {"partition": index}}
    return {"type": "STREAM", "stream": place}


def _catalog(connector: Connector, columns: Iterable[str]) -> dict:
    stream = {
        "name": connector.stream,
        "json_schema": {"type": "object", "properties": {column: {} for column in columns}},
        "supported_sync_modes": ["full_refresh"],
    }
    configured = {
        "stream": stream,
        "sync_mode": "full_refresh",
        "destination_sync_mode": "append",
        "primary_key": [[column] for column in connector.primary_key],
    }
    return {"streams": [configured]}


def _demand_shared_ledger(config: str) -> None:
    with open(config, encoding="utf-8") as file:
        ledger = json.load(file).get("ledger") or {}
    if ledger.get("ledger_type") != "postgres":
        raise ConnectorFailed("ledger_type must be postgres: Spark runs tasks more than once")


def _located(name: str) -> str:
    """A path as it is; a bare name is one of the job's files, or a program on the worker's path."""
    if os.sep in name:
        return name
    places = [SparkFiles.getRootDirectory(), os.getcwd()]
    shipped = (os.path.join(place, name) for place in places)
    return next(filter(os.path.exists, shipped), None) or shutil.which(name) or name
