#!/usr/bin/env python3
"""Scores the reading of questions without the extension: a fast loop for whoever changes it.

    offline_eval.py --psql "psql -h DIR -U postgres" [--nvbench DB] [--scout DB] [--reading DB] [--fresh DB] [--answers FILE]

Each DB holds the data of its kit (nvbench, scout), or of pg_test/reading; for --fresh the schemas of pg_test/reading/fresh
and the demo data. Catalog facts are read by psql, the model is
inferred as registration would (`core/examples/model.rs`), questions are read by `core/examples/ask.rs`, and the SQL of
both sides runs in DB. --answers writes what scripts/fit_confidence.py wants. Kits are found in EVAL_DIR, by default
../shared/eval. Databases of nvBench are told apart as halves A and B by a hash of their names, so that what is improved
by looking at one can be reported for the other.
"""
import argparse
import collections
import hashlib
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import typing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KITS = Path(os.environ.get("EVAL_DIR", ROOT.parent / "shared/eval"))
TYPES = {16: "boolean", 20: "integer", 21: "integer", 23: "integer", 114: "json", 700: "decimal", 701: "decimal",
         790: "decimal", 1082: "date", 1083: "time", 1114: "timestamp", 1184: "timestamp_tz", 1266: "time",
         1700: "decimal", 2950: "uuid", 3802: "json"}


def query(args, database, sql):
    done = subprocess.run([*shlex.split(args.psql), "-X", "-q", "-At", "-d", database], input=sql, capture_output=True, text=True)
    if done.returncode or done.stderr:
        sys.exit(done.stderr)
    return done.stdout


def facts(args, database, schemas, options=None):
    """What the catalogs hold of every table of these schemas, or of the relations that `options` registers."""
    where = " OR ".join(f"n.nspname LIKE '{s}'" for s in schemas)
    relations = json.loads(query(args, database, f"""
        SELECT json_agg(json_build_object('oid', c.oid::int8, 'schema', n.nspname, 'name', c.relname,
                 'rows', greatest(c.reltuples, 0), 'comment', obj_description(c.oid, 'pg_class')) ORDER BY n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p') AND ({where})"""))
    oids = "ARRAY[" + ",".join(str(r["oid"]) for r in relations) + "]::oid[]"
    text = (ROOT / "sql/catalog/columns.sql").read_text().replace("$1", oids).replace("$2", "10::oid")
    columns = json.loads(query(args, database, f"""SELECT json_agg(c) FROM ({text}) c (relation, number, name, sql_type,
        base_type, typtype, category, nullable, comment, is_unique, in_pk, in_fk, seen_unique, readable)"""))
    text = (ROOT / "sql/catalog/load_relationships.sql").read_text().split("UNION ALL")[0].replace("$1", oids)
    references = json.loads(query(args, database, f"SELECT coalesce(json_agg(c), '[]') FROM ({text}) c (from_oid, from_cols, to_oid, to_cols)"))
    by_oid = {r["oid"]: {**r, "columns": [], "options": (options or {}).get(f"{r['schema']}.{r['name']}", {})} for r in relations}
    texts = []
    for c in columns:
        c["value_type"] = "text" if c["typtype"] == "e" else TYPES.get(int(c["base_type"]), "text" if c["category"] == "S" else "other")
        relation = by_oid[int(c["relation"])]
        relation["columns"].append(c)
        if c["value_type"] == "text":
            name = c["name"].replace('"', '""')
            texts.append((c, f"""SELECT json_agg(v ORDER BY v COLLATE "C") FROM (SELECT DISTINCT left("{name}"::text, 201) v
                FROM "{relation['schema']}"."{relation['name']}" WHERE btrim("{name}"::text) <> '' LIMIT 5001) s;"""))
    for (c, _), line in zip(texts, query(args, database, "\n".join(t[1] for t in texts)).splitlines()):
        values = json.loads(line) if line else []
        bound = 5000 if by_oid[int(c["relation"])]["rows"] <= 20000 else 1000
        c["values"] = values if len(values) <= bound and all(len(v) <= 200 for v in values) else []
    kept = [r for name, r in ((f"{r['schema']}.{r['name']}", r) for r in by_oid.values()) if options is None or name in options]
    return json.dumps({"relations": kept, "fks": references})


def ask(args, suite):
    path = Path(args.work) / f"{suite.name}.json"
    path.write_text(suite.model)
    lines = "\n".join(json.dumps(q) for q in suite.questions)
    done = subprocess.run([args.bin + "/ask", str(path)], input=lines, capture_output=True, text=True, check=True)
    print(done.stderr.strip())
    return [json.loads(line) for line in done.stdout.splitlines()]


def infer(args, text):
    return subprocess.run([args.bin + "/model"], input=text, capture_output=True, text=True, check=True).stdout


def load(path):
    spec = importlib.util.spec_from_file_location(f"kit_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Suite(typing.NamedTuple):
    """Questions with what decides whether their answers are right."""
    name: str
    model: str
    questions: list
    """The database, or the kind of question, of each."""
    groups: list
    """[(number of the question, its answer)] -> [right or not]"""
    judge: typing.Callable
    """Prints what the suite is about, given all answers and whether they are right."""
    report: typing.Callable


def nvbench(args):
    kit = load(KITS / "nvbench/score.py")
    psql = kit.Psql(args.psql, args.nvbench)
    questions = kit.load_questions(KITS / "nvbench/questions.jsonl", None)
    model = infer(args, facts(args, args.nvbench, [r"nv\_%"]))
    results = {}

    def judge(answers):
        golds = [[questions[i]["gold_sql"], *questions[i].get("gold_sql_alternatives", [])] for i, _ in answers]
        wanted = [s for g in golds for s in g] + [a["sql"] for _, a in answers if a.get("sql")]
        statements = [s for s in dict.fromkeys(wanted) if s not in results]
        results.update(zip(statements, psql.run(statements)))
        return [kit.judge(questions[i], {"answer": a}, results.get(a.get("sql")), [results[s] for s in g])[0] == "correct"
                for (i, a), g in zip(answers, golds)]

    def report(answers, right):
        tally = collections.Counter()
        for q, good in zip(questions, right):
            half = "AB"[int(hashlib.sha256(q["db"].encode()).hexdigest(), 16) % 2]
            for key in (("all", q["tier"]), (half, q["tier"])):
                tally[key] += 1
                tally[key + ("right",)] += good
        for half, tier in sorted(k for k in tally if len(k) == 2):
            print(f"nvbench {half} tier {tier}: {tally[half, tier, 'right']} of {tally[half, tier]} = {tally[half, tier, 'right'] / tally[half, tier]:.3f}")

        print("nvbench: " + surely(answers, right))

    asked = [{"prompt": q["question"], "datasets": [q["db"] + ".*"]} for q in questions]
    return [Suite("nvbench", model, asked, [q["db"] for q in questions], judge, report)]


def registered():
    """How the demo data is registered."""
    text = (KITS.parent / "scout/register.sql").read_text()
    return {m[1]: json.loads(m[2]) for m in re.finditer(r"router_register\('([^']+)', \$json\$(.*?)\$json\$", text, re.S)}


def scout(args):
    kit = load(KITS / "scout/score.py")
    model = infer(args, facts(args, args.scout, ["public", "neural%"], registered()))
    items = [json.loads(line) for line in args.scout_questions.open()]
    settings = argparse.Namespace(psql=args.psql, dsn=args.scout, relations=kit.RELATIONS, private=kit.PRIVATE, timeout=20000)

    def verdicts(answers):
        jobs = {(kit.zone_of(items[i]), s): None for i, a in answers
                for s in kit.golds(items[i]["expect"]) + ([kit.clean(a["sql"])] if a.get("sql") else [])}
        jobs = kit.execute_all(settings, jobs)
        return [kit.judge(items[i], {"route": a, "ms": 0}, jobs, {}, settings) for i, a in answers]

    def report(answers, right):
        status = sum(v["status_ok"] for v in verdicts(list(enumerate(answers))))
        print(f"scout: correct {sum(right)} of {len(right)}, status {status}, " + surely(answers, right))

    asked = [{"prompt": i["prompt"], **(i.get("context") or {})} for i in items]
    return [Suite("scout", model, asked, ["scout " + i["category"] for i in items],
                  lambda answers: [v["correct"] for v in verdicts(answers)], report)]


def reading(args):
    return [written(args, "reading", ROOT / "pg_test/reading/questions.txt", args.reading,
                    infer(args, facts(args, args.reading, ["care", "freight"])), {})]


def fresh(args):
    """The sets of pg_test/reading/fresh whose schema is in the database; "scout" stands for the demo data."""
    for path in sorted((ROOT / "pg_test/reading/fresh").glob("*.txt")):
        yield from own(args, path, args.fresh)


def own(args, path, database):
    """A file of questions over the schema that is called as the file is, up to "_"."""
    schema = path.stem.split("_")[0]
    schemas, options = (["public", "neural%"], registered()) if schema == "scout" else ([schema], None)
    place = f"to_regclass('public.scout_gold_kpis')" if schema == "scout" else f"to_regnamespace('{schema}')"
    if query(args, database, f"SELECT {place}").strip():
        context = {"as_of": "2025-03-15T10:00:00+08:00", "timezone": "Asia/Manila"}
        yield written(args, f"fresh_{path.stem}", path, database, infer(args, facts(args, database, schemas, options)), context)


def written(args, name, path, database, model, context):
    """A text file: a question, "@ CONTEXT", and "= ANSWER" as often as answers are right; "!" marks what is read wrong."""
    items, category = [], ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            category = line
        elif line.startswith("@ "):
            items[-1][3].update(json.loads(line[2:]))
        elif line.startswith("="):
            items[-1][1].append(line)
        elif line and not line.startswith("#"):
            items.append((line.lstrip("!"), [], category, dict(context)))

    def report(answers, right):
        for (text, *_), a in ((i, a) for i, a, good in zip(items, answers, right) if not good):
            print(f"  {text}\n    {a['status']} {a.get('confidence', 0):.2f} {a.get('sql') or a['explain']}")
        print(f"{name}: {sum(right)} of {len(right)}, " + surely(answers, right))

    return Suite(name, model, [{"prompt": text, **own} for text, _, _, own in items],
                 [f"{name} {category}" for _, _, category, _ in items],
                 lambda answers: [any(fits(args, database, a, w) for w in items[i][1]) for i, a in answers], report)


def surely(answers, right):
    sure = [good for a, good in zip(answers, right) if a["status"] == "ok" and a.get("confidence", 0) >= 0.9]
    return f"right at 0.9 or more {sum(sure)} of {len(sure)}"


SUITES = (nvbench, scout, reading, fresh)


def fits(args, database, answer, wanted):
    """Is the answer what a line of such a file says? As pg_test/client/tests/reading.rs compares."""
    how, body = wanted[1:2], wanted.lstrip("=>#<").strip()
    if not body.startswith(("SELECT", "WITH")):
        return answer["status"] in body.split("|")
    if not answer.get("sql"):
        return False
    got, gold = ([json.loads(line) for line in query(args, database, f"SELECT row_to_json(r) FROM ({s}) r;").splitlines()]
                 for s in (answer["sql"], body))
    if how == "#":
        firsts = [str(next(iter(row.values()))) for row in got]
        return len(got) == len(gold) and all(any(f in map(str, row.values()) for row in gold) for f in firsts)
    named = all(rows and "y_value" in rows[0] for rows in (got, gold))

    def line(row, axes=("x_axis", "y_value", "series")):
        values = [row.get(k) for k in axes if k in row] if named else sorted(map(str, row.values()))
        return str([f"{float(v):.6f}" if isinstance(v, (int, float)) and not isinstance(v, bool) else v for v in values])
    if how == "<":
        points = {line(row) for row in gold}
        return len(got) >= min(len(gold), 10) and all(line(row, ("x_axis", "y_value")) in points for row in got)
    return sorted(map(line, got)) == sorted(map(line, gold)) and (
        how != ">" or [r.get("y_value") for r in got] == [r.get("y_value") for r in gold])


def arguments(about):
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--psql", default="psql")
    parser.add_argument("--bin", default=str(ROOT / "target/release/examples"), help="where the examples ask and model are")
    parser.add_argument("--work", default="/tmp")
    for suite in SUITES:
        parser.add_argument(f"--{suite.__name__}", metavar="DB")
    parser.add_argument("--scout-questions", type=Path, default=KITS / "scout/questions.jsonl", metavar="FILE",
                        help="of the same form as the kit's")
    parser.add_argument("--own", nargs=2, action="append", default=[], metavar=("DB", "FILE"),
                        help="questions as in pg_test/reading/fresh, over the schema of DB that FILE is called after")
    return parser


def suites(args):
    for make in SUITES:
        if getattr(args, make.__name__):
            yield from make(args)
    for database, path in args.own:
        yield from own(args, Path(path), database)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--answers")
    parser.add_argument("--list", action="store_true", help="print every wrong answer")
    args = parser.parse_args()
    lines = []
    for suite in suites(args):
        answers = ask(args, suite)
        right = suite.judge(list(enumerate(answers)))
        for question, answer, good, group in zip(suite.questions, answers, right, suite.groups):
            if args.list and not good:
                print(f"  [{group}] {question['prompt']}\n    {answer['status']} {answer.get('sql') or answer['explain']}")
            if answer.get("status") == "ok" and answer.get("evidence"):
                lines.append(json.dumps({"evidence": answer["evidence"], "correct": bool(good), "group": group,
                                         "suite": suite.name.split("_")[0]}))
        suite.report(answers, right)
    if args.answers:
        Path(args.answers).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
