SELECT c.* FROM ledger, LATERAL cohort_retention(l) AS c;
