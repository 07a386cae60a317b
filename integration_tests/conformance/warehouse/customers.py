"""A table of invented customers of whom it is known beforehand who is to be called."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 1, tzinfo=UTC)
#: Two thousand rows, six minutes apart: a little more than eight days.
N_CUSTOMERS = 2000
APART = timedelta(minutes=6)
FIRST_END = START + timedelta(days=10)
SECOND_END = START + timedelta(days=12)

TABLE = """CREATE TABLE customers (
    id         integer PRIMARY KEY,
    full_name  text,
    mobile     text,
    consent    text NOT NULL,
    amount_due integer NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX ON customers (updated_at, id);
"""


@dataclass(frozen=True)
class Customer:
    """A row, and what is behind `mobile`: the number in international form, if it is one."""

    id: int
    mobile: str | None
    number: str | None
    updated_at: datetime
    consent: str = "yes"
    amount_due: int = 1_500_000

    @property
    def callable_number(self) -> str | None:
        """Who is to be called because of this row."""
        return self.number if self.consent == "yes" else None

    def values(self) -> str:
        """The row as SQL."""
        mobile = "NULL" if self.mobile is None else f"'{self.mobile}'"
        return (
            f"({self.id}, 'Nguyễn Thị Khách {self.id}', {mobile}, '{self.consent}', "
            f"{self.amount_due}, '{self.updated_at.isoformat()}')"
        )


def number(person: int) -> str:
    """An invented Vietnamese mobile number."""
    return f"+8498{person:07}"


def written(person: int, way: int) -> str:
    """The same number as different clerks write it."""
    digits = number(person)[5:]
    ways = (
        f"+8498{digits}",
        f"098{digits}",
        f"098 {digits[:3]} {digits[3:]}",
        f"(+84) 98-{digits[:3]}.{digits[3:]}",
    )
    return ways[way % len(ways)]


def first_load() -> list[Customer]:
    """The table before the first sync. The last row, the cursor's boundary, is to be called."""
    rows = []
    for id in range(1, N_CUSTOMERS + 1):
        at = START + id * APART
        match id % 40:
            case 3 | 17:
                rows.append(Customer(id, None, None, at))
            case 7 | 23:
                bad = ("n/a", "O987654321", "12345", "098****321")[id % 4]
                rows.append(Customer(id, bad, None, at))
            case 11 | 29:
                # The person of ten rows before once more, written in another way.
                rows.append(Customer(id, written(id - 10, id), number(id - 10), at))
            case 13 | 31:
                rows.append(Customer(id, written(id, id), number(id), at, consent="no"))
            case _:
                rows.append(Customer(id, written(id, id), number(id), at))
    return rows


def changes(rows: list[Customer]) -> list[Customer]:
    """What happens between two syncs: rows that are new or replace those of the same id."""
    without = [row for row in rows if row.mobile is None][:5]
    unwilling = [row for row in rows if row.consent == "no"][:5]
    called = [row for row in rows if row.id % 40 == 1]
    changed = [replace(row, amount_due=2_000_000) for row in called[:20]]
    changed += [replace(row, consent="no") for row in called[20:25]]
    changed += [moved(row) for row in called[25:30] + without]
    changed += [replace(row, consent="yes") for row in unwilling]
    changed += [
        Customer(id, written(id, id), number(id), START)
        for id in range(N_CUSTOMERS + 1, N_CUSTOMERS + 31)
    ]
    return [replace(row, updated_at=FIRST_END + n * APART) for n, row in enumerate(changed, 1)]


def moved(row: Customer) -> Customer:
    """The same customer with a number that nobody had before."""
    person = 100_000 + row.id
    return replace(row, mobile=written(person, row.id), number=number(person))


def upsert(rows: list[Customer]) -> str:
    """Writes the rows to the table."""
    return (
        f"INSERT INTO customers VALUES {','.join(row.values() for row in rows)} "
        "ON CONFLICT (id) DO UPDATE SET mobile = excluded.mobile, consent = excluded.consent, "
        "amount_due = excluded.amount_due, updated_at = excluded.updated_at"
    )
