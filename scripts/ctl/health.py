# SPDX-License-Identifier: GPL-2.0-only
"""Is all well with the module in this boot? What commit and the boot-success flag rest on."""
from ctl import check, status, system
from ctl.findings import BAD, GOOD, NOTE


def look(root):
    """Findings of status, and whether each SMMU that firmware describes has a driver"""
    found = status.driver(root)
    found.under("Every SMMU")
    for smmu in check.firmware(root, found) or ():
        if smmu.disabled:
            continue
        device = system.platform_device(root, smmu.base)
        if device and system.driver_of(root, f"sys/bus/platform/devices/{device}"):
            found.add(GOOD, f"{smmu.name} has its driver")
        else:
            found.add(BAD, f"{smmu.name} has no driver, so DMA behind it is not translated",
                      "the kernel's log says why the module has refused it")
    return found


def is_well(found):
    """Debugfs that cannot be read, as under lockdown, is not held against the boot"""
    return all(rank in (GOOD, NOTE) or text.startswith("debugfs cannot be read")
               for _, rank, text, _ in found.rows)
