SELECT segment, nrr(starting, ending) FROM group_pairs GROUP BY segment;
