#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
setup.py DIR: the first boot of the disk that scripts/installed/image has made: the kernel comes from
outside, and GRUB is installed from inside, as Debian's installer does.
"""
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import console                              # noqa: E402 (after the path is set)
import looks                                # noqa: E402

ROOT = "UUID=5ab70000-0000-4000-8000-000000000001"
INTERFACES = r"""printf 'auto lo\niface lo inet loopback\n\nallow-hotplug %s\niface %s inet dhcp\n' """ \
    r"""$(cd /sys/class/net; echo e*) $(cd /sys/class/net; echo e*) >/etc/network/interfaces"""


def main(folder):
    shutil.copy(console.EMPTY_VARS, f"{folder}/vars.fd")
    machine = console.Machine(
        f"{folder}/disk.qcow2", f"{folder}/vars.fd", f"{folder}/repo.img", f"{folder}/setup.log",
        more=["-kernel", f"{folder}/vmlinuz", "-initrd", f"{folder}/initrd",
              "-append", f"root={ROOT} ro console=ttyAMA0"])
    try:
        machine.login(600)
        machine.run(INTERFACES)
        machine.run("cat /etc/network/interfaces; ls /sys/class/iommu /sys/firmware/efi")
        machine.run("grub-install", 300)
        machine.run("update-grub", 300)
        looks.settled(machine)
        machine.run("apt-get update", 300)
        machine.poweroff()
    finally:
        machine.close()
    for name in ("vmlinuz", "initrd"):
        os.unlink(f"{folder}/{name}")


main(*sys.argv[1:])
