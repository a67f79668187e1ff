# SPDX-License-Identifier: GPL-2.0-only
"""smmuv3ctl check: would the module drive the SMMUs of this machine, and would it come up?"""
import os
import re
import subprocess

from ctl import devtree, iort, system
from ctl.findings import BAD, Findings, GOOD, NOTE, UNKNOWN

IORT = "sys/firmware/acpi/tables/IORT"
STAGES = 1 << 9 | 1 << 10       # of "features" in the boot line: stage 1, stage 2


def firmware(root, found):
    """SMMUs that firmware describes, or None when that cannot be read"""
    if root.exists(IORT):
        data = root.data(IORT)
        if data is None:
            found.add(UNKNOWN, "the IORT cannot be read", "run this as root")
            return None
        try:
            return iort.smmus(data)
        except iort.Bad as bad:
            found.add(BAD, f"the IORT of this machine makes no sense: {bad}",
                      "the kernel cannot use it either; look for an update of the firmware")
            return None
    if root.exists(devtree.BASE):
        return devtree.smmus(root)
    found.add(UNKNOWN, "there is neither an IORT nor a device tree",
              "run this on the arm64 machine itself, with /sys mounted")
    return None


def one_smmu(root, found, smmu, log):
    what = f"{smmu.name}, registers at 0x{smmu.base:x} ({smmu.source})"
    if smmu.disabled:
        found.add(NOTE, f"{what}: disabled by firmware, so nobody drives it")
        return
    if not smmu.base:
        found.add(BAD, f"{what}: has no registers")
        return
    device = system.platform_device(root, smmu.base)
    line = system.boot_line(log, device) if device else None
    who = system.driver(root)
    bound = device and system.driver_of(root, f"sys/bus/platform/devices/{device}")
    if bound and who == "module":
        found.add(GOOD, f"{what}: this module drives it")
    elif bound and line and not int(re.search(r"features 0x([0-9a-f]+)", line)[1], 16) & STAGES:
        found.add(BAD, f"{what}: has no translation stage that a kernel can use")
    elif bound:
        found.add(GOOD, f"{what}: the built-in driver drives it, so this module can, too")
    elif device and re.search(rf"arm-smmu-v3 {re.escape(device)}: .*(refus|cannot use)", log):
        found.add(BAD, f"{what}: refused, see the kernel's log")
    else:
        found.add(UNKNOWN, f"{what}: has no driver now, and its ID registers cannot be read",
                  "boot once with the built-in driver, or load the module and look at the log")
    if line:
        found.add(NOTE, f"it says: {line}")
    if not smmu.coherent:
        found.add(NOTE, "firmware says that its table walks are not coherent, so it has no SVA "
                  "and no dirty bits")
    for quirk in smmu.quirks:
        found.add(NOTE, f"firmware names {quirk}")


def devices(root, found, smmu, pci, disks):
    names = system.behind(smmu, pci)
    if not names:
        found.add(NOTE, "no device is behind it")
        return
    found.add(GOOD, f"{len(names)} devices behind it: {' '.join(names[:8])}"
              f"{' ...' if len(names) > 8 else ''}")
    for name in names:
        if system.is_root_disk(root, name, disks):
            found.add(NOTE, f"the root file system is on {name}, so it waits for the module",
                      "the module has to be in the initramfs")


def kernel(root, found):
    found.under("Kernel")
    series, config = system.series(root), system.config(root)
    name = system.release(root)
    if series in system.SERIES:
        found.add(GOOD, f"{name} is of a series that the module supports")
        if series in system.LACKS:
            found.add(NOTE, f"with this series there is no support for {system.LACKS[series]}")
    else:
        found.add(BAD, f"{name or 'this kernel'} is not supported",
                  "supported are " + ", ".join("%d.%d" % s for s in system.SERIES))
    if config is None:
        found.add(UNKNOWN, "its configuration cannot be read",
                  f"there is neither /boot/config-{name} nor /proc/config.gz")
    else:
        for need in system.NEEDS:
            if config.get(need) not in ("y", "m"):
                found.add(BAD, f"it is built without CONFIG_{need}",
                          "use another kernel, Debian's for example")
    lock = re.search(r"\[(\w+)\]", root.text("sys/kernel/security/lockdown") or "")
    if lock and lock[1] != "none":
        found.add(NOTE, f"lockdown is on ({lock[1]}): only a module that is signed by an "
                  "enrolled key can be loaded, and debugfs cannot be read")


def module(root, found):
    found.under("Module")
    name = system.release(root)
    top = f"lib/modules/{name}"
    files = [os.path.join(folder, file) for folder, _, names in os.walk(root.path(top))
             for file in names if re.fullmatch(r"smmuv3\.ko(\.xz|\.zst|\.gz)?", file)]
    if files:
        found.add(GOOD, f"built for {name}: {files[0][len(root.top):]}")
        if not root.top:
            signer = subprocess.run(["modinfo", "-F", "signer", files[0]], capture_output=True,
                                    text=True, check=False).stdout.strip()
            found.add(NOTE, f"signed by {signer}" if signer else "not signed")
    elif system.loaded(root):
        found.add(NOTE, "loaded, but not installed: the next boot is without it",
                  "make install, see README")
    else:
        found.add(NOTE, f"not installed for {name}", "make && make install, see README")


def command_line(root, found, has_iort, waits):
    found.under("Command line")
    if system.blacklisted(root):
        found.add(GOOD, "the built-in driver does not register")
    elif system.driver(root) == "built-in":
        found.add(NOTE, "the built-in driver registers, and the module cannot be loaded",
                  "add initcall_blacklist=arm_smmu_driver_init to a boot entry of its own")
    timeout = system.last(root, "deferred_probe_timeout")
    if timeout is None and waits:
        found.add(NOTE, "devices wait ten seconds for the module, and start without it then",
                  "add deferred_probe_timeout=60 to that boot entry")
    elif timeout == "-1" and not has_iort:
        found.add(BAD, "deferred_probe_timeout=-1 makes every device wait for ever whose supplier "
                  "has no driver, not only those behind SMMUs",
                  "use deferred_probe_timeout=60 on a machine with a device tree")


def look(root):
    found = Findings()
    found.under("SMMUs")
    smmus = firmware(root, found)
    if smmus == []:
        found.add(BAD, "firmware describes no SMMUv3, so there is nothing for the module to drive")
    log, disks, waits = system.kernel_log(root), system.root_disks(root), False
    pci = list(system.pci_devices(root)) if smmus else []
    for smmu in smmus or ():
        one_smmu(root, found, smmu, log)
        if not smmu.disabled:
            devices(root, found, smmu, pci, disks)
            waits = True
    kernel(root, found)
    module(root, found)
    command_line(root, found, root.exists(IORT), waits)
    return found


VERDICT = {
    GOOD: "The module drives every SMMU of this machine.",
    NOTE: "The module can drive every SMMU of this machine. Look at what is marked as note.",
    UNKNOWN: "Whether the module drives this machine cannot be told; what is missing is marked ?.",
    BAD: "The module does not help on this machine as it is; why is marked BAD.",
}


def run(root, _args):
    found = look(root)
    for line in found.lines():
        print(line)
    print(VERDICT[found.worst()])
    return found.status()
