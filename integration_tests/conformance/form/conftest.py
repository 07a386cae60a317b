"""What the tests of this suite share: one browser, and the form anew for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from form import drawing
from form.browser import Form
from support.browser import chromium
from support.sandbox import Sandbox, sandbox


@pytest.fixture(scope="session")
def specification() -> dict:
    """The form as the connector gives it."""
    return drawing.specification()


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page that draws it."""
    return drawing.bundle(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser; each test loads the page anew, and nothing of a page outlives it."""
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def draw(page: Path, browser: Chrome, specification: dict) -> Callable[..., Form]:
    """Draws the form, empty or with a saved configuration."""

    def drawn(saved: dict | None = None) -> Form:
        drawing.give(page, specification, saved)
        browser.get(page.as_uri())
        return Form(browser)

    return drawn


@pytest.fixture
def form(draw: Callable[..., Form]) -> Form:
    """The form of somebody who sets the destination up."""
    return draw()


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Vendors who tell whom they called."""
    with sandbox("--show-numbers") as running:
        yield running
