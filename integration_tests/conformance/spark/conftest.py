"""What both tests of this suite share: one engine, one warehouse, the wrapper as users have it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.connector import ROOT
from support.postgres import Postgres, postgres
from support.sandbox import Sandbox, sandbox

WRAPPER = ROOT / "docs/examples/spark/ai_voice_spark.py"
DRIVER = Path("/usr/share/java/postgresql.jar")

sys.path.insert(0, str(WRAPPER.parent))


@pytest.fixture(scope="session")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A warehouse; each test keeps its ledger in a schema of its own."""
    with postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def vendors() -> Iterator[Sandbox]:
    """Vendors who tell whom they called."""
    with sandbox("--show-numbers") as running:
        yield running


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SparkSession"]:  # noqa: F821
    """Spark on this machine: two tasks at once, each tried up to four times."""
    assert DRIVER.exists(), "this suite needs: apt-get install libpostgresql-jdbc-java"
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.jars": str(DRIVER),
        "spark.local.dir": str(folder / "scratch"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master("local[2,4]").appName("conformance")
    session = builder.config(map=settings).getOrCreate()
    session.sparkContext.addPyFile(str(WRAPPER))
    yield session
    session.stop()
