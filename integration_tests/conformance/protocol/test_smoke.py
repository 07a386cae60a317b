"""PyAirbyte's own command line: `validate` and `destination-smoke-test`."""

import json
import subprocess
from pathlib import Path

import yaml
from airbyte.cli.smoke_test_source._scenarios import PREDEFINED_SCENARIOS

from protocol.discretion import assert_discreet
from protocol.people import called, once, written
from protocol.recorder import Recorder
from support.connector import json_file
from support.sandbox import Sandbox

# The platform's own streams, and its records in them; none has a phone number.
N_STREAMS = 22
N_RECORDS = 1059


def pyab(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs PyAirbyte's command line."""
    return subprocess.run(
        ["pyairbyte", *arguments], capture_output=True, text=True, timeout=600, check=False
    )


def test_validate(recorder: Recorder, vendors: Sandbox, tmp_path: Path) -> None:
    config = vendors.config("vbee")
    path = json_file(tmp_path, "config.json", config)
    done = pyab("validate", f"--connector={recorder.path}", f"--config={path}")
    assert done.returncode == 0, done.stderr
    assert len(recorder.said("CONNECTION_STATUS")) == 1
    assert_discreet(done.stdout + done.stderr, config)


def test_smoke_test(recorder: Recorder, vendors: Sandbox, tmp_path: Path) -> None:
    """Rows without a phone are rejected with a reason, rows with one are delivered, all succeed.

    The preflight sends a stream of its own in which no column can hold a number, and nothing says
    how to map it: such a sync is refused before it begins, which is a test of its own.
    """
    people = {"customers": range(1, 121), "debtors": range(200, 230)}
    config = vendors.config("itnio") | {
        "streams": [*nobody(), *map(somebody, people)],
        # Most of the platform's streams hold nobody who can be called, the first hundred records too.
        "limits": {"allow_nobody": True},
    }
    n_people = sum(map(len, people.values()))
    done = pyab(
        "destination-smoke-test",
        f"--destination={recorder.path}",
        f"--config={json_file(tmp_path, 'config.json', config)}",
        "--scenarios=all",
        "--skip-preflight",
        f"--custom-scenarios={scenarios(tmp_path, people)}",
    )
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert (done.returncode, report["success"], report["error"]) == (0, True, None), done.stderr
    assert report["records_delivered"] == N_RECORDS + n_people

    streams = {json.loads(line)["record"]["stream"] for line in recorder.sent("RECORD")}
    # One of the platform's streams has no records.
    assert len(streams) == N_STREAMS - 1 + len(people)
    logs = "\n".join(json.loads(line)["log"]["message"] for line in recorder.said("LOG"))
    assert f"{N_RECORDS + n_people} records: {n_people} accepted" in logs
    assert f"{N_RECORDS} invalid" in logs
    assert f"missing: {N_RECORDS}" in logs
    assert recorder.said("TRACE") == []
    assert called(vendors) == once(person for of_stream in people.values() for person in of_stream)
    assert_discreet("\n".join(recorder.said()), config)


def test_a_smoke_test_that_nothing_maps_is_refused(
    recorder: Recorder, vendors: Sandbox, tmp_path: Path
) -> None:
    config = json_file(tmp_path, "config.json", vendors.config("itnio"))
    done = pyab("destination-smoke-test", f"--destination={recorder.path}", f"--config={config}")
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert not report["success"]
    assert "identity mapping needs a column `phone_number`" in report["error"]
    assert called(vendors) == {}


def nobody() -> list[dict[str, object]]:
    """The platform's own streams, of which no part is a number."""
    fields = [{"field": "phone_number", "template": "{{ stream[999:] }}"}]
    return [{"stream": scenario["name"], "fields": fields} for scenario in PREDEFINED_SCENARIOS]


def somebody(stream: str) -> dict[str, object]:
    """A stream of people."""
    columns = ["phone_number", "name"]
    return {"stream": stream, "fields": [{"field": name, "column": name} for name in columns]}


def scenarios(folder: Path, people: dict[str, range]) -> Path:
    """Writes a stream of people with phone numbers for each name."""
    properties = {"phone_number": {"type": "string"}, "name": {"type": ["string", "null"]}}
    content = [
        {
            "name": stream,
            "json_schema": {"type": "object", "properties": properties},
            "primary_key": [["phone_number"]],
            "records": [{"phone_number": written(person), "name": None} for person in of_stream],
        }
        for stream, of_stream in people.items()
    ]
    path = folder / "scenarios.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
