SELECT sum(starting), sum(ending) FROM pairs;
