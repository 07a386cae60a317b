"""`pip install` of the wheel: both commands, and nothing else."""

import json
import re
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from support.connector import ROOT, json_file
from support.sandbox import Sandbox
from wheel.environment import COMMANDS, Environment

VERSION = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)


def test_both_commands_say_their_names(installed: Environment) -> None:
    for command in COMMANDS:
        said = installed.run(command, "--version")
        assert (said.returncode, said.stdout.strip()) == (0, f"{command} {VERSION}"), said.stderr
        assert f"Usage: {command}" in installed.run(command, "--help").stdout, command


def test_a_link_from_elsewhere_finds_the_program(installed: Environment, tmp_path: Path) -> None:
    """As pipx and `uv tool` make them."""
    link = tmp_path / "target-ai-voice"
    link.symlink_to(installed.programs / "target-ai-voice")
    assert installed.run(link, "--version").stdout.strip() == f"target-ai-voice {VERSION}"


def test_a_target_without_its_program_says_so(installed: Environment, tmp_path: Path) -> None:
    alone = tmp_path / "target-ai-voice"
    alone.write_bytes((installed.programs / "target-ai-voice").read_bytes())
    alone.chmod(0o755)
    said = installed.run(alone, "--version")
    assert (said.returncode, said.stdout) == (127, "")
    assert "destination-ai-voice, which belongs beside it, does not start" in said.stderr


def test_the_target_is_the_program_itself(
    installed: Environment, vendors: Sandbox, tmp_path: Path
) -> None:
    """It takes stdin and gives states and exit codes as its own."""
    config = json_file(tmp_path, "config.json", vendors.config("vbee"))
    lines = [
        {"type": "SCHEMA", "stream": "people", "key_properties": [], "schema": {"type": "object"}},
        {"type": "RECORD", "stream": "people", "record": {"phone_number": "0987654321"}},
        {"type": "STATE", "value": {"position": 1}},
    ]
    stdin = "".join(json.dumps(line) + "\n" for line in lines)
    done = installed.run("target-ai-voice", "--config", config, stdin=stdin)
    assert (done.returncode, done.stdout) == (0, '{"position": 1}\n'), done.stderr
    assert vendors.calls()["people"] == 1
    assert installed.run("target-ai-voice", "--config", tmp_path / "none.json").returncode == 1


def test_the_wheel_holds_two_commands_and_no_python(package: Path) -> None:
    with zipfile.ZipFile(package) as wheel:
        sizes = {entry.filename: entry.file_size for entry in wheel.infolist()}
        [about] = [name for name in sizes if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(wheel.read(about).decode())
    scripts = {name.rsplit("/", 1)[1]: size for name, size in sizes.items() if "/scripts/" in name}
    assert sorted(scripts) == sorted(COMMANDS)
    assert not [name for name in sizes if name.endswith(".py")]
    # The second is no second copy.
    assert scripts["target-ai-voice"] * 10 < scripts["destination-ai-voice"], scripts
    assert metadata["Name"] == "destination-ai-voice"
    assert metadata["Version"] == VERSION
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.8"
    assert metadata["Requires-Dist"] is None
    assert [name for name in sizes if name.endswith("LICENSE")]
    assert "# destination-ai-voice" in metadata.get_payload()


@pytest.mark.parametrize("vendor", ["itnio", "vbee"])
def test_check_through_the_installed_command(
    installed: Environment, vendors: Sandbox, tmp_path: Path, vendor: str
) -> None:
    config = json_file(tmp_path, "config.json", vendors.config(vendor))
    said = installed.run("destination-ai-voice", "check", "--config", config)
    assert json.loads(said.stdout)["connectionStatus"]["status"] == "SUCCEEDED", said.stdout
