SELECT count(nrr) FROM (SELECT nrr(starting, ending) FROM group_pairs GROUP BY segment) AS g;
