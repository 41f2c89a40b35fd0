-- What finding a row's segment among 10,000 takes, whatever is done with it then
SELECT segment, count(amount) FROM billing GROUP BY segment;
