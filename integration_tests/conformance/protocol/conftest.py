"""What every test of this suite needs before anything of the platform is imported."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.container import Container
from protocol.recorder import Recorder
from support.connector import quiet_environment, run
from support.sandbox import Sandbox, sandbox

# PyAirbyte reads these once, when it is imported; what it writes goes with the session.
_SCRATCH = tempfile.TemporaryDirectory(prefix="conformance-")
os.environ.update(quiet_environment())
os.environ.update(AIRBYTE_PROJECT_DIR=_SCRATCH.name, AIRBYTE_LOGGING_ROOT=f"{_SCRATCH.name}/logs")

# The platform's own suite starts images through `docker`; ours stands in front of a real one.
STAND_IN = Path(__file__).parent / "stand_in"
os.environ["PATH"] = f"{STAND_IN}{os.pathsep}{os.environ['PATH']}"

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marks that the platform's own suite puts on its tests."""
    for mark in ("image_tests", "requires_creds"):
        config.addinivalue_line("markers", f"{mark}: of airbyte-cdk")


@pytest.fixture(scope="session")
def form() -> dict:
    """The form that the connector says it has."""
    return run("spec").messages("SPEC")[0]["spec"]


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Both vendors, who tell whole numbers and have been asked nothing yet."""
    with sandbox("--show-numbers") as running:
        yield running


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """The connector, for platforms that start it by its path."""
    return Recorder(tmp_path)


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    """The platform's container of a sync."""
    folder = tmp_path / "dest"
    folder.mkdir()
    with Container(folder) as running:
        yield running
