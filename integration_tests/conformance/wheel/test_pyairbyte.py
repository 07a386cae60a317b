"""PyAirbyte finds the installed command, or installs the wheel itself."""

import json
import re
import shutil
from pathlib import Path

import pytest

from protocol.people import row
from support.connector import ROOT, json_file
from support.programs import other_suite
from support.sandbox import Sandbox
from wheel.environment import Environment

SOURCE = ROOT / "integration_tests/conformance/protocol/source-people"


def documented_program() -> str:
    """The program in docs/pyairbyte.md, as a reader would paste it."""
    page = (ROOT / "docs/pyairbyte.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert block, "docs/pyairbyte.md has no program"
    return block.group(1)


@pytest.fixture
def folder(tmp_path: Path, vendors: Sandbox) -> Path:
    """Where the program runs: its two configurations, and a source with its source's name."""
    programs = tmp_path / "bin"
    programs.mkdir()
    shutil.copy(SOURCE, programs / "source-postgres")
    people = [{"id": person, **row(person)} for person in range(1, 41)]
    json_file(tmp_path, "postgres.json", {"people": people})
    (tmp_path / "ledger").mkdir()
    ledger = {"ledger_type": "sqlite", "path": "ledger/ai-voice.sqlite"}
    json_file(tmp_path, "config.json", vendors.config("vbee", ledger=ledger))
    return tmp_path


def run(installed: Environment, folder: Path, program: str, programs: Path) -> str:
    """Runs a program with PyAirbyte, where these programs are on the path; gives what it printed."""
    script = folder / "program.py"
    script.write_text(program, encoding="utf-8")
    airbyte = other_suite("protocol", "python")
    search = f"{folder / 'bin'}:{programs}:{airbyte.parent}:/usr/bin:/bin"
    scratch = {"AIRBYTE_PROJECT_DIR": str(folder), "AIRBYTE_LOGGING_ROOT": str(folder / "logs")}
    done = installed.run(
        airbyte, script, folder=folder, PATH=search, UV_OFFLINE="1", **scratch
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_documented_program_calls_everybody_once(
    installed: Environment, folder: Path, vendors: Sandbox
) -> None:
    for expected in (40, 1):
        # The source's cursor is inclusive, so its last row comes with every run.
        said = run(installed, folder, documented_program(), installed.programs)
        assert f"{expected} records" in said, said
        calls = vendors.calls()
        assert (calls["people"], calls["called_more_than_once"]) == (40, 0)


def test_pyairbyte_installs_the_wheel_by_its_url(
    installed: Environment, folder: Path, vendors: Sandbox, package: Path
) -> None:
    program = documented_program()
    place = 'local_executable="destination-ai-voice"'
    assert place in program
    program = program.replace(place, f"pip_url={json.dumps(package.as_uri())}")
    said = run(installed, folder, program, Path("/nowhere"))
    assert "40 records" in said, said
    assert (folder / ".venv-destination-ai-voice/bin/destination-ai-voice").exists()
    assert vendors.calls()["people"] == 40
