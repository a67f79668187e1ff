# SPDX-License-Identifier: GPL-2.0-only
"""
SMMUs in an ACPI IORT (Arm DEN 0049). A table is what firmware wrote: nothing in it is trusted,
and what makes no sense raises Bad with a text that says where.
"""
import struct

from ctl.smmu import Smmu

NAMED_COMPONENT, ROOT_COMPLEX, SMMU_V3 = 1, 2, 4
HEADER = 48
MODELS = {1: "HiSilicon 161010101", 2: "Cavium CN99xx"}
SINGLE = 1                      # flag of a mapping: one id, whatever comes in


class Bad(Exception):
    pass


class Table:
    def __init__(self, data):
        self.data = data
        if len(data) < HEADER or data[:4] != b"IORT":
            raise Bad("it does not begin as an IORT")
        if struct.unpack_from("<I", data, 4)[0] != len(data):
            raise Bad("its length is not what its header says")
        if sum(data) % 256:
            raise Bad("its checksum is wrong")
        self.nodes = dict(self._nodes())

    def _nodes(self):
        count, at = struct.unpack_from("<II", self.data, 36)
        for nr in range(count):
            if at + 16 > len(self.data):
                raise Bad(f"node {nr} of {count} lies outside")
            kind, length = struct.unpack_from("<BH", self.data, at)
            if length < 16 or at + length > len(self.data):
                raise Bad(f"node {nr} has the length {length}")
            yield at, (kind, length)
            at += length

    def field(self, at, offset, fmt):
        length = self.nodes[at][1]
        if offset + struct.calcsize(fmt) > length:
            raise Bad(f"the node at {at} is too short")
        return struct.unpack_from(fmt, self.data, at + offset)

    def mappings(self, at):
        """(first id in, last id in, offset of the node they go to)"""
        count, offset = self.field(at, 8, "<II")
        for nr in range(count):
            first, more, _, to, flags = self.field(at, offset + 20 * nr, "<IIIII")
            if to in self.nodes:
                yield (0, 0xffffffff, to) if flags & SINGLE else (first, first + more, to)


def smmus(data):
    """SMMUs of an IORT, each with what maps to it"""
    table = Table(data)
    found = {}
    for at, (kind, _) in table.nodes.items():
        if kind != SMMU_V3:
            continue
        base, flags, _, _, model = table.field(at, 16, "<QIIQI")
        smmu = Smmu(base, "IORT", f"smmu3.0x{base:016x}", bool(flags & 1))
        if model:
            smmu.quirks.append(MODELS.get(model, f"unknown model {model}"))
        found[at] = smmu
    for at, (kind, length) in table.nodes.items():
        if kind not in (NAMED_COMPONENT, ROOT_COMPLEX):
            continue
        for first, last, to in table.mappings(at):
            if to not in found:
                continue
            if kind == ROOT_COMPLEX:
                found[to].segments.append((table.field(at, 28, "<I")[0], first, last))
            else:
                name = table.data[at + 29:at + length].split(b"\0")[0]
                found[to].users.append(name.decode(errors="replace"))
    return list(found.values())
