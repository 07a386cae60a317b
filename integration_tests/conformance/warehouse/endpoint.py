"""The warehouse's own HTTP interface: the table's rows that changed within a time, page by page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from support.postgres import Postgres

PAGE = 250

# `next` is where the following page is, and null behind the last one. Both ends of the time are
# within it, as with most such interfaces.
QUERY = """
WITH page AS (
    SELECT id, full_name, mobile, consent, amount_due,
        to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
    FROM customers
    WHERE updated_at BETWEEN '{since}' AND '{until}'
    ORDER BY customers.updated_at, id
    LIMIT {page} OFFSET {offset}
)
SELECT json_build_object(
    'customers', coalesce((SELECT json_agg(page) FROM page), '[]'),
    'next', CASE WHEN (SELECT count(*) FROM page) = {page} THEN '{next}' END
)
"""


@contextmanager
def endpoint(db: Postgres) -> Iterator[str]:
    """Serves the table on a free port and gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 (the base class names it)
            body = _page(db, f"http://{self.headers['host']}", self.path).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keeps quiet: pytest shows what failed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _page(db: Postgres, address: str, path: str) -> str:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    since, until = asked["changed_from"], asked["changed_to"]
    for time in (since, until):
        datetime.fromisoformat(time)
    offset = int(asked.get("offset", 0))
    following = urlencode({"changed_from": since, "changed_to": until, "offset": offset + PAGE})
    sql = QUERY.format(
        since=since, until=until, page=PAGE, offset=offset, next=f"{address}/customers?{following}"
    )
    return db.execute(sql)[0][0]
