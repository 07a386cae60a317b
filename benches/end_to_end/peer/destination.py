"""The Python peer: a destination on airbyte-cdk that adds the sample's people to an itnio job.

It does what the connector's columns mapping does for these records, in the way such destinations
are written: one request after the other, a flush at each STATE. No dedupe, no retry, no ledger.
"""

import hashlib
import sys
import time
from collections.abc import Iterable, Mapping
from logging import Logger
from typing import Any

import orjson
import phonenumbers
import requests
from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    DestinationSyncMode,
    Status,
    Type,
)

GENDERS = {"nam": "MALE", "nữ": "FEMALE"}


class DestinationItnio(Destination):
    """`spec`, `check` and `write`."""

    def spec(self, *_: Any) -> ConnectorSpecification:
        """Gives the form."""
        texts = {name: {"type": "string"} for name in ("url", "api_key", "api_secret", "app_id")}
        numbers = {name: {"type": "integer"} for name in ("job_id", "batch_size")}
        texts["api_secret"]["airbyte_secret"] = True
        return ConnectorSpecification(
            connectionSpecification={"type": "object", "properties": texts | numbers},
            supported_destination_sync_modes=[DestinationSyncMode.append],
        )

    def check(self, logger: Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Says that all is well, unasked."""
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterable[AirbyteMessage]:
        """Adds everybody; gives each STATE back when everybody before it was added."""
        vendor = Vendor(config)
        batch: list[dict] = []
        for message in input_messages:
            if message.type == Type.RECORD:
                batch.append(contact(message.record.data))
                if len(batch) == config["batch_size"]:
                    vendor.add(batch)
                    batch = []
            elif message.type == Type.STATE:
                if batch:
                    vendor.add(batch)
                    batch = []
                yield message
        if batch:
            vendor.add(batch)


class Vendor:
    """itnio's API, over one connection."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._session = requests.Session()
        self._session.trust_env = False

    def add(self, contacts: list[dict]) -> None:
        """Adds contacts to the job."""
        config = self._config
        body = {
            "appId": config["app_id"],
            "jobId": config["job_id"],
            "callRecordDup": True,
            "customerPersons": contacts,
        }
        timestamp = str(int(time.time()))
        signed = config["api_key"] + config["api_secret"] + timestamp
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            "Api-Key": config["api_key"],
            "Timestamp": timestamp,
            "Sign": hashlib.md5(signed.encode()).hexdigest(),
        }
        answer = self._session.post(
            config["url"], data=orjson.dumps(body), headers=headers, timeout=60
        )
        answer.raise_for_status()
        if answer.json()["status"] != "0":
            raise RuntimeError("the vendor refused a batch")


def contact(record: Mapping[str, Any]) -> dict:
    """One person to be called."""
    # Two spellings of spreadsheets, which the library reads as other numbers.
    written = record["mobile"].lstrip("'").removesuffix(".0")
    number = phonenumbers.parse(written, "VN")
    if not phonenumbers.is_valid_number(number):
        raise ValueError("every number of the sample can be called")
    made = {
        "name": record["full_name"],
        "phoneNumber": phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:],
        "properties": {
            "ho_ten": record["full_name"],
            "bon_so_cuoi": record["id_last4"],
            "so_tien": str(record["amount_due"]),
            "ngay_den_han": record["due_date"],
            "ma_hop_dong": record["contract_no"],
        },
    }
    if record["sex"]:
        made["gender"] = GENDERS[record["sex"]]
    return made


if __name__ == "__main__":
    DestinationItnio().run(sys.argv[1:])
