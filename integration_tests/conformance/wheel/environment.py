"""A fresh Python environment with the wheel in it, as `pip install` makes it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.connector import ROOT, quiet_environment

COMMANDS = ("destination-ai-voice", "target-ai-voice")


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def programs(self) -> Path:
        """Where its commands are."""
        return self.folder / "bin"

    def run(
        self, *command: str | Path, stdin: str = "", folder: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command as somebody who has activated the environment, to its end."""
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            cwd=folder or self.folder,
            env={
                **quiet_environment(),
                "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
                "VIRTUAL_ENV": str(self.folder),
                **more,
            },
            check=False,
        )


def environment(folder: Path, wheel: Path) -> Environment:
    """Makes one, and installs nothing but the wheel: it needs no other package."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    made = Environment(folder)
    install = [made.programs / "pip", "install", "--quiet", "--no-index", wheel]
    done = made.run(*install, PIP_DISABLE_PIP_VERSION_CHECK="1")
    assert done.returncode == 0, done.stderr
    return made


def build(folder: Path) -> Path:
    """Builds a wheel of the sources here and now, with the profile that the tests are built with."""
    maturin = Path(sys.executable).parent / "maturin"
    subprocess.run(
        [maturin, "build", "--quiet", "--locked", "--profile", "dev", "--out", folder],
        check=True,
        timeout=1800,
        cwd=ROOT,
    )
    [wheel] = folder.glob("*.whl")
    return wheel
