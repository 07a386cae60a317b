"""A whole circle with PyAirbyte and a bucket: call, fetch who was refused, mend, send again, find the unknown."""

import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from protocol.people import number, row
from storage.server import Server
from support.connector import ROOT, binary, json_file, quiet_environment, run
from support.programs import other_suite
from support.sandbox import sandbox

# Of the people from 1 on, each fifth has a number that lacks a digit, and some have none.
BROKEN, NAMELESS = range(5, 41, 5), (7, 14)
SYNC = """
import json
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache

configs = {name: json.loads(Path(name + ".json").read_text()) for name in ("people", "config")}
source = airbyte.get_source(
    "source-people", config=configs["people"], streams="*", local_executable="source-people"
)
destination = airbyte.get_destination(
    "destination-ai-voice", config=configs["config"], local_executable="destination-ai-voice"
)
customers = source.read(cache=DuckDBCache(db_path="cache.duckdb"), force_full_refresh=True)
destination.write(customers)
"""


@dataclass
class Person:
    """Somebody at a keyboard, in a folder with two configurations."""

    folder: Path

    def fill(self, rows: list[dict]) -> None:
        """What is in the warehouse's table."""
        json_file(self.folder, "people.json", {"people": rows})

    def runs(self, program: str) -> str:
        """Runs a program with PyAirbyte; gives what it printed."""
        script = self.folder / "program.py"
        script.write_text(program, encoding="utf-8")
        python = other_suite("protocol", "python")
        search = [binary().parent, ROOT / "integration_tests/conformance/protocol", python.parent]
        done = subprocess.run(
            [python, script],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.folder,
            env={
                **quiet_environment(),
                "PATH": os.pathsep.join([*map(str, search), "/usr/bin", "/bin"]),
                "AIRBYTE_PROJECT_DIR": str(self.folder),
                "AIRBYTE_LOGGING_ROOT": str(self.folder / "logs"),
            },
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ledger(self, *arguments: str | Path) -> str:
        """What a command of the ledger prints."""
        done = run("ledger", *arguments, "--config", self.folder / "config.json")
        assert done.code == 0, done.stdout + done.stderr
        return done.stdout


def documented_program() -> str:
    """The program of docs/rejected-records.md that fetches rows from a bucket, as a reader would paste it."""
    page = (ROOT / "docs/rejected-records.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return block


def refused(printed: str) -> dict[str, str]:
    """Why each key was refused, as that program prints it; the newest word about each."""
    lines = [line.split(" | ") for line in printed.splitlines() if " | " in line]
    return {key: code for key, code, *_ in lines}


@pytest.fixture
def port() -> str:
    """One at which a vendor can be, and after it another: to the ledger they are the same."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def test_refused_rows_are_fetched_mended_and_called_once_and_the_unknown_are_settled(
    s3: Server, tmp_path: Path, port: str
) -> None:
    somebody = Person(tmp_path)
    people = {person: {"id": person, **row(person)} for person in range(1, 41)}
    good = {person: each["phone_number"] for person, each in people.items()}
    for person in BROKEN:
        people[person]["phone_number"] = f"0{number(person)[2:-1]}"
    for person in NAMELESS:
        people[person]["phone_number"] = None
    somebody.fill(list(people.values()))

    with sandbox("--port", port, "--show-numbers") as vendor:
        section = s3.section(s3.owner, bucket_path="circle")
        ledger = {"ledger_type": "sqlite", "path": str(tmp_path / "ledger.sqlite")}
        config = vendor.config("vbee", object_storage_config=section, ledger=ledger)
        json_file(tmp_path, "config.json", config)
        somebody.runs(SYNC)
        assert vendor.calls()["people"] == 40 - len(BROKEN) - len(NAMELESS)
        first = set(s3.names())

        told = refused(somebody.runs(documented_program()))
        wanted = {str(person): "missing" for person in NAMELESS}
        assert {key: told[key] for key in wanted} == wanted
        assert set(told) == {*wanted, *map(str, BROKEN)}, told
        # Who is fetched by their key is mended, and everything is sent again.
        for key in told:
            people[int(key)]["phone_number"] = good[int(key)]
        somebody.fill(list(people.values()))
        somebody.runs(SYNC)
        calls = vendor.calls("all")
        assert {entry["phone_number"].lstrip("+") for entry in calls["entries"]} == set(map(number, people))
        assert (calls["calls"], calls["called_more_than_once"]) == (40, 0)
        second = set(s3.names())

    for person in range(41, 46):
        people[person] = {"id": person, **row(person)}
    somebody.fill(list(people.values()))
    # The vendor takes them, and its answer is lost.
    with sandbox("--port", port, "--show-numbers", "--faults", "drop_after=1") as vendor:
        somebody.runs(SYNC)
        assert vendor.calls()["people"] == 5
    assert set(refused(somebody.runs(documented_program()))) == {*told, *map(str, range(41, 46))}

    listed = somebody.ledger("list", "--outcome", "unknown", "--format", "jsonl").splitlines()
    unknown = [json.loads(line) for line in listed]
    assert sorted(int(each["primary_key"]) for each in unknown) == list(range(41, 46))
    keys = tmp_path / "keys.txt"
    keys.write_text("41\n43\n")
    named = ["--run", unknown[0]["run"], "--primary-keys", keys, "--yes"]
    assert "2 contacts" in somebody.ledger("settle", *named, "--as", "accepted")
    # Their rows are found in the cache's own table.
    left = somebody.ledger("list", "--outcome", "unknown", "--format", "csv")
    (tmp_path / "unknown.csv").write_text(left)
    with duckdb.connect(str(tmp_path / "cache.duckdb"), read_only=True) as cache:
        found = cache.execute(
            "SELECT name FROM main.contacts WHERE CAST(id AS VARCHAR) IN "
            f"(SELECT primary_key FROM read_csv('{tmp_path}/unknown.csv', all_varchar = true)) ORDER BY id"
        ).fetchall()
    assert found == [("Invented 42",), ("Invented 44",), ("Invented 45",)]

    with sandbox("--port", port) as vendor:
        somebody.runs(SYNC)
        assert vendor.calls()["requests"] == 0, "settled or held: nobody is called again"
    third = set(s3.names())
    assert first < second < third, "nothing took the place of anything"
    reports = [name.rsplit("/", 1)[0] for name in third if name.endswith("/report.json")]
    assert len(reports) == 4 == len({name.rsplit("/", 1)[0] for name in third if name.endswith("/report.html")})
    rows = [name for name in third if name.endswith(".csv")]
    # Whoever was refused in a run lies beside its report: the numbers, nobody, the unknown, the held.
    beside = [report for report in reports if any(name.startswith(f"{report}/") for name in rows)]
    assert len(rows) == len(beside) == 3, rows
