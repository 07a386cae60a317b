"""Both ends of a sync that PyAirbyte runs."""

from collections.abc import Iterable
from pathlib import Path

import airbyte
from airbyte.destinations.base import Destination
from airbyte.sources.base import Source

from protocol.people import number, row
from protocol.recorder import Recorder

SOURCE = Path(__file__).parent / "source-people"


def destination(recorder: Recorder, config: dict) -> Destination:
    """The connector, as PyAirbyte knows it."""
    return airbyte.get_destination(
        "destination-ai-voice", config=config, local_executable=recorder.path
    )


def source(people: Iterable[int], phone_type: str = "string", **settings: object) -> Source:
    """The people with these ids, each with a number of the type that the schema claims."""
    of_type = {"string": str, "integer": int, "number": float}
    rows = [{"id": person, **row(person), "amount": person + 0.5} for person in people]
    if phone_type != "string":
        rows = [{**each, "phone_number": of_type[phone_type](number(each["id"]))} for each in rows]
    return source_of(rows, phone_type=phone_type, **settings)


def source_of(rows: list[dict], **settings: object) -> Source:
    """These rows, in the order of their ids."""
    config = {"people": rows, **settings}
    return airbyte.get_source("source-people", config=config, streams="*", local_executable=SOURCE)
