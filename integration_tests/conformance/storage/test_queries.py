"""The queries in docs/rejected-records.md, as a reader would paste them, on what a sync has put."""

import re
from pathlib import Path

import duckdb
import pytest

from storage.test_write import CATALOG, lines
from support.connector import ROOT, json_file, run
from support.sandbox import Sandbox


def queries() -> list[str]:
    """What the page gives to DuckDB."""
    page = (ROOT / "docs/rejected-records.md").read_text(encoding="utf-8")
    return re.findall(r'^duckdb -c "(.*)"$', page, re.MULTILINE)


def test_the_queries_of_the_page_find_who_was_rejected(
    vendors: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = {"storage_type": "Local", "path": str(tmp_path / "rejected")}
    config = json_file(tmp_path, "config.json", vendors.config("itnio", object_storage_config=storage))
    catalog = json_file(tmp_path, "catalog.json", CATALOG)
    done = run("write", "--config", config, "--catalog", catalog, stdin=lines(100))
    assert done.code == 0, done.stdout
    monkeypatch.chdir(tmp_path)
    counted, keys = [duckdb.sql(query).fetchall() for query in queries()]
    assert counted == [("missing", 10)]
    assert sorted(int(key) for (key,) in keys) == list(range(10, 101, 10))
