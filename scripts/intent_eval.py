#!/usr/bin/env python3
"""Measures router_train() and router_intent() on labelled questions.

    intent_eval.py --psql "psql -d DB" [--data DIR]

DB is a scratch database with the extension; everything happens in one transaction that is rolled back. DIR holds
intents_train.jsonl and intents_test.jsonl ({"text", "label"}; "oos" is out of scope), by default the kit's.
"""
import argparse
import json
import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KIT = Path(os.environ.get("EVAL_DIR", ROOT.parent / "shared/eval")) / "modelrouting"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--psql", required=True)
    parser.add_argument("--data", type=Path, default=KIT)
    args = parser.parse_args()
    train, test = ([json.loads(line) for line in open(args.data / f"intents_{part}.jsonl")] for part in ("train", "test"))
    label = lambda row: "out_of_scope" if row["label"] in ("oos", "out_of_scope", None) else row["label"]
    table = lambda rows: "\n".join(json.dumps([r["text"], label(r)]).replace("\\", "\\\\") for r in rows) + "\n\\.\n"
    sql = ("BEGIN;\nCREATE TEMP TABLE train (r jsonb); CREATE TEMP TABLE test (r jsonb);\n"
           "DELETE FROM router.query_embeddings;\n"
           f"COPY train FROM stdin;\n{table(train)}COPY test FROM stdin;\n{table(test)}"
           "\\timing on\n\\echo teaching\n"
           "SELECT count(router_teach(r ->> 0, NULL, r ->> 1)) FROM train;\n"
           "\\echo training\nSELECT router_train();\n\\echo asking\n"
           "CREATE TEMP TABLE said AS SELECT r ->> 1 AS wanted, (SELECT intent FROM router_intent(r ->> 0) LIMIT 1) AS got,\n"
           "  (SELECT intent FROM router_intent(r ->> 0) WHERE intent <> 'out_of_scope' LIMIT 1) AS best FROM test;\n"
           "\\timing off\n"
           "SELECT round(avg((wanted = best)::int) FILTER (WHERE wanted <> 'out_of_scope'), 3) AS in_scope_right,\n"
           "       round(avg((wanted = got)::int) FILTER (WHERE wanted <> 'out_of_scope'), 3) AS right_and_kept,\n"
           "       round(avg((got <> 'out_of_scope')::int) FILTER (WHERE wanted <> 'out_of_scope'), 3) AS in_scope_kept,\n"
           "       round(avg((got = 'out_of_scope')::int) FILTER (WHERE wanted = 'out_of_scope'), 3) AS out_of_scope_recall,\n"
           "       count(*) AS questions FROM said;\nROLLBACK;\n")
    subprocess.run([*shlex.split(args.psql), "-X", "-q", "-v", "ON_ERROR_STOP=1"], input=sql, text=True, check=True)


if __name__ == "__main__":
    main()
