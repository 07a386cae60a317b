"""What the tests of this suite share: invented runs as pages, and a browser to open them in."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from report.page import Page
from support.browser import chromium
from support.connector import ROOT

RUNS = ("good", "first", "nothing", "failed", "interrupted", "limit", "rehearsal", "trial", "preview")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pages are; each has its data beside it."""
    folder = tmp_path_factory.mktemp("reports")
    writer = ["cargo", "run", "--quiet", "--locked", "--example", "reports", "--", str(folder)]
    subprocess.run(writer, cwd=ROOT, timeout=900, check=True)
    assert sorted(page.stem for page in folder.glob("*.html")) == sorted(RUNS)
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One for all pages."""
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(params=RUNS)
def data(request: pytest.FixtureRequest, folder: Path) -> dict:
    """A run's data, with its name."""
    document = json.loads((folder / f"{request.param}.json").read_text(encoding="utf-8"))
    return {**document, "name": request.param}


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")], ids=str)
def page(request: pytest.FixtureRequest, folder: Path, browser: Chrome, data: dict) -> Page:
    """The same run as a page, on a telephone and on a desk, by day and by night."""
    width, scheme = request.param
    return Page(browser, folder / f"{data['name']}.html", width, scheme)
