"""The workflow that would release, as far as it can be judged without the hosting that runs it."""

import subprocess
import sys
from pathlib import Path

import yaml

from support.connector import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_the_linter_of_workflows_finds_nothing() -> None:
    linter = Path(sys.executable).parent / "actionlint"
    done = subprocess.run(
        [linter, "-no-color", *WORKFLOWS], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_what_it_calls_is_there() -> None:
    [workflow] = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in WORKFLOWS]
    jobs = workflow["jobs"]
    steps = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    for called in (".ci/run", "image/build.sh", "image/engine", "integration_tests/conformance/run"):
        assert any(called in step for step in steps), called
        assert (ROOT / called).stat().st_mode & 0o111, called
    assert "make wheel" in steps
    assert "\nwheel:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    architectures = {entry["architecture"] for entry in jobs["build"]["strategy"]["matrix"]["include"]}
    assert architectures == {"amd64", "arm64"}
