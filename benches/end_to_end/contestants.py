"""Who runs: the connector in its ways, the floor, the Python peer."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import inputs
import postgres

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FLOOR = "floor"
PEER = "airbyte-cdk peer"


@dataclass(frozen=True)
class Programs:
    """What the build made."""

    connector: Path
    floor: Path
    generator: Path
    sink: Path


@dataclass(frozen=True)
class Job:
    """What a contestant is to do: which extract, where to, in which batches, how much at once."""

    folder: Path
    """The extract."""
    address: str
    """The sandbox's."""
    in_flight: int
    batch_size: int
    work: Path
    """An empty folder for this run."""


@dataclass(frozen=True)
class Contestant:
    """A way to do the job: gives the command."""

    name: str
    command: Callable[[Job], list[str]]
    identity: bool = False
    """It needs columns with the contact's names."""
    helper: int | None = None
    """A process that works for it and is not counted."""


def build(binary: Path | None) -> Programs:
    """Builds what is measured, as it is released; `binary` takes the connector's place."""
    cargo = ["cargo", "build", "--release", "--locked", "--quiet"]
    if not binary:
        subprocess.run([*cargo, "--bin", "destination-ai-voice"], cwd=ROOT, check=True)
    examples = [f"--example={name}" for name in ("sample", "floor", "sink")]
    subprocess.run([*cargo, *examples], cwd=ROOT, check=True)
    release = ROOT / "target" / "release"
    return Programs(
        connector=binary or release / "destination-ai-voice",
        floor=release / "examples" / "floor",
        generator=release / "examples" / "sample",
        sink=release / "examples" / "sink",
    )


def connector(
    programs: Programs,
    name: str,
    config: str,
    ledger: Callable[[Job], dict[str, str]] | None = None,
    helper: int | None = None,
) -> Contestant:
    """The connector with one of the configurations that the generator writes."""

    def command(job: Job) -> list[str]:
        delivery = {
            "max_requests_in_flight": job.in_flight,
            "batch_size": job.batch_size,
        }
        whole = inputs.config(job.folder, config, job.address, delivery, ledger and ledger(job))
        path = job.work / "config.json"
        path.write_text(json.dumps(whole), encoding="utf-8")
        catalog = job.folder / "catalog.json"
        return [str(programs.connector), "write", "--config", str(path), "--catalog", str(catalog)]

    return Contestant(name, command, identity=config.endswith("identity"), helper=helper)


def all_of(programs: Programs, with_peer: bool, stack: ExitStack) -> list[Contestant]:
    """Everybody; what a contestant needs is started and left to the stack to stop."""
    found = [
        connector(programs, "connector: columns", "itnio-columns"),
        connector(programs, "connector: two templates", "itnio-templates"),
        connector(programs, "connector: identity", "itnio-identity"),
        connector(programs, "connector: columns, Vbee", "vbee-columns"),
        connector(programs, "connector: SQLite ledger", "itnio-columns", _sqlite),
    ]
    if postgres.programs():
        server = stack.enter_context(postgres.server())
        name = "connector: PostgreSQL ledger"
        ledger = lambda _: {"ledger_type": "postgres", "url": server.database()}  # noqa: E731
        found.append(connector(programs, name, "itnio-columns", ledger, server.process))
    else:
        print("left out, because there is no initdb: the PostgreSQL ledger", file=sys.stderr)
    found.append(Contestant(FLOOR, lambda job: _floor(programs, job)))
    if with_peer:
        found.append(Contestant(PEER, lambda job: _peer(job)))
    return found


def _sqlite(job: Job) -> dict[str, str]:
    return {"ledger_type": "sqlite", "path": str(job.work / "ledger.sqlite")}


def _floor(programs: Programs, job: Job) -> list[str]:
    url = f"--url={job.address}/aivoice/importCustomer"
    return [
        str(programs.floor),
        url,
        f"--in-flight={job.in_flight}",
        f"--batch-size={job.batch_size}",
    ]


def _peer(job: Job) -> list[str]:
    vendor = json.loads((job.folder / "itnio-columns.json").read_text(encoding="utf-8"))["vendor"]
    texts = {key: vendor[key] for key in ("api_key", "api_secret", "app_id", "job_id")}
    url = f"{job.address}/aivoice/importCustomer"
    path = job.work / "config.json"
    path.write_text(
        json.dumps({**texts, "url": url, "batch_size": job.batch_size}), encoding="utf-8"
    )
    program = HERE / "peer" / "destination.py"
    catalog = job.folder / "catalog.json"
    python = ROOT / "target" / "peer" / "bin" / "python"
    return [str(python), str(program), "write", "--config", str(path), "--catalog", str(catalog)]


def install_peer() -> None:
    """The peer's interpreter with exactly its pinned packages, made anew when they change."""
    environment, requirements = ROOT / "target" / "peer", HERE / "peer" / "requirements.txt"
    installed = environment / "requirements.txt"
    if installed.exists() and installed.read_bytes() == requirements.read_bytes():
        return
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", requirements], check=True)
    shutil.copy(requirements, installed)
