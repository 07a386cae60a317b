"""airbyte-cdk's own suite for connector images, through `stand_in/docker`.

AI_VOICE_IMAGE names an image for a real docker; without it the binary stands in for one.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from airbyte_cdk.test.standard_tests import docker_base
from airbyte_cdk.test.standard_tests._spec_compatibility import PublishedSpec
from airbyte_cdk.test.standard_tests.docker_base import DockerConnectorTestSuite

from protocol.endings import wrong_key
from support.connector import ROOT
from support.sandbox import Sandbox, sandbox

PLAN = Path(__file__).parent / "acceptance-test-config.yml"


@pytest.fixture
def connector_image_override() -> str:
    return os.environ.get("AI_VOICE_IMAGE", "destination-ai-voice:under-test")


def write_configs(vendors: Sandbox, folder: Path) -> None:
    """The configurations that the plan names."""
    configs = {
        "itnio": vendors.config("itnio"),
        "vbee": vendors.config("vbee"),
        "itnio_wrong_secret": wrong_key("itnio")(vendors),
        "vbee_wrong_secret": wrong_key("vbee")(vendors),
        "half_filled": {"vendor": {"vendor_type": "itnio", "api_secret": "h4lf-f1lled-in"}},
    }
    for name, config in configs.items():
        (folder / f"{name}.json").write_text(json.dumps(config), encoding="utf-8")


class TestImage(DockerConnectorTestSuite):
    """The whole suite, but for what only sources can do."""

    acceptance_test_config = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    root = PLAN.parent

    test_docker_image_build_and_discover = None
    test_docker_image_build_and_read = None

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        """A connector's folder as the suite expects it."""
        return cls.root

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def connector(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        """Makes that folder; its name tells the suite that this is a destination."""
        root = tmp_path_factory.mktemp("connector") / "destination-ai-voice"
        (root / "configs").mkdir(parents=True)
        shutil.copytree(ROOT / "spec" / "examples", root / "examples")
        shutil.copy(ROOT / "metadata.yaml", root)
        shutil.copy(PLAN, root)
        cls.root = root
        # The registry is elsewhere; the form that is kept in the project is the one people have.
        kept = json.loads((ROOT / "spec" / "spec.json").read_text(encoding="utf-8"))
        published = PublishedSpec("0.0.0", kept, "spec/spec.json")
        with sandbox() as vendors, pytest.MonkeyPatch.context() as patch:
            write_configs(vendors, root / "configs")
            patch.setattr(docker_base, "fetch_published_spec", lambda *_: published)
            yield
