"""A table in PostgreSQL, a low-code source with an inclusive cursor, and two syncs of it.

Such a cursor sends the last row of the sync before once more. Nobody is called twice for that, nor
for any change of a row that leaves the number as it is.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.connector import json_file, run
from support.postgres import PASSWORD, Postgres
from support.sandbox import Sandbox
from warehouse import customers
from warehouse.customers import FIRST_END, SECOND_END, Customer
from warehouse.endpoint import endpoint
from warehouse.sync import Connection, Sync

STREAM = {
    "stream": "customers",
    "only_when": "consent = 'yes'",
    "fields": [
        {"field": "phone_number", "column": "mobile"},
        {"field": "ho_ten", "column": "full_name"},
        {"field": "so_tien", "template": "{{ record.amount_due }} VND"},
    ],
}


@pytest.fixture
def warehouse(db: Postgres) -> Iterator[str]:
    """The address of the warehouse's interface."""
    with endpoint(db) as address:
        yield address


def ledger(kind: str, folder: Path, db: Postgres) -> dict:
    """The section of the configuration."""
    where = {"none": {}, "sqlite": {"path": f"{folder}/ledger.sqlite"}, "postgres": {"url": db.dsn}}
    return {"ledger_type": kind, **where[kind]}


def connect(
    folder: Path, vendors: Sandbox, warehouse: str, vendor: str, memory: dict
) -> Connection:
    sections = {"streams": [STREAM], "ledger": memory, "delivery": {"max_requests_per_second": 0}}
    config = json_file(folder, "destination.json", vendors.config(vendor, **sections))
    return Connection(folder, warehouse, config)


def numbers(rows: list[Customer]) -> set[str]:
    return {row.callable_number for row in rows if row.callable_number}


def called(vendors: Sandbox) -> dict[str, int]:
    """How often each number was called."""
    entries = vendors.calls("all")["entries"]
    return {"+" + entry["phone_number"].lstrip("+"): entry["times"] for entry in entries}


def assert_accounted_for(sync: Sync, rows: list[Customer]) -> None:
    """The source gave these rows, and each state that came back counts its own."""
    assert sorted(record["id"] for record in sync.records) == sorted(row.id for row in rows)
    assert sync.finished.code == 0, sync.finished.stdout
    for sent, back in zip(sync.states, sync.handed_back, strict=True):
        counted = back.pop("destinationStats")
        assert sent == back
        assert sum(counted.values()) == sent["sourceStats"]["recordCount"]
        back["destinationStats"] = counted
    assert sync.counted("rejectedRecordCount") == sum(not row.callable_number for row in rows)


def assert_discreet(sync: Sync, rows: list[Customer]) -> None:
    """What the destination says names nobody and no secret."""
    said = sync.finished.stdout + sync.finished.stderr
    assert sync.finished.stderr == ""
    secrets = [PASSWORD, "sandbox-itnio-key", "sandbox-itnio-secret", "s4ndb0x!"]
    whole = {row.number[3:] for row in rows if row.number} | {r.mobile for r in rows if r.number}
    assert [secret for secret in secrets if secret in said] == []
    assert [number for number in whole if number in said] == []


@pytest.mark.parametrize(
    ("kind", "vendor"), [("sqlite", "vbee"), ("postgres", "vbee"), ("postgres", "itnio")]
)
def test_nobody_is_called_twice_by_the_next_sync(
    tmp_path: Path, db: Postgres, vendors: Sandbox, warehouse: str, kind: str, vendor: str
) -> None:
    memory = ledger(kind, tmp_path, db)
    connection = connect(tmp_path, vendors, warehouse, vendor, memory)
    rows = customers.first_load()

    first = connection.sync(FIRST_END)
    assert_accounted_for(first, rows)
    assert called(vendors) == dict.fromkeys(numbers(rows), 1)
    assert connection.state["stream"]["stream_state"] == {"updated_at": stamp(rows[-1])}

    changed = customers.changes(rows)
    db.execute(customers.upsert(changed))
    second = connection.sync(SECOND_END)
    # The boundary row comes again; the rest is what changed.
    assert_accounted_for(second, [rows[-1], *changed])
    assert called(vendors) == dict.fromkeys(numbers(rows) | numbers(changed), 1)
    assert connection.state["stream"]["stream_state"] == {"updated_at": stamp(changed[-1])}
    for sync in connection.syncs:
        assert_discreet(sync, rows + changed)

    status = run("ledger", "status", "--config", connection.destination).stdout
    endings = {tuple(line.split()[1:3]) for line in status.splitlines()[1:]}
    n_first, n_later = len(numbers(rows)), len(numbers(changed) - numbers(rows))
    assert endings == {("accepted", str(n_first)), ("accepted", str(n_later))}, status


def test_without_a_ledger_the_boundary_row_is_called_again(
    tmp_path: Path, db: Postgres, vendors: Sandbox, warehouse: str
) -> None:
    """What the others protect from does happen: the documentation says so, too."""
    connection = connect(tmp_path, vendors, warehouse, "vbee", ledger("none", tmp_path, db))
    rows = customers.first_load()
    assert_accounted_for(connection.sync(FIRST_END), rows)
    assert_accounted_for(connection.sync(FIRST_END), rows[-1:])
    twice = {number for number, times in called(vendors).items() if times > 1}
    assert twice == numbers(rows[-1:])


def test_a_sync_that_died_is_taken_up_where_the_last_state_came_back(
    tmp_path: Path, db: Postgres, vendors: Sandbox, warehouse: str
) -> None:
    memory = ledger("sqlite", tmp_path, db)
    connection = connect(tmp_path, vendors, warehouse, "vbee", memory)
    rows = customers.first_load()

    died = connection.sync(FIRST_END, n_states=2)
    assert died.finished.code == -9
    assert len(died.handed_back) == 2 < len(died.states)
    since = connection.state["stream"]["stream_state"]["updated_at"]

    again = connection.sync(FIRST_END)
    assert_accounted_for(again, [row for row in rows if stamp(row) >= since])
    assert called(vendors) == dict.fromkeys(numbers(rows), 1)
    for sync in connection.syncs:
        assert_discreet(sync, rows)


def stamp(row: Customer) -> str:
    """When the row changed, as the source's state has it."""
    return f"{row.updated_at:%Y-%m-%dT%H:%M:%SZ}"
