# SPDX-License-Identifier: GPL-2.0-only
"""What the stages look at in the machine: which driver has the devices, and whether they work"""
import hashlib

from console import DATA_AT, Failed

ROOT, NET, REPO = "0000:00:02.0", "0000:00:03.0", "0000:00:04.0"

# splats, and faults that an SMMU has reported
SPLAT = "BUG: |WARNING: |Oops|Internal error|UBSAN: |INFO: (task|rcu)|event: [FC]_|event 0x.. received"

# the names of what is installed, and of what has left its configuration
PACKAGES = "dpkg-query -W -f '${Package}\\n' | sort -u"


def boots_with(m, ours):
    """The SMMU is driven by the module, or by the built-in driver, and translates for all three"""
    have = m.run("[ -d /sys/module/smmuv3 ] && echo module || echo built-in")
    if have != ("module" if ours else "built-in"):
        raise Failed(f"the driver is the {have} one")
    for device in (ROOT, NET, REPO):
        kind = m.run(f"cat /sys/bus/pci/devices/{device}/iommu_group/type")
        if not kind.startswith("DMA"):
            raise Failed(f"{device} has a domain of the type {kind}")
    if ("smmuv3_entry=" in m.run("cat /proc/cmdline")) != ours:
        raise Failed("the command line is that of the other entry")


def works(m, ours):
    """The same, and data goes to the root disk and comes from the network"""
    settled(m)
    boots_with(m, ours)
    m.run("dd if=/dev/urandom of=/root/data bs=1M count=16 conv=fsync status=none; "
          "sha256sum /root/data >/root/sum; echo 3 >/proc/sys/vm/drop_caches; "
          "sha256sum -c --quiet /root/sum")
    with open(m.data, "rb") as file:
        want = hashlib.sha256(file.read()).hexdigest()
    m.run("until ip -4 -br addr | grep -q 10.0.2.; do sleep 1; done", 90)
    have = m.run(f"sha256sum </dev/tcp/{DATA_AT}").split()[0]
    if have != want:
        raise Failed(f"the network has brought {have}, not {want}")
    said = m.run(f"dmesg | grep -E '{SPLAT}'", status=None)
    if said:
        raise Failed(f"the kernel says: {said.splitlines()[0]}")


def settled(m):
    """The boot has come to its end; what systemd has not started is said"""
    said = m.run("systemctl is-system-running --wait", 300, status=None)
    if said != "running":
        failed = m.run("systemctl --failed --no-legend --plain", status=None)
        raise Failed(f"the system is {said}: {failed}")


def flag(m, want):
    """The word in GRUB's environment block, as the disk has it"""
    settled(m)
    have = m.run("grub-editenv list | sed -n 's/^smmuv3_boot=//p'")
    if have != want:
        raise Failed(f"smmuv3_boot is '{have}', not '{want}'")


def snapshot(m, name):
    """
    What is in /etc and /boot, with mode, owner, link and content, as /root/NAME; and the names of
    the packages, once
    """
    m.run(f"(find /etc /boot -printf '%p %M %u:%g %l\\n'; "
          f"find /etc /boot -type f -print0 | xargs -0 sha256sum | awk '{{print $2, $1}}') "
          f"| sort >/root/{name}; [ -e /root/packages ] || {PACKAGES} >/root/packages; "
          f"grep -q '^/boot/grub/grubenv [0-9a-f]*$' /root/{name}", 300)
