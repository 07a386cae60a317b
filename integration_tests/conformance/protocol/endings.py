"""How commands end: what each is given, and what must come of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from protocol.people import catalog, complete, record, rows, stream_state
from support.sandbox import Sandbox

# A state as big connectors send it: numbers that no float holds, a key twice, keys nobody knows.
STRANGE = '{"lsn":12345678901234567890123,"f":1.10,"f":2e400,"x":[ 1,null ],"é":"\\u00e9"}'
GLOBAL = (
    '{"type":"STATE","state":{"type":"GLOBAL","%s":{"shared_state":%s,"stream_states":['
    '{"stream_descriptor":{"name":"contacts"},"stream_state":{"c":1}}]},"id":%d}}'
)
LEGACY = '{"type":"STATE","state":{"data":{"cursor":9007199254740993},"id":5}}'
# From a platform that names every key of every message.
NULLS = (
    '{"type":"STATE","log":null,"record":null,"state":{"type":"STREAM","stream":{"stream_descriptor":'
    '{"name":"contacts","namespace":null},"stream_state":null},"global":null,"data":null,'
    '"sourceStats":null,"destinationStats":null,"id":6},"trace":null}'
)


def itnio(sandbox: Sandbox) -> dict:
    """A configuration that works."""
    return sandbox.config("itnio")


def vbee(sandbox: Sandbox) -> dict:
    """The other vendor's."""
    return sandbox.config("vbee")


def impatient(vendor: str) -> Callable[[Sandbox], dict]:
    """One that gives up at once, with one contact in each request."""
    delivery = {"retry_for_seconds": 0, "batch_size": 1, "max_requests_in_flight": 1}
    return lambda sandbox: sandbox.config(vendor, delivery=delivery)


def wrong_key(vendor: str) -> Callable[[Sandbox], dict]:
    """One whose credentials the vendor does not know."""

    def config(sandbox: Sandbox) -> dict:
        config = sandbox.config(vendor)
        config["vendor"].get("credentials", config["vendor"])["api_secret"] = "wr0ng-s3cret"
        return config

    return config


@dataclass(frozen=True)
class Ending:
    """A command, what it is given, and how it must end."""

    name: str
    arguments: tuple[str, ...] = ("write",)
    config: Callable[[Sandbox], dict | str] = itnio
    faults: str = "none"
    catalog: dict = field(default_factory=catalog)
    lines: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    code: int = 0
    failure_type: str | None = None
    kind: str | None = None
    """The type of the one message that answers the command."""
    status: str | None = None
    """What a CONNECTION_STATUS says."""
    n_states: int = 0
    """How many of the STATEs must have come back; the first ones."""
    counts: tuple[int, int | None] = (0, 0)
    """All records and the rejected ones, over the STATEs that came back; None: up to the faults."""


def states(*numbers: int) -> list[str]:
    """STATEs of the usual kind."""
    return [stream_state(number) for number in numbers]


COMMANDS = (
    Ending("spec", ("spec",), kind="SPEC"),
    Ending("discover", ("discover",), kind="DESTINATION_CATALOG"),
    Ending("check", ("check",), kind="CONNECTION_STATUS", status="SUCCEEDED"),
    Ending("check, vbee", ("check",), vbee, kind="CONNECTION_STATUS", status="SUCCEEDED"),
    *(
        Ending(
            f"check, {name}", ("check",), config, faults, kind="CONNECTION_STATUS", status="FAILED"
        )
        for name, config, faults in (
            ("wrong key at itnio", wrong_key("itnio"), "none"),
            ("wrong key at vbee", wrong_key("vbee"), "none"),
            ("vendor away", impatient("itnio"), "busy=1"),
            ("no JSON", lambda _: '{"vendor": "s3cret-n0t-closed', "none"),
            ("nothing filled in", lambda _: "{}", "none"),
            ("no object", lambda _: "[]", "none"),
        )
    ),
)

SYNCS = (
    Ending(
        "every kind of state",
        lines=(
            *rows(range(3)),
            stream_state(1, STRANGE),
            *rows(range(3, 5)),
            GLOBAL % ("global", STRANGE, 2),
            GLOBAL % ("global_", '{"lsn":3}', 3),
            *rows(range(5, 6)),
            LEGACY,
            NULLS,
        ),
        n_states=5,
        counts=(6, 0),
    ),
    Ending("vbee", config=vbee, lines=(*rows(range(250)), *states(1)), n_states=1, counts=(250, 0)),
    Ending(
        "rejected and repeated rows",
        lines=(
            *rows((1, 1, 2)),
            *(
                record({"phone_number": value})
                for value in (
                    None,
                    "",
                    "n/a",
                    True,
                    [980000001],
                    "O980000007",
                    "9.8E8",
                    "098****321",
                    "0980000001 / 0980000002",
                    "1",
                    "0980000009990000",
                    0.5,
                )
            ),
            record({}),
            *states(1),
        ),
        n_states=1,
        counts=(16, 13),
    ),
    Ending(
        "completed streams",
        catalog=catalog(
            "contacts", "leads", generation_id=3, minimum_generation_id=0, sync_id=1234
        ),
        lines=(*rows(range(5)), *states(1), *rows((7, 8), "leads"), complete(), complete("leads")),
        n_states=1,
        counts=(5, 0),
    ),
    Ending(
        "a reset",
        catalog=catalog(sync_mode="full_refresh", destination_sync_mode="overwrite"),
        lines=(stream_state(1, "null"), NULLS),
        n_states=2,
    ),
    Ending("nothing at all", catalog={"streams": []}),
    Ending(
        "lost answers at a vendor that knows repeats",
        faults="drop_after=0.4,cut_off=0.2",
        lines=(*rows(range(300)), *states(1)),
        n_states=1,
        counts=(300, 0),
    ),
    Ending(
        "every fault",
        faults="all",
        lines=(*rows(range(300)), *states(1)),
        n_states=1,
        counts=(300, None),
    ),
)

FAILURES = (
    Ending(
        "wrong key",
        config=wrong_key("itnio"),
        lines=(*rows((1,)), *states(1)),
        code=1,
        failure_type="config_error",
    ),
    Ending(
        "wrong key at vbee",
        config=wrong_key("vbee"),
        lines=(*rows((1,)), *states(1)),
        code=1,
        failure_type="config_error",
    ),
    Ending("nothing filled in", config=lambda _: "{}", code=1, failure_type="config_error"),
    Ending(
        "no JSON",
        config=lambda _: '{"vendor": "s3cret-n0t-closed',
        code=1,
        failure_type="config_error",
    ),
    Ending(
        "a mapping without its column",
        config=lambda sandbox: sandbox.config(
            "itnio",
            streams=[
                {"stream": "contacts", "fields": [{"field": "phone_number", "column": "mobile"}]}
            ],
        ),
        lines=(*rows((1,)), *states(1)),
        code=1,
        failure_type="config_error",
    ),
    Ending(
        "too many rejected",
        config=lambda sandbox: sandbox.config("itnio", limits={"max_rejected_percent": 10}),
        lines=(*rows(range(5)), *(record({"phone_number": "1"}) for _ in range(5)), *states(1)),
        n_states=1,
        counts=(10, 5),
        code=1,
        failure_type="config_error",
    ),
    Ending(
        "vendor away",
        config=impatient("itnio"),
        faults="busy=1",
        lines=(*rows((1,)), *states(1)),
        code=1,
        failure_type="transient_error",
    ),
    Ending(
        "lost answers at a vendor that does not know repeats",
        config=impatient("vbee"),
        faults="drop_after=1",
        lines=(*rows(range(8)), *states(1)),
        code=1,
        failure_type="transient_error",
    ),
    Ending(
        "a line that is no JSON",
        lines=(
            *rows((1,)),
            *states(1),
            '{"type":"RECORD","record":{"data":{"phone_number":"0980000001"',
        ),
        code=1,
        failure_type="system_error",
    ),
    Ending(
        "a line that is no message",
        lines=("0980000001 is my number",),
        code=1,
        failure_type="system_error",
    ),
    Ending(
        "a stream that nobody announced",
        lines=(*rows((1,)), *states(1), *rows((2,), "strangers")),
        code=1,
        failure_type="system_error",
    ),
    Ending("no catalog", catalog={"stream": []}, code=1, failure_type="system_error"),
    Ending(
        "an unfinished stream",
        catalog=catalog(generation_id=3, minimum_generation_id=0, sync_id=7),
        lines=(*rows((1, 2)), *states(1), *rows((3,))),
        n_states=1,
        counts=(2, 0),
        code=1,
        failure_type="transient_error",
    ),
    Ending(
        "sockets",
        environment=(("DATA_CHANNEL_MEDIUM", "SOCKET"),),
        code=1,
        failure_type="system_error",
    ),
)
