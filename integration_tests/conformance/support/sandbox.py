"""Both vendors on this machine: started for a test, asked afterwards who would have been called."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from support.connector import binary, quiet_environment

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Sandbox:
    """A running sandbox."""

    def __init__(self, address: str) -> None:
        self.address = address

    def config(self, vendor: str, **sections: object) -> dict:
        """A whole configuration of the connector that sends here, with further sections."""
        vendors = {
            "itnio": {
                "vendor_type": "itnio",
                "api_key": "sandbox-itnio-key",
                "api_secret": "sandbox-itnio-secret",
                "app_id": "SANDBOX1",
                "job_id": 9,
                "base_url": f"{self.address}/aivoice",
            },
            "vbee": {
                "vendor_type": "vbee",
                "credentials": {
                    "auth_type": "api_key",
                    "api_key": "5a9d0b0c-5a9d-4b0c-8a9d-5a9d0b0c5a9d",
                    "api_secret": "s4ndb0x!",
                },
                "campaign_id": "64b7f0c2a1d3e4f5a6b7c8d9",
                "base_url": self.address,
            },
        }
        return {"vendor": vendors[vendor], "phone": {"default_region": "VN"}, **sections}

    def calls(self, entries: int | str = 1000) -> dict:
        """What the page of calls says: `calls`, `people`, `called_more_than_once`, `entries`, …

        `entries` is how many people it names at most, or `all`.
        """
        request = urllib.request.Request(
            f"{self.address}/calls?entries={entries}", headers={"accept": "application/json"}
        )
        with _OPENER.open(request, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def sandbox(*options: str) -> Iterator[Sandbox]:
    """Starts a sandbox on a free port and stops it."""
    process = subprocess.Popen(
        [binary(), "sandbox", *options],
        stdout=subprocess.PIPE,
        text=True,
        env=quiet_environment(),
    )
    try:
        first_line = process.stdout.readline()
        address = re.search(r"http://[0-9.:]+\d", first_line)
        assert address, f"the sandbox did not say where it is: {first_line!r}"
        yield Sandbox(address.group())
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
