"""The sink: vendors that accept everybody and count."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Sandbox:
    """A running sink."""

    def __init__(self, address: str, process: int) -> None:
        self.address = address
        self.process = process

    def reset(self) -> None:
        """Begins to count anew."""
        _OPENER.open(urllib.request.Request(f"{self.address}/reset", method="POST"), timeout=30)

    def totals(self) -> dict[str, int]:
        """`requests`, `contacts` and `bytes` since the last reset."""
        with _OPENER.open(f"{self.address}/calls", timeout=30) as answer:
            return json.load(answer)


@contextmanager
def sandbox(binary: Path, latency: int) -> Iterator[Sandbox]:
    """Starts a sink on a free port and stops it."""
    process = subprocess.Popen(
        [binary, "--latency", str(latency)], stdout=subprocess.PIPE, text=True
    )
    try:
        first_line = process.stdout.readline()
        address = re.search(r"http://[0-9.:]+\d", first_line)
        if not address:
            raise RuntimeError(f"the sink did not say where it is: {first_line!r}")
        yield Sandbox(address.group(), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
