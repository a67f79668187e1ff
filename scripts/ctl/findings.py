# SPDX-License-Identifier: GPL-2.0-only
"""
What a look at the machine has found. A finding has a rank, a text, and where something has to be
done a second text that says what. The worst rank decides the verdict and the exit status.
"""
from dataclasses import dataclass, field

GOOD, NOTE, UNKNOWN, BAD = range(4)
MARK = {GOOD: "ok", NOTE: "note", UNKNOWN: "?", BAD: "BAD"}
STATUS = {GOOD: 0, NOTE: 0, UNKNOWN: 3, BAD: 1}


@dataclass
class Findings:
    """Findings under headings, in the order in which they are printed"""
    rows: list = field(default_factory=list)
    heading: str = ""

    def under(self, heading):
        self.heading = heading

    def add(self, rank, text, todo=None):
        self.rows.append((self.heading, rank, text, todo))

    def worst(self):
        return max((rank for _, rank, _, _ in self.rows), default=UNKNOWN)

    def status(self):
        return STATUS[self.worst()]

    def lines(self):
        heading = None
        for under, rank, text, todo in self.rows:
            if under != heading:
                yield f"{under}:"
                heading = under
            yield f"  {MARK[rank]:<5} {text}"
            if todo:
                yield f"        {todo}"
