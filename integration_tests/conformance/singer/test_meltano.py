"""Meltano with its PostgreSQL tap, a real PostgreSQL, and this target: who is called, and how often."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from singer.meltano import Project, check_silence, documented_loader, ended, project
from support.connector import binary
from support.postgres import Postgres
from support.sandbox import Sandbox

TABLE = """
DROP TABLE IF EXISTS customers;
CREATE TABLE customers (
    id integer PRIMARY KEY, title text, full_name text, mobile text, consent boolean,
    balance numeric(20, 4), updated_at timestamptz NOT NULL
);
INSERT INTO customers VALUES
    (1, 'Anh', 'Nguyễn Văn An', '0987654321', true, 1500000.5000, '2025-11-01T08:00:00Z'),
    (2, 'Chị', 'Trần Thị Bình', '+84 987 654 322', true, 12345678901234.5678, '2025-11-02T08:00:00Z'),
    (3, NULL, 'Lê Chi', '0987654323', false, 0, '2025-11-03T08:00:00Z'),
    (4, 'Anh', 'Phạm Dũng', NULL, true, NULL, '2025-11-04T08:00:00Z'),
    (5, 'Chị', 'Võ Giang', '0987654325', true, 7, '2025-11-05T08:00:00Z');
"""


@pytest.fixture(params=["vbee"])
def meltano(
    request: pytest.FixtureRequest, tmp_path: Path, database: Postgres, vendor: Sandbox
) -> Project:
    """A project whose tap has five customers, three of whom may be called."""
    database.execute(TABLE)
    return project(tmp_path, database, vendor.config(request.param)["vendor"])


def test_nobody_is_called_twice_whatever_the_tap_sends_again(
    meltano: Project, database: Postgres, vendor: Sandbox
) -> None:
    log = meltano.run()
    assert ended(log).startswith("5 records: 3 accepted, 0 duplicate, 1 suppressed, 1 invalid")
    assert vendor.calls()["people"] == 3
    assert meltano.bookmark().startswith("2025-11-05T08:00:00")

    # The bookmark is inclusive: its row comes with every run.
    assert ended(meltano.run()).startswith("1 records: 0 accepted, 1 duplicate")

    database.execute("""
        UPDATE customers SET full_name = 'Nguyễn An', updated_at = '2025-11-06T08:00:00Z' WHERE id = 1;
        UPDATE customers SET mobile = '0987 654 324', updated_at = '2025-11-06T09:00:00Z' WHERE id = 4;
        INSERT INTO customers VALUES
            (6, 'Anh', 'Đỗ Hải', '84987654326', true, 1, '2025-11-07T08:00:00Z');
    """)
    log = meltano.run()
    assert ended(log).startswith("4 records: 2 accepted, 2 duplicate")
    assert "already_in_ledger: 2 records" in log
    assert meltano.bookmark().startswith("2025-11-07T08:00:00")

    assert ended(meltano.run("--full-refresh")).startswith("6 records: 0 accepted, 5 duplicate")
    calls = vendor.calls()
    assert (calls["people"], calls["called_more_than_once"]) == (5, 0)


def test_wiping_what_meltano_keeps_calls_nobody_again(meltano: Project, vendor: Sandbox) -> None:
    assert ended(meltano.run()).startswith("5 records: 3 accepted")
    # States, caches and what is installed: people wipe it when something is stuck.
    shutil.rmtree(meltano.folder / ".meltano")
    assert ended(meltano.run()).startswith("5 records: 0 accepted, 3 duplicate")
    calls = vendor.calls()
    assert (calls["people"], calls["called_more_than_once"]) == (3, 0)


@pytest.mark.parametrize("meltano", ["itnio"], indirect=True)
def test_a_failed_run_keeps_its_bookmark_and_the_next_one_makes_it_good(
    meltano: Project, database: Postgres, vendor: Sandbox
) -> None:
    meltano.run()
    database.execute(
        "INSERT INTO customers VALUES (6, 'Anh', 'Đỗ Hải', '84987654326', true, 1, '2025-11-07T08:00:00Z')"
    )
    failed = meltano.attempt(secret="wr0ng-secret")
    log = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "itnio refused" in log
    assert "until somebody corrects this" in log
    assert "wr0ng-secret" not in log
    check_silence(log)
    assert meltano.bookmark().startswith("2025-11-05T08:00:00"), "nothing new was settled"

    assert ended(meltano.run()).startswith("2 records: 1 accepted, 1 duplicate")
    assert meltano.bookmark().startswith("2025-11-07T08:00:00")
    calls = vendor.calls()
    assert (calls["people"], calls["called_more_than_once"]) == (4, 0)


def test_a_mapping_that_does_not_fit_the_table_is_told(meltano: Project, vendor: Sandbox) -> None:
    path = meltano.folder / "meltano.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("column: mobile", "column: mobil"))
    failed = meltano.attempt()
    log = failed.stdout + failed.stderr
    assert failed.returncode != 0
    assert "streams[0].fields[0].column" in log
    assert "did you mean `mobile`?" in log
    assert vendor.calls()["people"] == 0


def test_the_documented_settings_are_those_that_exist(meltano: Project) -> None:
    about = meltano.meltano("invoke", "target-ai-voice", "--about")
    assert about.returncode == 0, about.stderr
    listed = re.findall(r"^  - (\S+)[ :]\(?(\w+)", about.stdout, re.MULTILINE)
    sections = {name.rsplit(".", 1)[0] for name, _ in listed if "." in name}
    sections |= {section.rsplit(".", 1)[0] for section in sections}
    exist = {name.rstrip(":") for name, _ in listed} - sections
    documented = documented_loader()["settings"]
    assert {setting["name"] for setting in documented} == exist

    secrets = set(re.findall(r"^  - (\S+) \(.*secret\)", about.stdout, re.MULTILINE))
    assert {setting["name"] for setting in documented if setting.get("sensitive")} == secrets


def test_about_says_the_same_through_meltano(meltano: Project) -> None:
    through = meltano.meltano("invoke", "target-ai-voice", "--about", "--format=json")
    assert through.returncode == 0, through.stderr
    direct = subprocess.run(
        [binary(), "--about", "--format=json"], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(through.stdout) == json.loads(direct.stdout)
