"""singer-sdk's own tests of targets, run against the binary; none is left out in silence."""

import io
import json
from collections.abc import Iterator

import pytest
from singer_sdk.testing import get_target_test_class, suites, target_tests
from singer_sdk.testing.suites import SingerTestSuite
from singer_sdk.testing.templates import TargetFileTestTemplate

from singer.adapter import AiVoice
from support.sandbox import sandbox

# What a template demands that this target does not do, why not, and how its records end instead.
JUDGED: dict[type[TargetFileTestTemplate], tuple[str, dict[str, int]]] = {
    target_tests.TargetInvalidSchemaTest: (
        "it wants a schema without columns to be refused, because a table cannot be made of it; "
        "a contact can be made of columns that no schema lists, as some taps send them",
        {},
    ),
    target_tests.TargetRecordMissingKeyProperty: (
        "it wants the whole run to fail at a record without its key, because such a row cannot be "
        "upserted; here the key is only for people to recognise a record, and one bad record never "
        "stops the others",
        {"invalid": 1},
    ),
    target_tests.TargetMultipleStateMessages: (
        "it wants states to be kept back until a sink is drained (and is not in the SDK's own suite); "
        "here each comes back, because each is a point to go on from",
        {"invalid": 12},
    ),
}

# In the SDK, but not in its own suite.
MORE = [target_tests.TargetRecordMissingRequiredProperty]

CONFIG = {
    "vendor": {
        "vendor_type": "itnio",
        "api_key": "sandbox-itnio-key",
        "api_secret": "sandbox-itnio-secret",
        "app_id": "SANDBOX1",
        "job_id": 9,
    },
    "delivery": {"max_batch_age_seconds": 0},
}


@pytest.fixture(scope="module", autouse=True)
def vendor() -> Iterator[None]:
    """The vendor that the binary sends to, were there anybody to call in the SDK's records."""
    with sandbox() as running:
        AiVoice.base_url = f"{running.address}/aivoice"
        yield
        assert running.calls()["people"] == 0, "nobody in the SDK's files has a phone number"


TestTemplates = get_target_test_class(
    AiVoice,
    config=CONFIG,
    include_target_tests=False,
    custom_suites=[
        SingerTestSuite(
            kind="target",
            tests=[test for test in suites.target_tests.tests if test not in JUDGED] + MORE,
        )
    ],
)


def test_every_template_of_the_sdk_is_run_or_judged() -> None:
    """A later SDK may have more of them."""
    exist = {
        test
        for test in vars(target_tests).values()
        if isinstance(test, type) and test.__module__ == target_tests.__name__
    }
    assert {*suites.target_tests.tests, *MORE, *JUDGED} == exist


def lines(template: type[TargetFileTestTemplate]) -> str:
    """The messages that a template sends."""
    return template().singer_filepath.read_text(encoding="utf-8")


@pytest.mark.parametrize("template", JUDGED, ids=lambda template: template.name)
def test_what_is_judged_otherwise_ends_as_we_say(template: type[TargetFileTestTemplate]) -> None:
    """A template that cannot apply still shows what happens instead: the run succeeds."""
    reason, want = JUDGED[template]
    AiVoice(config=CONFIG).process_lines(io.StringIO(lines(template)))
    assert {name: count for name, count in AiVoice.outcomes.items() if count} == want, reason


def test_every_state_comes_back_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON; that they come back as text is a test of the connector's own."""
    messages = lines(target_tests.TargetMultipleStateMessages).splitlines()
    AiVoice(config=CONFIG).process_lines(io.StringIO("\n".join(messages)))
    sent = [json.loads(line)["value"] for line in messages if '"type": "STATE"' in line]
    back = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert back == sent
    assert len(sent) == 5


def test_records_without_a_number_are_refused_one_by_one() -> None:
    """What the green templates above mean for us: no record is lost, none stops the run."""
    AiVoice(config=CONFIG).process_lines(
        io.StringIO(lines(target_tests.TargetSpecialCharsInAttributes))
    )
    assert AiVoice.outcomes["invalid"] == sum(AiVoice.outcomes.values()) > 0
