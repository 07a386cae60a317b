"""Many connectors at once on Spark: every contact once, although connectors and jobs are killed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from ai_voice_spark import Connector, Sent, send
from pyspark.sql import DataFrame, SparkSession

from spark.customers import N_CUSTOMERS, N_PEOPLE, N_WITHOUT, STREAM, TABLE, people
from support.connector import binary, json_file, run
from support.postgres import PASSWORD, Postgres
from support.sandbox import Sandbox


@pytest.fixture(scope="module")
def frame(engine: SparkSession, db: Postgres) -> DataFrame:
    """The table in eight partitions, read by as many queries."""
    db.execute(TABLE)
    return engine.read.jdbc(
        f"jdbc:postgresql://{db.host}:{db.port}/{db.database}",
        "customers",
        column="id",
        lowerBound=1,
        upperBound=N_CUSTOMERS,
        numPartitions=8,
        properties={
            "user": db.user,
            "password": db.password,
            "driver": "org.postgresql.Driver",
        },
    )


@dataclass
class Campaign:
    """A vendor, a ledger, and the connectors that share them."""

    db: Postgres
    vendors: Sandbox
    schema: str
    config: Path

    @property
    def connector(self) -> Connector:
        return Connector(str(self.config), "customers", ("id",), str(binary()))

    def pids(self) -> list[int]:
        """The connectors that are sending now."""
        return [
            int(process.name)
            for process in Path("/proc").glob("[0-9]*")
            if f"write\0--config\0{self.config}\0" in command(process)
        ]

    def called(self) -> dict[str, int]:
        """How often each number was called."""
        entries = self.vendors.calls("all")["entries"]
        return {entry["phone_number"].lstrip("+"): entry["times"] for entry in entries}

    def endings(self) -> dict[str, int]:
        """What the ledger knows: contacts by outcome."""
        status = run("ledger", "status", "--config", self.config).stdout
        counts: dict[str, int] = {}
        for line in status.splitlines()[1:]:
            _, outcome, contacts, _ = line.split()
            counts[outcome] = counts.get(outcome, 0) + int(contacts)
        return counts

    def kill_one(self) -> None:
        """Kills a connector that has sent, and is sending."""
        wait_for(lambda: self.vendors.calls(0)["people"] > 500)
        os.kill(self.pids()[0], signal.SIGKILL)


@pytest.fixture
def campaign(
    db: Postgres, vendors: Sandbox, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Campaign]:
    """At the vendor that the test names; connectors are slow enough to be caught."""
    schema = f"ledger_{tmp_path.name.lower()}"
    config = vendors.config(
        request.param,
        streams=[STREAM],
        ledger={"ledger_type": "postgres", "url": f"{db.dsn}?schema={schema}"},
        delivery={"max_requests_per_second": 10, "batch_size": 100},
    )
    yield Campaign(db, vendors, schema, json_file(tmp_path, "config.json", config))


@pytest.mark.parametrize("campaign", ["itnio"], indirect=True)
def test_a_killed_connector_is_tried_again_and_every_contact_is_called_once(
    frame: DataFrame, campaign: Campaign, capfd: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor() as pool:
        job = pool.submit(send, frame, campaign.connector)
        campaign.kill_one()
        sent = job.result(timeout=300)
    assert [one.partition for one in sent if one.attempt > 0] != []
    assert total(sent) == (N_CUSTOMERS - N_WITHOUT, N_WITHOUT)
    assert campaign.called() == dict.fromkeys(people(), 1)
    assert campaign.endings() == {"accepted": N_PEOPLE}
    assert_discreet(capfd)


@pytest.mark.parametrize("campaign", ["vbee"], indirect=True)
def test_where_repeats_are_not_recognised_a_dead_connectors_people_are_held(
    frame: DataFrame, campaign: Campaign
) -> None:
    with ThreadPoolExecutor() as pool:
        job = pool.submit(send, frame.coalesce(1), campaign.connector)
        campaign.kill_one()
        # There is one connector only, so that its lease can be ended here instead of waited for.
        campaign.db.execute(f"UPDATE {campaign.schema}.run SET expires = now()")
        [sent] = job.result(timeout=300)
    assert sent.attempt == 1
    endings = campaign.endings()
    n_held = endings["unknown"]
    assert endings == {"accepted": N_PEOPLE - n_held, "unknown": n_held}
    assert (sent.accepted + sent.rejected) == N_CUSTOMERS
    called = campaign.called()
    assert set(called.values()) == {1}
    assert N_PEOPLE - n_held <= len(called) <= N_PEOPLE


@pytest.mark.parametrize("campaign", ["vbee"], indirect=True)
def test_a_cancelled_job_ends_in_order_and_the_next_one_calls_the_rest(
    engine: SparkSession, frame: DataFrame, campaign: Campaign
) -> None:
    context = engine.sparkContext

    def cancellable() -> list[Sent]:
        context.setJobGroup("cancelled", "a job that somebody cancels")
        return send(frame, campaign.connector)

    with ThreadPoolExecutor() as pool:
        job = pool.submit(cancellable)
        wait_for(lambda: campaign.vendors.calls(0)["people"] > 500)
        context.cancelJobGroup("cancelled")
        assert "cancelled" in str(job.exception(timeout=120))
    wait_for(lambda: not campaign.pids())
    n_called = len(campaign.called())
    assert campaign.endings() == {"accepted": n_called}
    assert n_called < N_PEOPLE

    sent = send(frame, campaign.connector)
    assert total(sent) == (N_CUSTOMERS - N_WITHOUT, N_WITHOUT)
    assert campaign.called() == dict.fromkeys(people(), 1)


@pytest.mark.parametrize("campaign", ["itnio"], indirect=True)
def test_a_job_fails_with_what_the_connector_says(
    frame: DataFrame, campaign: Campaign, capfd: pytest.CaptureFixture[str]
) -> None:
    text = campaign.config.read_text().replace("sandbox-itnio-secret", "an-0ther-secret")
    campaign.config.write_text(text)
    with pytest.raises(Exception, match="config_error") as caught:
        send(frame.coalesce(1), campaign.connector)
    assert "an-0ther-secret" not in str(caught.value)
    assert campaign.called() == {}
    assert_discreet(capfd)


def total(sent: list[Sent]) -> tuple[int, int]:
    return sum(one.accepted for one in sent), sum(one.rejected for one in sent)


def assert_discreet(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither Spark nor the workers print a number or a secret."""
    said = "".join(capfd.readouterr())
    numbers = [number[2:] for number in people()]
    secrets = [PASSWORD, "sandbox-itnio-secret", "an-0ther-secret"]
    assert [word for word in numbers + secrets if word in said] == []


def command(process: Path) -> str:
    """A process's words; one that has just ended has none."""
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
