"""What a person filled in works: `check` accepts it and `write` delivers with it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from form import filling
from form.browser import Form
from support.connector import json_file, run
from support.sandbox import Sandbox

PEOPLE = [
    {"mobile": "0912345678", "full_name": "Nguyễn Văn An"},
    {"mobile": "0987654321", "full_name": "Trần Thị Bình"},
]
CATALOG = {
    "streams": [
        {
            "stream": {
                "name": filling.STREAM,
                "json_schema": {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in PEOPLE[0]},
                },
                "supported_sync_modes": ["full_refresh"],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
            "generation_id": 1,
            "minimum_generation_id": 0,
            "sync_id": 1,
        }
    ]
}


def messages() -> str:
    """The people as a source says them, and the stream's end."""
    descriptor = {"name": filling.STREAM}
    said = [
        {"type": "RECORD", "record": {"stream": filling.STREAM, "emitted_at": 1, "data": person}}
        for person in PEOPLE
    ]
    status = {"stream_descriptor": descriptor, "status": "COMPLETE"}
    trace = {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": status}
    state = {"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": {"at": 2}}}
    said += [{"type": "TRACE", "trace": trace}, {"type": "STATE", "state": state}]
    return "".join(json.dumps(message) + "\n" for message in said)


@pytest.mark.parametrize("vendor", ["itnio", "vbee"])
def test_what_was_filled_in_calls_both_people(
    vendor: str, form: Form, vendors: Sandbox, tmp_path: Path
) -> None:
    filling.account(form, vendors.config(vendor)["vendor"])
    filling.stream(form)
    form.type("phone.default_region", "VN")
    config = form.submit()
    assert config is not None, form.complaints()

    file = json_file(tmp_path, "config.json", config)
    checked = run("check", "--config", file)
    [status] = checked.messages("CONNECTION_STATUS")
    assert status["connectionStatus"]["status"] == "SUCCEEDED", status

    catalog = json_file(tmp_path, "catalog.json", CATALOG)
    written = run("write", "--config", file, "--catalog", catalog, stdin=messages())
    assert written.code == 0, written.stdout
    assert len(written.messages("STATE")) == 1
    calls = vendors.calls()
    assert (calls["people"], calls["called_more_than_once"]) == (2, 0), calls

    secrets = [config["vendor"].get("api_secret") or config["vendor"]["credentials"]["api_secret"]]
    for done in (checked, written):
        for private in (*secrets, *(person["mobile"][1:] for person in PEOPLE)):
            assert private not in done.stdout + done.stderr


@pytest.mark.parametrize("vendor", ["itnio", "vbee"])
def test_a_rehearsal_needs_no_credentials_and_calls_nobody(
    vendor: str, form: Form, vendors: Sandbox, tmp_path: Path
) -> None:
    plays = vendors.config(vendor)["vendor"]
    named = {name: plays[name] for name in ("app_id", "job_id", "campaign_id") if name in plays}
    form.pick("vendor", "Rehearsal (nobody is called)")
    form.pick("vendor.plays", filling.TITLES[vendor])
    for name, value in named.items():
        form.type(f"vendor.plays.{name}", str(value))
    filling.stream(form)
    form.type("phone.default_region", "VN")
    config = form.submit()
    assert config is not None, form.complaints()
    before = vendors.calls()

    file = json_file(tmp_path, "config.json", config)
    [status] = run("check", "--config", file).messages("CONNECTION_STATUS")
    assert status["connectionStatus"]["message"].startswith("REHEARSAL: "), status
    catalog = json_file(tmp_path, "catalog.json", CATALOG)
    written = run("write", "--config", file, "--catalog", catalog, stdin=messages())
    assert written.code == 0, written.stdout
    assert len(written.messages("STATE")) == 1
    assert vendors.calls()["people"] == before["people"]


def test_changing_one_setting_keeps_the_others(draw: Callable[..., Form], vendors: Sandbox) -> None:
    saved = vendors.config("vbee", delivery={"batch_size": 20}, limits={"max_contacts_per_sync": 500})
    form = draw(saved)
    form.unfold()
    form.type("delivery.max_requests_per_second", "3")
    config = form.submit()
    assert config is not None, form.complaints()
    filled_in = {"phone_format": "e164", "scenario_id": "", "allow_plain_http": False}
    assert config["vendor"] == {**saved["vendor"], **filled_in}
    assert config["delivery"]["batch_size"] == 20
    assert config["delivery"]["max_requests_per_second"] == 3
    assert config["limits"]["max_contacts_per_sync"] == 500
    assert config["phone"]["default_region"] == "VN"
