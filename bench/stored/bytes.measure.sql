-- bytes per customer and month
SELECT pg_column_size(l)::float8 / (SELECT count(*) FROM ledger_entries(l)) FROM ledger;
