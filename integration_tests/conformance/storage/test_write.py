"""A sync puts what it rejects into a bucket, before the STATE that covers it, or says why it cannot."""

import csv
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from storage.server import Key, Server, server
from support.connector import Finished, binary, json_file, quiet_environment, run
from support.sandbox import Sandbox

CATALOG = {
    "streams": [
        {
            "stream": {"name": "people", "namespace": "crm", "json_schema": {"type": "object"}},
            "sync_mode": "incremental",
            "destination_sync_mode": "append",
            "primary_key": [["id"]],
            "sync_id": 41,
            "generation_id": 3,
            "minimum_generation_id": 0,
        }
    ]
}


def record(person: int, phone: str) -> str:
    """One person of the stream."""
    data = {"id": person, "phone_number": phone, "note": f"asked for by +84 98 7{person:06}"}
    body = {"stream": "people", "namespace": "crm", "emitted_at": 1_795_305_451_267, "data": data}
    return json.dumps({"type": "RECORD", "record": body})


def state(number: int) -> str:
    """What the source says after some records."""
    descriptor = {"name": "people", "namespace": "crm"}
    body = {"type": "STREAM", "stream": {"stream_descriptor": descriptor}, "id": number}
    return json.dumps({"type": "STATE", "state": body})


def complete() -> str:
    """The source is done."""
    descriptor = {"name": "people", "namespace": "crm"}
    status = {"stream_descriptor": descriptor, "status": "COMPLETE"}
    return json.dumps({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": status}})


def lines(people: int) -> str:
    """Every tenth cannot be called; a STATE after every hundred."""
    told = []
    for person in range(1, people + 1):
        told.append(record(person, "n/a" if person % 10 == 0 else f"+8498{person:07}"))
        if person % 100 == 0:
            told.append(state(person))
    return "\n".join([*told, complete()])


def write(vendors: Sandbox, folder: Path, section: dict, stdin: str) -> Finished:
    """A sync; nothing that it says has a key or a signature in it."""
    config = json_file(folder, "config.json", vendors.config("itnio", object_storage_config=section))
    catalog = json_file(folder, "catalog.json", CATALOG)
    done = run("write", "--config", config, "--catalog", catalog, stdin=stdin)
    said = done.stdout + done.stderr
    for secret in (section["access_key_id"], section["secret_access_key"], "X-Amz-", "AWS4"):
        assert secret not in said, said
    return done


def states(done: Finished) -> list[int]:
    """Those that came back."""
    return [message["state"]["id"] for message in done.messages("STATE")]


def rows(s3: Server, prefix: str) -> list[dict]:
    """The rejected records in the bucket, as a program reads them."""
    found = []
    for name in s3.names():
        if name.startswith(prefix) and name.endswith(".csv"):
            body = s3.client("s3").get_object(Bucket="rejects", Key=name)["Body"].read().decode()
            found += list(csv.DictReader(io.StringIO(body)))
    return found


def failure(done: Finished) -> dict:
    """Why the sync failed."""
    assert done.code == 1, done.stdout
    [trace] = done.messages("TRACE")
    return trace["trace"]["error"]


def test_what_is_rejected_is_in_the_bucket_with_the_report(
    s3: Server, vendors: Sandbox, tmp_path: Path
) -> None:
    done = write(vendors, tmp_path, s3.section(s3.owner, bucket_path="sync", receipts=True), lines(300))
    assert done.code == 0 and states(done) == [100, 200, 300], done.stdout
    kept = rows(s3, "sync/41/crm/people/")
    told = [json.loads(row["_airbyte_data"]) for row in kept]
    assert sorted(row["primary_key"] for row in told) == sorted(str(n) for n in range(10, 301, 10))
    for row, data in zip(kept, told, strict=True):
        meta = json.loads(row["_airbyte_meta"])
        assert (meta["sync_id"], row["_airbyte_generation_id"]) == (41, "3"), row
        assert row["_airbyte_extracted_at"] == "1795305451267"
        assert (data["outcome"], data["code"]) == ("invalid", "missing"), data
        assert data["record"]["note"].endswith("****" + data["record"]["note"][-3:]), data
    receipts = rows(s3, "sync/receipts/41/crm/people/")
    assert len(receipts) == 270 and {row["campaign"] for row in receipts} == {"9"}
    client = s3.client("s3")
    report = client.get_object(Bucket="rejects", Key="sync/41/report.json")["Body"].read()
    assert json.loads(report)["outcomes"]["accepted"] == 270
    page = client.get_object(Bucket="rejects", Key="sync/41/report.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    # A second attempt at the same sync takes nothing's place.
    before = set(s3.names())
    again = write(vendors, tmp_path, s3.section(s3.owner, bucket_path="sync"), lines(100))
    assert again.code == 0 and before < set(s3.names())
    assert client.get_object(Bucket="rejects", Key="sync/41/report.json")["Body"].read() == report


def test_what_cannot_be_put_ends_the_sync_before_anybody_is_called(
    s3: Server, vendors: Sandbox, tmp_path: Path
) -> None:
    swapped = Key(s3.owner.id, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    unlisted = s3.user("unlisted", ("s3:PutObject", "s3:DeleteObject"))
    before = vendors.calls()["requests"] if "requests" in vendors.calls() else vendors.calls()["people"]
    for section, want in [
        (s3.section(swapped), "secret_access_key is not the secret"),
        (s3.section(s3.owner, s3_bucket_name="nowhere"), "there is no bucket nowhere"),
        (s3.section(unlisted), "s3:ListBucket"),
    ]:
        done = write(vendors, tmp_path, section, lines(100))
        why = failure(done)
        assert why["failure_type"] == "config_error" and want in why["message"], why
        assert states(done) == []
    after = vendors.calls()["requests"] if "requests" in vendors.calls() else vendors.calls()["people"]
    assert after == before


def test_a_permission_that_ends_holds_the_state(s3: Server, vendors: Sandbox, tmp_path: Path) -> None:
    reader = s3.user("reader", ("s3:ListBucket",))
    done = write(vendors, tmp_path, s3.section(reader, bucket_path="held"), lines(200))
    why = failure(done)
    assert why["failure_type"] == "config_error" and "s3:PutObject" in why["message"], why
    assert states(done) == [] and rows(s3, "held/") == []


@pytest.mark.parametrize("moment", ["after the first state"])
def test_a_server_that_dies_ends_the_sync_and_what_it_handed_back_is_there(
    vendors: Sandbox, tmp_path: Path, moment: str
) -> None:
    """The lines come slowly; the server is gone after the first STATE."""
    with server() as dying:
        section = dying.section(dying.owner, bucket_path="dying")
        config = json_file(
            tmp_path, "config.json", vendors.config("itnio", object_storage_config=section)
        )
        catalog = json_file(tmp_path, "catalog.json", CATALOG)
        process = subprocess.Popen(
            [binary(), "write", "--config", config, "--catalog", catalog],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=quiet_environment(),
        )
        process.stdin.write("\n".join(lines(100).splitlines()[:-1]) + "\n")
        process.stdin.flush()
        first = []
        for line in process.stdout:
            first.append(json.loads(line))
            if first[-1]["type"] == "STATE":
                break
        kept = [json.loads(row["_airbyte_data"])["primary_key"] for row in rows(dying, "dying/")]
        assert sorted(kept) == sorted(str(n) for n in range(10, 101, 10)), moment
    rest = "\n".join([record(999, "n/a"), state(999), complete()]) + "\n"
    writing = threading.Thread(target=lambda: (process.stdin.write(rest), process.stdin.close()))
    writing.start()
    said = [json.loads(line) for line in process.stdout]
    writing.join()
    assert process.wait(timeout=120) == 1
    assert not [message for message in said if message["type"] == "STATE"], said
    [trace] = [message for message in said if message["type"] == "TRACE"]
    assert trace["trace"]["error"]["failure_type"] == "transient_error", trace
    sys.stdout.flush()
