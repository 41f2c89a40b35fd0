SELECT c.* FROM (SELECT rollup(l) AS l FROM monthly_ledger) AS s, LATERAL cohort_retention(l) AS c;
