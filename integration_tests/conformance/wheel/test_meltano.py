"""Meltano installs the wheel by its `pip_url` and runs a pipeline with it."""

import json
from pathlib import Path

import yaml

from singer.meltano import documented_loader, flat
from support.programs import other_suite
from support.sandbox import Sandbox
from wheel.environment import Environment

PEOPLE = [{"id": 1, "mobile": "0987654321"}, {"id": 2, "mobile": "0987654322"}]
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "mobile": {"type": "string"}}}


def tap(folder: Path) -> Path:
    """A tap as small as one can be: a file, told."""
    lines = [{"type": "SCHEMA", "stream": "people", "key_properties": ["id"], "schema": SCHEMA}]
    lines += [{"type": "RECORD", "stream": "people", "record": person} for person in PEOPLE]
    lines += [{"type": "STATE", "value": {"bookmarks": {"people": {"id": 2}}}}]
    told = folder / "messages.jsonl"
    told.write_text("".join(json.dumps(line) + "\n" for line in lines))
    program = folder / "tap-people"
    program.write_text(f"#!/bin/sh\nexec cat '{told}'\n")
    program.chmod(0o755)
    return program


def project(folder: Path, package: Path, vendor: dict) -> None:
    """Writes the project: the documented loader, which Meltano itself is to install."""
    loader = documented_loader()
    del loader["executable"]
    # Everything as documented, but for the vendor and the stream.
    documented = {
        name: value for name, value in loader["config"].items() if not name.startswith("vendor.")
    }
    fields = [{"field": "phone_number", "column": "mobile"}]
    documented["streams"] = [{"stream": "people", "fields": fields}]
    loader |= {"pip_url": package.as_uri(), "config": documented | dict(flat("vendor", vendor))}
    extractor = {"name": "tap-people", "namespace": "tap_people", "executable": str(tap(folder))}
    whole = {
        "version": 1,
        "project_id": "11111111-2222-4333-8444-555555555555",
        "default_environment": "dev",
        "environments": [{"name": "dev"}],
        "plugins": {"extractors": [extractor], "loaders": [loader]},
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")


def test_meltano_installs_it_and_calls_everybody_once(
    installed: Environment, package: Path, vendors: Sandbox, tmp_path: Path
) -> None:
    project(tmp_path, package, vendors.config("vbee")["vendor"])

    def meltano(*arguments: str) -> str:
        # Nothing of the wheel is on the path but what Meltano installs.
        program = other_suite("singer", "meltano")
        quiet = {"MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false", "NO_COLOR": "1", "UV_OFFLINE": "1"}
        search = {"PATH": f"{program.parent}:/usr/bin:/bin"}
        done = installed.run(program, *arguments, folder=tmp_path, **quiet, **search)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    meltano("install", "loader", "target-ai-voice")
    assert meltano("invoke", "target-ai-voice", "--version").strip().startswith("target-ai-voice ")
    assert "2 records: 2 accepted" in meltano("run", "tap-people", "target-ai-voice")
    again = meltano("run", "--full-refresh", "tap-people", "target-ai-voice")
    assert "2 records: 0 accepted, 2 duplicate" in again
    calls = vendors.calls()
    assert (calls["people"], calls["called_more_than_once"]) == (2, 0)
