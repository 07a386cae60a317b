"""On a terminal the commands speak to people; through a pipe, to programs."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from protocol.discretion import assert_discreet
from protocol.people import called, catalog, once, rows, stream_state
from support.connector import binary, json_file, quiet_environment, run
from support.sandbox import Sandbox


def on_a_terminal(*arguments: str | Path, stdin: str = "") -> tuple[int, str]:
    """Runs a command whose stdout is a terminal; gives its exit code and what is on the screen."""
    screen, stdout = pty.openpty()
    process = subprocess.Popen(
        [binary(), *arguments],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stdout,
        env=quiet_environment(),
    )
    os.close(stdout)
    process.stdin.write(stdin.encode())
    process.stdin.close()
    shown = b""
    while True:
        try:
            read = os.read(screen, 4096)
        except OSError:
            # So says Linux that nobody has the terminal open any more.
            break
        if not read:
            break
        shown += read
    os.close(screen)
    return process.wait(timeout=60), shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("vendor", ["itnio", "vbee"])
def test_check_answers_in_a_sentence(vendors: Sandbox, tmp_path: Path, vendor: str) -> None:
    config = vendors.config(vendor)
    code, shown = on_a_terminal("check", "--config", json_file(tmp_path, "config.json", config))
    assert code == 0
    # Vbee documents nothing that would prove its campaign.
    proved = {"itnio": " and the campaign (taskList lists job 9", "vbee": "; that there is such a campaign is not proved"}
    assert shown.startswith(f"SUCCEEDED: {vendor} accepts the credentials{proved[vendor]}"), shown
    assert "{" not in shown
    assert_discreet(shown, config)


def test_check_lists_the_mistakes(vendors: Sandbox, tmp_path: Path) -> None:
    config = vendors.config("itnio", phone={"default_region": "XX"}, limitz={})
    path = json_file(tmp_path, "config.json", config)
    code, shown = on_a_terminal("check", "--config", path)
    first, *mistakes = shown.splitlines()
    # The exit code is the protocol's, whoever watches.
    assert (code, first) == (0, "FAILED: the configuration cannot work:"), shown
    assert len(mistakes) == 2, shown
    assert all(line.startswith("- ") for line in mistakes), shown
    [status] = run("check", "--config", path).messages()
    assert f"FAILED: {status['connectionStatus']['message']}\n" == shown


def test_write_shows_a_log_and_calls_the_same_people(vendors: Sandbox, tmp_path: Path) -> None:
    config = vendors.config("vbee")
    files = [
        "--config",
        json_file(tmp_path, "config.json", config),
        "--catalog",
        json_file(tmp_path, "catalog.json", catalog()),
    ]
    lines = [*rows(range(1, 6)), stream_state(1)]
    code, shown = on_a_terminal("write", *files, stdin="".join(line + "\n" for line in lines))
    assert code == 0, shown
    assert called(vendors) == once(range(1, 6))
    assert "WARNING no ledger is configured" in shown
    assert "INFO state of contacts: settled 5 accepted or duplicate, 0 rejected" in shown
    assert "INFO 5 records: 5 accepted" in shown
    assert "{" not in shown
    assert_discreet(shown, config)


def test_a_failed_write_says_whose_turn_it_is(vendors: Sandbox, tmp_path: Path) -> None:
    config = vendors.config("itnio")
    config["vendor"]["api_secret"] = "wr0ng-s3cret"
    path = json_file(tmp_path, "config.json", config)
    people = json_file(tmp_path, "catalog.json", catalog())
    stdin = "".join(line + "\n" for line in rows([1]))
    code, shown = on_a_terminal("write", "--config", path, "--catalog", people, stdin=stdin)
    assert code == 1
    assert "ERROR itnio refused" in shown
    assert shown.endswith("ERROR it fails in the same way until somebody corrects this\n"), shown
    assert_discreet(shown, config)


def test_a_form_stays_json_for_whoever_reads_it(form: dict) -> None:
    code, shown = on_a_terminal("spec")
    assert code == 0
    assert f'"documentationUrl":"{form["documentationUrl"]}"' in shown
