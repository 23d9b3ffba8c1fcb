-- a statement within a string
SELECT '; DELETE FROM trade.orders; --' AS note, count(*) FROM trade.orders

-- within an escape string
SELECT E'it\'s; DROP TABLE trade.orders; --\n'

-- within dollars
SELECT $$; DROP TABLE x; --$$, $tag$ $$ ' -- $tag$

-- within a quoted name
SELECT id AS "; DELETE FROM trade.orders; --" FROM trade.orders

-- within a comment
SELECT id /* ; DELETE FROM trade.orders */ FROM trade.orders -- ; DROP TABLE x

-- nested comments
SELECT /* a /* b; */ c */ 1

-- comments around
/* first */ SELECT 1; -- last

-- a trailing comment after the semicolon
SELECT 1 ; /* done */

-- a doubled quote
SELECT 'O''Brien', "a""b" FROM (SELECT 1 AS "a""b") x

-- a backslash
SELECT 'C:\temp\', id FROM trade.orders

-- the same, when backslashes escape
-- set: SET standard_conforming_strings = off
SELECT 'it\'s; DELETE FROM trade.orders; --'

-- Unicode escapes
SELECT U&'\0041', U&"\0069d" FROM (SELECT id FROM trade.orders) x

-- letters beyond ASCII
SELECT 'Ünïcode 日本 😀' AS größe, count(*) AS عدد FROM trade.orders

-- an operator before a comment
SELECT 1 <-- less
2

-- several minus signs
SELECT 1 - -1, - - 1

-- words that are commands
SELECT id AS "insert", amount AS "update", customer AS drop_table, country AS deleted FROM trade.orders

-- a string continued on the next line
SELECT 'a'
'b'

-- capitals and white space
sElEcT	COUNT ( * )
  FROM	TRADE . Orders

-- names that are functions
SELECT x.count, x.sum FROM (SELECT 1 AS count, 2 AS sum) x

-- in parentheses
((SELECT id FROM trade.orders LIMIT 1))

-- a bit string, a hexadecimal one, a national one
SELECT B'101', X'1F', N'x'

-- a long list of columns
SELECT 1«200*, amount + 1» FROM trade.orders

-- many conditions
SELECT count(*) FROM trade.orders WHERE false«200* OR id = 7»

-- many casts that do nothing
SELECT 1«1000*::int»
