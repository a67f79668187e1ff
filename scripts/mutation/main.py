# SPDX-License-Identifier: GPL-2.0-only
"""
main.py TREE RESULTS [OPTION]...: change the driver in one place, and see whether a suite notices. See
scripts/mutate --help, which calls this.
"""
import argparse
import collections
import hashlib
import json
import os
import re
import shlex
import signal
import sys
import time

import build
import mutants

GOALS = {"core": 90, "hw": 85, "drv": 85}
# A result that counts; the others are 'invalid' (does not compile) and 'same' (the same machine code)
COUNTS = ("killed", "survived")


def blocks(path):
    """[(file, function, changed lines, other lines)] of scripts/mutation/equivalent and selftest"""
    found = []
    with open(path, encoding="utf-8") as file:
        text = "".join(line for line in file if not line.startswith("#"))
    for block in filter(str.strip, text.split("\n\n")):
        head, *lines = block.strip("\n").split("\n")
        changed = tuple(line[0] + line[1:].strip() for line in lines if line[0] in "+-")
        rest = " ".join(line.strip() for line in lines if line[0] not in "+-")
        found.append((*head.split(), changed, rest))
    return found


def find(every, path):
    """{id: words} of the mutants that this file names; each block has to name one"""
    found, bad = {}, []
    for file, function, changed, words in blocks(path):
        ids = [m.id for m in every if (m.file, m.function, m.changed()) == (file, function, changed)]
        found.update((name, words) for name in ids)
        if not ids or not words:
            bad.append(f"{file} {function}: {' '.join(changed)}")
    if bad:
        sys.exit("\n  ".join([f"error: {os.path.basename(path)}: no mutant (any more), or no words:", *bad]))
    return found


class Sample:
    """Which mutants are tried, and in which order: this depends on the seed and on each mutant alone"""

    def __init__(self, every, lines, seed, number):
        whole = sum(lines.values())
        self.quota = {area: round(number * lines[area] / whole) for area in mutants.AREAS}
        self.order = {area: sorted((m for m in every if m.area == area),
                                   key=lambda m: hashlib.sha256(f"{seed} {m.id}".encode()).digest())
                      for area in mutants.AREAS}

    def chosen(self, results):
        """The mutants of the sample that have a result, and the one that is to be tried next"""
        chosen, behind = [], []
        for area, order in self.order.items():
            had = 0
            for mutant in order:
                if had == self.quota[area]:
                    break
                if mutant.id not in results:
                    behind.append((had / self.quota[area], mutant))
                    break
                chosen.append(mutant)
                had += results[mutant.id]["verdict"] in COUNTS
        return chosen, min(behind, key=lambda b: b[0])[1] if behind else None


class Results:
    def __init__(self, path):
        self.path, self.last, self.first = path, {}, {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    self.keep(json.loads(line))

    def keep(self, result):
        self.last[result["id"]] = result
        self.first.setdefault(result["id"], result)

    def note(self, mutant, verdict, why, seconds):
        result = {"id": mutant.id, "what": str(mutant), "changed": mutant.changed(), "verdict": verdict,
                  "why": why, "seconds": round(seconds)}
        self.keep(result)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")


class Bench:
    """Tries mutants in the tree"""

    def __init__(self, tree, kernel, seconds):
        self.tree, self.kernel, self.seconds = tree, kernel, seconds
        self.table = build.Table(os.path.join(tree, "scripts/mutation/suites"))
        # What a file is compiled to without a mutant
        self.clean = {}

    def judge(self, mutant):
        """Return: the verdict, and why"""
        error = self.kernel.compile(mutant.file)
        if error:
            return "invalid", error
        if self.kernel.code(mutant.file) == self.clean[mutant.file]:
            return "same", ""
        self.kernel.link()
        suites = self.table.suites(mutant.file)
        begin = time.monotonic()
        for i, glob in enumerate(suites):
            if time.monotonic() - begin > self.seconds:
                return "survived", f"{i} of {len(suites)} suites in {self.seconds} s"
            said = self.kernel.try_suite(glob)
            if said:
                return "killed", f"{glob}: {said}"
        return "survived", ""

    def one(self, mutant):
        if not os.path.exists(self.kernel.object(mutant.file)):
            return "invalid", "user-mode Linux does without this file"
        if mutant.file not in self.clean:
            self.clean[mutant.file] = self.kernel.code(mutant.file)
        path = os.path.join(self.tree, "arm-smmu-v3", mutant.file)
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(mutant.text())
            return self.judge(mutant)
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(mutant.source.text)
            self.kernel.put(mutant.file, self.clean[mutant.file])


def report(sample, results, equivalent):
    """Print survivors and figures. Return: is a goal missed?"""
    chosen, following = sample.chosen(results.last)
    missed = False
    for mutant in chosen:
        if results.last[mutant.id]["verdict"] == "survived":
            print(f"\nsurvived: {mutant}", *mutant.diff(), sep="\n")
            print("equivalent: " + equivalent[mutant.id] if mutant.id in equivalent else "to be looked at",
                  results.last[mutant.id]["why"])
    print("\n        killed  at first  survived  equivalent   share   goal  same code  not compiled")
    for area in mutants.AREAS:
        mine = [m for m in chosen if m.area == area]
        count = collections.Counter(results.last[m.id]["verdict"] for m in mine)
        first = sum(results.first[m.id]["verdict"] == "killed" for m in mine)
        equal = sum(m.id in equivalent and results.last[m.id]["verdict"] == "survived" for m in mine)
        real = count["killed"] + count["survived"] - equal
        share = 100 * count["killed"] / real if real else 0
        missed |= bool(real) and share < GOALS[area]
        print(f"{area:6} {count['killed']:7} {first:9} {count['survived']:9} {equal:11} {share:5.0f} % "
              f"{GOALS[area]:4} % {count['same']:10} {count['invalid']:13}")
    seconds = sum(results.last[m.id]["seconds"] for m in chosen)
    had = sum(results.last[m.id]["verdict"] in COUNTS for m in chosen)
    print(f"{had} of {sum(sample.quota.values())} mutants, {seconds} s" +
          ("; the same command goes on with the others" if following else ""))
    return missed


def tried(bench, results, mutant):
    begin = time.monotonic()
    verdict, why = bench.one(mutant)
    results.note(mutant, verdict, why, time.monotonic() - begin)
    print(f"{verdict:8} {time.monotonic() - begin:4.0f} s  {mutant}  {why}", flush=True)
    return verdict


def selftest(bench, every, path):
    """As TAP"""
    bad = False
    for name, words in find(every, path).items():
        mutant = next(m for m in every if m.id == name)
        verdict, why = bench.one(mutant)
        good = verdict == re.match(r"\w+", words)[0]
        bad |= not good
        print(f"{'ok' if good else 'not ok'} {mutant.file} {mutant.function}, {mutant.kind}: {verdict}"
              f"{': ' + why if why else ''}", flush=True)
    return bad


def slice_of(args, bench, results, sample):
    """Go on with the sample, as long as the arguments say"""
    end = time.monotonic() + args.minutes * 60 if args.minutes else None
    had = 0
    while not (end and time.monotonic() > end) and had != args.slice:
        _, mutant = sample.chosen(results.last)
        if not mutant:
            break
        had += tried(bench, results, mutant) in COUNTS


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tree")
    parser.add_argument("results")
    parser.add_argument("--kernel")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--minutes", type=int)
    parser.add_argument("--slice", type=int)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--id", action="append", default=[])
    parser.add_argument("--show", action="append", default=[])
    for mode in ("again", "report", "list", "selftest"):
        parser.add_argument(f"--{mode}", action="store_true")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    every = mutants.all_mutants(args.tree)
    by_id = {m.id: m for m in every}
    for name in args.id + args.show:
        if name not in by_id:
            sys.exit(f"error: there is no mutant {name} (any more)")
    equivalent = find(every, os.path.join(args.tree, "scripts/mutation/equivalent"))
    sample = Sample(every, mutants.lines_of(args.tree), args.seed, args.sample)
    results = Results(args.results)
    if args.show:
        for name in args.show:
            print(by_id[name].patch())
        return
    if args.list:
        print(*every, sep="\n")
        return
    if args.report:
        sys.exit(report(sample, results, equivalent))
    bench = Bench(args.tree, build.Kernel(shlex.split(args.kernel)), args.seconds)
    if args.selftest:
        sys.exit(selftest(bench, every, os.path.join(args.tree, "scripts/mutation/selftest")))
    if args.again:
        args.id = [m.id for m in sample.chosen(results.last)[0]
                   if results.last[m.id]["verdict"] == "survived" and m.id not in equivalent]
    if args.id or args.again:
        for name in args.id:
            tried(bench, results, by_id[name])
    else:
        slice_of(args, bench, results, sample)
    sys.exit(report(sample, results, equivalent))


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)
