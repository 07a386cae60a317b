"""Every line of every command, read by the protocol's own models."""

from dataclasses import dataclass

import pytest
from airbyte_cdk.models import ConnectorSpecificationSerializer
from airbyte_cdk.test.entrypoint_wrapper import EntrypointOutput
from airbyte_cdk.test.standard_tests._spec_lint import (
    assert_spec_is_valid,
    find_config_secrets,
    find_leaked_secrets,
    find_secret_marking_errors,
)
from airbyte_protocol.models import AirbyteMessage
from pydantic import BaseModel

from protocol.discretion import assert_discreet, without_statistics
from protocol.endings import COMMANDS, FAILURES, SYNCS, Ending
from support.connector import Finished, json_file, run
from support.sandbox import sandbox


@dataclass
class Ended:
    """A command that has ended, and how it should have."""

    want: Ending
    config: object
    finished: Finished


@pytest.fixture(
    scope="module", params=(*COMMANDS, *SYNCS, *FAILURES), ids=lambda ending: ending.name
)
def ended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Runs a command to its end."""
    want: Ending = request.param
    folder = tmp_path_factory.mktemp("ended")
    with sandbox("--faults", want.faults) as vendors:
        config = want.config(vendors)
        path = json_file(folder, "config.json", config)
        if isinstance(config, str):
            path.write_text(config, encoding="utf-8")
        arguments = list(want.arguments)
        if arguments != ["spec"]:
            arguments += ["--config", path]
        if arguments[0] == "write":
            arguments += ["--catalog", json_file(folder, "catalog.json", want.catalog)]
        stdin = "".join(f"{line}\n" for line in want.lines)
        return Ended(want, config, run(*arguments, stdin=stdin, environment=dict(want.environment)))


def test_every_line_is_the_protocols(ended: Ended) -> None:
    assert ended.finished.stdout.endswith("\n")
    for line in ended.finished.stdout.splitlines():
        message = AirbyteMessage.model_validate_json(line)
        assert message.type is not None
        if message.state is None:
            assert unknown_keys(message) == [], line


def test_it_ends_as_it_should(ended: Ended) -> None:
    want, finished = ended.want, ended.finished
    assert finished.code == want.code, finished.stdout
    assert finished.stderr == ""
    errors = [message["trace"] for message in finished.messages("TRACE")]
    assert [error["error"]["failure_type"] for error in errors] == [want.failure_type] * bool(
        want.failure_type
    )
    assert all(error["type"] == "ERROR" and error["emitted_at"] > 1e12 for error in errors)


def test_a_question_has_one_answer(ended: Ended) -> None:
    want, finished = ended.want, ended.finished
    kinds = [
        message["type"]
        for message in finished.messages()
        if message["type"] not in ("LOG", "TRACE", "STATE")
    ]
    assert kinds == [want.kind] * bool(want.kind)
    if want.status:
        [answer] = finished.messages(want.kind)
        assert answer["connectionStatus"]["status"] == want.status
        assert answer["connectionStatus"]["message"]


def test_states_come_back_as_the_text_that_came(ended: Ended) -> None:
    came = [line for line in ended.want.lines if '"type":"STATE"' in line]
    back = [line for line in ended.finished.stdout.splitlines() if '"type":"STATE"' in line]
    assert [without_statistics(line) for line in back] == [
        without_statistics(line) for line in came[: ended.want.n_states]
    ]


def test_states_count_what_was_sent(ended: Ended) -> None:
    statistics = [
        message["state"]["destinationStats"] for message in ended.finished.messages("STATE")
    ]
    rejected = sum(each["rejectedRecordCount"] for each in statistics)
    n_records, n_rejected = ended.want.counts
    assert sum(each["recordCount"] for each in statistics) + rejected == n_records
    assert n_rejected in (None, rejected)


def test_nothing_private_is_said(ended: Ended, form: dict) -> None:
    finished = ended.finished
    is_config = isinstance(ended.config, dict)
    assert_discreet(finished.stdout + finished.stderr, ended.config if is_config else None)
    assert "s3cret-n0t-closed" not in finished.stdout
    if is_config:
        output = EntrypointOutput(messages=finished.stdout.splitlines(), stderr=finished.stderr)
        secrets = find_config_secrets(form["connectionSpecification"], ended.config)
        assert len(secrets) >= 2, "the form marks no secrets"
        assert find_leaked_secrets(output, secrets) == []


def test_the_form_marks_its_secrets(form: dict) -> None:
    assert find_secret_marking_errors(form["connectionSpecification"]) == []
    assert_spec_is_valid(
        ConnectorSpecificationSerializer.load(form), connector_name="destination-ai-voice"
    )


def test_a_wrong_command_line_says_nothing_on_stdout() -> None:
    for arguments in ((), ("sing",), ("write", "--config"), ("check",)):
        finished = run(*arguments)
        assert (finished.code, finished.stdout) == (2, ""), arguments
        assert finished.stderr


def unknown_keys(model: BaseModel) -> list[str]:
    """The keys that the protocol does not know, wherever they are."""
    unknown = list(model.model_extra or {})
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                unknown += unknown_keys(part)
    return unknown
