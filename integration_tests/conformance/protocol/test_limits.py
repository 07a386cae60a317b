"""Limits, and conditions that nobody passes, lose nobody: the next sync goes on where one stopped."""

import json
import re
from pathlib import Path

import pytest
from airbyte.caches import DuckDBCache
from airbyte.exceptions import AirbyteConnectorWriteError

from protocol.container import Container
from protocol.people import called, catalog, complete, once, rows, stream_state
from protocol.pyairbyte import destination, source
from protocol.recorder import Recorder
from support.sandbox import Sandbox

# A source of so many people, with a state behind every seventh: no limit here falls on one of them.
N_PEOPLE, STATE_EVERY = 1000, 7
PEOPLE = range(1, N_PEOPLE + 1)
# Days that are never the same, whatever the time is.
BEHIND, AHEAD = "Etc/GMT+12", "Pacific/Kiritimati"


def sections(ledger: Path, **more: object) -> dict:
    """What such a sync needs beside its vendor."""
    return {
        "ledger": {"ledger_type": "sqlite", "path": str(ledger)},
        "delivery": {"max_requests_per_second": 0},
        **more,
    }


def left_alone(lines: list[str]) -> int:
    """How many were left alone at a limit, by the warning; none where there is no warning."""
    found = re.findall(r"is reached: (\d+) records were left alone", "\n".join(lines))
    return int(found[-1]) if found else 0


def positions(lines: list[str]) -> list[int]:
    """Where the source was, by the states that came back."""
    states = [json.loads(line)["state"] for line in lines if '"type":"STATE"' in line]
    return [state["stream"]["stream_state"]["id"] for state in states]


def ids(recorder: Recorder) -> list[int]:
    """Of the people whom PyAirbyte sent in the last sync."""
    return [json.loads(line)["record"]["data"]["id"] for line in recorder.sent("RECORD")]


def test_syncs_of_pyairbyte_go_on_exactly_where_a_limit_was(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    states = DuckDBCache(db_path=tmp_path / "states.duckdb")
    people = source(PEOPLE, state_every=STATE_EVERY)
    reached, kept = 0, 1
    for limit in (10, 10, 490, 490):
        recorder.forget()
        limited = sections(tmp_path / "ledger.sqlite", limits={"max_contacts_per_sync": limit})
        connector = destination(recorder, vendors.config("vbee", **limited))
        connector.write(people, cache=False, state_cache=states)
        reached += limit
        assert ids(recorder) == list(range(kept, N_PEOPLE + 1)), "from the state that was kept"
        assert called(vendors) == once(range(1, reached + 1))
        assert left_alone(recorder.said()) == N_PEOPLE - reached
        kept = positions(recorder.said())[-1]
        assert reached - STATE_EVERY < kept <= reached, "the newest state that passes nobody by"
    assert kept == N_PEOPLE


def test_whom_a_limit_left_in_a_cache_the_next_sync_finds_there(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    """The cache's own state is at the end of the source by then, and its table is sent whole."""
    limited = sections(tmp_path / "ledger.sqlite", limits={"max_contacts_per_sync": 30})
    connector = destination(recorder, vendors.config("vbee", **limited))
    cache = DuckDBCache(db_path=tmp_path / "cache.duckdb")
    for reached in (30, 60, 70):
        connector.write(source(range(1, 71), state_every=STATE_EVERY), cache=cache)
        assert called(vendors) == once(range(1, reached + 1))


def test_a_campaigns_day_ends_syncs_of_pyairbyte_and_the_next_day_goes_on(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    states = DuckDBCache(db_path=tmp_path / "states.duckdb")
    people = source(range(1, 31), state_every=STATE_EVERY)
    for zone, limit, reached in ((BEHIND, 10, 10), (BEHIND, 10, 10), (BEHIND, 15, 15), (AHEAD, 20, 30)):
        recorder.forget()
        limits = {"max_contacts_per_day": limit}
        limited = sections(tmp_path / "ledger.sqlite", limits=limits, time_zone=zone)
        connector = destination(recorder, vendors.config("vbee", **limited))
        connector.write(people, cache=False, state_cache=states)
        assert called(vendors) == once(range(1, reached + 1)), (zone, limit)
        assert left_alone(recorder.said()) == 30 - reached
        assert all(state <= reached for state in positions(recorder.said()))
    assert positions(recorder.said())[-1] == 30


def test_a_condition_that_nobody_passes_fails_a_sync_of_pyairbyte_and_loses_nobody(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    states = DuckDBCache(db_path=tmp_path / "states.duckdb")
    people = source(range(1, 151), state_every=STATE_EVERY)
    for only_when, passes in (("name LIKE 'Inventd %'", False), ("name LIKE 'Invented %'", True)):
        recorder.forget()
        streams = [{"stream": "contacts", "namespace": "warehouse", "only_when": only_when}]
        streams[0]["fields"] = [{"field": "phone_number", "column": "phone_number"}]
        config = vendors.config("vbee", **sections(tmp_path / "ledger.sqlite", streams=streams))
        connector = destination(recorder, config)
        if passes:
            connector.write(people, cache=False, state_cache=states)
            continue
        with pytest.raises(AirbyteConnectorWriteError):
            connector.write(people, cache=False, state_cache=states)
        assert (positions(recorder.said()), called(vendors)) == ([], {})
        [trace] = recorder.said("TRACE")
        error = json.loads(trace)["trace"]["error"]
        assert error["failure_type"] == "config_error" and "only_when 100" in error["message"], error
    assert ids(recorder) == list(range(1, 151)), "from the beginning"
    assert called(vendors) == once(range(1, 151))


class Platform:
    """The platform's own side of a connection: it keeps the states that come back, whatever the exit code."""

    def __init__(self, container: Container, config: dict) -> None:
        self.container = container
        self.config = config
        self.kept = 0
        # The records that each state of the last sync covers, by the state's number.
        self.sent: dict[int, int] = {}

    def sync(self, n_people: int) -> tuple[str, list[str]]:
        """A sync from the state that was kept; gives the exit code and what was said."""
        says_complete = catalog(generation_id=3, minimum_generation_id=0, sync_id=17)
        self.container.write(self.config, says_complete)
        self.sent = {}
        for first in range(self.kept, n_people, STATE_EVERY):
            end = min(first + STATE_EVERY, n_people)
            self.container.send(*rows(range(first, end)), stream_state(end, f'{{"id":{end}}}'))
            self.sent[end] = end - first
        self.container.send(complete())
        self.container.end_input()
        code, said = self.container.exit_code(), self.container.said()
        for state in (json.loads(line)["state"] for line in said if '"type":"STATE"' in line):
            # What the platform compares with its own count, state by state.
            counts = state["destinationStats"]
            assert sum(counts.values()) == self.sent[state["id"]], counts
            self.kept = state["id"]
        return code, said


def test_syncs_of_the_launcher_go_on_exactly_where_a_limit_was(
    container: Container, vendors: Sandbox
) -> None:
    ledger = container.inside / "ledger.sqlite"
    platform = Platform(container, vendors.config("vbee"))
    reached = 0
    for limit, zone in ((10, AHEAD), (10, AHEAD), (75, AHEAD), (75, BEHIND)):
        limits = {"max_contacts_per_sync": limit, "max_contacts_per_day": 90}
        platform.config = vendors.config("vbee", **sections(ledger, limits=limits, time_zone=zone))
        code, said = platform.sync(150)
        # The platform takes it for a success; only the states say how far it came.
        assert (code, [line for line in said if '"type":"TRACE"' in line]) == ("0", [])
        reached = min(reached + limit, 90 if zone == AHEAD else 150)
        assert called(vendors) == once(range(reached))
        assert left_alone(said) == 150 - reached
        assert positions(said) == [state for state in platform.sent if state <= reached]
    assert (reached, platform.kept) == (150, 150)


def test_a_condition_that_nobody_passes_fails_a_sync_of_the_launcher_and_loses_nobody(
    container: Container, vendors: Sandbox
) -> None:
    def config(only_when: str) -> dict:
        fields = [{"field": "phone_number", "column": "phone_number"}]
        streams = [{"stream": "contacts", "only_when": only_when, "fields": fields}]
        return vendors.config("itnio", **sections(container.inside / "ledger.sqlite", streams=streams))

    platform = Platform(container, config("name = 'Invented'"))
    code, said = platform.sync(150)
    [trace] = [json.loads(line)["trace"] for line in said if '"type":"TRACE"' in line]
    # The platform does not try again by itself after this.
    assert (code, trace["error"]["failure_type"]) == ("1", "config_error")
    assert (platform.kept, called(vendors)) == (0, {})
    platform.config = config("name LIKE 'Invented %'")
    code, _ = platform.sync(150)
    assert (code, platform.kept) == ("0", 150)
    assert called(vendors) == once(range(150))
