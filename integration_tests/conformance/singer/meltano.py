"""A Meltano project of a test's own, made of the plugin definition that the documentation shows."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from support.connector import ROOT, binary, quiet_environment
from support.postgres import Postgres

STATE_ID = "dev:tap-postgres-to-target-ai-voice"
TAP_SETTINGS = [
    {"name": "host"},
    {"name": "port", "kind": "integer"},
    {"name": "user"},
    {"name": "password", "sensitive": True},
    {"name": "database"},
    {"name": "filter_schemas", "kind": "array"},
]


def documented_loader() -> dict:
    """The loader in docs/meltano.md, as a reader would paste it."""
    page = (ROOT / "docs/meltano.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert block, "docs/meltano.md has no plugin definition"
    return yaml.safe_load(block.group(1))["plugins"]["loaders"][0]


@dataclass
class Project:
    """A folder with a meltano.yml."""

    folder: Path
    # The name of the setting, and what it holds.
    secret: tuple[str, str]

    def meltano(
        self, *arguments: str, secret: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command of Meltano; the vendor's secret is in the environment, as it should be."""
        name, value = self.secret
        program = Path(sys.executable).parent / "meltano"
        return subprocess.run(
            [program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            env={
                **quiet_environment(),
                "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
                f"TARGET_AI_VOICE_{name.replace('.', '_').upper()}": secret or value,
                "NO_COLOR": "1",
            },
            check=False,
        )

    def run(self, *options: str, **more: str) -> str:
        """Runs the pipeline, which must succeed; gives its log."""
        done = self.attempt(*options, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def attempt(self, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs the pipeline, which may fail."""
        return self.meltano("run", *options, "tap-postgres", "target-ai-voice", **more)

    def _loader(self) -> tuple[dict, dict]:
        whole = yaml.safe_load((self.folder / "meltano.yml").read_text(encoding="utf-8"))
        [loader] = whole["plugins"]["loaders"]
        return whole, loader["config"]

    def streams(self) -> list[dict]:
        """The target's mapping."""
        return self._loader()[1]["streams"]

    def set(self, **settings: object) -> None:
        """Changes the target's settings; a name's dots are written as two underscores."""
        whole, config = self._loader()
        config |= {name.replace("__", "."): value for name, value in settings.items()}
        text = yaml.safe_dump(whole, sort_keys=False)
        (self.folder / "meltano.yml").write_text(text, encoding="utf-8")

    def bookmark(self) -> str | None:
        """Where the next run would go on."""
        done = self.meltano("state", "get", STATE_ID)
        assert done.returncode == 0, done.stderr
        bookmarks = json.loads(done.stdout or "{}").get("singer_state", {}).get("bookmarks", {})
        return bookmarks.get("public-customers", {}).get("replication_key_value")


def ended(log: str) -> str:
    """How the records of a run ended, by the target's last line."""
    found = re.findall(r"(\d+ records: .*), in [\d.]+ s", log)
    assert found, log
    check_silence(log)
    return found[-1]


def check_silence(log: str) -> None:
    """No whole number and no secret in what Meltano shows."""
    shown = re.sub(r"[ .()-]", "", log)
    for hidden in ["098765432", "8498765432", "sandbox-itnio-secret", "s4ndb0x!"]:
        assert hidden not in log
        assert hidden not in shown


def flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Settings under the names that the documentation gives them: `vendor.api_key`."""
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        yield from flat(f"{path}.{name}", inner)


def tap_of_many_states(folder: Path, state_every: int) -> Path:
    """The same tap with a state behind every so many records, where its own are ten thousand apart."""
    program = folder / "tap-of-many-states"
    program.write_text(
        f"#!{sys.executable}\n"
        "from tap_postgres.client import PostgresStream\n"
        "from tap_postgres.tap import TapPostgres\n"
        f"PostgresStream.STATE_MSG_FREQUENCY = {state_every}\n"
        "TapPostgres.cli()\n"
    )
    program.chmod(0o755)
    return program


def project(
    folder: Path, database: Postgres, vendor: dict, state_every: int | None = None
) -> Project:
    """Writes the project: the real tap on this database, the documented target on this vendor."""
    settings = dict(flat("vendor", vendor))
    secret = next(item for item in settings.items() if item[0].endswith("api_secret"))
    del settings[secret[0]]
    links = folder / "bin"
    links.mkdir()
    (links / "target-ai-voice").symlink_to(binary())
    tap = shutil.which("tap-postgres", path=Path(sys.executable).parent)
    if state_every:
        tap = str(tap_of_many_states(links, state_every))
    loader = documented_loader()
    loader["executable"] = str(links / "target-ai-voice")
    # Everything as documented, but for the vendor and the stream's name.
    documented = {
        name: value for name, value in loader["config"].items() if not name.startswith("vendor.")
    }
    documented["streams"][0]["stream"] = "public-customers"
    loader["config"] = documented | settings
    extractor = {
        "name": "tap-postgres",
        "namespace": "tap_postgres",
        "executable": tap,
        "capabilities": ["catalog", "discover", "state"],
        "settings": TAP_SETTINGS,
        "config": {
            "host": database.host,
            "port": database.port,
            "user": database.user,
            "password": database.password,
            "database": database.database,
            "filter_schemas": ["public"],
        },
        "select": ["public-customers.*"],
        "metadata": {
            "public-customers": {
                "replication-method": "INCREMENTAL",
                "replication-key": "updated_at",
            }
        },
    }
    whole = {
        "version": 1,
        "project_id": "11111111-2222-4333-8444-555555555555",
        "default_environment": "dev",
        "environments": [{"name": "dev"}],
        "plugins": {"extractors": [extractor], "loaders": [loader]},
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
    return Project(folder, secret)
