"""The image under test, and vendors for it."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from image.container import Image
from support.connector import ROOT
from support.sandbox import Sandbox, sandbox

# A whole build, and that of the stand-ins before it.
BUILD_SECONDS = 3000


@pytest.fixture(scope="session")
def image() -> Image:
    """The image that `AI_VOICE_IMAGE` names, or one that is built from the sources here and now.

    That one is built on stand-ins for the bases, so that no registry of images is needed.
    """
    if tag := os.environ.get("AI_VOICE_IMAGE"):
        return Image(tag)
    tag = "destination-ai-voice:test"
    build = [ROOT / "image" / "build.sh", "--stand-ins", tag]
    subprocess.run(build, check=True, timeout=BUILD_SECONDS)
    return Image(tag)


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Both vendors, for one test."""
    with sandbox() as running:
        yield running
