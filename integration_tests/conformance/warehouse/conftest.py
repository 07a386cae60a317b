"""What the tests of this suite share: a warehouse and the vendors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.postgres import Postgres, postgres
from support.sandbox import Sandbox, sandbox
from warehouse import customers


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Postgres]:
    """A warehouse with the table before the first sync."""
    with postgres(tmp_path) as server:
        server.execute(customers.TABLE + customers.upsert(customers.first_load()))
        yield server


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Vendors who tell whom they called."""
    with sandbox("--show-numbers") as running:
        yield running
