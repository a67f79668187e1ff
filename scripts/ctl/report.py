# SPDX-License-Identifier: GPL-2.0-only
"""
smmuv3ctl report: one text for a bug report. It has no personal data: of the log only lines of
SMMUs and their devices, of the command line only words that matter here, no names of hosts,
users, disks or networks, and no addresses of memory but those of registers.
"""
import re
import platform

from ctl import check, debugfs, status, system

WORDS = re.compile(r"(iommu|smmu|arm_smmu|initcall_blacklist|deferred_probe|pci|swiotlb|mem|"
                   r"crashkernel|default_hugepagesz|lockdown|module|kvm-arm)")
LINES = re.compile(r"smmu|iommu", re.I)
FILES = ("machine", "features", "queues", "counters", "cut")


def section(name, lines):
    yield f"== {name}"
    yield from (f"  {line}".rstrip() for line in lines)


def words(root):
    for name, value in system.parameters(root):
        if WORDS.match(name):
            yield name if value is None else f"{name}={value}"


def log_lines(root):
    """Lines of SMMUs, without what a journal puts in front of them"""
    for line in system.kernel_log(root).splitlines():
        if LINES.search(line) and "Command line" not in line:
            yield re.sub(r"^(\[ *\d+\.\d+\]).*?kernel: ", r"\1 ", line)


def text(root):
    yield from section("kernel", [f"{system.release(root)} {platform.machine()}"])
    yield from section("command line", words(root))
    yield from section("check", check.look(root).lines())
    yield from section("status", status.look(root).lines())
    for smmu in debugfs.smmus(root):
        for name in FILES:
            yield from section(f"{smmu}/{name}", debugfs.lines(root, f"{smmu}/{name}"))
    yield from section("domains", debugfs.lines(root, "domains"))
    yield from section("log", log_lines(root))


def run(root, args):
    lines = list(text(root))
    if not args.file:
        print("\n".join(lines))
        return 0
    with open(args.file, "x", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    print(f"{args.file}: {len(lines)} lines; look through it before you send it")
    return 0
