"""Twenty thousand invented customers, made by the database itself."""

N_CUSTOMERS = 20_000
#: One in twenty has no number, one in twenty has the number of somebody in another partition.
N_WITHOUT = N_CUSTOMERS // 20
N_PEOPLE = N_CUSTOMERS - 2 * N_WITHOUT

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


def people() -> set[str]:
    """The numbers that are to be called, without the plus."""
    return {f"8498{id:07}" for id in range(1, N_CUSTOMERS + 1) if id % 10}
