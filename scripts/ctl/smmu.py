# SPDX-License-Identifier: GPL-2.0-only
"""
What firmware says of an SMMUv3, from whichever table it came.

@base is the physical address of the registers, which is how an SMMU in a table and a device in
sysfs are known to be the same. @owns says which devices have their StreamIDs there: for PCI,
ranges of requester IDs of a segment or of a host bridge; for others, names.
"""
from dataclasses import dataclass, field


@dataclass
class Smmu:
    base: int
    source: str                 # "IORT" or "device tree"
    name: str                   # how firmware calls it
    coherent: bool              # firmware's word on table walks
    quirks: list = field(default_factory=list)
    disabled: bool = False      # status = "disabled"
    segments: list = field(default_factory=list)   # (PCI segment, first RID, last RID)
    bridges: list = field(default_factory=list)    # (path of a host bridge's node, first, last)
    users: list = field(default_factory=list)      # names of devices that are not PCI

    def has_rid(self, segment, bridge, rid):
        return any(s == segment and first <= rid <= last for s, first, last in self.segments) or \
            any(b == bridge and first <= rid <= last for b, first, last in self.bridges)
