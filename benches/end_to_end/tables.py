"""Results as Markdown: medians of the rounds, and ratios within the same run."""

import statistics
from collections.abc import Callable, Iterable

from benchmark import Case
from contestants import FLOOR, PEER
from measure import Measured

COSTS = ["records a second (slowest – fastest)", "CPU µs a record", "peak MiB"]
OTHERS = "cores that others used"


def compared(cases: list[Case]) -> str:
    """The contestants side by side."""
    floor, peer = (
        next((case for case in cases if case.name == name), None) for name in (FLOOR, PEER)
    )
    head = ["", *COSTS]
    if floor:
        head += ["time, floor = 1", "CPU, floor = 1"]
    if peer:
        head += ["peer's time, this = 1", "peer's CPU, this = 1"]
    lines = []
    for case in cases:
        cells = [case.name, *_costs(case)]
        if floor:
            cells += [f"{_wall(case) / _wall(floor):.2f}", f"{_cpu(case) / _cpu(floor):.2f}"]
        if peer:
            cells += [f"{_wall(peer) / _wall(case):.1f}", f"{_cpu(peer) / _cpu(case):.1f}"]
        lines.append([*cells, _others(case)])
    return _table([*head, OTHERS], lines)


def grown(what: str, cases: list[Case]) -> str:
    """How the cost grows with one size."""
    lines = ([case.name, *_costs(case), _others(case)] for case in cases)
    return _table([what.lower(), *COSTS, OTHERS], lines)


def _median(case: Case, of: Callable[[Measured], float]) -> float:
    return statistics.median(map(of, case.runs))


def _wall(case: Case) -> float:
    return _median(case, lambda run: run.wall)


def _cpu(case: Case) -> float:
    return _median(case, lambda run: run.cpu)


def _others(case: Case) -> str:
    return f"{_median(case, lambda run: run.others):.1f}"


def _costs(case: Case) -> list[str]:
    """The columns that every table has."""
    n_records = case.extract.records
    times = [run.wall for run in case.runs]
    middle, slowest, fastest = (
        _thousands(n_records / time) for time in (_wall(case), max(times), min(times))
    )
    return [
        f"{middle} ({slowest} – {fastest})",
        f"{_cpu(case) * 1e6 / n_records:.2f}",
        f"{_median(case, lambda run: run.peak_mib):.0f}",
    ]


def _table(head: list[str], lines: Iterable[list[str]]) -> str:
    numbers = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, numbers, *lines]) + "\n"


def _thousands(count: float) -> str:
    return f"{float(f'{count:.3g}'):,.0f}"
