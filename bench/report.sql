-- Medians and ratios of the times in times.tsv and the figures in measures.tsv, as text and, into the file :json, as JSON

CREATE TEMP TABLE times (test text, contender text, round int, ms float8);
\copy times FROM times.tsv
CREATE TEMP TABLE measures (test text, contender text, measure text, value float8, unit text);
\copy measures FROM measures.tsv
CREATE TEMP TABLE targets (line int, test text, rival text, target text, rows_to_one float8);
\copy targets FROM targets.tsv

CREATE TEMP TABLE medians AS
SELECT test, contender, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS median, min(ms), max(ms),
  array_agg(ms ORDER BY round) AS runs
FROM times GROUP BY test, contender;

-- a rival may be a pattern: its fastest contender counts
CREATE TEMP TABLE ratios AS
SELECT line, test, fastest.contender AS rival,
  CASE WHEN faster THEN fastest.median / nrr.median ELSE nrr.median / fastest.median / rows_to_one END AS ratio,
  CASE WHEN faster THEN fastest.min / nrr.min ELSE nrr.min / fastest.min / rows_to_one END AS ratio_of_minima,
  CASE
    WHEN faster THEN 'x as fast as '
    WHEN rows_to_one > 1 THEN 'x the time per row of '
    ELSE 'x the time of '
  END || fastest.contender AS unit,
  target
FROM targets
JOIN medians AS nrr USING (test)
CROSS JOIN LATERAL (SELECT target LIKE '>=%' OR rival LIKE 'sql-%') AS t (faster)
CROSS JOIN LATERAL
  (SELECT m.contender, m.median, m.min FROM medians AS m
   WHERE m.test = targets.test AND m.contender LIKE replace(rival, '*', '%') ORDER BY m.median LIMIT 1) AS fastest
WHERE nrr.contender = 'nrr'
UNION ALL
SELECT line, test, rival, max(value), NULL, unit, target
FROM targets
JOIN measures AS m USING (test)
WHERE m.contender = 'nrr' AND measure = rival
GROUP BY line, test, rival, unit, target;

CREATE TEMP TABLE verdicts AS
SELECT *,
  CASE
    WHEN target = '-' THEN NULL
    WHEN target LIKE '>=%' THEN ratio >= substr(target, 3)::float8
    ELSE ratio <= substr(target, 3)::float8
  END AS met
FROM ratios;

\pset footer off
\pset null -
\echo
SELECT test, contender, round(median::numeric, 1) AS "median ms", round(min::numeric, 1) AS "min ms",
  round(max::numeric, 1) AS "max ms"
FROM medians ORDER BY (SELECT min(line) FROM targets WHERE targets.test = medians.test), median;

SELECT test, round(ratio::numeric, 2) || ' ' || unit AS "nrr, by medians", round(ratio_of_minima::numeric, 2) AS "by minima",
  target, CASE WHEN met THEN 'met' WHEN NOT met THEN 'MISSED' END AS verdict
FROM verdicts ORDER BY line;

\t
\a
\o :json
SELECT jsonb_pretty(jsonb_build_object(
  'at', now(), 'machine', :'machine', 'cores', :cores,
  'postgresql', split_part(current_setting('server_version'), ' ', 1), 'duckdb', nullif(:'duckdb', ''),
  'nrr', (SELECT extversion FROM pg_extension WHERE extname = 'nrr'),
  'rows', :rows, 'rounds', :rounds,
  'settings', (SELECT jsonb_object_agg(name, current_setting(name))
    FROM unnest('{shared_buffers,hash_mem_multiplier}'::text[]) AS name),
  'tests', (SELECT jsonb_object_agg(test, contenders) FROM
    (SELECT test, jsonb_object_agg(contender, jsonb_build_object('median_ms', median, 'ms', runs)) AS contenders
     FROM medians GROUP BY test) AS t),
  'measures', (SELECT jsonb_agg(jsonb_build_object('test', test, 'contender', contender, 'measure', measure, 'value', value, 'unit', unit))
    FROM measures),
  'ratios', (SELECT jsonb_agg(jsonb_build_object('test', test, 'rival', rival, 'ratio', ratio,
      'ratio_of_minima', ratio_of_minima, 'unit', unit, 'target', nullif(target, '-'), 'met', met) ORDER BY line)
    FROM verdicts)));
\o
