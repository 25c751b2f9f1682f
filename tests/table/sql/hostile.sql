-- SQL that is refused: first what changes something, then what reads or calls what it must not.

DELETE FROM jobs
DROP TABLE records
DROP VIEW jobs
INSERT INTO records SELECT * FROM records
UPDATE records SET name = 'x'
CREATE TABLE t AS SELECT 1
CREATE OR REPLACE VIEW jobs AS SELECT 1
CREATE MACRO f(x) AS x
ALTER TABLE records RENAME TO r
TRUNCATE records
MERGE INTO records USING staged ON true WHEN MATCHED THEN DELETE
WITH d AS (DELETE FROM records RETURNING *) SELECT * FROM d
WITH d AS (UPDATE records SET name = 'x' RETURNING *) SELECT * FROM d
WITH d AS (INSERT INTO records SELECT * FROM records RETURNING id) SELECT * FROM d
WITH d AS (COPY (SELECT 1) TO '/tmp/x') SELECT 1
COPY jobs TO '/tmp/x.csv'
COPY records FROM '/etc/passwd'
EXPORT DATABASE '/tmp/x'
IMPORT DATABASE '/tmp/x'
ATTACH ':memory:' AS x
DETACH jobs
USE memory
SET memory_limit = '10GB'
SET GLOBAL TimeZone = 'Asia/Tokyo'
RESET threads
PRAGMA database_list
PRAGMA memory_limit = '10GB'
CALL pragma_version()
CHECKPOINT
FORCE CHECKPOINT
VACUUM
ANALYZE
BEGIN
COMMIT
ROLLBACK
INSTALL httpfs
LOAD httpfs
UPDATE EXTENSIONS
PREPARE p AS SELECT 1
EXECUTE p
DEALLOCATE p
SET VARIABLE x = 1
CREATE SECRET s (TYPE s3)
EXPLAIN SELECT 1
EXPLAIN ANALYZE SELECT * FROM jobs
KILL 1
SELECT 1; DROP TABLE records
SELECT 1; SELECT 2
;
-- nothing

SELECT * FROM read_text('/etc/passwd')
SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM read_csv_auto('/etc/passwd')
SELECT * FROM read_blob('/etc/*')
SELECT * FROM read_json('/etc/passwd')
SELECT * FROM read_parquet('x.parquet')
SELECT * FROM parquet_scan('x.parquet')
SELECT * FROM sniff_csv('/etc/passwd')
SELECT * FROM glob('/*')
SELECT * FROM '/etc/passwd'
SELECT * FROM "/etc/passwd"
SELECT * FROM 'https://example.com/x.csv'
SELECT * FROM "data.parquet"
SELECT getenv('HOME')
SELECT getvariable('x')
SELECT current_setting('memory_limit')
SELECT current_database()
SELECT current_schemas(true)
SELECT version()
SELECT * FROM query('SELECT 1')
SELECT * FROM query_table('records')
SELECT * FROM query_table(['records'])
SELECT json_execute_serialized_sql('{}')
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
SELECT json_serialize_sql('SELECT 1')
SELECT json_serialize_plan('SELECT 1')
SELECT * FROM duckdb_tables()
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_databases()
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_functions()
SELECT * FROM duckdb_tables
SELECT * FROM duckdb_columns
SELECT * FROM information_schema.tables
SELECT * FROM information_schema.columns
SELECT * FROM pg_catalog.pg_tables
SELECT * FROM pg_tables
SELECT * FROM pg_class
SELECT * FROM sqlite_master
SELECT * FROM sqlite_schema
SELECT * FROM pragma_table_info('records')
SELECT * FROM pragma_database_list
SELECT * FROM pragma_storage_info('records')
SELECT * FROM storage_info('records')
SELECT * FROM records
SELECT * FROM staged
SELECT * FROM filling
SELECT * FROM clock
SELECT * FROM "records"
SELECT * FROM RECORDS
SELECT * FROM U&"\0072ecords"
SELECT * FROM main.jobs
SELECT * FROM jobs.main.jobs
SELECT * FROM memory.main.jobs
SELECT * FROM system.information_schema.tables
SELECT * FROM temp.jobs
SELECT * FROM (TABLE records)
TABLE records
FROM records
SELECT * FROM jobs WHERE id IN (SELECT id FROM records)
SELECT (SELECT max(digest) FROM records)
SELECT 1 WHERE EXISTS (FROM staged)
SELECT * FROM jobs JOIN records USING (id)
SELECT * FROM jobs, LATERAL (SELECT * FROM records)
WITH a AS (SELECT * FROM records) SELECT 1
WITH a AS (SELECT 1), b AS (SELECT * FROM clock) SELECT * FROM a
SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x), x
SELECT * FROM later, (WITH later AS (SELECT 1) SELECT 1)
WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a
SELECT 1 UNION ALL SELECT seen FROM records
SELECT 1 ORDER BY (SELECT count(*) FROM records)
SELECT 1 LIMIT (SELECT count(*) FROM records)
SELECT count(*) FILTER (EXISTS (FROM records)) FROM jobs
SELECT count(*) OVER (ORDER BY (SELECT count(*) FROM records)) FROM jobs
SELECT * REPLACE ((SELECT 1 FROM records) AS id) FROM jobs
SELECT * FROM jobs GROUP BY (SELECT 1 FROM records)
SELECT CASE WHEN true THEN (SELECT 1 FROM records) END
SELECT [(SELECT 1 FROM records)]
SELECT * FROM unnest((SELECT list(id) FROM records))
SELECT * FROM (VALUES ((SELECT 1 FROM records)))
SELECT * FROM jobs TABLESAMPLE 10%
SELECT * FROM jobs USING SAMPLE 5
SELECT * FROM jobs AT (VERSION => 1)
SELECT * FROM jobs AT (TIMESTAMP => now())
DESCRIBE jobs
DESCRIBE records
SUMMARIZE jobs
SHOW TABLES
SHOW ALL TABLES
SHOW DATABASES
SELECT * FROM (DESCRIBE records)
SELECT * FROM (SUMMARIZE records)
SELECT * FROM (SHOW TABLES)
FROM (DESCRIBE records)
PIVOT jobs ON state USING count(*)
UNPIVOT stages ON seconds INTO NAME a VALUE b
SELECT * FROM jobs PIVOT (count(*) FOR state IN ('NEW'))
SELECT * FROM stages UNPIVOT (a FOR b IN (seconds))
SELECT $1
SELECT ?
SELECT $name
SELECT #1 FROM jobs
SELECT * FROM jobs POSITIONAL JOIN stages
SELECT pg_sleep(10)
SELECT sleep_ms(10000)
SELECT checkpoint()
SELECT * FROM checkpoint()
SELECT * FROM force_checkpoint()
SELECT enable_logging()
SELECT * FROM enable_profiling()
SELECT write_log('x')
SELECT * FROM truncate_duckdb_logs()
SELECT nextval('x')
SELECT setseed(0.5)
SELECT error('x')
SELECT current_query()
SELECT txid_current()
SELECT pg_get_viewdef(1)
SELECT which_secret('a', 'b')
SELECT * FROM test_all_types()
SELECT * FROM seq_scan('records')
SELECT * FROM arrow_scan(1, 2, 3)
SELECT * FROM pandas_scan(1)
SELECT * FROM python_map_function(1)
SELECT * FROM repeat_row(1, num_rows := 1000000)
SELECT system.main.getenv('HOME')
SELECT main.count(*) FROM jobs
SELECT "getenv"('HOME')
SELECT GetEnv('HOME')
SELECT ('x').getenv()
SELECT 'SELECT 1'.json_serialize_sql()
SELECT x.query() FROM jobs x
SELECT jobs COLLATE de FROM jobs
SELECT nfc_normalize(name) COLLATE NOCASE FROM jobs
SELECT unicode_is_no_function(name) FROM jobs
SELECT cast_to_type(name, 1) FROM jobs
SELECT NULL::MOOD
SELECT NULL::STRUCT(a INT)
SELECT NULL::MAP(INT, INT)
SELECT NULL::UNION(a INT)
SELECT 'a'::BLOB
SELECT 'a'::ENUM('a')
SELECT 1 UNION ALL SELECT 2 ORDER BY (SELECT count(*) FROM records)
SELECT 1 UNION ALL SELECT 2 LIMIT (SELECT count(*) FROM records)
SELECT state FROM jobs GROUP BY state HAVING count(*) > (SELECT count(*) FROM records)
SELECT id FROM jobs QUALIFY row_number() OVER () > (SELECT count(*) FROM records)
SELECT * FROM jobs JOIN stages ON jobId = (SELECT max(id) FROM records)
SELECT (SELECT max(digest) FROM records) IN (SELECT id FROM jobs)
SELECT * FROM jobs ORDER BY COLUMNS((SELECT max(digest) FROM records))
SELECT json_extract_string(params, ['$', '$']) FROM jobs
SELECT json_value(params, ['$', '$']) FROM jobs
SELECT json_keys(params, ['$', '$']) FROM jobs
SELECT json_type(params, ['$', '$']) FROM jobs
SELECT json_exists(params, ['$', '$']) FROM jobs
SELECT regexp_full_match(description, description) FROM jobs
SELECT regexp_extract(description, description) FROM jobs
SELECT regexp_extract_all(description, description) FROM jobs
SELECT regexp_replace(description, description, '') FROM jobs
SELECT regexp_split_to_array(description, description) FROM jobs
SELECT string_split_regex(description, description) FROM jobs
SELECT str_split_regex(description, description) FROM jobs
SELECT try_strptime(description, description) FROM jobs
SELECT mad(duration) OVER () FROM jobs
SELECT entropy(state) OVER () FROM jobs
SELECT approx_quantile(duration, 0.5) OVER () FROM jobs
SELECT sum(duration) EXPORT_STATE FROM jobs
SELECT max(id, numChunks) FROM jobs
SELECT max(id, 10) OVER () FROM jobs
WITH l AS (SELECT max(id, 1000) AS l FROM jobs) SELECT l FROM l, jobs
SELECT main.sum(duration) OVER () FROM jobs
SELECT 1::main.varchar
SELECT sum(duration) OVER (ORDER BY id ROWS 1 PRECEDING EXCLUDE CURRENT ROW) FROM jobs
