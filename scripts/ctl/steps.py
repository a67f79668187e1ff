# SPDX-License-Identifier: GPL-2.0-only
"""
Changes that are made as a whole or not at all. Each step is a text, what does it, and what undoes
it; when one fails, or a signal comes, the steps before are undone in reverse order.
"""
import contextlib
import fcntl
import os
import signal
import sys

from ctl import boot

LOCK = "run/smmuv3ctl.lock"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A signal came"""


def _stop(_number, _frame):
    raise Stopped("stopped by a signal")


@contextlib.contextmanager
def alone(root, wait):
    """One smmuv3ctl at a time changes the boot; hooks of packages wait, commands do not"""
    path = root.path(LOCK)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise boot.Refused("another smmuv3ctl changes the boot now",
                               "wait until it is done") from error
        yield


class Steps:
    def __init__(self, root, dry_run=False):
        self.root, self.dry_run = root, dry_run
        self.todo = []

    def add(self, text, do, undo):
        self.todo.append((text, do, undo))

    def write(self, name, text):
        """A file is written, or where @text is None removed"""
        old = self.root.data(name)
        if old == (text.encode() if isinstance(text, str) else text):
            return

        def put(content):
            if content is None:
                boot.remove(self.root, name)
            else:
                boot.write(self.root, name, content)

        self.add(f"{'remove' if text is None else 'write'} /{name}",
                 lambda: put(text), lambda: put(old))

    def new_block(self, name):
        """An environment block of GRUB's"""
        def make():
            os.makedirs(os.path.dirname(self.root.path(name)), exist_ok=True)
            boot.run(["grub-editenv", self.root.path(name), "create"])

        if not self.root.exists(name):
            self.add(f"make /{name}", make, lambda: boot.remove(self.root, name))

    def environment(self, name, **values):
        """Words of the environment block @name are set, or taken out"""
        have = boot.environment(self.root, name)
        values = {key: value for key, value in values.items() if have.get(key) != value}
        if not values:
            return
        # in the order in which the block has them, because GRUB appends what is set anew
        old = {key: value for key, value in have.items() if key in values}
        old.update({key: None for key in values if key not in have})
        said = " ".join(f"{key}={'' if value is None else value}" for key, value in values.items())
        self.add(f"set {said} in /{name}",
                 lambda: boot.set_environment(self.root, name, **values),
                 lambda: boot.set_environment(self.root, name, **old))

    def grub_cfg(self, has=(), lacks=()):
        """grub.cfg is written anew, and has to have or not to have these texts then"""
        old = self.root.data(boot.CFG)

        def make():
            make_cfg(self.root)
            text = self.root.text(boot.CFG) or ""
            for word in has:
                if word not in text:
                    raise boot.Refused(f"grub.cfg has no {word} after grub-mkconfig",
                                       "does /etc/grub.d/10_linux make entries?")
            for word in lacks:
                if word in text:
                    raise boot.Refused(f"grub.cfg still has {word} after grub-mkconfig")

        self.add(f"make /{boot.CFG} anew", make, lambda: boot.write(self.root, boot.CFG, old))

    def run(self):
        """Do them all; what went wrong is raised when everything is undone"""
        if self.dry_run:
            for text, _, _ in self.todo:
                print(f"would {text}")
            return
        old = {number: signal.signal(number, _stop) for number in SIGNALS}
        done = []
        try:
            for text, do, undo in self.todo:
                print(text, flush=True)
                # a step that was stopped half way is undone, too
                done.append((text, undo))
                do()
        except BaseException:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            undo_all(done)
            raise
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)


def undo_all(done):
    for text, undo in reversed(done):
        print(f"undo: {text}", flush=True)
        try:
            undo()
        except (OSError, boot.Refused) as error:
            print(f"error: cannot undo '{text}': {error}", file=sys.stderr)


def make_cfg(root):
    boot.run(["grub-mkconfig", "-o", root.path(boot.CFG)])
