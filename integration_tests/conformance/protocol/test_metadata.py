"""What a platform reads about the connector before it starts it."""

import re

import yaml
from airbyte_cdk.models.connector_metadata import MetadataFile
from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import (
    ConnectorMetadataDefinitionV0,
)

from support.connector import ROOT, run

METADATA = ROOT / "metadata.yaml"


def data() -> dict:
    """The body of the file."""
    return yaml.safe_load(METADATA.read_text(encoding="utf-8"))["data"]


def test_it_is_what_the_registry_demands() -> None:
    ConnectorMetadataDefinitionV0.model_validate(
        yaml.safe_load(METADATA.read_text(encoding="utf-8"))
    )
    assert MetadataFile.from_file(METADATA).data.dockerImageTag == data()["dockerImageTag"]


def test_it_speaks_of_this_connector(form: dict) -> None:
    cargo = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', cargo, re.MULTILINE)[1]
    assert data()["connectorType"] == "destination"
    assert data()["dockerImageTag"] == version
    assert run("--version").stdout.split() == ["destination-ai-voice", version]
    assert data()["dockerRepository"].endswith("destination-ai-voice")
    # Without it, the platform never sends what tells a whole stream from half a one.
    assert data()["supportsRefreshes"] is True
    # Without it, the platform never asks `discover`.
    assert data()["supportsDataActivation"] is True
    assert form["documentationUrl"]


def test_it_shuts_nobody_out() -> None:
    """The ledger's PostgreSQL is wherever the user has it: any list of hosts would lack it."""
    assert "allowedHosts" not in data()
