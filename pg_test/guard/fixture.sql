-- What the guard's corpus works on. Run as superuser in a scratch database with the extension.
CREATE SCHEMA trade;
CREATE SCHEMA evil;

-- ------------------------------------------------------------- registered
CREATE TYPE trade.stage AS ENUM ('new', 'packed', 'sent', 'lost');
CREATE DOMAIN trade.email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE trade.orders (
  id int PRIMARY KEY, ordered_on date NOT NULL, placed_at timestamptz NOT NULL, customer text NOT NULL, country varchar(40),
  amount numeric(12, 2) NOT NULL, pieces int NOT NULL, paid boolean NOT NULL, tags text[] NOT NULL, attrs jsonb NOT NULL,
  took interval, rating double precision, code char(4), stage trade.stage, contact trade.email
);
INSERT INTO trade.orders
SELECT i, date '2024-01-01' + i, timestamptz '2024-01-01 08:00+00' + i * interval '7 hours', 'customer ' || i % 7,
       (ARRAY['France', 'Japan', 'Kenya', NULL])[1 + i % 4], (i * 37) % 500 + 0.25, 1 + i % 9, i % 3 <> 0,
       ARRAY['t' || i % 5, 'all'], jsonb_build_object('channel', (ARRAY['web', 'shop'])[1 + i % 2], 'items', jsonb_build_array(i, i + 1)),
       i * interval '90 minutes', i / 7.0, lpad((i % 50)::text, 4, '0'), (ARRAY['new', 'packed', 'sent'])[1 + i % 3]::trade.stage,
       'c' || i % 7 || '@example.org'
FROM generate_series(1, 200) AS i;
CREATE TABLE trade.customers (name text PRIMARY KEY, country text, since date, credit numeric, vip boolean);
INSERT INTO trade.customers SELECT 'customer ' || i, 'France', date '2019-05-01' + i * 100, i * 1000, i % 2 = 0 FROM generate_series(0, 6) AS i;
CREATE TABLE trade.visits (at timestamp NOT NULL, page text NOT NULL, seconds int) PARTITION BY RANGE (at);
CREATE TABLE trade.visits_2024 PARTITION OF trade.visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO trade.visits SELECT timestamp '2024-03-01' + i * interval '1 hour', '/p' || i % 9, i % 60 FROM generate_series(1, 300) AS i;
CREATE TABLE trade.sensor (at timestamp, celsius numeric);
CREATE TABLE trade.sensor_north () INHERITS (trade.sensor);
CREATE VIEW trade.orders_per_day AS SELECT ordered_on, count(*) AS orders, sum(amount) AS amount FROM trade.orders GROUP BY 1;
CREATE MATERIALIZED VIEW trade.by_country AS SELECT country, sum(amount) AS amount FROM trade.orders GROUP BY 1;
-- Of people only the name is registered.
CREATE TABLE trade.people (name text, wage numeric, born date);
INSERT INTO trade.people VALUES ('Ada', 5000, '1990-01-01'), ('Bo', 6000, '1985-05-05');
CREATE TABLE "Trade Fairs" ("Year" int, "Visitors; total" bigint);

-- --------------------------------------------------------- not registered
CREATE TABLE trade.wages (name text, wage numeric);
INSERT INTO trade.wages SELECT 'person ' || i, 3000 + i FROM generate_series(1, 5) AS i;
CREATE VIEW trade.wages_v AS SELECT * FROM trade.wages;
CREATE VIEW trade.orders_copy AS SELECT * FROM trade.orders;
CREATE MATERIALIZED VIEW trade.wages_mv AS SELECT * FROM trade.wages;
CREATE TABLE trade.log (what text);
CREATE SEQUENCE trade.numbers;
-- A registered view over a table that is not.
CREATE VIEW trade.payroll AS SELECT count(*) AS people, sum(wage) AS total FROM trade.wages;
CREATE TYPE trade.point3 AS (x int, y int, z int);

-- ------------------------------------------------------------ code of users
CREATE FUNCTION trade.writes() RETURNS int LANGUAGE sql VOLATILE AS $$ INSERT INTO trade.log VALUES ('written') RETURNING 1 $$;
CREATE FUNCTION trade.liar() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes(); END $$;
CREATE FUNCTION trade.liar(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trade.writes(); RETURN $1; END $$;
CREATE FUNCTION trade.fine(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes() > 0; END $$;
CREATE FUNCTION trade.fine(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes() > 0; END $$;
CREATE FUNCTION trade.steal() RETURNS SETOF trade.wages LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT * FROM trade.wages $$;
CREATE FUNCTION trade.vat(trade.orders) RETURNS numeric LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM trade.writes(); RETURN 1; END $$;
CREATE FUNCTION trade.initial(trade.stage) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trade.writes(); RETURN 'x'; END $$;
CREATE DOMAIN trade.checked AS int CHECK (trade.fine(VALUE));
CREATE DOMAIN trade.checked_text AS text CHECK (trade.fine(VALUE));
CREATE TYPE trade.pair AS (a trade.checked, b text);
CREATE FUNCTION trade.differs(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes() = 1 AND $1 <> $2; END $$;
-- The function behind it is built in; what the planner makes of NOT or of swapped arguments is not.
CREATE OPERATOR trade.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, NEGATOR = OPERATOR(trade.!==));
CREATE OPERATOR trade.!== (LEFTARG = int, RIGHTARG = int, FUNCTION = trade.differs, NEGATOR = OPERATOR(trade.===));
CREATE FUNCTION trade.below(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes() = 1 AND $1 < $2; END $$;
CREATE OPERATOR trade.>>> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4gt, COMMUTATOR = OPERATOR(trade.<<<));
CREATE OPERATOR trade.<<< (LEFTARG = int, RIGHTARG = int, FUNCTION = trade.below, COMMUTATOR = OPERATOR(trade.>>>));
CREATE FUNCTION trade.add(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes() + $1 + $2; END $$;
CREATE OPERATOR trade.@+ (LEFTARG = int, RIGHTARG = int, FUNCTION = trade.add);
CREATE FUNCTION trade.flip(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes() - $1; END $$;
CREATE OPERATOR trade.~~~ (RIGHTARG = int, FUNCTION = trade.flip);
CREATE FUNCTION trade.to_date(boolean) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trade.writes(); RETURN now(); END $$;
CREATE CAST (boolean AS date) WITH FUNCTION trade.to_date(boolean);
CREATE FUNCTION trade.stage_json(trade.stage) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trade.writes(); RETURN '1'; END $$;
CREATE TYPE trade.size AS ENUM ('S', 'L');
CREATE TABLE trade.shirts (size trade.size, price numeric);
CREATE FUNCTION trade.size_json(trade.size) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trade.writes(); RETURN '1'; END $$;
CREATE CAST (trade.size AS json) WITH FUNCTION trade.size_json(trade.size);
CREATE FUNCTION trade.add_up(numeric, numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1 + $2 + trade.writes(); END $$;
CREATE AGGREGATE trade.total(numeric) (SFUNC = trade.add_up, STYPE = numeric, INITCOND = '0');
-- An aggregate of a user whose parts are all built in.
CREATE AGGREGATE trade.glue(text) (SFUNC = textcat, STYPE = text, INITCOND = '');
CREATE FUNCTION trade.span_diff(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes(); END $$;
CREATE TYPE trade.span AS RANGE (subtype = int4, subtype_diff = trade.span_diff);
CREATE FUNCTION public.count(int) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN trade.writes(); END $$;
CREATE FUNCTION public.to_char(date, text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN trade.writes(); END $$;
CREATE FUNCTION public.round(double precision, int) RETURNS numeric LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN trade.writes(); END $$;
CREATE FUNCTION public.date_trunc(text, date) RETURNS date LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM trade.writes(); RETURN $2; END $$;

CREATE TABLE evil.orders AS SELECT o.*, w.wage FROM trade.orders o, trade.wages w;
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM trade.writes(); RETURN $1; END $$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM trade.writes(); RETURN pg_catalog.now(); END $$;
CREATE AGGREGATE evil.sum(numeric) (SFUNC = trade.add_up, STYPE = numeric, INITCOND = '0');
CREATE FUNCTION evil.equal(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN trade.writes() = 1; END $$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.equal);
CREATE DOMAIN evil.date AS pg_catalog.date CHECK (trade.liar() > 0);
CREATE TYPE evil.text AS ENUM ('x');

-- ------------------------------------------------------ roles and what they see
CREATE TABLE trade.accounts (tenant text NOT NULL, balance numeric NOT NULL);
ALTER TABLE trade.accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON trade.accounts FOR SELECT USING (tenant = current_user);

ANALYZE;
SELECT router_register(r::regclass) FROM unnest(ARRAY['trade.orders', 'trade.customers', 'trade.visits', 'trade.sensor_north',
  'trade.orders_per_day', 'trade.by_country', 'trade.payroll', 'trade.shirts', 'trade.accounts', '"Trade Fairs"']) AS r;
INSERT INTO router.datasets (relation, name, all_columns) VALUES ('trade.people', 'trade.people', false);
INSERT INTO router.dataset_columns VALUES ('trade.people', 'name', 'dimension', 'none');
