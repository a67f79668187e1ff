# SPDX-License-Identifier: GPL-2.0-only
"""
User-mode Linux of a tree that may have a mutant, and runs of suites on it. All of this happens in the tool
root, or with the host's tools, as scripts/kunit has built it.
"""
import fnmatch
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# What the console says when something is wrong, in a case or outside
BAD = re.compile(rb"\bnot ok \d|\bBUG[: ] ?\w|WARNING: |INFO: (possible|inconsistent|suspicious|rcu|task)|"
                 rb"(possible|suspicious) .*(dead|usage)|UBSAN:|Kernel panic|self-detected stall")
PASSED = re.compile(rb"^(\[[ \d.]+\] )?ok \d+ smmu_")
HALTED = b"reboot: System halted"
# The longest that a run may take, and what it may take of the time that it took without a mutant
LIMIT, FACTOR, MORE = 60, 4, 15


class Kernel:
    """@command is what scripts/kunit --build-only has printed"""

    def __init__(self, command):
        self.program, *self.options = command
        self.objects = os.path.dirname(self.program)
        self.farm = os.path.join(os.path.dirname(self.objects), "farm")
        # The kernel without a mutant, and what suites took that have passed
        self.clean = self.program + ".clean"
        shutil.copy(self.program, self.clean)
        self.took = {}

    def compile(self, name):
        """By the command that make has kept, which is quicker than make. Return: what is wrong, or None"""
        path, last = os.path.split(self.object(name))
        with open(f"{path}/.{last}.cmd", encoding="utf-8") as file:
            command = file.readline().split(" := ", 1)[1].replace("$(pound)", "#").replace("$$", "$")
        done = subprocess.run(re.sub(r"-Wp,-MMD,\S+", "", command), shell=True, cwd=self.objects,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, check=False)
        errors = [line.split("error: ")[1] for line in done.stderr.split("\n") if "error: " in line]
        return (errors or ["does not compile"])[0] if done.returncode else None

    def link(self):
        """Make sees the object, which is newer than its source"""
        make = ["make", "-s", "-C", self.farm, f"O={self.objects}", "ARCH=um", "linux"]
        done = subprocess.run(make, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode:
            # Addresses of symbols change a little from pass to pass: "Inconsistent kallsyms data"
            subprocess.run([*make, "KALLSYMS_EXTRA_PASS=1"], stdout=subprocess.DEVNULL, check=True)

    def object(self, name):
        return os.path.join(self.objects, f"lib/smmuv3/arm-smmu-v3/{name[:-2]}.o")

    def code(self, name):
        with open(self.object(name), "rb") as file:
            return file.read()

    def put(self, name, code):
        with open(self.object(name), "wb") as file:
            file.write(code)

    def run(self, glob, program=None, limit=LIMIT):
        """Return: the line that says what is wrong, or None; and the seconds"""
        begin = time.monotonic()
        # UML makes a folder for its sockets there
        home = tempfile.mkdtemp(prefix="mutant.")
        process = subprocess.Popen(
            [program or self.program, "mem=1G", "console=tty", "kunit_shutdown=halt", *self.options,
             f"kunit.filter_glob={glob}"], env={**os.environ, "HOME": home}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            said = self.listen(process, begin + limit) or f"no end in {limit:.0f} s"
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            process.stdout.close()
            shutil.rmtree(home, ignore_errors=True)
        return (None if said == "passed" else said), time.monotonic() - begin

    @staticmethod
    def listen(process, until):
        rest, passed = b"", False
        with selectors.DefaultSelector() as select:
            select.register(process.stdout, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0:
                if not select.select(left):
                    break
                data = os.read(process.stdout.fileno(), 1 << 16)
                if not data:
                    return "it ended early"
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    passed |= bool(PASSED.match(line))
                    if BAD.search(line):
                        return re.sub(r"^\[[ \d.]+\]\s*", "", line.decode(errors="replace").strip())
                    if HALTED in line:
                        return "passed" if passed else "no suite has run"
        return None

    def passes(self, glob):
        """Does it pass without this mutant? Then that was seen in this slice, with another one or with none"""
        if glob not in self.took:
            said, seconds = self.run(glob, self.clean, 5 * LIMIT)
            if said:
                sys.exit(f"error: without a mutant, {glob}: {said}")
            self.took[glob] = seconds

    def try_suite(self, glob):
        """Return: what a mutant makes of it, or None"""
        limit = min(LIMIT, FACTOR * self.took.get(glob, LIMIT) + MORE)
        said, seconds = self.run(glob, limit=limit)
        if said and said.startswith("no end in"):
            # Or is the machine so slow just now?
            slow, _ = self.run(glob, self.clean, limit)
            if slow:
                said, seconds = self.run(glob, limit=5 * LIMIT)
        if said:
            self.passes(glob)
        else:
            self.took.setdefault(glob, seconds)
        return said


class Table:
    """scripts/mutation/suites"""

    def __init__(self, path):
        self.lines = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                line = line.split("#")[0].strip()
                if line:
                    what, suites = line.split(None, 1)
                    self.lines.append((what, suites.split()))

    def suites(self, name):
        """The globs in the order in which they are tried"""
        own = [line for what, line in self.lines if fnmatch.fnmatch(name, what)]
        area = [line for what, line in self.lines if what == name.split("/")[0]]
        if len(own) != 1 or len(area) != 1:
            sys.exit(f"error: scripts/mutation/suites: {name} has {len(own)} lines, its area {len(area)}")
        return list(dict.fromkeys(f"smmu_{suite}" for line in own + area for suite in line))
