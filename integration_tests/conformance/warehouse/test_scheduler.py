"""The command of the example for Airflow, as a scheduler runs it, without Airflow and Docker."""

import ast
import json
import os
import subprocess
from pathlib import Path

import pytest

from support.connector import ROOT, binary, json_file, quiet_environment
from support.postgres import PASSWORD, Postgres
from support.sandbox import Sandbox
from warehouse import customers

EXAMPLE = ROOT / "docs/examples/airflow/ai_voice_dag.py"
N_CONNECTORS = 4

# What of `docker run` matters here: the container's folder /config is the test's.
DOCKER = """#!/bin/sh
while [ "$1" != write ]; do shift; done
exec {binary} write --config {folder}/config.json --catalog {folder}/catalog.json
"""


def command() -> str:
    """The example's COMMAND, whose module needs Airflow."""
    [text] = [
        node.value.value
        for node in ast.parse(EXAMPLE.read_text()).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "COMMAND"
    ]
    return text


@pytest.fixture
def task(tmp_path: Path, db: Postgres, vendors: Sandbox) -> "Task":
    return Task(tmp_path, db, vendors)


class Task:
    """One task of the scheduler for each connector."""

    def __init__(self, folder: Path, db: Postgres, vendors: Sandbox) -> None:
        docker = folder / "docker"
        docker.write_text(DOCKER.format(binary=binary(), folder=folder))
        docker.chmod(0o755)
        self.folder, self.db = folder, db
        stream = {
            "stream": "customers",
            "fields": [
                {"field": "phone_number", "column": "mobile"},
                {"field": "ho_ten", "column": "full_name"},
            ],
        }
        config = vendors.config(
            "vbee", streams=[stream], ledger={"ledger_type": "postgres", "url": db.dsn}
        )
        self.config = json_file(folder, "config.json", config)
        columns = ("id", "full_name", "mobile", "consent", "amount_due", "updated_at")
        properties = {column: {} for column in columns}
        json_file(folder, "catalog.json", catalog("customers", properties))

    def run(self, part: int, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}:{self.db.programs}:{os.environ['PATH']}"
        part_of = {"PART": str(part), "N_CONNECTORS": str(N_CONNECTORS), "DAY": "2026-11-30"}
        return subprocess.run(
            ["bash", "-c", command()],
            env={
                **quiet_environment(),
                "PATH": path,
                "WAREHOUSE": self.db.dsn,
                **part_of,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def catalog(name: str, properties: dict) -> dict:
    stream = {
        "name": name,
        "json_schema": {"type": "object", "properties": properties},
        "supported_sync_modes": ["full_refresh"],
    }
    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "append"}
    return {"streams": [{"stream": stream, **modes}]}


def test_every_part_is_called_once_however_often_its_task_runs(
    task: Task, vendors: Sandbox
) -> None:
    for _ in range(2):
        for part in range(N_CONNECTORS):
            done = task.run(part)
            assert done.returncode == 0, done.stderr
            # What the scheduler keeps: the state.
            state = json.loads(done.stdout.splitlines()[-1])["state"]
            assert state["stream"]["stream_state"] == {"part": part, "day": "2026-11-30"}
            assert PASSWORD not in done.stdout + done.stderr
    people = {row.callable_number for row in customers.first_load()} - {None}
    calls = vendors.calls(0)
    assert (calls["people"], calls["called_more_than_once"]) == (len(people), 0)


def test_a_warehouse_that_fails_fails_the_task(task: Task) -> None:
    done = task.run(0, N_CONNECTORS="0")
    assert done.returncode != 0
    assert "division by zero" in done.stderr
    assert done.stdout == ""


def test_a_connector_that_fails_fails_the_task(task: Task, vendors: Sandbox) -> None:
    task.config.write_text(task.config.read_text().replace("s4ndb0x!", "an-0ther-secret"))
    done = task.run(0)
    assert done.returncode != 0
    assert "config_error" in done.stderr
    assert "an-0ther-secret" not in done.stdout + done.stderr
    assert vendors.calls(0)["people"] == 0
