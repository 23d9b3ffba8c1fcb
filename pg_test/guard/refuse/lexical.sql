-- an operator that swallows a comment for some lexers
SELECT id FROM trade.orders WHERE amount >--'«LF» 0; DELETE FROM trade.orders; --'

-- the same with a block comment
SELECT id FROM trade.orders WHERE amount </*' 0; DELETE FROM trade.orders; --' */ 0; DELETE FROM trade.orders

-- a carriage return ends the comment
SELECT id FROM trade.orders -- all «CR»; DELETE FROM trade.orders

-- a form feed does not
SELECT wage FROM -- x «FF»trade.orders«LF» trade.wages

-- a dollar tag with letters beyond ASCII
SELECT $é$ '; SELECT $é$, wage FROM trade.wages

-- a dollar that is a part of a name
SELECT id AS a$$, (SELECT max(wage) FROM trade.wages) AS b$$ FROM trade.orders

-- nested comments
SELECT /* /* */ id FROM trade.orders; */ wage FROM trade.wages

-- a comment that is not one within a string
SELECT '--', wage FROM trade.wages --'

-- a backslash before the quote
SELECT '\'; DELETE FROM trade.orders; --'

-- the same, when backslashes escape
-- set: SET standard_conforming_strings = off
SELECT '\\'; DELETE FROM trade.orders; --'

-- an escape string
SELECT E'\\'; DELETE FROM trade.orders; --'

-- a string continued on the next line
SELECT 'a'«LF»'b'; DELETE FROM trade.orders

-- a bit string
SELECT B'1'; DELETE FROM trade.orders

-- a national string
SELECT N'x'; DELETE FROM trade.orders

-- a Unicode string with its escape at the end
SELECT U&'\0061' UESCAPE '\'; DELETE FROM trade.orders

-- a semicolon without a space
SELECT 1;DELETE FROM trade.orders

-- many semicolons
SELECT 1;;;;SELECT 2

-- a no-break space is a letter
SELECT«NBSP»1 FROM trade.orders

-- a zero-width space is a letter
SELECT id FROM trade.orders«ZWSP»

-- a letter of another alphabet
SELECT id FROM trade.оrders

-- a keyword in full width
ＳＥＬＥＣＴ wage FROM trade.wages

-- a byte order mark
«BOM»SELECT wage FROM trade.wages

-- a quote that is not one
SELECT ‘x’ FROM trade.wages

-- another system's quotes
SELECT * FROM `trade`.`wages`

-- another system's brackets
SELECT * FROM [trade].[wages]

-- another system's comment
SELECT 1 # comment

-- a comment that another system runs
/*!50000 DELETE FROM trade.orders */

-- a psql command
SELECT 1 \gexec

-- another psql command
\copy trade.wages TO STDOUT

-- a psql variable
SELECT id FROM trade.orders WHERE id = :id

-- an unfinished string
SELECT 'x

-- an unfinished dollar string
SELECT $a$ x $b$

-- an unfinished comment
SELECT 1 /* /* */

-- an unfinished name
SELECT "x

-- an empty name
SELECT id AS "" FROM trade.orders

-- unbalanced
SELECT (1

-- ten thousand parentheses
SELECT «10000*(»1«10000*)»

-- many brackets
SELECT «5000*ARRAY[»1«5000*]»

-- many CASEs
SELECT «3000*CASE WHEN true THEN »1«3000* END»

-- many NOTs
SELECT «20000*NOT »true

-- many minus signs
SELECT «20000*- »1

-- a long chain of operators
SELECT 1«15000*+1»

-- many UNIONs
SELECT 1«2000* UNION SELECT 1»

-- many subqueries in FROM
SELECT 1 FROM «1500*(SELECT * FROM »trade.customers«1500*) x»

-- many subqueries in WITH
«1000*WITH a AS (SELECT * FROM trade.customers) SELECT * FROM (»SELECT 1«1000*) x»

-- a long text
SELECT '«300000*x»'

-- many words
SELECT «50000*1, »1

-- a zero byte can't be; what looks like one
SELECT E'\u0000'

-- half of a pair
SELECT U&'\D83D'
