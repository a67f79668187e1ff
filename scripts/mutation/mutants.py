# SPDX-License-Identifier: GPL-2.0-only
"""
Which mutants there are: each changes one function of a file in one way. This follows from the sources
alone. The kinds:

negate   the condition of an if
logic    && and ||, == and !=, true and false as a result; an error becomes 0
edge     < and <=, > and >=, + 1, - 1
drop     a statement is left out: a call or an assignment
barrier  a barrier is left out, or an acquire or a release becomes a plain access
lock     a lock is never taken in this function
swap     two neighbouring arguments change places

Comments, strings, declarations, assertions, the log, and what only debugfs and trace events show are left
alone.
"""
import difflib
import hashlib
import os
import re

AREAS = ("core", "hw", "drv")
# Nothing of the driver as it is used: stubs for KUnit, what a reader of debugfs sees, trace events
LEFT_OUT = ("core/raw_stub.c", "drv/debugfs.c", "drv/trace.c")

DECLARATION = re.compile(
    r"(const|static|struct|union|enum|unsigned|signed|int|bool|void|char|size_t|ssize_t|long|u8|u16|u32|u64|"
    r"s8|s16|s32|s64|__le64|gfp_t|dma_addr_t|phys_addr_t|irqreturn_t|ktime_t|typeof|LIST_HEAD|DEFINE_\w+)\b")
NO_STATEMENT = re.compile(
    r"(return|break|continue|goto|case|default|else|do|while|for|if|switch)\b|lockdep_|smmu_\w*assert|"
    r"static_assert|BUILD_BUG|might_sleep|EXPORT_|trace_|dev_(dbg|info|notice|warn|err)|pr_\w+\(|seq_|WARN|\w+:|"
    r"\w*for_each")
SILENT = re.compile(r"\b(lockdep_\w+|trace_\w+|dev_(dbg|info|notice|warn|err)\w*|pr_\w+|seq_\w+|WARN\w*|"
                    r"static_assert|BUILD_BUG\w*)\s*\(")
NO_CALL = ("if", "for", "while", "switch", "sizeof", "return", "typeof", "offsetof", "guard", "scoped_guard")
BARRIER = re.compile(r"\b((smp|dma)_(mb|rmb|wmb)|smp_mb__\w+|mb|rmb|wmb|barrier)\(\);")
LOCK = re.compile(r"\b(?P<kind>raw_spin|spin|mutex|read|write|rcu_read|srcu_read|xa|down)_?"
                  r"(?P<how>lock\w*|read|write)\((?P<args>[^;]*)\);")

TOKENS = [(re.compile(pattern), kind, after) for pattern, kind, after in (
    (r" < ", "edge", " <= "), (r" <= ", "edge", " < "), (r" > ", "edge", " >= "), (r" >= ", "edge", " > "),
    (r" \+ 1\b", "edge", " + 2"), (r" - 1\b", "edge", " - 2"),
    (r" && ", "logic", " || "), (r" \|\| ", "logic", " && "),
    (r" == ", "logic", " != "), (r" != ", "logic", " == "),
    (r"\breturn true;", "logic", "return false;"), (r"\breturn false;", "logic", "return true;"),
    (r"\breturn ret;", "logic", "return 0;"), (r"\breturn -E\w+;", "logic", "return 0;"))]


def blank(text):
    """The same text, with spaces for what stands in comments and strings"""
    def spaces(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(\\.|[^\"\\\n])*\"", spaces, text, flags=re.S)


def brackets(code):
    """Where each bracket is closed, and the commas that belong to it"""
    close, commas, opened = {}, {}, []
    for m in re.finditer(r"[][(){},]", code):
        if m[0] in "([{":
            opened.append(m.start())
            commas[m.start()] = []
        elif m[0] == ",":
            if opened:
                commas[opened[-1]].append(m.start())
        else:
            close[opened.pop()] = m.start()
    return close, commas


class Mutant:
    """A file, a function of it, and edits: (begin, end, text instead)"""

    def __init__(self, source, function, kind, edits):
        self.source, self.function, self.kind, self.edits = source, function, kind, sorted(edits)
        self.file = source.name
        self.area = self.file.split("/")[0]
        self.line = source.text.count("\n", 0, self.edits[0][0]) + 1
        self.id = None

    def text(self):
        return self.replaced(0, len(self.source.text))

    def replaced(self, begin, end):
        """The text from @begin to @end, with as many lines as it had"""
        parts, at = [], begin
        for first, last, after in self.edits:
            if begin <= first and last <= end:
                lines = self.source.text.count("\n", first, last) - after.count("\n")
                parts += [self.source.text[at:first], after, "\n" * lines]
                at = last
        return "".join(parts) + self.source.text[at:end]

    def diff(self):
        """The lines that differ, each with its sign"""
        spans = []
        for begin, end, _ in self.edits:
            begin = self.source.text.rfind("\n", 0, begin) + 1
            end = self.source.text.find("\n", end)
            if spans and begin < spans[-1][1]:
                begin, end = spans.pop()[0], end
            spans.append((begin, end))
        lines = []
        for begin, end in spans:
            lines += ["-" + line for line in self.source.text[begin:end].split("\n")]
            lines += ["+" + line for line in self.replaced(begin, end).split("\n") if line.strip()]
        return lines

    def patch(self):
        """A patch, to look at it or to apply it"""
        path = f"arm-smmu-v3/{self.file}"
        return "\n".join(difflib.unified_diff(self.source.text.split("\n"), self.text().split("\n"),
                                              f"a/{path}", f"b/{path}", lineterm=""))

    def changed(self):
        """The lines without indentation, to find a mutant again when lines have moved"""
        return tuple(line[0] + line[1:].strip() for line in self.diff())

    def __str__(self):
        return f"{self.id} {self.file}:{self.line} {self.function} {self.kind}"


class Source:
    def __init__(self, top, name):
        self.name = name
        with open(os.path.join(top, "arm-smmu-v3", name), encoding="utf-8") as file:
            self.text = file.read()
        self.code = blank(self.text)
        self.close, self.commas = brackets(self.code)

    def arguments(self, at):
        """[(begin, end)] of the arguments of a call whose '(' is at @at"""
        ends = [*self.commas[at], self.close[at]]
        return list(zip([at + 1, *(comma + 1 for comma in self.commas[at])], ends))

    def mutants(self):
        for brace in re.finditer(r"^\{", self.code, re.M):
            begin, end = brace.end(), self.close[brace.start()]
            head = re.split(r"\n\n|^}|;", self.code[:brace.start()], flags=re.M)[-1]
            name = re.search(r"(\w+)\(", head)
            # no function: the members of a structure, and what a macro makes
            if not name or "=" in head:
                continue
            silent = [(m.start(), self.close[m.end() - 1]) for m in SILENT.finditer(self.code, begin, end)]
            for kind, edits in self.edits(begin, end):
                if not any(a <= edits[0][0] < b for a, b in silent):
                    yield Mutant(self, name[1], kind, edits)

    def edits(self, begin, end):
        yield from self.conditions(begin, end)
        yield from self.statements(begin, end)
        yield from self.locks(begin, end)
        yield from self.accesses(begin, end)
        for pattern, kind, after in TOKENS:
            for m in pattern.finditer(self.code, begin, end):
                yield kind, [(m.start(), m.end(), after)]
        yield from self.calls(begin, end)

    def nothing(self, at):
        """Instead of a statement at @at. The compiler warns of an if that has only a semicolon"""
        return "{ }" if re.search(r"(\)|\belse)\s*$", self.code[max(0, at - 200):at]) else ";"

    def conditions(self, begin, end):
        for m in re.finditer(r"\bif \(", self.code[begin:end]):
            at = begin + m.end() - 1
            close = self.close[at] + 1
            yield "negate", [(at, close, f"(!{self.text[at:close]})")]

    def statements(self, begin, end):
        for m in re.finditer(r"(?:(?<=[;{}):])|(?<=\belse))[ \t]*\n\t+([^\s{}#][^;{}]*;)(?=[ \t]*\n)",
                             self.code[begin:end]):
            at, stop = begin + m.start(1), begin + m.end(1)
            code = self.code[at:stop]
            if DECLARATION.match(code) or NO_STATEMENT.match(code) or not re.search(r"[=(]|\+\+|--", code):
                continue
            if LOCK.match(code) or re.match(r"guard\(|\w*unlock|up_(read|write)\(", code):
                continue
            yield ("barrier" if BARRIER.match(code) else "drop"), [(at, stop, self.nothing(at))]

    def locks(self, begin, end):
        for m in re.finditer(r"\bguard\(\w+\)\([^;]*\);", self.code[begin:end]):
            at = begin + m.start()
            yield "lock", [(at, begin + m.end(), self.nothing(at))]
        for m in re.finditer(r"\bscoped_guard\((?=[^;{]*[{\n])", self.code[begin:end]):
            at = begin + m.start()
            yield "lock", [(at, self.close[begin + m.end() - 1] + 1, "if (1)")]
        for m in LOCK.finditer(self.code, begin, end):
            unlock = m["kind"] + ("_unlock" if m["how"].startswith("lock") else "")
            if m["kind"] == "down":
                unlock = "up_" + m["how"]
            args = re.sub(r",\s*\w+$", "", m["args"])
            releases = list(re.compile(rf"\b{unlock}\w*\({re.escape(args)}(,\s*(\w+))?\);").finditer(
                self.code, begin, end))
            if not releases:
                continue
            flags = re.search(r",\s*(\w+)$", m["args"])
            edits = [(m.start(), m.end(), f"{flags[1]} = 0;" if flags else self.nothing(m.start()))]
            edits += [(r.start(), r.end(), f"(void){r[2]};" if r[2] else self.nothing(r.start()))
                      for r in releases]
            yield "lock", edits

    def accesses(self, begin, end):
        """Orders that belong to an access"""
        for m in re.finditer(r"\b(smp_load_acquire|smp_store_release|atomic\w*_(acquire|release))\(",
                             self.code[begin:end]):
            plain = {"smp_load_acquire": "READ_ONCE", "smp_store_release": "WRITE_ONCE"}.get(m[1])
            plain = plain or re.sub(r"_(acquire|release)$", "_relaxed", m[1])
            at = begin + m.start(1)
            edits = [(at, begin + m.end(1), plain)]
            if m[1] == "smp_store_release":
                where, value = self.arguments(begin + m.end() - 1)
                edits = [(at, value[0], f"WRITE_ONCE(*({self.text[where[0]:where[1]]}),")]
            elif m[1] == "smp_load_acquire":
                where, = self.arguments(begin + m.end() - 1)
                edits = [(at, where[1], f"READ_ONCE(*({self.text[where[0]:where[1]]})")]
            yield "barrier", edits

    def calls(self, begin, end):
        for m in re.finditer(r"\b([a-z]\w+)\(", self.code[begin:end]):
            if m[1] in NO_CALL or "for_each" in m[1]:
                continue
            spans = self.arguments(begin + m.end() - 1)
            for (a, b), (c, d) in zip(spans, spans[1:]):
                left, right = self.text[a:b].strip(), self.text[c:d].strip()
                if left and right and left != right and "\n" not in self.text[a:d]:
                    yield "swap", [(a, d, f"{' ' if self.text[a] == ' ' else ''}{right}, {left}")]


def all_mutants(top):
    """Every mutant, each with an id that stays when other lines of the sources change"""
    found, seen = [], {}
    for area in AREAS:
        for name in sorted(os.listdir(os.path.join(top, "arm-smmu-v3", area))):
            if name.endswith(".c") and f"{area}/{name}" not in LEFT_OUT:
                found += Source(top, f"{area}/{name}").mutants()
    for mutant in found:
        what = (mutant.file, mutant.function, mutant.kind, *mutant.changed())
        seen[what] = seen.get(what, 0) + 1
        mutant.id = hashlib.sha256("\0".join((*what, str(seen[what]))).encode()).hexdigest()[:8]
    return found


def lines_of(top):
    """How many lines each area has"""
    count = dict.fromkeys(AREAS, 0)
    for area in AREAS:
        for name in os.listdir(os.path.join(top, "arm-smmu-v3", area)):
            if name.endswith(".c") and f"{area}/{name}" not in LEFT_OUT:
                with open(os.path.join(top, "arm-smmu-v3", area, name), encoding="utf-8") as file:
                    count[area] += len(file.readlines())
    return count
