-- SQL as models write it; after each query, the rows that it gives for the jobs of ordinary_sql.py.

SELECT count(*) FROM jobs
--> [[6]]

SELECT COLUMNS('.*Id$') FROM jobs WHERE id = 'j1'
--> [["video", null]]

SELECT * REPLACE (upper(state) AS state) FROM stages WHERE jobId = 'j2' LIMIT 1
--> [["j2", "NEW", "2026-03-02T10:30:00Z", 60]]

select count(*) as n from jobs;
--> [[6]]

SELECT state, COUNT(*) AS n FROM jobs GROUP BY state ORDER BY n DESC, state
--> [["COMPLETE", 2], ["FAILED", 2], ["NEW", 1], ["PARTITIONED", 1]]

SELECT median(duration) FROM jobs WHERE finished
--> [[450]]

SELECT quantile_cont(duration, 0.5), quantile_cont(duration, [0.25, 0.75]) FROM jobs
--> [[450, [247.5, 900.0]]]

SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) FROM jobs
--> [[1620]]

SELECT avg(duration), min(duration), max(duration), stddev(duration) FROM jobs WHERE state = 'COMPLETE'
--> [[450, 300, 600, 212.132]]

SELECT date_trunc('day', createdAt) AS day, count(*) FROM jobs GROUP BY day ORDER BY day
--> [["2026-03-02T00:00:00Z", 2], ["2026-03-03T00:00:00Z", 1], ["2026-03-04T00:00:00Z", 3]]

SELECT createdAt::DATE AS day, sum(byc) FROM jobs GROUP BY 1 ORDER BY 1 LIMIT 2
--> [["2026-03-02", 4], ["2026-03-03", null]]

SELECT date_part('hour', createdAt) AS h, count(*) FROM jobs GROUP BY ALL ORDER BY h LIMIT 2
--> [[8, 1], [9, 1]]

SELECT extract(hour FROM createdAt) AS h FROM jobs WHERE id = 'j3'
--> [[23]]

SELECT hour(createdAt), dayofweek(createdAt), dayname(createdAt) FROM jobs WHERE id = 'j1'
--> [[9, 1, "Monday"]]

SELECT strftime(createdAt, '%Y-%m') AS month, count(*) FROM jobs GROUP BY month
--> [["2026-03", 6]]

SELECT monthname(createdAt), week(createdAt), year(createdAt) FROM jobs LIMIT 1
--> [["March", 10, 2026]]

SELECT epoch(endedAt - startedAt) FROM jobs WHERE id = 'j1'
--> [[600]]

SELECT endedAt - startedAt AS took FROM jobs WHERE id = 'j3'
--> [["00:30:00"]]

SELECT avg(endedAt - createdAt) FROM jobs WHERE state = 'COMPLETE'
--> [["00:08:30"]]

SELECT date_diff('minute', createdAt, endedAt) FROM jobs WHERE id = 'j3'
--> [[40]]

SELECT createdAt FROM jobs WHERE id = 'j2'
--> [["2026-03-02T10:30:00Z"]]

SELECT createdAt AT TIME ZONE 'America/New_York' AS local FROM jobs WHERE id = 'j3'
--> [["2026-03-03T18:30:00"]]

SELECT id FROM jobs WHERE createdAt >= '2026-03-04' ORDER BY createdAt
--> [["j4"], ["j5"], ["j6"]]

SELECT id FROM jobs WHERE createdAt >= TIMESTAMP '2026-03-04' AND createdAt < DATE '2026-03-05' ORDER BY 1
  LIMIT 1
--> [["j4"]]

SELECT count(*) FROM jobs WHERE createdAt > now() - INTERVAL 7 DAY
--> [[6]]

SELECT now() - max(createdAt) AS age, age / 2 FROM jobs
--> [["00:30:00", "00:15:00"]]

SELECT count(*) FROM jobs WHERE createdAt < current_date - INTERVAL '1 month'
--> [[0]]

SELECT count(*) FROM jobs WHERE createdAt BETWEEN '2026-03-02' AND '2026-03-03'
--> [[2]]

SELECT count(*) FROM jobs WHERE createdAt < current_timestamp AND today() > '2026-03-03'
--> [[6]]

SELECT name, count(*) AS n FROM jobs GROUP BY name HAVING count(*) > 1
--> [["job 1", 2]]

SELECT regexp_replace(name, '[0-9]+', '#', 'g') AS kind, count(*) n FROM jobs GROUP BY kind ORDER BY n DESC,
  kind
--> [["job #", 4], ["Nightly #-#-#", 2]]

SELECT regexp_extract(errorMessage, 'exit code (\d+)', 1) FROM jobs WHERE errorMessage LIKE '%exit code%'
--> [["137"]]

SELECT count(*) FROM jobs WHERE regexp_matches(name, '^Nightly')
--> [[2]]

SELECT count(*) FROM jobs WHERE name ILIKE 'nightly%' OR errorMessage SIMILAR TO '.*403.*'
--> [[2]]

SELECT upper(name), length(name), left(name, 3), replace(name, ' ', '_') FROM jobs WHERE id = 'j1'
--> [["JOB 1", 5, "job", "job_1"]]

SELECT split_part(name, ' ', 1) AS first, count(*) FROM jobs GROUP BY 1 ORDER BY 2 DESC
--> [["job", 4], ["Nightly", 2]]

SELECT name || ' (' || state || ')' FROM jobs WHERE id = 'j1'
--> [["job 1 (COMPLETE)"]]

SELECT concat(name, ': ', errorKind) FROM jobs WHERE id = 'j4'
--> [["Nightly 2026-03-04: HTTP 403 from bucket"]]

SELECT cause, count(*) FROM jobs WHERE cause LIKE '%memory%' GROUP BY cause
--> [["a task needed more memory than its worker or its GPU has", 1]]

SELECT sum(byc) / sum(numChunks) AS per_chunk FROM jobs WHERE state = 'COMPLETE'
--> [[0.285714]]

SELECT round(sum(byc), 2), count(byc) FROM jobs
--> [[4, 2]]

SELECT templateId, count(*) FILTER (WHERE state = 'FAILED') AS failed, count(*) FILTER (finished) AS ended
  FROM jobs GROUP BY templateId ORDER BY failed * 1.0 / nullif(ended, 0) DESC
--> [["audio", 1, 1], ["video", 1, 3]]

SELECT templateId, avg(CASE WHEN state = 'FAILED' THEN 1.0 ELSE 0 END) AS rate FROM jobs WHERE finished GROUP
  BY templateId ORDER BY rate
--> [["video", 0.333333], ["audio", 1]]

SELECT sum(CASE state WHEN 'FAILED' THEN 1 ELSE 0 END) FROM jobs
--> [[2]]

SELECT sum(if(state = 'FAILED', 1, 0)), count_if(finished) FROM jobs
--> [[2, 4]]

SELECT coalesce(errorKind, 'none') AS e, count(*) FROM jobs GROUP BY e ORDER BY 2 DESC LIMIT 1
--> [["none", 4]]

SELECT ifnull(errorMessage, '-') FROM jobs WHERE id = 'j6'
--> [["-"]]

SELECT DISTINCT templateId FROM jobs ORDER BY ALL
--> [["audio"], ["video"]]

SELECT DISTINCT ON (templateId) templateId, id FROM jobs ORDER BY templateId, createdAt DESC
--> [["audio", "j6"], ["video", "j5"]]

SELECT count(DISTINCT templateId), approx_count_distinct(state) FROM jobs
--> [[2, 4]]

SELECT median(waitSeconds), max(waitSeconds) FROM jobs
--> [[60, 600]]

SELECT id, row_number() OVER (PARTITION BY templateId ORDER BY duration DESC NULLS LAST) AS place FROM jobs
  QUALIFY place = 1 ORDER BY id
--> [["j3", 1], ["j4", 1]]

SELECT id, createdAt - lag(createdAt) OVER (ORDER BY createdAt) AS since FROM jobs ORDER BY createdAt LIMIT 2
--> [["j1", null], ["j2", "01:30:00.5"]]

SELECT day, sum(n) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (SELECT
  createdAt::DATE AS day, count(*) AS n FROM jobs GROUP BY 1) ORDER BY day
--> [["2026-03-02", 2], ["2026-03-03", 3], ["2026-03-04", 6]]

SELECT id, ntile(2) OVER w, rank() OVER w, first_value(id) OVER w FROM jobs WINDOW w AS (ORDER BY createdAt)
  LIMIT 1
--> [["j1", 1, 1, "j1"]]

SELECT id, avg(duration) OVER (ORDER BY createdAt RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) FROM
  jobs LIMIT 2
--> [["j1", 600], ["j2", 450]]

SELECT templateId, state, count(*) AS n FROM jobs GROUP BY ROLLUP (templateId, state) ORDER BY n DESC LIMIT 2
--> [[null, null, 6], ["video", null, 4]]

SELECT templateId, finished, count(*) n FROM jobs GROUP BY GROUPING SETS ((templateId), (finished)) ORDER BY n
  DESC, 1 LIMIT 2
--> [["video", null, 4], [null, true, 4]]

SELECT grouping(state) AS all_states, count(*) FROM jobs GROUP BY CUBE (state) ORDER BY 1 DESC, 2 DESC LIMIT 1
--> [[1, 6]]

SELECT 'this' AS week, count(*) FROM jobs UNION ALL SELECT 'last', 0 ORDER BY week DESC
--> [["this", 6], ["last", 0]]

SELECT templateId FROM jobs WHERE state = 'FAILED' INTERSECT SELECT templateId FROM jobs WHERE state =
  'COMPLETE'
--> [["video"]]

SELECT templateId FROM jobs EXCEPT SELECT templateId FROM jobs WHERE state = 'COMPLETE'
--> [["audio"]]

WITH f AS (SELECT * FROM jobs WHERE state = 'FAILED') SELECT templateId, count(*) FROM f GROUP BY 1 ORDER BY 1
--> [["audio", 1], ["video", 1]]

WITH a AS (SELECT count(*) AS n FROM jobs), b AS (SELECT n * 2 AS m FROM a) SELECT n, m FROM a, b
--> [[6, 12]]

WITH jobs AS (SELECT * FROM jobs WHERE finished) SELECT count(*) FROM jobs
--> [[4]]

SELECT id FROM jobs WHERE duration > (SELECT avg(duration) FROM jobs)
--> [["j3"]]

SELECT id FROM jobs WHERE templateId IN (SELECT templateId FROM jobs WHERE state = 'NEW') ORDER BY id
--> [["j4"], ["j6"]]

SELECT id FROM jobs j WHERE EXISTS (SELECT 1 FROM stages s WHERE s.jobId = j.id) ORDER BY id
--> [["j1"], ["j2"], ["j5"]]

SELECT id FROM jobs j WHERE NOT EXISTS (FROM stages WHERE jobId = j.id) AND j.finished ORDER BY id
--> [["j3"], ["j4"]]

SELECT id FROM jobs WHERE duration >= ALL (SELECT duration FROM jobs WHERE duration IS NOT NULL)
--> [["j3"]]

SELECT a.id, b.id FROM jobs a JOIN jobs b ON a.name = b.name AND a.id < b.id
--> [["j1", "j6"]]

SELECT j.id, s.state, s.seconds FROM jobs j JOIN stages s ON s.jobId = j.id WHERE s.seconds IS NOT NULL ORDER
  BY 3 DESC, 1
--> [["j5", "STARTED", 1200], ["j1", "PARTITIONED", 480], ["j1", "STARTED", 120], ["j1", "NEW", 60], ["j2", "NEW", 60]]

SELECT state, median(seconds) FROM stages GROUP BY state ORDER BY 2 DESC NULLS LAST LIMIT 1
--> [["STARTED", 660]]

SELECT id, stageSeconds, usualSeconds, ratio FROM unfinished
---> [["j5", 3600, null, null]]

SELECT d.day, count(j.id) FROM (SELECT generate_series::DATE AS day FROM generate_series(DATE '2026-03-01',
  DATE '2026-03-03', INTERVAL 1 DAY)) d LEFT JOIN jobs j ON j.createdAt::DATE = d.day GROUP BY 1 ORDER BY 1
--> [["2026-03-01", 0], ["2026-03-02", 2], ["2026-03-03", 1]]

SELECT h, count(id) FROM range(24) t(h) LEFT JOIN jobs ON hour(createdAt) = h GROUP BY h HAVING count(id) > 0
  ORDER BY h LIMIT 2
--> [[8, 1], [9, 1]]

SELECT unnest(regions) AS region, count(*) FROM jobs GROUP BY region ORDER BY region
--> [["eu", 2], ["us", 1]]

SELECT r.region, count(*) FROM jobs, unnest(regions) AS r(region) GROUP BY 1 ORDER BY 2 DESC LIMIT 1
--> [["eu", 2]]

SELECT id, regions, len(regions), regions[1] FROM jobs WHERE list_contains(regions, 'us')
--> [["j1", ["eu", "us"], 2, "eu"]]

SELECT id FROM jobs WHERE 'us' = ANY(regions) OR 'mars' IN regions
--> [["j1"]]

SELECT array_to_string(list_sort(regions), ', ') FROM jobs WHERE id = 'j1'
--> [["eu, us"]]

SELECT templateId, list(DISTINCT state ORDER BY state) FROM jobs GROUP BY 1 ORDER BY 1 LIMIT 1
--> [["audio", ["FAILED", "NEW"]]]

SELECT string_agg(id, ', ' ORDER BY id) FROM jobs WHERE state = 'FAILED'
--> [["j3, j4"]]

SELECT (SELECT string_agg(id, ', ' ORDER BY id) FROM jobs WHERE state = 'FAILED'), (SELECT count(*) FROM stages) > 0
--> [["j3, j4", true]]

SELECT params->>'preset' AS preset, count(*) FROM jobs WHERE params IS NOT NULL GROUP BY 1 ORDER BY 1
--> [["fast", 1], ["slow", 1]]

SELECT sum((params->>'$.steps')::INT), avg(TRY_CAST(params->>'steps' AS DOUBLE)) FROM jobs
--> [[50, 25]]

SELECT params->'app'->>'model', params->'$.app' FROM jobs WHERE id = 'j1'
--> [["xl", {"model": "xl"}]]

SELECT json_extract_string(params, '$.app.model'), json_extract(params, '$.steps') FROM jobs WHERE id = 'j1'
--> [["xl", 20]]

SELECT p.key, count(*) FROM jobs, json_each(params) AS p GROUP BY 1 ORDER BY 2 DESC, 1
--> [["preset", 2], ["steps", 2], ["app", 1]]

SELECT params FROM jobs WHERE id = 'j2'
--> [[{"preset": "slow", "steps": "30"}]]

SELECT arg_max(id, duration), max_by(name, createdAt), mode(templateId) FROM jobs
--> [["j3", "job 1", "video"]]

SELECT corr(numChunks, duration) > 0.4 FROM jobs
--> [[true]]

SELECT id, numChunks, numChunks * 2 AS twice, twice + 1 AS more FROM jobs WHERE twice > 15 ORDER BY 1
--> [["j1", 10, 20, 21], ["j3", 8, 16, 17]]

SELECT width, count(*) FROM (SELECT floor(duration / 300) * 300 AS width FROM jobs WHERE duration IS NOT NULL)
  GROUP BY width ORDER BY width
--> [[0, 1], [300, 1], [600, 1], [1800, 1]]

SELECT time_bucket(INTERVAL 2 DAYS, createdAt) AS t, count(*) FROM jobs GROUP BY t ORDER BY t LIMIT 1
--> [["2026-03-01T00:00:00Z", 2]]

SELECT * EXCLUDE (jobId) FROM stages WHERE jobId = 'j2' ORDER BY entered
--> [["NEW", "2026-03-02T10:30:00Z", 60], ["STARTED", "2026-03-02T10:31:00Z", null]]

SELECT s.* FROM stages s WHERE s.jobId = 'j2' AND s.seconds > 0
--> [["j2", "NEW", "2026-03-02T10:30:00Z", 60]]

SELECT x, y FROM (VALUES (1, 'a'), (2, 'b')) AS t(x, y) WHERE x > 1
--> [[2, "b"]]

FROM jobs SELECT id WHERE isTestJob
--> [["j6"]]

SELECT id FROM jobs ORDER BY duration DESC NULLS LAST LIMIT 1 OFFSET 1
--> [["j1"]]

SELECT {'id': id, 'n': numChunks} AS both FROM jobs WHERE id = 'j1'
--> [[{"id": "j1", "n": 10}]]

SELECT 1 / 0, 0.0 / 0, NULL, TRUE, 9007199254740993, 0.1 + 0.2, 123456.789::DOUBLE
--> [["inf", "nan", null, true, "9007199254740993", 0.3, 123456.79]]

SELECT 'it''s -- no comment; nor /* this */' -- a comment
--> [["it's -- no comment; nor /* this */"]]

/* first */ SELECT $$dollar$$, 'x' /* last */ ;
--> [["dollar", "x"]]

SELECT (SELECT count(*) FROM jobs WHERE state = 'FAILED') * 100.0 / count(*) FROM jobs
--> [[33.3333]]

SELECT bool_or(isTestJob), bool_and(finished), any_value(appId) FROM jobs
--> [[true, false, null]]

SELECT greatest(1, 2), least(3, 4), abs(-5), ceil(1.2), 7 % 4, 2 ** 3, 7 // 2, sqrt(16)
--> [[2, 3, 5, 2, 3, 8, 3, 4]]

SELECT state FROM jobs WHERE state NOT IN ('NEW', 'COMPLETE', 'FAILED')
--> [["PARTITIONED"]]

SELECT a.day, b.n FROM (SELECT createdAt::DATE AS day FROM jobs GROUP BY 1) a JOIN LATERAL (SELECT count(*) AS
  n FROM jobs WHERE createdAt::DATE = a.day) b ON TRUE ORDER BY 1 LIMIT 1
--> [["2026-03-02", 2]]

SELECT f.id, c.id FROM (FROM jobs WHERE state = 'FAILED') f ASOF JOIN (FROM jobs WHERE state = 'COMPLETE') c
 ON f.templateId = c.templateId AND f.createdAt > c.createdAt
--> [["j3", "j2"]]

WITH A AS (SELECT id FROM JOBS) SELECT count(*) FROM a
--> [[6]]

SELECT len(l) FROM (SELECT list(id) AS l FROM jobs)
--> [[6]]

SELECT max(numChunks, 3) FROM jobs
--> [[[10, 8, 6]]]

SELECT array_agg(id), group_concat(id), listagg(id, '-'), json_group_array(id), json_group_object(id, state) FROM jobs
 WHERE state = 'NEW'
--> [[["j6"], "j6", "j6", ["j6"], {"j6": "NEW"}]]

SELECT count(*) FROM jobs SEMI JOIN stages ON jobId = jobs.id
--> [[3]]

SELECT id FROM jobs ANTI JOIN stages ON jobId = jobs.id ORDER BY id
--> [["j3"], ["j4"], ["j6"]]

SELECT count(*) FROM jobs RIGHT JOIN (VALUES ('j1'), ('j9')) v(n) ON jobs.id = n
--> [[2]]

SELECT count(*) FROM jobs NATURAL JOIN (SELECT 'j1' AS id)
--> [[1]]

SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS b
--> [[1, null], [null, 2]]

SELECT count(*) FROM jobs WHERE errorMessage IS NULL
--> [[4]]

SELECT TRY('a'::INT)
--> [[null]]
