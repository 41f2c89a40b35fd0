SELECT round(100 * sum(ending) OVER w / sum(starting) OVER w, 4) FROM frame_pairs WINDOW w AS (ORDER BY n ROWS 499 PRECEDING);
