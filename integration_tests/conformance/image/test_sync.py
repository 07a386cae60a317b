"""A sync in the image, started by the platform's own script through named pipes."""

import json
import os
import shutil
import threading
from pathlib import Path

from image.container import Image
from support.connector import ROOT, json_file
from support.sandbox import Sandbox

LAUNCHER = ROOT / "integration_tests" / "conformance" / "protocol" / "container" / "write.sh"
PEOPLE = [f"+8498{person:07}" for person in range(250)]


def messages() -> list[str]:
    """Records with a STATE behind each hundred of them, and the end of the stream."""
    lines = []
    for place, number in enumerate(PEOPLE, start=1):
        body = {"stream": "contacts", "data": {"phone_number": number}, "emitted_at": 1}
        lines.append(json.dumps({"type": "RECORD", "record": body}))
        if place % 100 == 0 or place == len(PEOPLE):
            stream = {"stream_descriptor": {"name": "contacts"}, "stream_state": {"n": place}}
            lines.append(json.dumps({"type": "STATE", "state": {"type": "STREAM", "stream": stream, "id": place}}))
    return lines


CATALOG = {
    "streams": [
        {
            "stream": {
                "name": "contacts",
                "json_schema": {"type": "object", "properties": {"phone_number": {"type": "string"}}},
                "supported_sync_modes": ["full_refresh"],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
    ]
}


def sync(image: Image, folder: Path, config: dict, lines: list[str]) -> tuple[str, list[dict]]:
    """Runs one sync; gives the exit code that the platform reads, and the messages on stdout."""
    json_file(folder, "connectorConfig.json", config)
    json_file(folder, "catalog.json", CATALOG)
    shutil.copy(LAUNCHER, folder / "write.sh")
    for name in ("stdin", "stdout", "stderr"):
        os.mkfifo(folder / name)
    for path in (folder, *folder.iterdir()):
        os.chown(path, 1000, 1000)
    read: dict[str, str] = {}

    def keep(name: str) -> None:
        read[name] = (folder / name).read_text(encoding="utf-8")

    readers = [threading.Thread(target=keep, args=[name], daemon=True) for name in ("stdout", "stderr")]
    for reader in readers:
        reader.start()
    options = ("--volume", f"{folder}:/dest", "--workdir", "/dest", "--env", "POLL_SECONDS=1")
    container = image.popen(*options, command=("sh", "write.sh"))
    with (folder / "stdin").open("w", encoding="utf-8") as stdin:
        stdin.writelines(f"{line}\n" for line in lines)
    container.wait(timeout=60)
    for reader in readers:
        reader.join(timeout=10)
    assert not read["stderr"], read["stderr"]
    code = (folder / "exitCode.txt").read_text().strip()
    return code, [json.loads(line) for line in read["stdout"].splitlines()]


def test_everybody_is_called_once_and_every_state_comes_back(
    image: Image, vendors: Sandbox, tmp_path: Path
) -> None:
    code, said = sync(image, tmp_path, vendors.config("itnio"), messages())
    assert code == "0", said
    states = [message["state"]["id"] for message in said if message["type"] == "STATE"]
    assert states == [100, 200, 250]
    calls = vendors.calls()
    assert (calls["people"], calls["calls"], calls["called_more_than_once"]) == (250, 250, 0)
    assert not any(number[3:] in json.dumps(said) for number in PEOPLE)


def test_a_sync_that_fails_says_so_once(image: Image, vendors: Sandbox, tmp_path: Path) -> None:
    config = vendors.config("itnio")
    config["vendor"]["api_secret"] = "another-s3cret"
    code, said = sync(image, tmp_path, config, messages())
    assert code == "1"
    traces = [message["trace"] for message in said if message["type"] == "TRACE"]
    assert [trace["error"]["failure_type"] for trace in traces] == ["config_error"]
    assert vendors.calls()["calls"] == 0
    assert "another-s3cret" not in json.dumps(said)
