SELECT sum(starting) OVER (ORDER BY n ROWS 499 PRECEDING) FROM frame_pairs;
