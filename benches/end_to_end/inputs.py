"""What the contestants read: extracts by the project's own generator, kept between runs."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Extract:
    """How big an extract is."""

    records: int
    columns: int = 10
    """All columns of a record; the sample has ten of its own."""
    streams: int = 1
    bytes: int = 0
    """Bytes of text in one more column."""
    identity: bool = False
    """The columns are called like the contact's fields."""

    def folder(self, generator: Path, cache: Path) -> Path:
        """The extract on disk, made where it is missing or older than its generator."""
        kind = "identity" if self.identity else "columns"
        name = f"{self.records}-{self.columns}-{self.streams}-{self.bytes}-{kind}"
        folder = cache / name
        made = folder / "states"
        if not made.exists() or made.stat().st_mtime < generator.stat().st_mtime:
            shutil.rmtree(folder, ignore_errors=True)
            options = [
                f"--records={self.records}",
                f"--columns={max(0, self.columns - 10)}",
                f"--streams={self.streams}",
                f"--bytes={self.bytes}",
                *(["--identity"] if self.identity else []),
            ]
            subprocess.run([generator, folder, *options], check=True)
            with open(folder / "messages.jsonl", "rb") as lines:
                made.write_text(str(sum(b'"type":"STATE"' in line for line in lines)))
        return folder


def n_states(folder: Path) -> int:
    """How many STATEs an extract has."""
    return int((folder / "states").read_text())


def config(
    folder: Path, name: str, address: str, delivery: dict[str, int], ledger: dict[str, str] | None
) -> dict:
    """A configuration that goes with an extract, for a vendor at an address."""
    text = (folder / f"{name}.json").read_text(encoding="utf-8").replace("ROOT", address)
    sections = {"delivery": {"max_requests_per_second": 0, **delivery}}
    if ledger:
        sections["ledger"] = ledger
    return {**json.loads(text), **sections}
