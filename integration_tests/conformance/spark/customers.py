"""Twenty thousand invented customers, made by the database itself."""

N_CUSTOMERS = 20_000

TABLE = f"""
CREATE TABLE customers AS
SELECT
    id,
    'Trần Văn Khách ' || id AS full_name,
    CASE id % 20
        WHEN 0 THEN NULL
        WHEN 10 THEN '098 ' || lpad(((id + 5000) % {N_CUSTOMERS} + 1)::text, 7, '0')
        ELSE '+8498' || lpad(id::text, 7, '0')
    END AS mobile,
    (id % 977 * 1000)::numeric(12, 2) AS amount_due,
    date '2026-11-01' + id % 28 AS due_date
FROM generate_series(1, {N_CUSTOMERS}) AS id;
ALTER TABLE customers ADD PRIMARY KEY (id);
"""

STREAM = {
    "stream": "customers",
    "fields": [
        {"field": "phone_number", "column": "mobile"},
        {"field": "ho_ten", "column": "full_name"},
        {"field": "so_tien", "column": "amount_due"},
        {"field": "ngay", "column": "due_date"},
    ],
}


def number(id: int) -> str | None:
    """A customer's number without the plus: as in the table, one in twenty has none, and one in
    twenty has that of somebody in another partition."""
    if id % 20 == 0:
        return None
    person = (id + 5000) % N_CUSTOMERS + 1 if id % 20 == 10 else id
    return f"8498{person:07}"


def people(n_customers: int = N_CUSTOMERS) -> set[str]:
    """The numbers that are to be called for the first so many customers."""
    return {number(id) for id in range(1, n_customers + 1)} - {None}


def counts(n_customers: int = N_CUSTOMERS) -> tuple[int, int]:
    """How many of their rows are accepted, and how many rejected."""
    n_without = n_customers // 20
    return n_customers - n_without, n_without
