# SPDX-License-Identifier: GPL-2.0-only
"""
What of the machine's boot is ours: the state file, an initrd for each kernel, two words in GRUB's
environment block, and the entries that scripts/ctl/entries.py writes into grub.cfg.
Documentation/boot.rst has the design.
"""
import os
import re
import shutil
import subprocess

from ctl import system

STATE = "var/lib/smmuv3/boot"           # exists while there is a boot entry: key=value lines
FAILED = "var/lib/smmuv3/failed"        # a file for each kernel whose module did not build
CFG = "boot/grub/grub.cfg"
ENV = "boot/grub/grubenv"
ESP = "boot/efi"
# an environment block of our own, on the EFI system partition, where GRUB cannot write the one above
ESP_ENV = "boot/efi/EFI/smmuv3/grubenv"
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
    """Output of a command; Refused when it fails, with its last line that says error, or its last one"""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", check=False, **more)
    except OSError as error:
        raise Refused(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        said = [line for line in said if "error" in line.lower()][-1:] or said[-1:]
        raise Refused(f"{os.path.basename(command[0])} failed with status {done.returncode}"
                      + "".join(f": {line}" for line in said))
    return done.stdout


def ask(command):
    """Output of a command, or None when it fails"""
    try:
        return run(command)
    except Refused:
        return None


def initrd_maker():
    """What makes this machine's initrds: mkinitramfs (initramfs-tools), dracut or None"""
    for name in "mkinitramfs", "dracut":
        if shutil.which(name):
            return name
    return None


def write(root, name, text):
    """A file as a whole or not at all, with the mode that it has: grub.cfg may have a password"""
    path = root.path(name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    mode = os.stat(path).st_mode & 0o7777 if os.path.exists(path) else 0o644
    with open(f"{path}.new", "wb") as file:
        os.fchmod(file.fileno(), mode)
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
    for folder in (FAILED, os.path.dirname(STATE), os.path.dirname(ESP_ENV)):
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


def block(root):
    """The environment block that has our words"""
    return ESP_ENV if (state(root) or {}).get("block") == "esp" else ENV


def environment(root, name=None):
    """An environment block of GRUB, by default that with our words, as a dictionary"""
    lines = (root.text(name or block(root)) or "").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")


def reread(root):
    """
    The block that has our words is read from the disk next time: GRUB has written there since it was
    read last when this system was hibernated, and the kernel does not know that.
    """
    try:
        with open(root.path(block(root)), "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    except FileNotFoundError:
        pass


def grub_settings(root):
    """/etc/default/grub and what is in its folder, one text in the order in which GRUB reads it"""
    folder = "etc/default/grub.d"
    names = [f"{folder}/{name}" for name in root.names(folder) if name.endswith(".cfg")]
    return "\n".join(root.text(name) or "" for name in ("etc/default/grub", *names))


def set_environment(root, name, **values):
    """Set words of the environment block @name; None takes one out"""
    words = [f"{key}={value}" for key, value in values.items() if value is not None]
    gone = [key for key, value in values.items() if value is None]
    if words:
        run(["grub-editenv", root.path(name), "set", *words])
    if gone:
        run(["grub-editenv", root.path(name), "unset", *gone])


def cannot_write(root, folder="boot/grub", kinds=WRITABLE):
    """Why GRUB cannot write there, by default its own environment block, or None when it can"""
    below = ask(["grub-probe", "--target=abstraction", root.path(folder)])
    kind = ask(["grub-probe", "--target=fs", root.path(folder)])
    if below is None or not kind:
        return f"grub-probe cannot tell what /{folder} is on"
    if below.split():
        return f"/{folder} is on {' and '.join(below.split())}, where GRUB cannot write"
    if kind.strip() not in kinds:
        return f"/{folder} is on {kind.strip()}, where GRUB cannot write"
    return None


def esp_cannot_write(root):
    """The same of the EFI system partition. Where it is not mounted, the folder is on another."""
    return cannot_write(root, ESP, ("fat",))


def block_cannot_write(root):
    """The same of the block that has our words"""
    return esp_cannot_write(root) if block(root) == ESP_ENV else cannot_write(root)


def choose_block(root):
    """The block that GRUB can write, for a new entry, or None"""
    if not cannot_write(root):
        return ENV
    return None if esp_cannot_write(root) else ESP_ENV


def esp_uuid(root):
    """The name by which GRUB finds the EFI system partition"""
    return run(["grub-probe", "--target=fs_uuid", root.path(ESP)]).strip()


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
