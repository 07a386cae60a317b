"""An S3 server on this machine that checks signatures and permissions, and people who may use it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
from botocore.config import Config

# Calls that the server answers to anybody: with these the first user is made.
_FREE_CALLS = 3
_ALL = ("s3:CreateBucket", "s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject")


@dataclass
class Key:
    """An access key."""

    id: str
    secret: str


class Server:
    """A running server, with one bucket and its owner."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.owner = self._user("owner", Key("nobody", "nothing"), ("*",))
        self.client("s3").create_bucket(Bucket="rejects")

    def client(self, service: str, key: Key | None = None):
        """A client of Amazon's own library."""
        key = key or self.owner
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name="us-east-1",
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            config=Config(proxies={}, s3={"addressing_style": "path"}),
        )

    def user(self, name: str, actions: tuple[str, ...] = _ALL) -> Key:
        """Somebody who may do this with everything."""
        return self._user(name, self.owner, actions)

    def names(self) -> list[str]:
        """What is in the bucket."""
        listed = self.client("s3").list_objects_v2(Bucket="rejects")
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def section(self, key: Key, **settings: object) -> dict:
        """The connector's section for the bucket."""
        return {
            "storage_type": "S3",
            "access_key_id": key.id,
            "secret_access_key": key.secret,
            "s3_bucket_name": "rejects",
            "s3_bucket_region": "us-east-1",
            "s3_endpoint": self.address,
            "bucket_path": "voice/rejected records",
            **settings,
        }

    def _user(self, name: str, by: Key, actions: tuple[str, ...]) -> Key:
        people = self.client("iam", by)
        people.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        people.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        key = people.create_access_key(UserName=name)["AccessKey"]
        return Key(key["AccessKeyId"], key["SecretAccessKey"])


@contextmanager
def server() -> Iterator[Server]:
    """Starts a server on a free port and stops it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(_FREE_CALLS)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port)
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")
