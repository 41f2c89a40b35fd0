-- Medians and ratios of the times in times.tsv, as text and, into the file :json, as JSON

CREATE TEMP TABLE times (test text, contender text, round int, ms float8);
\copy times FROM times.tsv
CREATE TEMP TABLE targets (line int, test text, rival text, target text, later text);
\copy targets FROM targets.tsv

CREATE TEMP TABLE medians AS
SELECT test, contender, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS median, min(ms), max(ms),
  array_agg(ms ORDER BY round) AS runs
FROM times GROUP BY test, contender;

-- a rival may be a pattern: its fastest contender counts
CREATE TEMP TABLE ratios AS
SELECT line, test, fastest.contender AS rival,
  CASE WHEN faster THEN fastest.median / nrr.median ELSE nrr.median / fastest.median END AS ratio,
  CASE WHEN faster THEN fastest.min / nrr.min ELSE nrr.min / fastest.min END AS ratio_of_minima,
  faster, target, later
FROM targets
JOIN medians AS nrr USING (test)
CROSS JOIN LATERAL (SELECT target LIKE '>=%') AS t (faster)
CROSS JOIN LATERAL
  (SELECT m.contender, m.median, m.min FROM medians AS m
   WHERE m.test = targets.test AND m.contender LIKE replace(rival, '*', '%') ORDER BY m.median LIMIT 1) AS fastest
WHERE nrr.contender = 'nrr';

\pset footer off
\pset null -
\echo
SELECT test, contender, round(median::numeric, 1) AS "median ms", round(min::numeric, 1) AS "min ms",
  round(max::numeric, 1) AS "max ms"
FROM medians ORDER BY (SELECT min(line) FROM targets WHERE targets.test = medians.test), median;

SELECT test,
  CASE WHEN faster THEN 'nrr is ' || round(ratio::numeric, 2) || ' x as fast as ' || rival
       ELSE 'nrr takes ' || round(ratio::numeric, 2) || ' x ' || rival END AS "median ratio",
  round(ratio_of_minima::numeric, 2) AS "of minima", target, later,
  CASE WHEN target <> '-' THEN
    CASE WHEN CASE WHEN faster THEN ratio >= ltrim(target, '>=')::float8 ELSE ratio <= ltrim(target, '<=')::float8 END
    THEN 'met' ELSE 'MISSED' END END AS verdict
FROM ratios ORDER BY line;

\t
\a
\o :json
SELECT jsonb_pretty(jsonb_build_object(
  'at', now(), 'postgresql', version(), 'machine', :'machine',
  'rows', (SELECT count(*) FROM billing),
  'settings', (SELECT jsonb_object_agg(name, current_setting(name))
    FROM unnest('{shared_buffers,hash_mem_multiplier}'::text[]) AS name),
  'tests', (SELECT jsonb_object_agg(test, contenders) FROM
    (SELECT test, jsonb_object_agg(contender, jsonb_build_object('median_ms', median, 'ms', runs)) AS contenders
     FROM medians GROUP BY test) AS t),
  'ratios', (SELECT jsonb_agg(jsonb_build_object('test', test, 'rival', rival, 'ratio', ratio,
      'ratio_of_minima', ratio_of_minima, 'target', target) ORDER BY line)
    FROM ratios)));
\o
