"""An image, and confined containers of it."""

import subprocess
from pathlib import Path

from support.connector import ROOT

# As the platform's security context confines a connector; the network is this machine's, so that
# the sandbox can be reached.
CONFINEMENT = (
    *("--rm", "--network", "host", "--user", "1000:1000", "--read-only"),
    *("--cap-drop", "all", "--security-opt", "no-new-privileges"),
)


class Image:
    """An image, and whichever engine is here."""

    def __init__(self, tag: str) -> None:
        self.tag = tag

    @staticmethod
    def engine(*arguments: str | Path, **settings: object) -> subprocess.CompletedProcess:
        """Runs a command of the engine to its end."""
        command = [ROOT / "image" / "engine", *arguments]
        settings = {"check": True, "capture_output": True, "timeout": 60, **settings}
        return subprocess.run(command, **settings)

    def popen(self, *options: str, command: tuple[str, ...]) -> subprocess.Popen:
        """Starts a command in a confined container; the image's own entrypoint is overridden."""
        entrypoint, *rest = command
        run = ["run", *CONFINEMENT, *options, "--entrypoint", entrypoint, self.tag, *rest]
        return subprocess.Popen([ROOT / "image" / "engine", *run])

    def sh(self, script: str, *options: str) -> subprocess.CompletedProcess:
        """Runs a line of shell in a confined container, as the platform does."""
        command = ("run", *CONFINEMENT, *options, "--entrypoint", "sh", self.tag, "-c", script)
        return self.engine(*command, text=True, check=False)
