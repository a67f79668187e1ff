# SPDX-License-Identifier: GPL-2.0-only
"""
What an administrator does with the package on an installed machine, in stages. Each begins with the
disk that another one has left, powered off, and leaves its own. well(TEXT) tells what was seen;
console.Failed ends a stage.
"""
import collections
import os
import time

from console import LOGIN, PACKAGE_AT, Failed
from looks import PACKAGES, boots_with, flag, settled, snapshot, works

Stage = collections.namedtuple("Stage", "name after walk about")
# what GRUB says last
LOADED = r"Loading initial ramdisk"
UPGRADE = "apt-get install -y -t $(. /etc/os-release; echo $VERSION_CODENAME)-backports " \
    "linux-image-arm64 linux-headers-arm64"


def install(m, well):
    m.login()
    works(m, ours=False)
    well("the stock machine has root disk and network behind the built-in driver")
    snapshot(m, "before")
    m.run(f"cat </dev/tcp/{PACKAGE_AT} >/var/tmp/smmuv3-dkms.deb")
    m.run("apt-get update", 300)
    m.run("apt-get install -y /var/tmp/smmuv3-dkms.deb linux-headers-arm64", 3000)
    m.run("ls /lib/modules/$(uname -r)/updates/dkms/smmuv3.ko*")
    well("apt installs the package, and DKMS builds the module")
    said = m.run("smmuv3ctl check")
    if "BAD" in said:
        raise Failed(f"check: {said}")
    well("smmuv3ctl check finds nothing against it")
    m.reboot()
    boots_with(m, ours=False)
    well("installing has not changed the next boot")


def once(m, well):
    m.login()
    m.run("smmuv3ctl enable --once", 1200)
    m.reboot()
    works(m, ours=True)
    well("a trial: root disk and network through the module")
    m.run("smmuv3ctl status")
    well("smmuv3ctl status is green")
    m.reboot()
    works(m, ours=False)
    m.run("smmuv3ctl status", status=None)
    well("without commit the next boot is with the built-in driver again")


def commit(m, well):
    m.login()
    m.run("smmuv3ctl enable --once", 1200)
    m.reboot()
    m.run("smmuv3ctl commit", 300)
    flag(m, "good")
    m.reboot()
    works(m, ours=True)
    flag(m, "good")
    well("after commit the default is the module, and the boot is found to be good")


def cut(m, well):
    """The reset button, twice, before a boot comes to its end"""
    m.login()
    flag(m, "good")
    m.send("systemctl reboot\n")
    for _ in range(2):
        m.wait(LOADED, 300, "GRUB")
        time.sleep(3)
        m.reset()
    m.login()
    works(m, ours=False)
    flag(m, "retried")
    well("two boots that do not reach their end: the built-in driver")


def refuse(m, well):
    """The module finds nothing that it can use in the SMMU"""
    m.login()
    m.run("sed -i '/^GRUB_CMDLINE_LINUX=/s/\"$/ smmuv3.disable_features=stage1+stage2\"/' "
          "/etc/default/grub && grep disable_features /etc/default/grub && update-grub", 300)
    said = m.reboot(900)
    works(m, ours=False)
    if said.count("Loading Linux") != 3:
        raise Failed(f"{said.count('Loading Linux')} boots, not 3")
    well("the module refuses the SMMU: after two boots the built-in driver, by itself")
    m.run("smmuv3ctl status", status=None)


def purge(m, well):
    m.login()
    m.run("smmuv3ctl disable", 600)
    m.reboot()
    works(m, ours=False)
    well("after disable the built-in driver")
    m.run("apt-get purge -y smmuv3-dkms", 600)
    m.run("modinfo smmuv3", status=1)
    # what it has brought along is not ours to compare
    m.run(f"apt-get purge -y $({PACKAGES} | comm -13 /root/packages -)", 900)
    snapshot(m, "after")
    said = m.run("diff /root/before /root/after", status=None)
    left = [line for line in said.splitlines() if line[:1] in "<>"]
    if left:
        raise Failed(f"{len(left)} lines differ in /etc and /boot: {' '.join(left[:3])}")
    well("after purge /etc and /boot are as before the first step, file by file")


def to_backports(m, well, what):
    """Upgrade to the kernel of backports, and boot it. Return: its release"""
    old = m.run("uname -r")
    m.run(UPGRADE, 5400)
    well(f"{what} goes through")
    m.reboot()
    new = m.run("uname -r")
    if new == old:
        raise Failed(f"it is still {new}")
    return new


def broken(m, well):
    m.login()
    m.run("sed -i '1i#error made to fail' /usr/src/smmuv3-*/arm-smmu-v3/core/array.c")
    new = to_backports(m, well, "an upgrade whose module does not build")
    works(m, ours=False)
    said = m.run("smmuv3ctl status", status=None)
    if f"{new} is without the module" not in said:
        raise Failed(f"status: {said}")
    well("it boots with the built-in driver, and smmuv3ctl status says why")


def upgrade(m, well):
    m.login()
    to_backports(m, well, "an upgrade to the kernel of backports")
    works(m, ours=True)
    flag(m, "good")
    m.run("smmuv3ctl status")
    well("the module was built for the new kernel, which boots with it")


def sleep(m, well):
    """The kernel that reads the image has the module, too, and hands the SMMU over"""
    m.login()
    works(m, ours=True)
    mark = os.urandom(16).hex()
    m.run(f"echo {mark} >/dev/shm/mark")
    m.send("systemctl start systemd-hibernate.service; echo \"@@awake\"\" $?@@\"\n")
    m.ended(300, "hibernation")
    well("the machine hibernates to its root disk, behind the module")
    m.start()
    m.wait(r"@@awake 0@@\n", 700, "resume", without=LOGIN)
    if m.run("cat /dev/shm/mark") != mark:
        raise Failed("this is another boot")
    works(m, ours=True)
    flag(m, "good")
    m.run("smmuv3ctl status")
    well("it goes on where it was, with root disk and network through the module")


def kdump(m, well):
    m.login()
    m.run("apt-get install -y kdump-tools", 1800)
    m.reboot()
    m.run("grep crashkernel= /proc/cmdline && kdump-config status")
    boots_with(m, ours=True)
    settled(m)
    well("kdump-tools is ready in a boot with the module")


def dump(m, well):
    m.login()
    settled(m)
    # it does not know this kernel's 52 bits of virtual addresses; without it all memory is copied
    m.run("apt-get remove -y makedumpfile", 300)
    mark = os.urandom(16).hex()
    m.run(f"rm -rf /var/crash/2*; echo {mark} >/dev/shm/mark; sync")
    m.send("echo c >/proc/sysrq-trigger\n")
    m.login(1800, "dump")
    m.run("journalctl -k -b -1 | grep 'SMMU was found enabled'")
    size = int(m.run("stat -c %s /var/crash/2*/vmcore.*"))
    if size < 1 << 30:
        raise Failed(f"the dump has {size} bytes")
    m.run(f"tr '\\0' '\\n' </var/crash/2*/vmcore.* | grep -aqF {mark}", 600)
    well(f"a crash kernel with the module has written a dump of {size >> 20} MiB")
    works(m, ours=True)
    flag(m, "good")
    well("the boot after the dump is with the module")


# Stages with the same one before them may run beside each other.
STAGES = (
    Stage("install", None, install, "the package, with DKMS, and a look at the machine"),
    Stage("once", "install", once, "a trial, and back"),
    Stage("commit", "once", commit, "the module as the default"),
    Stage("cut", "commit", cut, "two boots that are cut short"),
    Stage("refuse", "commit", refuse, "a module that refuses the SMMU at boot"),
    Stage("purge", "commit", purge, "disable and purge"),
    Stage("upgrade", "commit", upgrade, "a kernel upgrade"),
    Stage("broken", "commit", broken, "a kernel upgrade whose module does not build"),
    Stage("sleep", "commit", sleep, "hibernation"),
    Stage("kdump", "commit", kdump, "kdump-tools is installed"),
    Stage("dump", "kdump", dump, "a dump by a crash kernel with the module"),
)
