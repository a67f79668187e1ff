# SPDX-License-Identifier: GPL-2.0-only
"""What the running kernel says: SMMUs that have a driver, devices, the root disk, the kernel"""
import functools
import gzip
import os
import re
import subprocess

MODULE = "smmuv3"
DRIVERS = "sys/bus/platform/drivers/arm-smmu-v3"
# series that the module supports, and what it cannot do without
SERIES = ((6, 12), (7, 2), (7, 3))
# what the module cannot do on some of them
LACKS = {(6, 12): "guests through iommufd, SVA, handlers of page faults, and blocking of devices "
                  "during a reset"}
NEEDS = ("IOMMU_API", "IOMMU_DMA", "IOMMU_IO_PGTABLE_LPAE", "ARM_SMMU_V3")
BLACKLIST = "arm_smmu_driver_init"


def release(root):
    return root.text("proc/sys/kernel/osrelease") or ""


def series_of(version):
    match = re.match(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else None


def series(root):
    return series_of(release(root))


def config(root):
    """The kernel's configuration as a dictionary, or None where there is no copy of it"""
    data = root.data(f"boot/config-{release(root)}")
    if data is None:
        packed = root.data("proc/config.gz")
        try:
            data = packed and gzip.decompress(packed)
        except (OSError, EOFError):
            data = None
    if data is None:
        return None
    pairs = re.findall(r"^CONFIG_(\w+)=(.*)$", data.decode(errors="replace"), re.M)
    return dict(pairs)


def parameters(root):
    """The kernel's command line: (name, value) in order; value is None without ="""
    text = root.text("proc/cmdline") or ""
    words = re.findall(r'(?:[^\s"]|"[^"]*")+', text)
    return [tuple((w.split("=", 1) + [None])[:2]) for w in words]


def blacklisted(root):
    return any(n == "initcall_blacklist" and BLACKLIST in (v or "").split(",")
               for n, v in parameters(root))


def last(root, name):
    values = [v for n, v in parameters(root) if n == name]
    return values[-1] if values else None


def loaded(root):
    return root.exists(f"sys/module/{MODULE}")


def driver(root):
    """Who drives SMMUs now: "module", "built-in" or None"""
    if loaded(root):
        return "module"
    return "built-in" if root.exists(DRIVERS) else None


def platform_device(root, base):
    """Name of the platform device whose registers begin at @base, or None"""
    lines = (root.text("proc/iomem") or "").splitlines()
    for line in lines:
        match = re.match(r"\s*([0-9a-f]+)-[0-9a-f]+ : (\S+)", line)
        if match and int(match[1], 16) == base and base and \
                root.exists(f"sys/bus/platform/devices/{match[2]}"):
            return match[2]
    # a device of a device tree is called by its address
    for name in root.names("sys/bus/platform/devices"):
        if re.match(rf"0*{base:x}\.", name) and "smmu" in name + driver_of(
                root, f"sys/bus/platform/devices/{name}"):
            return name
    return None


def driver_of(root, device):
    return os.path.basename(root.target(f"{device}/driver") or "")


@functools.cache
def kernel_log(root):
    """The kernel's log. A test has it in a file; on a machine root may read it."""
    if root.top:
        return root.text("kernel.log") or ""
    for command in (["journalctl", "-kb", "-o", "short-monotonic", "--no-pager"], ["dmesg"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout:
            return done.stdout
    return ""


def boot_line(log, name):
    """The line with which a driver has introduced the SMMU, without time and driver, or None"""
    match = re.search(rf"arm-smmu-v3 {re.escape(name)}: (.*features 0x[0-9a-f]+.*)$", log, re.M)
    return match[1].strip() if match else None


def iommu_class(root, name):
    """Name of the SMMU in /sys/class/iommu, or None when it is registered with nobody"""
    for entry in root.names("sys/class/iommu"):
        path = root.target(f"sys/class/iommu/{entry}") or ""
        if f"/{name}/" in path:
            return entry
    return None


def pci_devices(root):
    """(name, segment, requester ID, path of the host bridge's node) of each PCI function"""
    for name in root.names("sys/bus/pci/devices"):
        match = re.fullmatch(r"([0-9a-f]{4,}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", name)
        if not match:
            continue
        segment, bus, slot, func = (int(part, 16) for part in match.groups())
        path = root.target(f"sys/bus/pci/devices/{name}") or ""
        bridge = re.sub(r"/pci[0-9a-f]+:[0-9a-f]+/.*", "", path)
        node = root.target(f"{bridge}/of_node") or ""
        yield name, segment, bus << 8 | slot << 3 | func, node.split("/base", 1)[-1]


def behind(smmu, pci):
    """Names of the devices whose StreamIDs are at @smmu; @pci is from pci_devices()"""
    found = [name for name, segment, rid, bridge in pci if smmu.has_rid(segment, bridge, rid)]
    return found + list(smmu.users)


def root_disks(root):
    """Paths in sysfs of the disks that / is on, through partitions, LVM, RAID and encryption"""
    lines = [line.split() for line in (root.text("proc/self/mountinfo") or "").splitlines()]
    # the last one lies on top
    todo = [root.target(f"sys/dev/block/{fields[2]}") for fields in lines
            if len(fields) > 4 and fields[4] == "/"][-1:]
    disks = []
    while todo:
        path = todo.pop()
        if not path:
            continue
        parts = root.names(f"{path}/slaves")
        if parts:
            todo += [root.target(f"{path}/slaves/{part}") for part in parts]
        else:
            disks.append(path)
    return disks


def is_root_disk(root, name, disks):
    return any(f"/{name}/" in path for path in disks)
