SELECT segment, round(100 * sum(ending) / sum(starting), 4) FROM group_pairs GROUP BY segment;
