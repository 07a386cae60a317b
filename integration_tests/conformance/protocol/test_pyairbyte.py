"""PyAirbyte, the platform as a library: its checks, its syncs, its caches, its states."""

import json
import os
import re
from pathlib import Path

import pytest
from airbyte.caches import DuckDBCache
from airbyte.exceptions import (
    AirbyteConnectorCheckFailedError,
    AirbyteConnectorValidationFailedError,
    AirbyteConnectorWriteError,
)

from protocol.discretion import assert_discreet, without_statistics
from protocol.people import called, once
from protocol.pyairbyte import destination, source
from protocol.recorder import Recorder
from support.sandbox import Sandbox

def test_its_checks_pass(recorder: Recorder, vendors: Sandbox, form: dict) -> None:
    for vendor in ("itnio", "vbee"):
        connector = destination(recorder, vendors.config(vendor))
        connector.check()
        connector.validate_config()
        assert connector.config_spec == form["connectionSpecification"]


def test_a_bad_configuration_is_told(recorder: Recorder, vendors: Sandbox) -> None:
    config = vendors.config("itnio")
    config["vendor"]["api_secret"] = "wr0ng-s3cret"
    with pytest.raises(AirbyteConnectorCheckFailedError) as failed:
        destination(recorder, config).check()
    assert "itnio" in str(failed.value)
    assert_discreet(str(failed.value), config)
    del config["vendor"]["job_id"]
    with pytest.raises(AirbyteConnectorValidationFailedError):
        destination(recorder, config).validate_config()


@pytest.mark.parametrize("vendor", ["itnio", "vbee"])
def test_a_sync_calls_everybody_once(recorder: Recorder, vendors: Sandbox, vendor: str) -> None:
    people = range(1, 251)
    config = vendors.config(vendor)
    result = destination(recorder, config).write(source(people), cache=False, state_cache=False)
    assert result.processed_records == len(people)
    assert called(vendors) == once(people)
    [state] = recorder.said("STATE")
    assert json.loads(state)["state"]["destinationStats"] == {
        "recordCount": 250.0,
        "rejectedRecordCount": 0.0,
    }
    assert_discreet("\n".join(recorder.said()), config)
    logs = Path(os.environ["AIRBYTE_LOGGING_ROOT"]) / "destination-ai-voice"
    assert_discreet("\n".join(path.read_text() for path in logs.iterdir()), config)


def test_the_next_sync_calls_only_who_is_new(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    ledger = {"ledger_type": "sqlite", "path": str(tmp_path / "ledger.sqlite")}
    connector = destination(recorder, vendors.config("vbee", ledger=ledger))
    states = DuckDBCache(db_path=tmp_path / "states.duckdb")
    connector.write(source(range(1, 101)), cache=False, state_cache=states)
    recorder.forget()
    connector.write(source(range(1, 141)), cache=False, state_cache=states)
    ids = [json.loads(line)["record"]["data"]["id"] for line in recorder.sent("RECORD")]
    assert ids == list(range(100, 141)), "the platform goes on where it was, the last row included"
    assert called(vendors) == once(range(1, 141))


def test_a_full_refresh_calls_nobody_again(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    ledger = {"ledger_type": "sqlite", "path": str(tmp_path / "ledger.sqlite")}
    connector = destination(recorder, vendors.config("vbee", ledger=ledger))
    for _ in range(2):
        connector.write(
            source(range(1, 101)), cache=False, state_cache=False, force_full_refresh=True
        )
    assert len(recorder.sent("RECORD")) == 200
    assert called(vendors) == once(range(1, 101))


@pytest.mark.parametrize("phone_type", ["string", "integer"])
def test_what_comes_from_a_cache_is_understood(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path, phone_type: str
) -> None:
    people = range(1, 41)
    cache = DuckDBCache(db_path=tmp_path / "cache.duckdb")
    read = source(people, phone_type).read(cache=cache)
    destination(recorder, vendors.config("itnio")).write(read)
    records = [json.loads(line)["record"] for line in recorder.sent("RECORD")]
    # If the platform stops being peculiar, this test stops testing anything.
    assert all(record["emitted_at"] < 1e11 for record in records), "seconds"
    assert all("_airbyte_raw_id" in record["data"] for record in records)
    assert isinstance(records[0]["data"]["amount"], str)
    assert called(vendors) == once(people)


def test_numbers_that_a_cache_has_spoilt_are_refused_rather_than_guessed(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    """A column of type `number` goes through the cache as a float and comes out as a fraction."""
    people = range(1, 41)
    cache = DuckDBCache(db_path=tmp_path / "cache.duckdb")
    read = source(people, "number").read(cache=cache)
    destination(recorder, vendors.config("itnio")).write(read)
    records = [json.loads(line)["record"]["data"] for line in recorder.sent("RECORD")]
    whole = [data["id"] for data in records if re.fullmatch(r"\d+\.0+", data["phone_number"])]
    assert len(whole) < len(people), "the cache spoils nothing any more: demand everybody"
    assert called(vendors) == once(whole)
    logs = "\n".join(recorder.said("LOG"))
    assert f"not_a_number: {len(people) - len(whole)}" in logs


def test_global_states_come_back_under_the_key_that_came(
    recorder: Recorder, vendors: Sandbox
) -> None:
    connector = destination(recorder, vendors.config("itnio"))
    connector.write(source(range(1, 4), state_type="GLOBAL"), cache=False, state_cache=False)
    [sent], [said] = recorder.sent("STATE"), recorder.said("STATE")
    assert re.search(r'"global_":\{"shared_state":\{"lsn":9007199254740993\}', sent)
    assert without_statistics(said) == without_statistics(sent)
    assert json.loads(said)["state"]["destinationStats"]["recordCount"] == 3.0


def test_a_failed_sync_fails_there_too(recorder: Recorder, vendors: Sandbox) -> None:
    config = vendors.config("itnio")
    config["vendor"]["api_secret"] = "wr0ng-s3cret"
    with pytest.raises(AirbyteConnectorWriteError) as failed:
        destination(recorder, config).write(source(range(1, 4)), cache=False, state_cache=False)
    assert_discreet(str(failed.value), config)
    assert called(vendors) == {}
    assert len(recorder.said("TRACE")) == 1
