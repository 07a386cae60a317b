"""Cases run in turns against one vendor, each run checked."""

import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from contestants import ROOT, Contestant, Job, Programs
from inputs import Extract, n_states
from measure import Measured, run
from sandbox import Sandbox

LONGEST_RUN = 900
"""Seconds after which a contestant has lost."""


@dataclass
class Case:
    """One line of a table: who does what, and what that cost."""

    name: str
    contestant: Contestant
    extract: Extract
    batch_size: int
    runs: list[Measured] = field(default_factory=list)


@dataclass(frozen=True)
class Benchmark:
    """A vendor, and how it is asked."""

    programs: Programs
    vendor: Sandbox
    in_flight: int
    rounds: int

    def measure(self, cases: list[Case]) -> list[Case]:
        """Runs each case once a round, each time beginning with another one."""
        for number in range(self.rounds):
            first = number % len(cases)
            for case in cases[first:] + cases[:first]:
                print(f"round {number + 1}: {case.name}", file=sys.stderr)
                case.runs.append(self._once(case))
        return cases

    def _once(self, case: Case) -> Measured:
        contestant = case.contestant
        extract = replace(case.extract, identity=contestant.identity)
        folder = extract.folder(self.programs.generator, ROOT / "target" / "extracts")
        helpers = [self.vendor.process, *([contestant.helper] if contestant.helper else [])]
        # Beside the build: a ledger in a /tmp that is memory would not be one on a disk.
        with tempfile.TemporaryDirectory(dir=ROOT / "target") as work:
            job = Job(folder, self.vendor.address, self.in_flight, case.batch_size, Path(work))
            command = contestant.command(job)
            self.vendor.reset()
            measured = run(command, folder / "messages.jsonl", helpers, LONGEST_RUN)
        came = (measured.code, self.vendor.totals()["contacts"], measured.states)
        wanted = (0, extract.records, n_states(folder))
        if came != wanted:
            raise SystemExit(
                f"{case.name}: exit code, contacts and STATEs are {came} instead of {wanted}\n"
                f"{measured.said}"
            )
        return measured
