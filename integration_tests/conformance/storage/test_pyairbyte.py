"""A whole circle with PyAirbyte and a bucket: call, fetch who was refused, mend, send again, find the unknown."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator
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
# A program that syncs whenever it is told to: PyAirbyte takes its time to be imported.
PROGRAM = """
import json
import sys
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache

for _ in sys.stdin:
    people, config = (json.loads(Path(name).read_text()) for name in ("people.json", "config.json"))
    source = airbyte.get_source(
        "source-people", config=people, streams="*", local_executable="source-people"
    )
    destination = airbyte.get_destination(
        "destination-ai-voice", config=config, local_executable="destination-ai-voice"
    )
    customers = source.read(cache=DuckDBCache(db_path="cache.duckdb"), force_full_refresh=True)
    destination.write(customers)
    customers.cache.close()
    print("synced", flush=True)
"""


class Person:
    """Somebody at a keyboard, in a folder with two configurations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        python = other_suite("protocol", "python")
        search = [binary().parent, ROOT / "integration_tests/conformance/protocol", python.parent]
        self._python = python
        self._environment = {
            **quiet_environment(),
            "PATH": os.pathsep.join([*map(str, search), "/usr/bin", "/bin"]),
            "AIRBYTE_PROJECT_DIR": str(folder),
            "AIRBYTE_LOGGING_ROOT": str(folder / "logs"),
        }
        with (folder / "said.txt").open("wb") as said:
            self._program = subprocess.Popen(
                [python, "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                cwd=folder,
                env=self._environment,
            )

    def sync(self, rows: Iterable[dict]) -> None:
        """A sync of what is in the warehouse's table now."""
        json_file(self.folder, "people.json", {"people": list(rows)})
        self._program.stdin.write("\n")
        self._program.stdin.flush()
        said = iter(self._program.stdout.readline, "")
        assert "synced\n" in said, (self.folder / "said.txt").read_text()

    def fetches(self) -> dict[str, str]:
        """Why each key was refused, by the program of docs/rejected-records.md; the newest word about each."""
        page = (ROOT / "docs/rejected-records.md").read_text(encoding="utf-8")
        [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        done = subprocess.run(
            [self._python, "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.folder,
            env=self._environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        lines = [line.split(" | ") for line in done.stdout.splitlines()]
        return {key: code for key, code, *_ in lines}

    def ledger(self, *arguments: str | Path) -> str:
        """What a command of the ledger prints."""
        done = run("ledger", *arguments, "--config", self.folder / "config.json")
        assert done.code == 0, done.stdout + done.stderr
        return done.stdout

    def leaves(self) -> None:
        """Ends the program."""
        self._program.communicate(timeout=30)


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Person]:
    """Who does all of this."""
    person = Person(tmp_path)
    yield person
    person.leaves()


@pytest.fixture
def port() -> str:
    """One at which a vendor can be, and after it another: to the ledger they are the same."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def test_refused_rows_are_fetched_mended_and_called_once_and_the_unknown_are_settled(
    s3: Server, somebody: Person, tmp_path: Path, port: str
) -> None:
    people = {person: {"id": person, **row(person)} for person in range(1, 41)}
    good = {person: each["phone_number"] for person, each in people.items()}
    for person in BROKEN:
        people[person]["phone_number"] = f"0{number(person)[2:-1]}"
    for person in NAMELESS:
        people[person]["phone_number"] = None

    with sandbox("--port", port, "--show-numbers") as vendor:
        section = s3.section(s3.owner, bucket_path="circle")
        ledger = {"ledger_type": "sqlite", "path": str(tmp_path / "ledger.sqlite")}
        config = vendor.config("vbee", object_storage_config=section, ledger=ledger)
        json_file(tmp_path, "config.json", config)
        somebody.sync(people.values())
        assert vendor.calls()["people"] == 40 - len(BROKEN) - len(NAMELESS)
        first = set(s3.names())

        told = somebody.fetches()
        wanted = {str(person): "missing" for person in NAMELESS}
        assert {key: told[key] for key in wanted} == wanted
        assert set(told) == {*wanted, *map(str, BROKEN)}, told
        # Who is fetched by their key is mended, and everything is sent again.
        for key in told:
            people[int(key)]["phone_number"] = good[int(key)]
        somebody.sync(people.values())
        calls = vendor.calls("all")
        assert {entry["phone_number"].lstrip("+") for entry in calls["entries"]} == set(map(number, people))
        assert (calls["calls"], calls["called_more_than_once"]) == (40, 0)
        second = set(s3.names())

    for person in range(41, 46):
        people[person] = {"id": person, **row(person)}
    # The vendor takes them, and its answer is lost.
    with sandbox("--port", port, "--show-numbers", "--faults", "drop_after=1") as vendor:
        somebody.sync(people.values())
        assert vendor.calls()["people"] == 5
    assert set(somebody.fetches()) == {*told, *map(str, range(41, 46))}

    listed = somebody.ledger("list", "--outcome", "unknown", "--format", "jsonl").splitlines()
    unknown = [json.loads(line) for line in listed]
    assert sorted(int(each["primary_key"]) for each in unknown) == list(range(41, 46))
    keys = tmp_path / "keys.txt"
    keys.write_text("41\n43\n")
    named = ["--run", unknown[0]["run"], "--primary-keys", keys, "--yes"]
    assert "2 of 5 contacts" in somebody.ledger("settle", *named, "--as", "accepted")
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
        somebody.sync(people.values())
        assert vendor.calls()["requests"] == 0, "settled or held: nobody is called again"
    third = set(s3.names())
    assert first < second < third, "nothing took the place of anything"
    reports = [name.rsplit("/", 1)[0] for name in third if name.endswith("/report.json")]
    assert len(reports) == 4 == len({name.rsplit("/", 1)[0] for name in third if name.endswith("/report.html")})
    rows = [name for name in third if name.endswith(".csv")]
    # Whoever was refused in a run lies beside its report: the numbers, nobody, the unknown, the held.
    beside = [report for report in reports if any(name.startswith(f"{report}/") for name in rows)]
    assert len(rows) == len(beside) == 3, rows
