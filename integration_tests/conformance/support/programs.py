"""The programs of other suites, with whose requirements a suite's own do not agree."""

import os
from pathlib import Path


def other_suite(suite: str, program: str) -> Path:
    """A program that another suite's environment has."""
    return Path(os.environ["AI_VOICE_ENVIRONMENTS"]) / suite / "bin" / program
