"""Every morning the customers who gave their consent join the campaign, with four connectors.

Needs `psql` and `docker` where tasks run, an Airflow connection `warehouse` (PostgreSQL), and
/etc/ai-voice with config.json (its ledger is PostgreSQL) and catalog.json (stream `customers`).
"""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag

N_CONNECTORS = 4

# A line for each row, and a state behind the last one. Only a connector that has settled every row
# hands the state back; without it `grep`, and with it the task, fails. The state is the last line of
# stdout, which Airflow keeps as the task's XCom; everything else goes to the task's log.
COMMAND = r"""
set -o pipefail
rows() {
  psql "$WAREHOUSE" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 <<SQL
SELECT json_build_object('type', 'RECORD', 'record', json_build_object(
  'stream', 'customers', 'data', row_to_json(c), 'emitted_at', extract(epoch FROM now())::bigint * 1000))
FROM customers AS c WHERE consent = 'yes' AND id % $N_CONNECTORS = $PART
SQL
}
state() {
  printf '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"customers"},'
  printf '"stream_state":{"part":%s,"day":"%s"}}}}\n' "$PART" "$DAY"
}
{ rows && state; } |
  docker run --rm --interactive --volume /etc/ai-voice:/config:ro destination-ai-voice \
    write --config /config/config.json --catalog /config/catalog.json |
  tee /dev/stderr | grep --fixed-strings '"type":"STATE"'
"""


@dag(
    schedule="0 8 * * *",
    start_date=datetime(2026, 11, 1),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 4,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=2),
    },
)
def ai_voice() -> None:
    """One task for each connector."""
    part = {
        "WAREHOUSE": "{{ conn.warehouse.get_uri() }}",
        "N_CONNECTORS": str(N_CONNECTORS),
        "DAY": "{{ ds }}",
    }
    BashOperator.partial(task_id="send", bash_command=COMMAND, append_env=True).expand(
        env=[{**part, "PART": str(number)} for number in range(N_CONNECTORS)]
    )


ai_voice()
