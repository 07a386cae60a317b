"""What the platform, and whoever pulls the image, needs of it."""

import gzip
import json
import tomllib
from pathlib import Path

import pytest
from image.container import Image
from support.connector import ROOT, json_file
from support.sandbox import Sandbox

MOST_BYTES = 45 * 1000 * 1000
MOST_PROGRAM_BYTES = 17 * 1000 * 1000


@pytest.fixture(scope="session")
def description(image: Image) -> dict:
    """What the engine says of the image."""
    return json.loads(image.engine("image", "inspect", image.tag).stdout)[0]


def test_it_is_started_where_the_platform_looks(description: dict) -> None:
    environment = dict(line.split("=", 1) for line in description["Config"]["Env"])
    entrypoint = environment["AIRBYTE_ENTRYPOINT"]
    assert entrypoint.startswith("/")
    assert description["Config"]["Entrypoint"] == [entrypoint]
    assert description["Config"]["User"] == "1000:1000"


def test_it_says_what_it_is(description: dict) -> None:
    package = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
    labels = description["Config"]["Labels"]
    assert labels["io.airbyte.name"] == package["name"]
    assert labels["io.airbyte.version"] == package["version"]
    assert labels["org.opencontainers.image.version"] == package["version"]
    assert labels["org.opencontainers.image.licenses"] == package["license"]


def test_it_is_small(image: Image, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    image.engine("save", "--output", archive, image.tag)
    compressed = len(gzip.compress(archive.read_bytes(), compresslevel=6))
    assert compressed <= MOST_BYTES, f"{compressed} bytes"
    program = int(image.sh('stat --format %s "$AIRBYTE_ENTRYPOINT"').stdout)
    assert program <= MOST_PROGRAM_BYTES, f"{program} bytes"


def test_it_has_what_the_launcher_calls(image: Image) -> None:
    done = image.sh("command -v sh sleep mv cat && id -u && test -s /etc/ssl/certs/ca-certificates.crt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "1000"
    assert image.sh("touch /written").returncode != 0, "the root can be written"


def test_the_program_needs_no_library_but_the_bases_own(image: Image) -> None:
    done = image.sh('ldd "$AIRBYTE_ENTRYPOINT"')
    assert done.returncode == 0, done.stderr
    needed = {line.split()[0].rsplit("/", 1)[-1].split(".")[0] for line in done.stdout.splitlines()}
    assert needed <= {"linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64", "libc", "libm", "libgcc_s"}, done.stdout


def test_authorities_and_time_zones_are_in_it(image: Image, vendors: Sandbox, tmp_path: Path) -> None:
    """A zone that is not known is an error."""
    authorities = image.sh("grep -c BEGIN /etc/ssl/certs/ca-certificates.crt")
    assert int(authorities.stdout) > 100, authorities.stderr
    for zone, status in [("Asia/Ho_Chi_Minh", "SUCCEEDED"), ("Asia/Nowhere", "FAILED")]:
        said = checked(image, tmp_path, vendors.config("itnio", time_zone=zone))
        assert json.loads(said)["connectionStatus"]["status"] == status, said


def test_it_prints_its_form(image: Image) -> None:
    done = image.sh('eval "$AIRBYTE_ENTRYPOINT spec"')
    assert done.returncode == 0, done.stderr
    [message] = map(json.loads, done.stdout.splitlines())
    assert message["spec"] == json.loads((ROOT / "spec" / "spec.json").read_text())


def test_it_is_a_singer_target_by_its_other_name(image: Image) -> None:
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    done = image.sh("target-ai-voice --version")
    assert done.stdout.split() == ["target-ai-voice", version], done.stderr


def checked(image: Image, folder: Path, config: dict, *options: str) -> str:
    """What `check` says of a configuration, in the image."""
    folder.chmod(0o755)
    json_file(folder, "config.json", config)
    options = (*options, "--volume", f"{folder}:/config:ro")
    done = image.sh('eval "$AIRBYTE_ENTRYPOINT check --config /config/config.json"', *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("vendor", ["itnio", "vbee"])
def test_check_finds_the_vendor_by_a_name_in_the_hosts_file(
    image: Image, vendors: Sandbox, tmp_path: Path, vendor: str
) -> None:
    config = vendors.config(vendor)
    # Without TLS only names of this machine are talked to; this one is in the hosts file, nowhere else.
    config["vendor"]["base_url"] = config["vendor"]["base_url"].replace("127.0.0.1", "vendor.localhost")
    said = checked(image, tmp_path, config, "--add-host", "vendor.localhost:127.0.0.1")
    [message] = map(json.loads, said.splitlines())
    assert message["connectionStatus"]["status"] == "SUCCEEDED", message
