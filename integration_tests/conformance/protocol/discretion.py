"""What a connector must not say: whole phone numbers, secrets, states that nobody sent."""

import json
import re

# The number of somebody in `people`, whatever was put between its digits.
_WHOLE_NUMBER = re.compile(r"98[\s().-]*0[\s().-]*0(?:[\s().-]*\d){5}")

# What a destination adds to a STATE.
_STATISTICS = re.compile(
    r',?"destinationStats":(?:null|\{"recordCount":\d+\.0,"rejectedRecordCount":\d+\.0\})'
)


def secrets(config: dict) -> list[str]:
    """The secret texts of a configuration."""
    vendor = config["vendor"]
    holder = vendor.get("credentials", vendor)
    return [holder[name] for name in ("api_key", "api_secret", "access_token") if name in holder]


def assert_discreet(text: str, config: dict | None = None) -> None:
    """Fails when `text` holds a whole phone number or a secret of the configuration.

    The lines of STATEs are the source's own words, handed back, and are not looked at.
    """
    for line in text.splitlines():
        if is_state(line):
            continue
        found = _WHOLE_NUMBER.search(line)
        assert not found, f"a whole number was said: {line[: found.start()]}<here>"
        for secret in secrets(config) if config else []:
            assert secret not in line, "a secret was said"


def is_state(line: str) -> bool:
    """Whether a line is a STATE."""
    try:
        message = json.loads(line)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "STATE"


def without_statistics(line: str) -> str:
    """The text of a STATE without the one thing that a destination adds to it."""
    return _STATISTICS.sub("", line)
