SELECT round(100 * sum(ending) FILTER (WHERE starting > 0) / sum(starting), 4) AS nrr FROM pairs;
