# SPDX-License-Identifier: GPL-2.0-only
"""
What of the machine's boot is ours: the state file, an initrd for each kernel, two words in GRUB's
environment block, and the entries that scripts/ctl/entries.py writes into grub.cfg.
Documentation/boot.rst has the design.
"""
import os
import re
import subprocess

from ctl import system

STATE = "var/lib/smmuv3/boot"           # exists while there is a boot entry: key=value lines
FAILED = "var/lib/smmuv3/failed"        # a file for each kernel whose module did not build
CFG = "boot/grub/grub.cfg"
ENV = "boot/grub/grubenv"
STOCK = "etc/grub.d/10_linux"
OURS = "etc/grub.d/45_smmuv3"
MARK = "smmuv3_entry"                   # a word of our command line, which only we read
FLAG = "smmuv3_boot"                    # the boot-success flag in the environment block
GOOD, TRIED, RETRIED, FELL = "good", "tried", "retried", "fell"
# file systems into which GRUB can write, by the names that grub-probe gives them
WRITABLE = ("ext2", "fat", "xfs", "jfs", "reiserfs")


class Refused(Exception):
    """Cannot be done, and nothing was changed: what, and the way out"""

    def __init__(self, what, todo=None):
        super().__init__(what)
        self.what, self.todo = what, todo


def initrd(version):
    return f"boot/initrd-smmuv3.img-{version}"


def entry(version):
    return f"smmuv3-{version}"


def run(command, **more):
    """Output of a command; Refused when it fails, with the last line that it has written"""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", check=False, **more)
    except OSError as error:
        raise Refused(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Refused(f"{os.path.basename(command[0])} failed with status {done.returncode}"
                      + "".join(f": {line}" for line in said))
    return done.stdout


def ask(command):
    """Output of a command, or None when it fails"""
    try:
        return run(command)
    except Refused:
        return None


def write(root, name, text):
    """A file as a whole or not at all"""
    path = root.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


def remove(root, name):
    """A file goes, and our folders with their last file"""
    try:
        os.unlink(root.path(name))
    except FileNotFoundError:
        pass
    for folder in (FAILED, os.path.dirname(STATE)):
        if name.startswith(folder + "/") and root.exists(folder) and not root.names(folder):
            os.rmdir(root.path(folder))


def state(root):
    """The state as a dictionary, or None where there is no boot entry"""
    text = root.text(STATE)
    if text is None:
        return None
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def state_text(values):
    return "".join(f"{key}={value}\n" for key, value in sorted(values.items()))


def committed(root):
    return (state(root) or {}).get("default") == "yes"


def environment(root):
    """GRUB's environment block as a dictionary"""
    lines = (root.text(ENV) or "").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")


def grub_settings(root):
    """/etc/default/grub and what is in its folder, one text in the order in which GRUB reads it"""
    folder = "etc/default/grub.d"
    names = [f"{folder}/{name}" for name in root.names(folder) if name.endswith(".cfg")]
    return "\n".join(root.text(name) or "" for name in ("etc/default/grub", *names))


def set_environment(root, **values):
    """Set words of the environment block; None takes one out"""
    words = [f"{key}={value}" for key, value in values.items() if value is not None]
    gone = [key for key, value in values.items() if value is None]
    if words:
        run(["grub-editenv", root.path(ENV), "set", *words])
    if gone:
        run(["grub-editenv", root.path(ENV), "unset", *gone])


def cannot_write(root):
    """Why GRUB cannot write its environment block, or None when it can"""
    folder = root.path(os.path.dirname(ENV))
    below = ask(["grub-probe", "--target=abstraction", folder])
    kind = ask(["grub-probe", "--target=fs", folder])
    if below is None or not kind:
        return "grub-probe cannot tell what /boot/grub is on"
    if below.split():
        return f"/boot/grub is on {' and '.join(below.split())}, where GRUB cannot write"
    if kind.strip() not in WRITABLE:
        return f"/boot/grub is on {kind.strip()}, where GRUB cannot write"
    return None


def modules(root, version):
    """Paths of every module smmuv3 that is installed for a kernel"""
    top = root.path(f"lib/modules/{version}")
    return sorted(os.path.join(folder, file)[len(root.top):]
                  for folder, _, names in os.walk(top) for file in names
                  if re.fullmatch(rf"{system.MODULE}\.ko(\.xz|\.zst|\.gz)?", file))


def kernels(root):
    """Versions of the kernels in /boot"""
    return [name[len("vmlinuz-"):] for name in root.names("boot") if name.startswith("vmlinuz-")]


def ready(root):
    """Kernels that have an initrd of ours"""
    return [version for version in kernels(root) if root.exists(initrd(version))]


def booted_ours(root):
    return system.last(root, MARK) is not None
