"""The platform's launcher: `sh`, named pipes, the file with the exit code, cancellation."""

import json

import pytest

from protocol.container import Container, until, why_unconfined
from protocol.discretion import assert_discreet, without_statistics
from protocol.endings import NULLS, wrong_key
from protocol.people import called, catalog, complete, once, rows, stream_state
from support.connector import json_file
from support.sandbox import Sandbox

# A catalog of a platform that says when streams are complete.
SAYS_COMPLETE = catalog(generation_id=3, minimum_generation_id=0, sync_id=17)


def remembering(vendors: Sandbox, container: Container, **sections: object) -> dict:
    """A configuration for the vendor that does not know repeats, with a ledger in the container."""
    ledger = {"ledger_type": "sqlite", "path": str(container.inside / "ledger.sqlite")}
    return vendors.config("vbee", ledger=ledger, **sections)


def states(container: Container) -> list[str]:
    """The STATEs that came back so far."""
    return [line for line in container.said() if '"type":"STATE"' in line]


def errors(container: Container) -> list[str]:
    """The failure types of the TRACE ERRORs on stdout."""
    traces = [json.loads(line)["trace"] for line in container.said() if '"type":"TRACE"' in line]
    return [trace["error"]["failure_type"] for trace in traces]


def test_the_container_is_as_tight_as_the_platforms(container: Container) -> None:
    if why := why_unconfined():
        pytest.skip(f"every other test here runs without a container: {why}")
    look = "id -u; grep CapEff /proc/self/status; touch /opt/x /usr/x x; ls; ls -d /proc/[0-9]*"
    container.folder.chmod(0o777)
    probe = container.popen("sh", "-c", look, stdout=-1, stderr=-1, text=True)
    stdout, stderr = probe.communicate(timeout=30)
    uid, capabilities, files, *processes = stdout.splitlines()
    assert (uid, capabilities.split()[1], files) == ("1000", "0" * 16, "x")
    assert stderr.count("Read-only file system") == 2
    assert len(processes) < 5, "processes of this machine can be seen"


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("spec", "SPEC"),
        ("check --config connectionConfiguration.json", "CONNECTION_STATUS"),
        ("discover --config connectionConfiguration.json", "DESTINATION_CATALOG"),
    ],
)
def test_a_question(container: Container, vendors: Sandbox, question: str, kind: str) -> None:
    container.folder.chmod(0o777)
    json_file(container.folder, "connectionConfiguration.json", vendors.config("vbee"))
    asked = f'eval "$AIRBYTE_ENTRYPOINT {question}" > jobOutput.json'
    assert container.popen("sh", "-c", asked).wait(30) == 0
    answer = (container.folder / "jobOutput.json").read_text(encoding="utf-8")
    assert [json.loads(line)["type"] for line in answer.splitlines()] == [kind]


def test_a_sync(container: Container, vendors: Sandbox) -> None:
    config = vendors.config("itnio")
    container.write(config, SAYS_COMPLETE)
    came = stream_state(1, '{"updated_at":"2026-11-01","n":9007199254740993}')
    container.send(*rows(range(250)), came, complete())
    container.end_input()
    assert container.exit_code() == "0"
    assert container.said("stderr") == []
    [state] = states(container)
    assert without_statistics(state) == came
    assert json.loads(state)["state"]["destinationStats"] == {
        "recordCount": 250.0,
        "rejectedRecordCount": 0.0,
    }
    assert called(vendors) == once(range(250))
    assert_discreet("\n".join(container.said()), config)


def test_a_state_comes_back_while_the_sync_goes_on(container: Container, vendors: Sandbox) -> None:
    container.write(vendors.config("itnio", delivery={"max_batch_age_seconds": 0}), catalog())
    for n in (1, 2, 3):
        container.send(*rows(range(n * 10, n * 10 + 10)), stream_state(n))
        until(lambda n=n: len(states(container)) == n, f"state {n} is back")
    container.end_input()
    assert container.exit_code() == "0"


def test_a_failing_sync(container: Container, vendors: Sandbox) -> None:
    config = wrong_key("vbee")(vendors)
    container.write(config, catalog())
    container.send(*rows(range(10)), stream_state(1))
    container.end_input()
    assert container.exit_code() == "1"
    assert errors(container) == ["config_error"]
    assert (states(container), container.said("stderr")) == ([], [])
    assert_discreet("\n".join(container.said()), config)


def test_a_reset(container: Container, vendors: Sandbox) -> None:
    """The platform clears streams by a sync without records; people cannot be un-called."""
    container.write(
        remembering(vendors, container),
        catalog(sync_mode="full_refresh", destination_sync_mode="overwrite"),
    )
    came = [stream_state(1, "null"), NULLS]
    container.send(*came)
    container.end_input()
    assert container.exit_code() == "0"
    assert list(map(without_statistics, states(container))) == list(map(without_statistics, came))
    assert vendors.calls()["requests"] == 0


def test_a_cancelled_sync_and_the_one_after_it(container: Container, vendors: Sandbox) -> None:
    config = remembering(vendors, container, delivery={"batch_size": 10})
    container.write(config, SAYS_COMPLETE)
    container.send(*rows(range(50)), stream_state(1))
    until(lambda: states(container), "the first state is back")
    container.send(*rows(range(50, 105)))
    until(lambda: vendors.calls()["people"] >= 60, "people whom no state covers were called")
    container.cancel()
    # The launcher hits its own shell, not the connector, which goes with the container.
    assert container.exit_code() == "143"
    assert errors(container) == []
    # A full batch may have been cut off on its way: whether its people were called, nobody knows.
    before = called(vendors)

    container.write(config, SAYS_COMPLETE)
    container.send(*rows(range(50, 120)), stream_state(2), complete())
    container.end_input()
    assert container.exit_code() == "0"
    after = called(vendors)
    assert set(after.values()) == {1}
    unknown = [line for line in container.said() if "outcome_unknown" in line]
    if not unknown:
        assert after == once(range(120))
    assert before.items() <= after.items()


@pytest.mark.parametrize("goes_on", [True, False], ids=["while rows come", "while nothing comes"])
def test_whoever_reads_stdout_dies(container: Container, vendors: Sandbox, goes_on: bool) -> None:
    config = remembering(vendors, container, delivery={"batch_size": 10})
    container.write(config, catalog())
    container.send(*rows(range(50)), stream_state(1))
    until(lambda: states(container), "the first state is back")
    container.kill_reader()
    if goes_on:
        container.send(*rows(range(50, 100)), stream_state(2), *rows(range(100, 150)))
    # stdin stays open: the connector has to find out by itself.
    assert container.exit_code(timeout=25) not in ("0", "143")
    assert container.said("stderr") == []

    container.write(config, catalog())
    container.send(*rows(range(50, 150)), stream_state(2))
    container.end_input()
    assert container.exit_code() == "0"
    assert called(vendors) == once(range(150))


@pytest.mark.parametrize(
    "rest",
    ["", '{"type":"RECORD","record":{"stream":"contacts","da'],
    ids=["between lines", "within a line"],
)
def test_whoever_writes_stdin_dies(container: Container, vendors: Sandbox, rest: str) -> None:
    container.write(remembering(vendors, container), SAYS_COMPLETE)
    container.send(*rows(range(20)), stream_state(1))
    container.send(*rows(range(20, 30)))
    container.end_input(rest)
    assert container.exit_code() == "1"
    assert errors(container) == ["system_error" if rest else "transient_error"]
    covered = once(range(20)) if states(container) else {}
    assert called(vendors) == covered

    container.write(remembering(vendors, container), SAYS_COMPLETE)
    container.send(*rows(range(30)), stream_state(1), complete())
    container.end_input()
    assert container.exit_code() == "0"
    assert called(vendors) == once(range(30))


def test_a_platform_that_never_says_complete(container: Container, vendors: Sandbox) -> None:
    """To it, the end of the input is the end."""
    container.write(vendors.config("vbee"), catalog())
    container.send(*rows(range(20)))
    container.end_input()
    assert container.exit_code() == "0"
    assert called(vendors) == once(range(20))
