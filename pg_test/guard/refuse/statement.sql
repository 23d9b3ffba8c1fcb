-- two statements
SELECT 1; SELECT 2

-- INSERT in WITH
WITH x AS (INSERT INTO trade.log VALUES ('x') RETURNING what) SELECT * FROM x

-- DELETE in a WITH that nothing reads
WITH x AS (DELETE FROM trade.orders) SELECT count(*) FROM trade.orders

-- UPDATE in a WITH of the second arm
WITH a AS (SELECT 1), b AS (UPDATE trade.customers SET vip = false RETURNING 1) SELECT * FROM a

-- MERGE
MERGE INTO trade.customers c USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE

-- MERGE in WITH (not in the grammar before version 17)
-- rule: syntax, statement
WITH m AS (MERGE INTO trade.customers c USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE RETURNING 1) SELECT 1

-- COPY of a query
COPY (SELECT * FROM trade.orders) TO STDOUT

-- COPY in WITH
-- rule: syntax
WITH c AS (COPY trade.orders TO STDOUT) SELECT 1

-- SELECT INTO
SELECT id INTO trade.copy FROM trade.orders

-- SELECT INTO a temporary table
SELECT id INTO TEMP orders FROM trade.orders

-- INTO in the first arm of a union
SELECT 1 INTO trade.copy UNION SELECT 2

-- FOR UPDATE
SELECT id FROM trade.orders FOR UPDATE

-- FOR UPDATE in a subquery
SELECT count(*) FROM (SELECT id FROM trade.orders FOR UPDATE) x

-- FOR KEY SHARE in a sublink
SELECT 1 WHERE EXISTS (SELECT 1 FROM trade.orders FOR KEY SHARE)

-- FOR NO KEY UPDATE in WITH
WITH x AS (SELECT id FROM trade.orders FOR NO KEY UPDATE SKIP LOCKED) SELECT count(*) FROM x

-- VALUES alone
VALUES (1, 2)

-- VALUES as the first arm
VALUES (1) UNION SELECT 2

-- TABLE alone
TABLE trade.orders

-- TABLE under WITH
WITH o AS (SELECT 1 AS one) TABLE o

-- EXPLAIN runs what it explains
EXPLAIN ANALYZE SELECT count(*) FROM trade.orders

-- EXPLAIN alone
EXPLAIN SELECT 1

-- a cursor
DECLARE c CURSOR FOR SELECT 1

-- a prepared statement
PREPARE p AS SELECT 1

-- running one
EXECUTE p

-- an anonymous block
DO $$ BEGIN PERFORM 1; END $$

-- a setting
SET statement_timeout = 0

-- showing one
SHOW all

-- a role
SET ROLE postgres

-- a lock
LOCK trade.orders

-- a channel
LISTEN x

-- a transaction
START TRANSACTION

-- a two-phase commit
PREPARE TRANSACTION 'x'

-- CREATE TABLE AS
CREATE TABLE trade.copy AS SELECT 1

-- CREATE VIEW
CREATE VIEW trade.v AS SELECT * FROM trade.wages

-- a comment on an object
COMMENT ON TABLE trade.orders IS 'x'

-- a library
LOAD 'x'

-- nothing
-- set: SELECT 1
;

-- nothing but a comment
/* SELECT 1 */

-- an empty select list
SELECT FROM trade.orders

-- the sampling method is a function that is not for queries, and the sample another one each time
-- rule: function
SELECT count(*) FROM trade.orders TABLESAMPLE bernoulli (10)

-- the same, by pages
-- rule: function
SELECT count(*) FROM trade.orders TABLESAMPLE system (10) REPEATABLE (1)
