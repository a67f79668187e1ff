# SPDX-License-Identifier: GPL-2.0-only
r"""coverage.py TOP JSON REASONS OUT: judge what was reached of the driver in the checkout TOP.

JSON is gcovr's. OUT gets a line for each line that was not reached, with its reason in REASONS:

  A reason begins at the margin and may go on
  in the next line.
  \tFILE FUNCTION TEXT

\t is a tab. FILE is below arm-smmu-v3. TEXT is the whole line of the source, or * where nothing of the function
was reached. A ? before FILE: the line is reached in some runs.

Prints one line; each complaint is a line on stderr. Status 1 when there is one."""

import collections
import json
import re
import sys

# Of the lines, in per cent
GOALS = {"core": 98, "hw": 93, "drv": 93}
BASE = "arm-smmu-v3/"
ATTRIBUTES = ("__printf", "__must_hold", "__acquires", "__releases", "__aligned")

Line = collections.namedtuple("Line", "file number function text")


class Reason:
    """A line of the file with reasons that names lines of the source"""

    def __init__(self, number, why, fields):
        self.number, self.why, self.used = number, why, False
        self.maybe = fields.startswith("? ")
        self.file, self.function, self.text = fields.removeprefix("? ").split(None, 2)

    def fits(self, line):
        """Does it explain why @line was not reached?"""
        return (self.file == line.file and self.function == line.function and
                self.text in ("*", line.text))


def read_reasons(path):
    """All Reasons; and complaints"""
    reasons, complaints, why, named = [], [], [], True
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            if not line.startswith("\t"):
                why = [line.strip()] if named else why + [line.strip()]
                named = False
            elif len(line.removeprefix("\t? ").split(None, 2)) == 3 and why:
                reasons.append(Reason(number, " ".join(why), line.strip()))
                named = True
            else:
                complaints.append(f"{path}:{number}: not 'FILE FUNCTION TEXT' below a reason")
    return reasons, complaints


def functions_of(source):
    """In which function each line is. gcov does not know that of functions that were inlined."""
    functions, now = [], "-"
    for line in source:
        names = re.findall(r"(\w+)\(", line) if re.match(r"[A-Za-z_]", line) else []
        names = [name for name in names if name not in ATTRIBUTES]
        now = names[0] if names else now
        functions.append(now)
    return functions


def read_files(top, path):
    """What gcovr has of each file: (name, reached lines, unreached lines, branches)"""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    for entry in data["files"]:
        if not entry["file"].startswith(BASE):
            continue
        name = entry["file"].removeprefix(BASE)
        with open(top + "/" + entry["file"], encoding="utf-8") as file:
            source = file.read().split("\n")
        functions = functions_of(source)
        reached, unreached, branches = [], [], []
        for line in entry["lines"]:
            number = line["line_number"]
            (reached if line["count"] else unreached).append(
                Line(name, number, functions[number - 1], source[number - 1].strip()))
            branches += [branch["count"] > 0 for branch in line["branches"]]
        yield name, reached, unreached, branches


def main(top, path, reasons_path, out):
    """Judge; returns the exit status"""
    reasons, complaints = read_reasons(reasons_path)
    totals = {layer: [0, 0, 0, 0] for layer in GOALS}
    listed, running = [], set()
    for name, reached, unreached, branches in read_files(top, path):
        total = totals[name.split("/")[0]]
        for i, count in enumerate((len(reached), len(reached) + len(unreached),
                                   sum(branches), len(branches))):
            total[i] += count
        running |= {(line.file, line.function) for line in reached}
        for line in unreached:
            fitting = [reason for reason in reasons if reason.fits(line)]
            for reason in fitting:
                reason.used = True
            place = f"{line.file}:{line.number}: {line.function}: {line.text}"
            listed.append(f"{place}\n\t{fitting[0].why if fitting else 'no reason'}\n")
            if not fitting:
                complaints.append(f"not reached, and without a reason: {place}")
    for reason in reasons:
        what = f"{reasons_path}:{reason.number}: {reason.file} {reason.function} {reason.text}"
        if reason.text == "*" and (reason.file, reason.function) in running:
            complaints.append(f"a part of the function was reached: {what}")
        elif not reason.used and not reason.maybe:
            complaints.append(f"reached, or not there: {what}")
    with open(out, "w", encoding="utf-8") as file:
        file.write("".join(listed))
    said = []
    for layer, (lines, of_lines, branches, of_branches) in totals.items():
        part = 100 * lines / max(of_lines, 1)
        if part < GOALS[layer]:
            complaints.append(f"{layer}: {part:.2f} % of the lines is less than {GOALS[layer]} %")
        said.append(f"{layer} {part:.1f} % of {of_lines} lines, "
                    f"{100 * branches / max(of_branches, 1):.1f} % of {of_branches} branches")
    print("coverage: " + "; ".join(said) + f"; {len(listed)} lines not reached")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
