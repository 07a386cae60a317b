"""The wheel under test, installed, and a vendor who calls nobody."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.sandbox import Sandbox, sandbox
from wheel.environment import Environment, build, environment


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `AI_VOICE_WHEEL` names, or one that is built from the sources here and now."""
    if named := os.environ.get("AI_VOICE_WHEEL"):
        return Path(named).resolve()
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment that has it."""
    return environment(tmp_path_factory.mktemp("installed") / "environment", package)


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Both vendors, who have been asked nothing yet."""
    with sandbox() as running:
        yield running
