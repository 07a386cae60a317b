"""Invented people, and the messages in which a platform sends them."""

import json
from collections.abc import Iterable

from support.sandbox import Sandbox

STREAM = "contacts"


def number(person: int) -> str:
    """The number of an invented person (up to 99,999) in digits; `discretion` knows its form."""
    return f"8498{person:07}"


def written(person: int) -> str:
    """The same number, in one of the ways in which warehouses hold it."""
    digits = number(person)[2:]
    ways = (
        f"+84{digits}",
        f"0{digits}",
        f"0{digits[:3]} {digits[3:6]} {digits[6:]}",
        f"84{digits}.0",
    )
    return ways[person % len(ways)]


def row(person: int) -> dict:
    """A person's row, under the contact's own column names."""
    return {"phone_number": written(person), "name": f"Invented {person}"}


def record(data: dict, stream: str = STREAM, namespace: str | None = None) -> str:
    """A RECORD, as one line."""
    body = {"stream": stream, "data": data, "emitted_at": 1_795_305_451_267}
    if namespace is not None:
        body["namespace"] = namespace
    return json.dumps({"type": "RECORD", "record": body}, ensure_ascii=False)


def rows(people: Iterable[int], stream: str = STREAM) -> list[str]:
    """One RECORD for each person."""
    return [record(row(person), stream) for person in people]


def stream_state(number: int, stream_state: str = "{}", stream: str = STREAM) -> str:
    """A STREAM state with the platform's `id`; `stream_state` is JSON text, to be kept as it is."""
    descriptor = json.dumps({"name": stream})
    return (
        '{"type":"STATE","state":{"type":"STREAM","stream":{'
        f'"stream_descriptor":{descriptor},"stream_state":{stream_state}}},'
        f'"sourceStats":{{"recordCount":1.0}},"id":{number}}}}}'
    )


def complete(stream: str = STREAM) -> str:
    """The platform's word that a stream has ended at its source."""
    status = {"stream_descriptor": {"name": stream}, "status": "COMPLETE"}
    trace = {"type": "STREAM_STATUS", "emitted_at": 1_795_305_451_267.0, "stream_status": status}
    return json.dumps({"type": "TRACE", "trace": trace})


def catalog(*streams: str, **settings: object) -> dict:
    """A configured catalog; `settings` are keys of each configured stream."""
    properties = {"phone_number": {"type": "string"}, "name": {"type": "string"}}
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {"type": "object", "properties": properties},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": "incremental",
                "destination_sync_mode": "append",
                **settings,
            }
            for name in streams or (STREAM,)
        ]
    }


def called(vendors: Sandbox) -> dict[str, int]:
    """How often each number would be called."""
    return {
        entry["phone_number"].lstrip("+"): entry["times"] for entry in vendors.calls("all")["entries"]
    }


def once(people: Iterable[int]) -> dict[str, int]:
    """What `called` says when each of them was called once."""
    return {number(person): 1 for person in people}
