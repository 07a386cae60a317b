"""What the form refuses, and how it says so; it refuses nothing that the connector would take."""

from pathlib import Path

import pytest

from form import filling
from form.browser import Form
from support.connector import json_file, run
from support.sandbox import Sandbox

# vendor, field, a value that does not fit, what the form says beside it
WRONG = [
    ("itnio", "phone.default_region", "VNM", "two letters, such as VN"),
    ("itnio", "vendor.base_url", "api.itniotech.com", "https://host/path"),
    ("vbee", "vendor.base_url", "ftp://aicall.vbee.ai", "https://host/path"),
    ("vbee", "vendor.campaign_id", "two words", "no blanks"),
    ("itnio", "vendor.job_id", "0", ">= 1"),
    ("itnio", "delivery.batch_size", "501", "<= 500"),
]


@pytest.mark.parametrize(("vendor", "path", "value", "said"), WRONG, ids=[f"{w[0]} {w[1]}" for w in WRONG])
def test_a_wrong_value_is_refused_by_the_form_and_by_check(
    vendor: str, path: str, value: str, said: str, form: Form, vendors: Sandbox, tmp_path: Path
) -> None:
    right = vendors.config(vendor)
    filling.account(form, right["vendor"])
    form.type(path, value)
    assert form.submit() is None
    assert list(form.complaints()) == [path.replace(".", "_")]
    assert said in form.box(path).text

    section, name = path.split(".")
    right.setdefault(section, {})[name] = int(value) if value.isdigit() else value
    file = json_file(tmp_path, "config.json", right)
    [status] = run("check", "--config", file).messages("CONNECTION_STATUS")
    assert status["connectionStatus"]["status"] == "FAILED"
    assert path in status["connectionStatus"]["message"]


@pytest.mark.parametrize("vendor", ["itnio", "vbee"])
def test_an_incomplete_form_is_refused(vendor: str, form: Form, vendors: Sandbox) -> None:
    form.pick("vendor", filling.TITLES[vendor])
    form.add("streams")
    assert form.submit() is None
    config = vendors.config(vendor)["vendor"]
    needed = {
        "itnio": ["api_key", "api_secret", "app_id", "job_id"],
        "vbee": ["credentials_api_key", "credentials_api_secret", "campaign_id"],
    }[vendor]
    assert set(form.complaints()) == {*(f"vendor_{name}" for name in needed), "streams_0_stream"}

    filling.account(form, config)
    form.type("streams[0].stream", filling.STREAM)
    assert form.submit() is not None, form.complaints()


def test_a_blank_address_is_the_vendors_own(form: Form, vendors: Sandbox) -> None:
    filling.account(form, {**vendors.config("itnio")["vendor"], "base_url": ""})
    assert form.submit() is not None, form.complaints()
