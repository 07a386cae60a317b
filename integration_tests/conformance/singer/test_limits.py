"""Limits, and a condition that nobody passes, lose nobody of a tap: Meltano keeps the bookmark that came back."""

from pathlib import Path

from singer.meltano import ended, project
from support.postgres import Postgres
from support.sandbox import Sandbox

N_PEOPLE, STATE_EVERY = 120, 7
TABLE = f"""
DROP TABLE IF EXISTS customers;
CREATE TABLE customers (
    id integer PRIMARY KEY, title text, full_name text, mobile text, consent boolean, updated_at timestamptz NOT NULL
);
INSERT INTO customers
SELECT id, 'Anh', 'Nguyễn An', '0987' || (654000 + id), true, timestamptz '2025-11-01T08:00:00Z' + id * interval '1 minute'
FROM generate_series(1, {N_PEOPLE}) AS id;
"""


def test_runs_of_meltano_go_on_exactly_where_a_limit_was(
    tmp_path: Path, database: Postgres, vendor: Sandbox
) -> None:
    database.execute(TABLE)
    meltano = project(tmp_path, database, vendor.config("vbee")["vendor"], STATE_EVERY)
    # A condition that nobody passes: the run fails, and there is nothing to go on from.
    [right] = meltano.streams()
    meltano.set(streams=[{**right, "only_when": "consent IS FALSE"}])
    failed = meltano.attempt()
    log = failed.stdout + failed.stderr
    assert failed.returncode != 0 and "only_when 100" in log, log
    assert vendor.calls()["people"] == 0

    meltano.set(streams=[right])
    before = 0
    for per_sync, per_day, reached in ((10, 25, 10), (20, 25, 25), (0, 0, N_PEOPLE)):
        meltano.set(limits__max_contacts_per_sync=per_sync, limits__max_contacts_per_day=per_day)
        log = meltano.run()
        # Meltano keeps the newest bookmark that passes nobody by: what comes begins there.
        first = N_PEOPLE + 1 - int(ended(log).split()[0])
        assert before - STATE_EVERY <= first <= before or (before, first) == (0, 1)
        left = f"is reached: {N_PEOPLE - reached} records were left alone"
        assert (left in log) == (reached < N_PEOPLE), log
        calls = vendor.calls()
        assert (calls["people"], calls["called_more_than_once"]) == (reached, 0)
        before = reached
    assert meltano.bookmark().startswith("2025-11-01T10:00:00")
