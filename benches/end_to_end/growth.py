"""Which sizes are varied, one at a time, to see how the connector's cost grows."""

from dataclasses import replace

from benchmark import Case
from contestants import Programs, connector
from inputs import Extract


def tables(programs: Programs, size: Extract, batch_size: int) -> dict[str, list[Case]]:
    """The cases of each table, by what they vary; everything else is as in `size`."""
    itnio, vbee, identity = (
        connector(programs, config, config)
        for config in ("itnio-columns", "vbee-columns", "itnio-identity")
    )

    def case(name: str, extract: Extract) -> Case:
        return Case(name, itnio, extract, batch_size)

    return {
        "Records": [case(f"{n:,}", replace(size, records=n)) for n in (10_000, 100_000, 1_000_000)],
        "Columns": [
            Case(f"{n}, {mapped}", contestant, replace(size, columns=n), batch_size)
            for n in (10, 50, 100)
            for mapped, contestant in (("7 of them mapped", itnio), ("all by identity", identity))
        ],
        "Bytes in a column that nobody maps": [
            case(f"{n:,}", replace(size, bytes=n)) for n in (0, 1_000, 4_000)
        ],
        "Streams": [case(f"{n}", replace(size, streams=n)) for n in (1, 10, 100)],
        "Contacts in a request": [
            *(Case(f"{n}, itnio", itnio, size, n) for n in (10, 50, 100)),
            *(Case(f"{n}, Vbee", vbee, size, n) for n in (100, 500)),
        ],
    }
