"""NL4DV and router_route on the same nvBench questions, each with its one table given: peer_nvbench.py KIT PSQL DSN COUNT ROUNDS

KIT is the evaluation kit's folder (schema.sql is loaded in the database, tables are registered); PSQL the command. Prints
"NL4DV" or "router" with microseconds, a line each question and round, nothing cached; what came out right goes to stderr.
Right is what gives the rows of the kit's gold statement; order is not looked at. NL4DV's first chart counts, computed here
from its specification.
"""
import contextlib
import csv
import io
import json
import sys
import tempfile
import time
from pathlib import Path

import peer_nl4dv

kit_folder, psql_command, dsn, count, rounds = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
sys.path.insert(0, kit_folder)
import score as kit  # noqa: E402

import pandas  # noqa: E402

ROUTE = """
SET router.cache = off;
CREATE FUNCTION pg_temp.bench_route(question text, given text, turns text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
  answer jsonb;
  micros float8[];
BEGIN
  FOR turn IN 0 .. turns::int LOOP
    began := clock_timestamp();
    answer := router_route(question, given::jsonb);
    micros := micros || extract(epoch FROM clock_timestamp() - began)::float8 * 1e6;
  END LOOP;
  RETURN json_build_object('micros', micros, 'sql', CASE WHEN answer ->> 'status' = 'ok' THEN answer ->> 'sql' END);
END $$;
"""

# Caches of words, plans and pages are cold then.
FIRST = ", asked for the first time"

AGGREGATES = {"mean": "mean", "average": "mean", "sum": "sum", "min": "min", "max": "max", "median": "median"}
TIME_UNITS = {"year": lambda t: t.dt.year, "month": lambda t: t.dt.month_name(), "day": lambda t: t.dt.day_name()}


def kept(data, condition):
    """The rows that pass one filter of a chart; None where it is not understood."""
    if not isinstance(condition, dict) or condition.get("field") not in data:
        return None
    column = data[condition["field"]]
    if "oneOf" in condition:
        wanted = {str(v).lower() for v in condition["oneOf"]}
        return data[column.map(lambda v: str(v).lower() in wanted)]
    if "range" in condition:
        low, high = condition["range"]
        return data[(column >= low) & (column <= high)]
    for name, test in {"equal": column.eq, "gt": column.gt, "gte": column.ge, "lt": column.lt, "lte": column.le}.items():
        if name in condition:
            return data[test(condition[name])]
    return None


def rows_of(chart, data):
    """What a chart shows, as (x, y[, series]) rows; None where it can't be told."""
    encoding = chart.get("encoding", {})
    pie = chart.get("mark", {}).get("type") == "arc"
    x, y = (encoding.get("color"), encoding.get("theta")) if pie else (encoding.get("x"), encoding.get("y"))
    series = None if pie else encoding.get("color")
    if not x or not y:
        return None
    if x.get("aggregate") and not y.get("aggregate"):
        x, y = y, x
    for step in chart.get("transform", []):
        data = kept(data, step.get("filter"))
        if data is None:
            return None
    keys = []
    for channel in [x] + ([series] if series else []):
        if channel.get("bin") or channel.get("aggregate") or channel.get("field") not in data:
            return None
        column = data[channel["field"]]
        if channel.get("timeUnit"):
            if channel["timeUnit"] not in TIME_UNITS:
                return None
            column = TIME_UNITS[channel["timeUnit"]](pandas.to_datetime(column))
        keys.append(column)
    aggregate = y.get("aggregate")
    if not aggregate:
        if y.get("field") not in data:
            return None
        values = pandas.concat([keys[0], data[y["field"]], *keys[1:]], axis=1)
        return [list(row) for row in values.itertuples(index=False)]
    by = [key.rename(str(i)) for i, key in enumerate(keys)]
    if aggregate == "count":
        grouped = data.groupby(by, dropna=False).size()
    elif aggregate in AGGREGATES and y.get("field") in data:
        grouped = data[y["field"]].groupby(by, dropna=False).agg(AGGREGATES[aggregate])
    else:
        return None
    made = []
    for key, value in grouped.items():
        key = key if isinstance(key, tuple) else (key,)
        made.append([key[0], value, *key[1:]])
    return made


def as_pairs(rows):
    """Rows as the kit takes them."""
    plain = [[None if pandas.isna(v) else v.item() if hasattr(v, "item") else v for v in row] for row in rows]
    return [[(f"c{i}", v if isinstance(v, (int, float)) or v is None else str(v)) for i, v in enumerate(row)] for row in plain]


def is_right(question, rows, golds):
    grain = question["gold"]["timeGrain"]
    return any(kit.difference(kit.table_of(rows, grain), kit.table_of(gold["rows"], grain), None) is None for gold in golds)


def main():
    questions = [q for q in kit.load_questions(Path(kit_folder) / "questions.jsonl", None) if q["tier"] == 1]
    questions.sort(key=lambda q: kit.hashlib.sha256(q["id"].encode()).hexdigest())
    questions = questions[:count]
    psql = kit.Psql(psql_command, dsn)

    calls = [[q["question"], json.dumps({"datasets": q["gold"]["tables"]}), str(rounds)] for q in questions]
    routed = [kit.plain(a) for a in psql.each(ROUTE, "pg_temp.bench_route", calls, [])]
    answered = [n for n, a in enumerate(routed) if a["sql"]]
    results = dict(zip(answered, psql.run([routed[n]["sql"] for n in answered])))
    golds = []
    for q in questions:
        golds.append([g for g in psql.run([q["gold_sql"], *q.get("gold_sql_alternatives", [])]) if "rows" in g])
    for answer in routed:
        for turn, micros in enumerate(answer["micros"]):
            print(f"router{'' if turn else FIRST}\t{micros:.0f}")
    right = sum("rows" in results.get(n, {}) and is_right(q, results[n]["rows"], golds[n]) for n, q in enumerate(questions))

    folder, peers, right_of_peer, charts = Path(tempfile.mkdtemp()), {}, 0, 0
    for q, gold in zip(questions, golds):
        table = q["gold"]["tables"][0]
        if table not in peers:
            lines = psql.script(f"\\copy (SELECT * FROM {table}) TO STDOUT CSV HEADER").splitlines(keepends=True)
            # The peer knows a column by its words, and takes an underscore for a letter.
            names = [name.replace("_", " ") for name in next(csv.reader([lines[0]]))]
            file = folder / f"{table}.csv"
            file.write_text(",".join(names) + "\n" + "".join(lines[1:]))
            peers[table] = peer_nl4dv.load(str(file)), pandas.read_csv(io.StringIO(file.read_text()))
        peer, data = peers[table]
        answer = {}
        for turn in range(rounds + 1):
            began = time.perf_counter()
            # It says on standard output what it can't draw.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
                answer = peer.analyze_query(q["question"])
            micros = (time.perf_counter() - began) * 1e6
            print(f"NL4DV{'' if turn else FIRST}\t{micros:.0f}", flush=True)
        shown = answer.get("visList") or []
        charts += bool(shown)
        try:
            rows = rows_of(shown[0]["vlSpec"], data) if shown else None
            right_of_peer += rows is not None and is_right(q, as_pairs(rows), gold)
        except (TypeError, ValueError, KeyError) as error:
            print(f"{q['id']}: {error}", file=sys.stderr)
    print(f"{peer_nl4dv.WORDS}; of {len(questions)} questions NL4DV drew {charts} and had {right_of_peer} right, "
          f"the router {right}", file=sys.stderr)


main()
