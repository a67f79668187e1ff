#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
GRUB itself, for arm64, in QEMU: the grub.cfg of a made-up machine (boot_machine.py) is followed over
several boots, in which an entry says what it would boot and resets the machine. So nothing ever
reports a good boot. Where GRUB cannot write on the disk that it boots from, our words are on the EFI
system partition. Runs in scripts/deb/in-layer; prints 'ok NAME' or 'not ok NAME WHY'.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import boot_machine                         # noqa: E402 (after the path is set)

FIRMWARE = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
MODULES = "normal ext2 test loadenv ls configfile search search_fs_file echo reboot true minicmd " \
    "gzio part_gpt fat search_fs_uuid".split()
UUID = boot_machine.ESP_UUID
SECONDS = 240
# the disk is found by what is on it
START = """search --no-floppy --set=root --file /boot/grub/grub.cfg
set prefix=($root)/boot/grub
ls
configfile $prefix/grub.cfg
"""


def told_cfg(text):
    """Entries say what they boot, and reset"""
    text = re.sub(r"^(\s*)(linux|initrd)\s+(.*)$", r'\1echo "BOOTS \2 \3"', text, flags=re.M)
    text = re.sub(r"^}$", "\treboot\n}", text, flags=re.M)
    # functions end with } as well: they do not reset
    text = re.sub(r"(^function .*?)\treboot\n}", r"\1}", text, flags=re.M | re.S)
    return "set timeout=0\nfunction load_video {\n\ttrue\n}\n" \
        "function savedefault {\n\ttrue\n}\n" + text


def core_image(path, folder):
    with open(f"{folder}.cfg", "w", encoding="utf-8") as file:
        file.write(START)
    subprocess.run(["grub-mkimage", "-O", "arm64-efi", "-o", path, "-p", "/boot/grub",
                    "-c", f"{folder}.cfg", *MODULES], check=True)


def system_partition(image, folder, grubenv):
    """A disk with a GPT and, from 1 MB on, an EFI system partition with GRUB and our block"""
    at = f"{image}@@1M"
    with open(image, "wb") as file:
        file.truncate(48 << 20)
    subprocess.run(["sfdisk", "-q", image], input="label: gpt\ntype=uefi\n", text=True, check=True)
    core_image(f"{folder}.efi", folder)
    subprocess.run(["mformat", "-i", at, "-N", UUID.replace("-", ""), "-T", str(46 << 11),
                    "-h", "64", "-s", "32", "::"], check=True)
    subprocess.run(["mmd", "-i", at, "::/EFI", "::/EFI/BOOT", "::/EFI/smmuv3"], check=True)
    subprocess.run(["mcopy", "-i", at, f"{folder}.efi", "::/EFI/BOOT/BOOTAA64.EFI"], check=True)
    if grubenv is not None:
        subprocess.run(["mcopy", "-i", at, grubenv, "::/EFI/smmuv3/grubenv"], check=True)


def boots(folder, count, disk_is="", esp_is=""):
    """
    What the first @count boots from @folder are: ours or stock. @disk_is and @esp_is have more
    words of QEMU's for the disk and for the EFI system partition.
    """
    disk, esp, block = f"{folder}.img", f"{folder}.esp", f"{folder}/../{boot_machine.ESP}"
    subprocess.run(["mke2fs", "-q", "-t", "ext2", "-d", folder, disk, "8M"], check=True)
    system_partition(esp, folder, block if os.path.exists(block) else None)
    machine = subprocess.Popen(
        ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-m", "256", "-nodefaults",
         "-nographic", "-serial", "stdio", "-bios", FIRMWARE,
         "-drive", f"file={esp},format=raw,if=none,id=esp{esp_is}",
         "-device", "virtio-blk-pci,drive=esp,bootindex=1",
         "-drive", f"file={disk},format=raw,if=none,id=d{disk_is}",
         "-device", "virtio-blk-pci,drive=d,bootindex=2"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.set_blocking(machine.stdout.fileno(), False)
    said, end, found = b"", time.monotonic() + SECONDS, []
    try:
        while time.monotonic() < end and len(found) < count and machine.poll() is None:
            said += machine.stdout.read() or b""
            found = [b"smmuv3" in line for line in re.findall(rb"BOOTS initrd \S+\s", said)]
            time.sleep(0.2)
    finally:
        machine.kill()
        machine.wait()
    print(said.decode(errors="replace"), file=sys.stderr)
    return " ".join("ours" if ours else "stock" for ours in found[:count])


def machine(top, committed, esp):
    """A folder with what GRUB reads of a machine with a trial, or with a default"""
    m = boot_machine.esp_machine(top) if esp else boot_machine.Machine(top)
    m.run("enable", "--once")
    if committed:
        m.boot(**(boot_machine.NEVER if esp else {}))
        m.run("commit")
    m.write("disk/boot/grub/grub.cfg", told_cfg(m.text("boot/grub/grub.cfg")))
    m.write("disk/boot/grub/grubenv", m.text("boot/grub/grubenv"))
    return f"{top}/disk"


def main():
    no = ",readonly=on"
    for name, committed, esp, more, want in (
            ("committed", True, False, ("", no), "ours ours stock stock"),
            ("once", False, False, ("", no), "ours stock stock"),
            ("committed_unwritable", True, False, (no, no), "stock stock"),
            ("once_unwritable", False, False, (no, no), "stock stock"),
            ("esp_committed", True, True, (no, ""), "ours ours stock stock"),
            ("esp_once", False, True, (no, ""), "ours stock stock"),
            ("esp_committed_unwritable", True, True, (no, no), "stock stock"),
            ("esp_once_unwritable", False, True, (no, no), "stock stock")):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(f"{folder}/machine")
            got = boots(machine(f"{folder}/machine", committed, esp), len(want.split()), *more)
        print(f"ok grub_{name}" if got == want else f"not ok grub_{name} {got}, not {want}",
              flush=True)


main()
