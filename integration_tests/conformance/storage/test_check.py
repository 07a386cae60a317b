"""`check` proves the storage of rejected records against a server that checks signatures and permissions."""

from pathlib import Path

import pytest

from storage.server import Key, Server
from support.connector import json_file, run
from support.sandbox import Sandbox


def check(vendors: Sandbox, folder: Path, section: dict) -> tuple[str, str]:
    """The status that `check` gives, and its words; nothing that it says has a key or a signature in it."""
    config = json_file(folder, "config.json", vendors.config("vbee", object_storage_config=section))
    done = run("check", "--config", config)
    said = done.stdout + done.stderr
    for secret in (section.get("access_key_id"), section.get("secret_access_key"), "X-Amz-", "AWS4"):
        assert not secret or secret not in said, said
    [status] = done.messages("CONNECTION_STATUS")
    return status["connectionStatus"]["status"], status["connectionStatus"]["message"]


def assert_proved(status: str, words: str) -> None:
    """The storage works, and `check` says by what that was proved."""
    assert status == "SUCCEEDED", words
    assert "listed and deleted again" in words, words


def test_put_list_and_delete_are_proved_and_nothing_stays(s3: Server, vendors: Sandbox, tmp_path: Path) -> None:
    worker = s3.user("worker", ("s3:PutObject", "s3:ListBucket", "s3:DeleteObject"))
    status, words = check(vendors, tmp_path, s3.section(worker))
    assert_proved(status, words)
    assert "An object was put into the bucket rejects, listed and deleted again." in words
    assert s3.names() == []


@pytest.mark.parametrize("path", ["", "/a//b/", "thư mục/a&b=c+d %20", "x" * 300])
def test_any_path_in_the_bucket_is_signed_rightly(
    s3: Server, vendors: Sandbox, tmp_path: Path, path: str
) -> None:
    status, words = check(vendors, tmp_path, s3.section(s3.owner, bucket_path=path))
    assert_proved(status, words)
    assert s3.names() == []


def test_a_key_or_a_bucket_that_is_wrong_is_named(s3: Server, vendors: Sandbox, tmp_path: Path) -> None:
    unknown = Key("AKIAIOSFODNN7EXAMPLE", s3.owner.secret)
    swapped = Key(s3.owner.id, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    for section, want in [
        (s3.section(unknown), "access_key_id is not known there"),
        (s3.section(swapped), "secret_access_key is not the secret of this access_key_id"),
        (s3.section(s3.owner, s3_bucket_name="nowhere"), "there is no bucket nowhere"),
    ]:
        status, words = check(vendors, tmp_path, section)
        assert status == "FAILED" and want in words, words
    assert s3.names() == []


@pytest.mark.parametrize("missing", ["s3:PutObject", "s3:ListBucket", "s3:DeleteObject"])
def test_a_permission_that_is_missing_is_named(
    s3: Server, vendors: Sandbox, tmp_path: Path, missing: str
) -> None:
    others = {"s3:PutObject", "s3:ListBucket", "s3:DeleteObject"} - {missing}
    somebody = s3.user(f"without-{missing.removeprefix('s3:')}", tuple(others))
    status, words = check(vendors, tmp_path, s3.section(somebody, bucket_path=missing[3:]))
    assert status == "FAILED" and f"refuses {missing}" in words, words
    left = s3.names()
    # What may not be deleted stays, and its name is told.
    assert all(name in words for name in left) and bool(left) == (missing == "s3:DeleteObject"), left
    for name in left:
        s3.client("s3").delete_object(Bucket="rejects", Key=name)


def test_a_server_that_is_not_there_is_no_mistake_of_the_keys(
    s3: Server, vendors: Sandbox, tmp_path: Path
) -> None:
    status, words = check(vendors, tmp_path, s3.section(s3.owner, s3_endpoint="http://127.0.0.1:9"))
    assert status == "FAILED" and "check object_storage_config.s3_endpoint" in words, words
    # The sandbox is an HTTP server, and no S3 server.
    status, words = check(vendors, tmp_path, s3.section(s3.owner, s3_endpoint=vendors.address))
    assert status == "FAILED" and "the address of an S3 server?" in words, words


def test_a_folder_is_proved_and_nothing_stays(vendors: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "rejects"
    status, words = check(vendors, tmp_path, {"storage_type": "Local", "path": str(folder)})
    assert_proved(status, words)
    assert f"An object was put into the folder {folder}" in words, words
    assert not folder.exists()
    for path, want in [
        (tmp_path / "missing" / "rejects", "mount the volume there"),
        (tmp_path / "config.json", "no folder"),
    ]:
        status, words = check(vendors, tmp_path, {"storage_type": "Local", "path": str(path)})
        assert status == "FAILED" and want in words, words
