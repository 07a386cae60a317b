#!/usr/bin/env python3
"""Whole syncs against the sink: the connector beside a floor and a Python peer.

    run.py                              the contestants side by side
    run.py --growth                     also how the connector's cost grows with the size of things
    run.py --markdown                   everything that docs/performance.md shows
    run.py -n 1000000 --latency 50 --only columns,floor --runs 5

Every round runs each contestant once, in rotating order; figures are medians over the rounds. A run
counts only when the vendor counted as many contacts as there are records and every STATE came back.
The processor's time is the contestant's own, not the vendor's or the database's. A busy machine
shows in the last column: figures of one table can be compared with each other, not with those of
another day.
"""

import argparse
import os
from contextlib import ExitStack
from pathlib import Path

import contestants
import growth
import tables
from benchmark import Benchmark, Case
from inputs import Extract
from sandbox import sandbox


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size, whom, what = (
        parser.add_argument_group(title) for title in ("how much", "who", "which tables")
    )
    size.add_argument("-n", type=int, default=100_000, help="records (100000)")
    size.add_argument("--columns", type=int, default=10, help="columns of a record (10)")
    size.add_argument("--streams", type=int, default=1, help="streams (1)")
    size.add_argument("--batch-size", type=int, default=100, help="contacts in a request (100)")
    size.add_argument("--in-flight", type=int, default=8, help="requests under way at once (8)")
    size.add_argument(
        "--latency", type=int, nargs="+", default=[0], help="the vendor's, in milliseconds (0)"
    )
    size.add_argument("--runs", type=int, default=3, help="rounds (3)")
    whom.add_argument("--only", default="", help="those whose names hold one of these, with commas")
    whom.add_argument("--skip-peer", action="store_true", help="install and run no Python peer")
    whom.add_argument("--binary", type=Path, help="measure this connector instead of building it")
    what.add_argument("--growth", action="store_true", help="also how the connector's cost grows")
    what.add_argument("--markdown", action="store_true", help="as --latency 0 50 --growth")
    arguments = parser.parse_args()
    if arguments.markdown:
        arguments.latency, arguments.growth = [0, 50], True
    return arguments


def main() -> None:
    """Builds, measures, prints."""
    arguments = options()
    programs = contestants.build(arguments.binary)
    size = Extract(arguments.n, arguments.columns, arguments.streams)
    rounds = {"in_flight": arguments.in_flight, "rounds": arguments.runs}
    print(f"Medians of {arguments.runs} rounds on {machine()}.\n")
    with ExitStack() as stack:
        chosen = choose(arguments, programs, stack)
        for latency in arguments.latency:
            cases = [Case(one.name, one, size, arguments.batch_size) for one in chosen]
            with sandbox(programs.sink, latency) as vendor:
                Benchmark(programs, vendor, **rounds).measure(cases)
            print(f"### {size.records:,} records, a vendor that answers after {latency} ms\n")
            print(tables.compared(cases), flush=True)
        if arguments.growth:
            vendor = stack.enter_context(sandbox(programs.sink, latency=0))
            benchmark = Benchmark(programs, vendor, **rounds)
            for what, cases in growth.tables(programs, size, arguments.batch_size).items():
                print(f"### {what}\n\n{tables.grown(what, benchmark.measure(cases))}", flush=True)


def choose(
    arguments: argparse.Namespace, programs: contestants.Programs, stack: ExitStack
) -> list[contestants.Contestant]:
    """Those that were asked for."""
    if not arguments.skip_peer:
        contestants.install_peer()
    everybody = contestants.all_of(programs, not arguments.skip_peer, stack)
    words = arguments.only.split(",")
    chosen = [one for one in everybody if any(word in one.name for word in words)]
    if not chosen:
        raise SystemExit(f"nobody's name holds one of: {arguments.only}")
    return chosen


def machine() -> str:
    """What the figures depend on."""
    information = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in information if "model name" in line]
    system = os.uname()
    kernel = system.release.split("-")[0]
    return f"{os.cpu_count()} cores of {(models or ['?'])[0]}, {system.sysname} {kernel}"


if __name__ == "__main__":
    main()
