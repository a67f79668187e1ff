#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
drive.py DISKS DIR PACKAGE OUT [--jobs N] [--from STAGE] [STAGE...]: walk through the stages (stages.py)
on the installed Debian of DISKS (scripts/installed/image) with the package file PACKAGE. Each stage begins
with the disk that the stage before it has left, in DIR, and leaves its own there, as a layer over that one.
Two machines run at a time, or N. Without --from everything is done anew; with it, what comes before is
taken from the last run. The console of each stage is in OUT/STAGE.console. Prints 'ok NAME',
'not ok NAME WHY' or 'skip NAME WHY'.
"""
import argparse
import concurrent.futures
import glob
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import console                              # noqa: E402 (after the path is set)
import stages                               # noqa: E402


def layer(disk, over):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", over, disk],
                   check=True)


class Walk:
    def __init__(self, args):
        self.args = args
        self.start = time.monotonic()
        self.bad = set()
        self.lock = threading.Lock()
        # those that run; None when all has to end
        self.machines = set()

    def say(self, text):
        with self.lock:
            print(f"{int(time.monotonic() - self.start):5d} s  {text}", file=sys.stderr, flush=True)

    def tell(self, line):
        with self.lock:
            if self.machines is not None:
                print(line, flush=True)

    def disks(self, stage):
        """Disk and UEFI variables that a stage has left; None is the one before all"""
        if stage is None:
            return f"{self.args.disks}/disk.qcow2", f"{self.args.disks}/vars.fd"
        return f"{self.args.dir}/{stage}.qcow2", f"{self.args.dir}/{stage}.fd"

    def have(self, stage):
        return stage is None or all(os.path.exists(path) for path in self.disks(stage))

    def forget(self, stage):
        """Its disk, and those that are layers over it"""
        for path in glob.glob(f"{self.args.dir}/{stage}.*"):
            os.unlink(path)
        for later in stages.STAGES:
            if later.after == stage:
                self.forget(later.name)

    def one(self, stage):
        if stage.after in self.bad or not self.have(stage.after):
            self.bad.add(stage.name)
            self.tell(f"skip {stage.name} there is no disk of the stage '{stage.after}'")
            return
        begin = time.monotonic()
        self.say(f">> {stage.name}: {stage.about}")
        self.forget(stage.name)
        disk, variables = f"{self.args.dir}/{stage.name}.part", f"{self.args.dir}/{stage.name}.vars"
        over, old = self.disks(stage.after)
        layer(disk, over)
        shutil.copy(old, variables)
        log = f"{self.args.out}/{stage.name}.console"
        if os.path.exists(log):
            os.unlink(log)
        try:
            machine = console.Machine(disk, variables, f"{self.args.disks}/repo.img", log,
                                      self.args.package, lambda text: self.say(f"{stage.name}: {text}"))
            try:
                with self.lock:
                    if self.machines is None:
                        return
                    self.machines.add(machine)
                stage.walk(machine, lambda what: self.well(stage, what))
                machine.poweroff()
            finally:
                machine.close()
        except (console.Failed, OSError) as failed:
            self.bad.add(stage.name)
            self.tell(f"not ok {stage.name} {failed}")
            self.say(f"{stage.name}: {failed}; the console is in {log}")
            return
        new, new_variables = self.disks(stage.name)
        os.replace(disk, new)
        os.replace(variables, new_variables)
        self.say(f"{stage.name}: done in {int(time.monotonic() - begin)} s, "
                 f"{int(machine.cpu)} s of CPU time")

    def well(self, stage, what):
        self.tell(f"ok {stage.name}: {what}")
        self.say(f"{stage.name}: ok, {what}")

    def end(self):
        """Every machine ends now, and no other begins"""
        with self.lock:
            machines, self.machines = self.machines, None
        for machine in machines:
            machine.end()

    def all(self):
        names = [stage.name for stage in stages.STAGES]
        for name in [*self.args.stage, *([self.args.begin] if self.args.begin else [])]:
            if name not in names:
                sys.exit(f"error: there is no stage '{name}'\n"
                         f"       there are: {' '.join(names)}")
        begin = names.index(self.args.begin) if self.args.begin else 0
        os.makedirs(self.args.dir, exist_ok=True)
        os.makedirs(self.args.out, exist_ok=True)
        todo = [stage for stage in stages.STAGES[begin:]
                if not self.args.stage or stage.name in self.args.stage]
        runs = {}
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            try:
                while todo or runs:
                    later = {stage.name for stage in [*todo, *runs.values()]}
                    for stage in [stage for stage in todo if stage.after not in later]:
                        if len(runs) < self.args.jobs:
                            todo.remove(stage)
                            runs[pool.submit(self.one, stage)] = stage
                    for run in concurrent.futures.wait(
                            runs, return_when=concurrent.futures.FIRST_COMPLETED)[0]:
                        del runs[run]
                        run.result()
            except BaseException:
                self.end()
                raise
        return 1 if self.bad else 0


def main():
    if sys.argv[1:] == ["--list"]:
        for stage in stages.STAGES:
            print(f"{stage.name:9} after {stage.after or 'nothing':9} {stage.about}")
        return
    parser = argparse.ArgumentParser()
    for name in ("disks", "dir", "package", "out"):
        parser.add_argument(name)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--from", dest="begin")
    parser.add_argument("stage", nargs="*")
    # as Ctrl-C does, so that QEMU ends too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        sys.exit(Walk(parser.parse_intermixed_args()).all())
    except KeyboardInterrupt:
        sys.exit(130)


main()
