"""The image under test, and vendors for it."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from image.container import Image
from support.connector import ROOT
from support.sandbox import Sandbox, sandbox

# Both on a machine that does other work beside it.
BASES_SECONDS = 900
BUILD_SECONDS = 2400


@pytest.fixture(scope="session")
def image() -> Image:
    """The image that `AI_VOICE_IMAGE` names, or one that is built from the sources here and now.

    That one is built by every step of the Dockerfile that ships. Where no registry of images can be reached, its
    bases are made here.
    """
    if tag := os.environ.get("AI_VOICE_IMAGE"):
        return Image(tag)
    tag = "destination-ai-voice:test"
    subprocess.run([ROOT / "image" / "bases.sh"], check=True, timeout=BASES_SECONDS)
    build = [ROOT / "image" / "build.sh", tag, "--network=host"]
    subprocess.run(build, check=True, timeout=BUILD_SECONDS)
    return Image(tag)


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Both vendors, for one test."""
    with sandbox() as running:
        yield running
