#!/usr/bin/env python3
"""Fits the weights by which readings are scored, with databases held out.

    fit_reading.py --psql "psql -h DIR -U postgres" [--nvbench DB] [--scout DB] [--reading DB]
                   [--folds 5] [--write core/src/reading/weights.in]

Suites and databases are those of offline_eval.py. What a weight decides is discrete (which meaning a span takes, which
dataset is read), so the questions are asked again with other weights (`core/examples/ask.rs` takes them) and the answers
executed. The search starts from the weights in use and goes one weight at a time: a change is taken if it gains more
questions than it costs, and a change costs the more the farther it goes (--stay, in questions for a factor of 2).

Databases are dealt into folds, and each fold is answered by the weights fitted to the others: `held out` is what is to be
expected of databases that nobody has seen. With --guard, suites of one database are in no fold but guard the search: no
change is taken by which one of them has fewer right. Weights are written only if no suite has fewer right held out.
"""
import collections
import hashlib
import json
import math
import re
import subprocess
import sys
import threading
from pathlib import Path

from offline_eval import arguments, suites

FACTORS = (0.5, 0.8, 0.9, 1.1, 1.25, 2.0)


class Asker:
    """One process that answers a suite's questions under any weights, and what was right so far."""

    def __init__(self, args, suite):
        path = Path(args.work) / f"{suite.name}.json"
        path.write_text(suite.model)
        self.suite, self.known = suite, {}
        self.lines = "".join(json.dumps(q) + "\n" for q in suite.questions)
        self.process = subprocess.Popen([args.bin + "/ask", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def send(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def shipped(self):
        self.send('{"weights": {}}\n')
        return {name: round(value, 4) for name, value in json.loads(self.process.stdout.readline()).items()}

    def right(self, weights):
        """Whether each answer is right under these weights."""
        writer = threading.Thread(target=self.send, args=(json.dumps({"weights": weights}) + "\n" + self.lines,))
        writer.start()
        self.process.stdout.readline()
        answers = [json.loads(self.process.stdout.readline()) for _ in self.suite.questions]
        writer.join()
        keys = [(i, a["status"], a.get("sql")) for i, a in enumerate(answers)]
        new = [(i, a) for (i, a), key in zip(enumerate(answers), keys) if key not in self.known]
        self.known.update(((i, a["status"], a.get("sql")), good) for (i, a), good in zip(new, self.suite.judge(new)))
        return [bool(self.known[key]) for key in keys]


class Problem:
    def __init__(self, args):
        made = list(suites(args))
        self.askers = [Asker(args, suite) for suite in made]
        self.stay, self.only = args.stay, args.only
        self.start = self.askers[0].shipped()
        # Databases of nvBench are dealt out; the other suites have one database each.
        self.suites = [suite.name for suite in made for _ in suite.questions]
        databases = [group if suite.name == "nvbench" else suite.name for suite in made for group in suite.groups]
        self.folds = [int(hashlib.sha256(d.encode()).hexdigest(), 16) % args.folds for d in databases]
        guards = [args.guard and suite != "nvbench" for suite in self.suites]
        self.folds = [None if guard else fold for fold, guard in zip(self.folds, guards)]
        self.seen = {}

    def right(self, weights):
        key = tuple(weights.values())
        if key not in self.seen:
            self.seen[key] = [good for asker in self.askers for good in asker.right(weights)]
        return self.seen[key]

    def cost(self, weights):
        return sum(self.stay * abs(math.log2(weights[n] / self.start[n])) for n in weights if weights[n] != self.start[n])

    def value(self, weights, train):
        right = self.right(weights)
        guarded = [by_suite([good and fold is None for good, fold in zip(r, self.folds)], self.suites)
                   for r in (right, self.right(self.start))]
        if any(guarded[0][suite] < count for suite, count in guarded[1].items()):
            return -math.inf
        return sum(good for good, use in zip(right, train) if use) - self.cost(weights)

    def fit(self, train):
        """The best change of each weight alone, then together, most promising first."""
        value = self.value(self.start, train)
        moves = []
        for name in self.only or self.start:
            tries = [{**self.start, name: round(self.start[name] * f, 4)} for f in FACTORS]
            best = max(tries, key=lambda w: self.value(w, train))
            moves.append((self.value(best, train) - value, name, best[name]))
        weights = self.start
        for gain, name, to in sorted(moves, reverse=True):
            changed = {**weights, name: to}
            if gain > 0 and self.value(changed, train) > value:
                weights, value = changed, self.value(changed, train)
        return weights


def told(weights, start):
    return ", ".join(f"{n} {start[n]} -> {w}" for n, w in weights.items() if w != start[n]) or "none"


def by_suite(right, suites):
    return collections.Counter(suite for good, suite in zip(right, suites) if good)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--stay", type=float, default=2.0, help="questions that doubling or halving a weight costs")
    parser.add_argument("--guard", action="store_true", help="suites of one database are not held out but may not lose")
    parser.add_argument("--only", nargs="+", metavar="WEIGHT", help="leave the others as they are")
    parser.add_argument("--write", metavar="FILE")
    args = parser.parse_args()
    problem = Problem(args)
    hand = problem.right(problem.start)
    held_out = list(hand)
    for fold in range(args.folds):
        weights = problem.fit([f != fold for f in problem.folds])
        right = problem.right(weights)
        held_out = [r if f == fold else h for r, f, h in zip(right, problem.folds, held_out)]
        inside = [i for i, f in enumerate(problem.folds) if f == fold]
        print(f"fold {fold} held out: {sum(hand[i] for i in inside)} -> {sum(right[i] for i in inside)} of {len(inside)}; changed: {told(weights, problem.start)}")
    weights = problem.fit([True] * len(hand))
    fitted = problem.right(weights)
    total, counts = collections.Counter(problem.suites), [by_suite(r, problem.suites) for r in (hand, held_out, fitted)]
    for suite in total:
        print(f"{suite}: in use {counts[0][suite]}, held out {counts[1][suite]}, fitted to all {counts[2][suite]} of {total[suite]}")
    print(f"fitted to all, changed: {told(weights, problem.start)}")
    worse = [suite for suite in total if counts[1][suite] < counts[0][suite]]
    if worse:
        sys.exit(f"not to be used: held out, fewer are right of {', '.join(worse)}")
    if args.write:
        text = Path(args.write).read_text()
        for name, value in weights.items():
            text = re.sub(rf"\b{name}: [0-9.]+", f"{name}: {float(value)}", text)
        Path(args.write).write_text(text)


if __name__ == "__main__":
    main()
