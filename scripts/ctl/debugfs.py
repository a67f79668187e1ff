# SPDX-License-Identifier: GPL-2.0-only
"""What the module shows in debugfs; Documentation/debugfs.rst describes the files"""

TOP = "sys/kernel/debug/smmuv3"


def mounted(root):
    return root.exists(TOP)


def smmus(root):
    return [name for name in root.names(TOP) if root.exists(f"{TOP}/{name}/counters")]


def counters(root, smmu):
    """Counters of an SMMU: name -> number"""
    lines = (root.text(f"{TOP}/{smmu}/counters") or "").splitlines()
    pairs = [line.split() for line in lines]
    return {pair[0].rstrip(":"): int(pair[1]) for pair in pairs
            if len(pair) == 2 and pair[1].isdigit()}


def lines(root, name):
    return (root.text(f"{TOP}/{name}") or "").splitlines()


def domains(root):
    """Each domain as (headline, entries, attached): the entries name SMMUs"""
    found = []
    for line in lines(root, "domains"):
        if not line.startswith(" "):
            found.append((line, [], []))
        elif found and line.split()[:1] == ["attached"]:
            found[-1][2].append(line.strip().removeprefix("attached").strip())
        elif found:
            found[-1][1].append(line.split())
    return found
