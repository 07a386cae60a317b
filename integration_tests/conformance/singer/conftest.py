"""What the tests with Meltano share: one PostgreSQL, and vendors whom nobody has been sent to yet."""

from collections.abc import Iterator

import pytest

from support.postgres import Postgres, postgres
from support.sandbox import Sandbox, sandbox


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL for all tests of this suite."""
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def vendor() -> Iterator[Sandbox]:
    """A vendor whom nobody has been sent to yet."""
    with sandbox() as running:
        yield running
