"""One process measured: time, processor, memory, and how much of the processor others took."""

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """What one run cost, and what came of it."""

    wall: float
    cpu: float
    peak_mib: float
    others: float
    """Cores that processes without a part in the run kept busy."""
    code: int
    states: int
    said: str
    """The end of what was printed, for a run that failed."""


def run(command: list[str], stdin: Path, helpers: list[int], timeout: float) -> Measured:
    """Runs a command to its end; `helpers` are processes that work for it and count for nobody."""
    with (
        open(stdin, "rb") as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        busy, helped = _busy(), sum(map(cpu_of, helpers))
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=given, stdout=out, stderr=err)
        killer = threading.Timer(timeout, process.kill)
        killer.start()
        peak = _Peak(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        killer.cancel()
        cpu = usage.ru_utime + usage.ru_stime
        others = _busy() - busy - cpu - (sum(map(cpu_of, helpers)) - helped)
        return Measured(
            wall=wall,
            cpu=cpu,
            peak_mib=peak.stop(),
            others=max(0.0, others / wall),
            code=process.returncode,
            states=_count_states(out),
            said=_tail(out) + _tail(err),
        )


def cpu_of(process: int) -> float:
    """The seconds of a process, its living children and those that it has waited for."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(cpu_of(int(child)) for child in children)


class _Peak:
    """Watches the peak resident size: `wait4` would give this interpreter's own, which a child
    takes over until it becomes another program."""

    def __init__(self, process: int) -> None:
        self._path = Path(f"/proc/{process}/status")
        self._peak_kib = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        ended = False
        while not ended:
            try:
                lines = self._path.read_text().splitlines()
            except OSError:
                return
            found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
            self._peak_kib = int(found[0]) if found else self._peak_kib
            ended = self._ended.wait(0.02)

    def stop(self) -> float:
        self._ended.set()
        self._thread.join()
        return self._peak_kib / 1024


def _busy() -> float:
    """Seconds that all processors together have worked since the machine began."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / TICKS


def _count_states(out: BinaryIO) -> int:
    out.seek(0)
    return sum(b'"STATE"' in line for line in out)


def _tail(printed: BinaryIO) -> str:
    printed.seek(max(0, printed.seek(0, os.SEEK_END) - 1000))
    return printed.read().decode("utf-8", "replace")
