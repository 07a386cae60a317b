"""Many connectors at once on Spark: every contact once, although connectors and jobs are killed."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from ai_voice_spark import Connector, Sent, send
from pyspark.sql import DataFrame, SparkSession

from spark.customers import N_CUSTOMERS, STREAM, TABLE, counts, people
from support.connector import binary, json_file, run
from support.postgres import PASSWORD, Postgres
from support.sandbox import Sandbox

HALF = N_CUSTOMERS // 2


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

    def hurry(self) -> None:
        """Lets the connectors that start from now on send as fast as they can."""
        settings = json.loads(self.config.read_text())
        settings["delivery"]["max_requests_per_second"] = 0
        json_file(self.config.parent, "fast.json", settings).replace(self.config)

    def wait_until_it_is_on_its_way(self) -> None:
        """Until connectors have sent, and are sending."""
        wait_for(lambda: self.vendors.calls(0)["people"] > 500)

    def kill_one(self) -> None:
        """Kills a connector on its way; whoever takes its place may hurry."""
        self.wait_until_it_is_on_its_way()
        self.hurry()
        wait_for(self._has_killed_one)

    def _has_killed_one(self) -> bool:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return True
        return False


@pytest.fixture
def campaign(
    db: Postgres, vendors: Sandbox, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Campaign]:
    """At the vendor that the test names; connectors are slow at first, so that they are caught."""
    schema = f"ledger_{tmp_path.name.lower()}"
    config = vendors.config(
        request.param,
        streams=[STREAM],
        ledger={"ledger_type": "postgres", "url": f"{db.dsn}?schema={schema}"},
        delivery={"max_requests_per_second": 2, "batch_size": 100},
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
    assert total(sent) == counts()
    assert campaign.called() == dict.fromkeys(people(), 1)
    assert campaign.endings() == {"accepted": len(people())}
    assert_discreet(capfd)


@pytest.mark.parametrize("campaign", ["vbee"], indirect=True)
def test_where_repeats_are_not_recognised_a_dead_connectors_people_are_held(
    frame: DataFrame, campaign: Campaign
) -> None:
    with ThreadPoolExecutor() as pool:
        job = pool.submit(send, half(frame).coalesce(1), campaign.connector)
        campaign.kill_one()
        # There is one connector only, so that its lease can be ended here instead of waited for.
        campaign.db.execute(f"UPDATE {campaign.schema}.run SET expires = now()")
        [sent] = job.result(timeout=300)
    assert sent.attempt == 1
    endings, n_people = campaign.endings(), len(people(HALF))
    n_held = endings.pop("unknown", 0)
    assert endings == {"accepted": n_people - n_held}
    # A row of somebody who is held is a rejected one, and there may be two of them.
    n_accepted, n_rejected = counts(HALF)
    assert sent.accepted <= n_accepted - n_held
    assert sent.accepted + sent.rejected == n_accepted + n_rejected
    called = campaign.called()
    assert set(called.values()) == {1}
    assert n_people - n_held <= len(called) <= n_people


@pytest.mark.parametrize("campaign", ["vbee"], indirect=True)
def test_a_cancelled_job_ends_in_order_and_the_next_one_calls_the_rest(
    engine: SparkSession, frame: DataFrame, campaign: Campaign
) -> None:
    context = engine.sparkContext

    def cancellable() -> list[Sent]:
        context.setJobGroup("cancelled", "a job that somebody cancels")
        return send(half(frame), campaign.connector)

    with ThreadPoolExecutor() as pool:
        job = pool.submit(cancellable)
        campaign.wait_until_it_is_on_its_way()
        context.cancelJobGroup("cancelled")
        assert "cancelled" in str(job.exception(timeout=120))
    wait_for(lambda: not campaign.pids())
    n_called = len(campaign.called())
    assert campaign.endings() == {"accepted": n_called}
    assert n_called < len(people(HALF))

    campaign.hurry()
    sent = send(half(frame), campaign.connector)
    assert total(sent) == counts(HALF)
    assert campaign.called() == dict.fromkeys(people(HALF), 1)


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


@pytest.mark.parametrize("campaign", ["itnio"], indirect=True)
def test_the_connector_and_its_configuration_may_come_with_the_job(
    engine: SparkSession, frame: DataFrame, campaign: Campaign, tmp_path: Path
) -> None:
    shipped = campaign.config.rename(tmp_path / "shipped.json")
    for file in (shipped, binary()):
        engine.sparkContext.addFile(str(file))
    connector = Connector(shipped.name, "customers", binary=binary().name)
    [sent] = send(frame.where("id < 100").coalesce(1), connector)
    assert (sent.accepted, sent.rejected) == (95, 4)


def half(frame: DataFrame) -> DataFrame:
    return frame.where(f"id <= {HALF}")


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
