"""The connector behind a script that keeps what went in and what came out."""

import json
from pathlib import Path

from support.connector import binary

_SCRIPT = """#!/bin/sh
# Keeps every line that passes.
connector() {
  case $1 in
    write) tee -a "$0.in" | '%(binary)s' "$@" ;;
    *) '%(binary)s' "$@" < /dev/null ;;
  esac
  echo $? > "$0.code"
}
connector "$@" | tee -a "$0.out"
exit "$(cat "$0.code")"
"""


class Recorder:
    """An executable with the connector's name."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "destination-ai-voice"
        self.path.write_text(_SCRIPT % {"binary": binary()})
        self.path.chmod(0o755)

    def _lines(self, suffix: str, kind: str | None) -> list[str]:
        text = self.path.with_suffix(suffix).read_text(encoding="utf-8")
        return [line for line in text.splitlines() if kind in (None, json.loads(line)["type"])]

    def sent(self, kind: str | None = None) -> list[str]:
        """The lines that the platform sent, of one type or all."""
        return self._lines(".in", kind)

    def said(self, kind: str | None = None) -> list[str]:
        """The lines that the connector said, of one type or all."""
        return self._lines(".out", kind)

    def forget(self) -> None:
        """Begins anew."""
        for suffix in (".in", ".out"):
            self.path.with_suffix(suffix).unlink(missing_ok=True)
