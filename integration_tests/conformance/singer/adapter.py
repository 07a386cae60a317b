"""The binary in the clothes of a Python target, so that singer-sdk's own tests can drive it."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, ClassVar

from singer_sdk import Target
from singer_sdk.exceptions import InvalidInputLine, RecordsWithoutSchemaException
from singer_sdk.sinks import Sink

from support.connector import binary, json_file, quiet_environment

_STREAM = re.compile(r'"stream": "([^"]+)"')
_SUMMARY = re.compile(r"^INFO (\d+) records: (.*), in [\d.]+ s$", re.MULTILINE)


class AiVoice(Target):
    """Gives every line to the binary, and its states and failures back in Python's words."""

    name = "target-ai-voice"
    default_sink_class = Sink
    # The settings are checked by the binary, which says more.
    config_jsonschema: ClassVar[dict] = {"type": "object", "properties": {}}
    # The vendor's address, known when its sandbox runs.
    base_url: ClassVar[str] = ""
    # How the records of the last run ended.
    outcomes: ClassVar[dict[str, int]] = {}

    def process_lines(self, file_input: IO[str]) -> dict[str, int]:
        """Runs the binary over a whole input."""
        vendor = {**self.config["vendor"], "base_url": self.base_url}
        lines = file_input.read()
        # Streams that nothing maps and that have no number are refused; no part of these is one.
        nobody = [{"field": "phone_number", "template": "{{ stream[999:] }}"}]
        streams = [{"stream": name, "fields": nobody} for name in sorted({*_STREAM.findall(lines)})]
        with tempfile.TemporaryDirectory() as folder:
            whole = {**self.config, "vendor": vendor, "streams": streams}
            config = json_file(Path(folder), "config.json", whole)
            done = self._call("--config", str(config), stdin=lines)
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        if done.returncode:
            self._fail(done.stderr)
        ended = _SUMMARY.search(done.stderr)
        assert ended, done.stderr
        parts = (part.split(" ", 1) for part in ended.group(2).split(", "))
        outcomes = {name: int(count) for count, name in parts}
        # Nothing may be dropped in silence: the outcomes add up to the records of the input.
        n_records = lines.count('"type": "RECORD"')
        assert (int(ended.group(1)), sum(outcomes.values())) == (n_records, n_records), done.stderr
        type(self).outcomes = outcomes
        return {"RECORD": n_records}

    def process_endofpipe(self) -> None:
        """The binary has seen the end of its input already."""

    @classmethod
    def print_version(cls, print_fn: object = print) -> None:
        """What `--version` prints."""
        print_fn(cls._call("--version", check=True).stdout)

    @classmethod
    def print_about(cls, output_format: str | None = None) -> None:
        """What `--about` prints."""
        form = ["--format", output_format] if output_format else []
        print(cls._call("--about", *form, check=True).stdout)

    @classmethod
    def _call(
        cls, *arguments: str, stdin: str = "", check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Runs the binary under the target's name."""
        return subprocess.run(
            [cls.name, *arguments],
            executable=binary(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            env=quiet_environment(),
            check=check,
        )

    @staticmethod
    def _fail(stderr: str) -> None:
        told = "\n".join(line for line in stderr.splitlines() if line.startswith("ERROR "))
        if "whose SCHEMA has not come before it" in told:
            raise RecordsWithoutSchemaException(told)
        raise InvalidInputLine(told)
