"""PyAirbyte's own command line: `validate` and `destination-smoke-test`."""

import json
import subprocess
from pathlib import Path

import yaml

from protocol.discretion import assert_discreet
from protocol.people import called, once, written
from protocol.recorder import Recorder
from support.connector import json_file
from support.sandbox import Sandbox

# The platform's own streams, and its records in them; none has a phone number.
N_STREAMS = 22
N_RECORDS = 1059
N_PREFLIGHT = 3


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
    """Rows without a phone are rejected with a reason, rows with one are delivered, all succeed."""
    config = vendors.config("itnio")
    people = {"customers": range(1, 121), "debtors": range(200, 230)}
    n_people = sum(map(len, people.values()))
    done = pyab(
        "destination-smoke-test",
        f"--destination={recorder.path}",
        f"--config={json_file(tmp_path, 'config.json', config)}",
        "--scenarios=all",
        f"--custom-scenarios={scenarios(tmp_path, people)}",
    )
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert (done.returncode, report["success"], report["error"]) == (0, True, None), done.stderr
    assert report["preflight_passed"]
    assert report["records_delivered"] == N_RECORDS + n_people

    streams = {json.loads(line)["record"]["stream"] for line in recorder.sent("RECORD")}
    # One of the platform's streams has no records; the preflight adds one of its own.
    assert len(streams) == N_STREAMS + len(people)
    logs = "\n".join(json.loads(line)["log"]["message"] for line in recorder.said("LOG"))
    assert f"{N_PREFLIGHT} records: 0 accepted" in logs
    assert f"{N_RECORDS + n_people} records: {n_people} accepted" in logs
    assert f"{N_RECORDS} invalid" in logs
    assert f"missing: {N_RECORDS}" in logs
    assert recorder.said("TRACE") == []
    assert called(vendors) == once(person for of_stream in people.values() for person in of_stream)
    assert_discreet("\n".join(recorder.said()), config)


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
