"""What the wrapper makes of a connector that does not do what it should. No Spark needed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from ai_voice_spark import Connector, ConnectorFailed, deliver, refuse_speculation
from pyspark import SparkConf

from spark.conftest import WRAPPER
from support.connector import json_file

PHONE = "+84980000123"
ROWS = [{"id": n, "mobile": PHONE} for n in range(3)]
STATE = (
    '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"customers"},'
    '"stream_state":{"partition":7}},"destinationStats":{"recordCount":%s.0}}}'
)

StandIn = Callable[[str], Connector]


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    """A connector that is a few lines of shell; it is started in the test's folder."""

    def make(script: str, ledger: str = "postgres", silence: float = 60) -> Connector:
        program = tmp_path / "connector"
        program.write_text(f"#!/bin/sh\ncd {tmp_path}\n{script}\n")
        program.chmod(0o755)
        config = json_file(tmp_path, "config.json", {"ledger": {"ledger_type": ledger}})
        return Connector(str(config), "customers", binary=str(program), silence_seconds=silence)

    return make


def send(connector: Connector, rows: list[dict] = ROWS) -> tuple[int, int]:
    return deliver(connector, ["id", "mobile"], 7, rows)


def test_a_connector_that_does_its_work_is_believed(stand_in: StandIn) -> None:
    assert send(stand_in(f"cat > read; echo '{STATE % 3}'")) == (3, 0)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("cat > read", "did not hand the state back"),
        (f"cat > read; echo '{STATE % 2}'", "accounts for 2 of 60000 rows"),
        (f"cat > read; echo '{STATE % 3}'; exit 9", "ended with 9 and gave no reason"),
        (f"cat > read; echo '{STATE % 3}' | sed s/:7/:8/", "did not hand the state back"),
        ("exit 0", "did not hand the state back"),
        ("kill -KILL $$", "ended with -9 and gave no reason"),
        ("exec cat", "accounts for 0 of 60000 rows"),
        ("exec yes nonsense", "what is not the protocol"),
        (
            """echo '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"no","failure_type":"config_error"}}}'; exit 1""",
            "config_error: no",
        ),
    ],
)
def test_everything_else_fails_the_partition(stand_in: StandIn, script: str, why: str) -> None:
    with pytest.raises(ConnectorFailed, match=f"partition 7: .*{why}") as caught:
        send(stand_in(script), ROWS * 20_000)
    assert PHONE[3:] not in str(caught.value)


def test_a_silent_connector_is_given_up(stand_in: StandIn) -> None:
    with pytest.raises(ConnectorFailed, match="said nothing any more"):
        send(stand_in("exec sleep 600", silence=1), ROWS * 20_000)


@pytest.mark.parametrize("ledger", ["none", "sqlite"])
def test_only_a_shared_ledger_is_good_enough(
    stand_in: StandIn, tmp_path: Path, ledger: str
) -> None:
    with pytest.raises(ConnectorFailed, match="must be postgres"):
        send(stand_in("touch started", ledger))
    assert not (tmp_path / "started").exists()


def test_a_column_that_fits_nowhere_is_named_by_its_type(stand_in: StandIn) -> None:
    with pytest.raises(TypeError, match="a column holds a bytes") as caught:
        send(stand_in("exec cat > read"), [{"mobile": PHONE.encode()}])
    assert PHONE[3:] not in str(caught.value)


def test_values_reach_the_connector_as_the_warehouse_has_them(
    stand_in: StandIn, tmp_path: Path
) -> None:
    row = {
        "amount": Decimal("1500000.10"),
        "due": date(2026, 11, 30),
        "seen": datetime(2026, 11, 30, 8, 15),
        "score": float("nan"),
        "name": 'Nguyễn "Tý"\n',
        "tags": ["a", None],
    }
    send(stand_in(f"cat > read; echo '{STATE % 1}'"), [row])
    record, state = map(json.loads, (tmp_path / "read").read_text().splitlines())
    assert record["record"]["data"] == {
        "amount": "1500000.10",
        "due": "2026-11-30",
        "seen": "2026-11-30T08:15:00",
        "score": None,
        "name": 'Nguyễn "Tý"\n',
        "tags": ["a", None],
    }
    assert state["type"] == "STATE"


def test_a_connector_does_not_outlive_its_killed_task(stand_in: StandIn, tmp_path: Path) -> None:
    script = (
        "trap 'echo interrupted > end; exit 1' TERM; touch started; while :; do sleep 0.1; done"
    )
    connector = stand_in(script)
    task = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import ai_voice_spark as s, sys, time\n"
            f"rows = iter(lambda: time.sleep(1) or {{'id': 1}}, None)\n"
            f"s.deliver(s.{connector!r}, ['id'], 0, rows)",
        ],
        env={**os.environ, "PYTHONPATH": str(WRAPPER.parent)},
    )
    try:
        wait_for((tmp_path / "started").exists)
    finally:
        task.send_signal(signal.SIGKILL)
        task.wait()
    wait_for((tmp_path / "end").exists)


def test_copies_of_tasks_are_refused() -> None:
    refuse_speculation(SparkConf(loadDefaults=False))
    with pytest.raises(ValueError, match="spark.speculation"):
        refuse_speculation(SparkConf(loadDefaults=False).set("spark.speculation", "true"))


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
