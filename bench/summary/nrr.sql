SELECT nrr(starting, ending) FROM pairs;
