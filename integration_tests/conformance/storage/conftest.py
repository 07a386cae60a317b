"""What the tests of this suite share: one S3 server, and vendors for `check` to ask."""

from collections.abc import Iterator

import pytest

from storage.server import Server, server
from support.sandbox import Sandbox, sandbox


@pytest.fixture(scope="session")
def s3() -> Iterator[Server]:
    """A server with a bucket `rejects`."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def vendors() -> Iterator[Sandbox]:
    """Both vendors."""
    with sandbox() as running:
        yield running
