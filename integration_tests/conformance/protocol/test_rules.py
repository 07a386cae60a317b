"""Rules of calling over several connections of PyAirbyte that share a ledger: lists, windows, cooling off."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airbyte.caches import DuckDBCache
from airbyte.exceptions import AirbyteConnectorWriteError
from airbyte.strategies import WriteStrategy

from protocol.people import called, once, row
from protocol.pyairbyte import destination, source_of
from protocol.recorder import Recorder
from support.sandbox import Sandbox


class Company:
    """Connections with one ledger, each with states and rejected records of its own."""

    def __init__(self, recorder: Recorder, vendors: Sandbox, folder: Path, rules: dict) -> None:
        self.recorder = recorder
        self.vendors = vendors
        self.folder = folder
        self.rules = rules

    def connection(self, name: str, role: str = "contacts", vendor: str = "vbee") -> dict:
        """The configuration of a connection of one stream."""
        fields = [{"field": "phone_number", "column": "phone_number"}]
        return self.vendors.config(
            vendor,
            ledger={"ledger_type": "sqlite", "path": str(self.folder / "ledger.sqlite")},
            rules=self.rules,
            object_storage_config={"storage_type": "Local", "path": str(self.folder / name)},
            streams=[{"stream": name, "namespace": "warehouse", "role": role, "fields": fields}],
        )

    def sync(self, name: str, rows: Iterable[dict], config: dict, **how: object) -> None:
        """A sync of a connection from its own states."""
        self.recorder.forget()
        source = source_of(list(rows), stream=name)
        states = DuckDBCache(db_path=self.folder / f"states-{name}.duckdb")
        connector = destination(self.recorder, config)
        connector.write(source, cache=False, state_cache=states, **how)

    def load(self, rows: Iterable[dict], **how: object) -> None:
        """A sync of the do-not-call list."""
        self.sync("refusals", rows, self.connection("refusals", "do_not_call"), **how)

    def call(self, people: Iterable[int], name: str = "contacts", vendor: str = "vbee") -> None:
        """A sync of people."""
        self.sync(name, rows(people), self.connection(name, vendor=vendor))

    def failure(self) -> dict:
        """Why the last sync failed, and that it handed nothing back."""
        assert self.recorder.said("STATE") == []
        [trace] = self.recorder.said("TRACE")
        return json.loads(trace)["trace"]["error"]

    def rejected(self, name: str) -> list[tuple[str, str]]:
        """The keys and the codes of a connection's rejected records, of all its syncs."""
        found = []
        for path in sorted((self.folder / name).glob(f"*/warehouse/{name}/*.csv")):
            with path.open(encoding="utf-8", newline="") as kept:
                data = [json.loads(row["_airbyte_data"]) for row in csv.DictReader(kept)]
            found += [(each["primary_key"], each["code"]) for each in data]
        return found

    def reasons(self, name: str) -> list[dict]:
        """The reasons' counts in a connection's reports."""
        reports = (self.folder / name).glob("*/report*.json")
        return [json.loads(report.read_text(encoding="utf-8"))["reasons"] for report in reports]


def rows(people: Iterable[int], **more: object) -> list[dict]:
    """The rows of these people."""
    return [{"id": person, **row(person), **more} for person in people]


@pytest.fixture
def company(recorder: Recorder, vendors: Sandbox, tmp_path: Path) -> Company:
    """One that goes by the do-not-call list."""
    return Company(recorder, vendors, tmp_path, {"do_not_call": {"enabled": True}})


def test_a_list_that_was_never_loaded_or_is_empty_stops_the_sync_before_its_first_request(
    company: Company,
) -> None:
    for loaded, want in ((None, "do-not-call load"), ([], "is empty")):
        if loaded is not None:
            company.load(loaded)
        with pytest.raises(AirbyteConnectorWriteError):
            company.call(range(1, 21))
        error = company.failure()
        assert error["failure_type"] == "config_error" and want in error["message"], error
        assert company.vendors.calls()["requests"] == 0
    company.load(rows([3]))
    company.call(range(1, 21))
    assert called(company.vendors) == once(set(range(1, 21)) - {3})


def test_a_list_that_grows_sync_by_sync_keeps_everybody_who_was_on_it(company: Company) -> None:
    """Of an incremental source only what is new comes: it is no list that takes the other's place."""
    company.load(rows([3, 5]))
    company.load(rows([3, 5, 7, 8]))
    assert len(company.recorder.sent("RECORD")) == 3, "from the last row on"
    company.call(range(1, 11))
    assert called(company.vendors) == once({1, 2, 4, 6, 9, 10})
    assert company.rejected("contacts") == [(str(n), "do_not_call") for n in (3, 5, 7, 8)]
    assert company.reasons("contacts") == [{"do_not_call": 4}]
    # Whoever its source deletes may be called from the next sync that brings them on.
    company.load([*rows([3, 5, 7, 8]), {**rows([5])[0], "id": 9, "_ab_cdc_deleted_at": "2026-11-26"}])
    company.sync(
        "contacts", rows(range(1, 11)), company.connection("contacts"), force_full_refresh=True
    )
    assert called(company.vendors) == once({1, 2, 4, 5, 6, 9, 10})


def test_a_full_refresh_adds_to_the_list_or_takes_its_place_as_it_was_asked_to(
    company: Company,
) -> None:
    company.load(rows([3, 5]), force_full_refresh=True)
    company.load(rows([3, 7]), force_full_refresh=True)
    company.call(range(1, 9))
    assert called(company.vendors) == once({1, 2, 4, 6, 8}), "merged: 5 is on it still"
    company.load(rows([3, 7]), force_full_refresh=True, write_strategy=WriteStrategy.REPLACE)
    company.sync(
        "contacts", rows(range(1, 9)), company.connection("contacts"), force_full_refresh=True
    )
    assert called(company.vendors) == once({1, 2, 4, 5, 6, 8})


def test_what_is_new_since_the_last_sync_never_takes_the_place_of_a_list(company: Company) -> None:
    company.load(rows([3, 5]))
    with pytest.raises(AirbyteConnectorWriteError):
        company.load(rows([3, 5, 7]), write_strategy=WriteStrategy.REPLACE)
    error = company.failure()
    assert error["failure_type"] == "config_error" and "full refresh" in error["message"], error
    company.call(range(1, 6))
    assert called(company.vendors) == once({1, 2, 4})


def window(opens_in: timedelta) -> dict:
    """A window of three hours."""
    opens = datetime.now(UTC) + opens_in
    clock = {"from": f"{opens:%H:%M}", "to": f"{opens + timedelta(hours=3):%H:%M}"}
    return {"window": {"time_zone": "UTC", **clock}}


def test_outside_of_the_window_a_sync_stops_and_a_later_one_calls_everybody_once(
    company: Company,
) -> None:
    is_open, is_closed = window(timedelta(hours=-1)), window(timedelta(hours=2))
    company.rules = is_closed
    for _ in range(2):
        with pytest.raises(AirbyteConnectorWriteError):
            company.call(range(1, 21))
        error = company.failure()
        assert error["failure_type"] == "transient_error" and "opens" in error["message"], error
        assert company.vendors.calls()["requests"] == 0
    company.rules = is_open
    company.call(range(1, 21))
    company.rules = is_closed
    company.call(range(1, 21))
    assert len(company.recorder.sent("RECORD")) == 1, "who was called needs no window"
    with pytest.raises(AirbyteConnectorWriteError):
        company.call(range(1, 41))
    company.failure()
    company.rules = is_open
    company.call(range(1, 41))
    assert len(company.recorder.sent("RECORD")) == 21, "the state was kept"
    assert called(company.vendors) == once(range(1, 41))


def test_whoever_was_called_by_one_campaign_cools_off_before_the_other(company: Company) -> None:
    company.rules = {"cooling_off_hours": 24, "cooling_off_scope": "everywhere"}
    company.call(range(1, 21), "overdue", vendor="vbee")
    company.call(range(11, 31), "offers", vendor="itnio")
    assert called(company.vendors) == once(range(1, 31))
    assert company.vendors.calls()["calls"] == 30
    assert company.rejected("offers") == [(str(n), "cooling_off") for n in range(11, 21)]
    assert company.reasons("offers") == [{"cooling_off": 10}]
    # Without the rule the other campaign would have called them, too.
    company.rules = {}
    offers = company.connection("offers", vendor="itnio")
    company.sync("offers", rows(range(11, 31)), offers, force_full_refresh=True)
    assert company.vendors.calls()["calls"] == 40
