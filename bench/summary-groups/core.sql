SELECT count(starting), count(ending) FROM (SELECT sum(starting) AS starting, sum(ending) AS ending FROM group_pairs GROUP BY segment) AS g;
