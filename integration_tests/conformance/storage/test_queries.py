"""The queries of the docs, as a reader would paste them, on what a sync has put into a folder."""

import json
import re
from pathlib import Path

import duckdb
import pytest

from storage.test_write import CATALOG, lines
from support.connector import ROOT, json_file, run
from support.sandbox import sandbox

# What the readers keep of the vendors' pushes: the calls of the second and of the third person.
CALLS = """
CREATE TABLE vbee_calls AS
  SELECT contact_id, 'answered' AS result FROM receipts WHERE primary_key IN ('2', '3');
CREATE TABLE itnio_call_records (
  robot_call_job_id VARCHAR, properties JSON, result_status VARCHAR, chat_duration INTEGER);
INSERT INTO itnio_call_records
  SELECT campaign, json_object('external_id', primary_key), 'answered', 21 FROM receipts
  WHERE primary_key IN ('2', '3');
"""


def page(name: str) -> str:
    """A page's source."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["itnio", "vbee"])
def synced(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Whom a sync of a hundred people went to, and where it put what it rejected, and its receipts."""
    folder = tmp_path_factory.mktemp(request.param)
    storage = {"storage_type": "Local", "path": str(folder / "rejected"), "receipts": True}
    # Vendors who know nobody yet.
    with sandbox() as vendors:
        config = vendors.config(request.param, object_storage_config=storage)
        configured = json_file(folder, "config.json", config)
        catalog = json_file(folder, "catalog.json", CATALOG)
        done = run("write", "--config", configured, "--catalog", catalog, stdin=lines(100))
    assert done.code == 0, done.stdout
    return request.param, folder


@pytest.fixture
def vendor(synced: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """The reader is in the folder where a sync has put its files."""
    name, folder = synced
    monkeypatch.chdir(folder)
    return name


def test_the_queries_of_the_page_find_who_was_rejected(vendor: str) -> None:
    queries = re.findall(r'^duckdb -c "(.*)"$', page("rejected-records.md"), re.MULTILINE)
    counted, keys = [duckdb.sql(query).fetchall() for query in queries]
    assert counted == [("missing", 10)], vendor
    assert sorted(int(key) for (key,) in keys) == list(range(10, 101, 10))


def test_the_receipts_of_the_page_are_joined_with_the_calls(vendor: str) -> None:
    of_vbee, of_itnio = re.findall(r"```sql\n(.*?)```", page("receipts.md"), re.DOTALL)
    database = duckdb.connect()
    # What is compared with a text is one, though it may look like something else.
    database.execute(
        "CREATE TABLE receipts AS FROM read_csv('rejected/receipts/**/*.csv', all_varchar = true)"
    )
    database.execute(CALLS)
    rows = database.execute(of_vbee if vendor == "vbee" else of_itnio).fetchall()
    called = {row[0] for row in rows if "answered" in row}
    assert (len(rows), called) == (90, {"2", "3"}), json.dumps(rows[:5])
