# SPDX-License-Identifier: GPL-2.0-only
"""SMMUs in a flattened device tree, as the kernel shows it in /sys/firmware/devicetree"""
import os
import struct

from ctl.smmu import Smmu

BASE = "sys/firmware/devicetree/base"
QUIRKS = ("hisilicon,broken-prefetch-cmd", "cavium,cn9900-broken-page1-regspace")


def cells(data):
    data = data or b""
    return [v for v, in struct.iter_unpack(">I", data[:len(data) // 4 * 4])]


def strings(data):
    return [s.decode(errors="replace") for s in (data or b"").split(b"\0") if s]


def number(values):
    result = 0
    for value in values:
        result = result << 32 | value
    return result


def walk(root):
    """Path of every node"""
    top = root.path(BASE)
    for folder, _, _ in os.walk(top):
        yield BASE + folder[len(top):]


def phandle(root, node):
    value = cells(root.data(f"{node}/phandle"))
    return value[0] if value else None


def address_cells(root, node):
    """#address-cells of the parent, 2 where it says nothing, as for the kernel"""
    value = cells(root.data(f"{os.path.dirname(node)}/#address-cells"))
    return value[0] if value else 2


def is_coherent(root, node):
    """dma-coherent is inherited, and dma-noncoherent nearer to the node ends that"""
    while node.startswith(BASE):
        if root.exists(f"{node}/dma-noncoherent"):
            return False
        if root.exists(f"{node}/dma-coherent"):
            return True
        node = os.path.dirname(node)
    return False


def smmus(root):
    found = {}
    nodes = list(walk(root))
    for node in nodes:
        compatible = strings(root.data(f"{node}/compatible"))
        if "arm,smmu-v3" not in compatible:
            continue
        reg = cells(root.data(f"{node}/reg"))
        smmu = Smmu(number(reg[:address_cells(root, node)]), "device tree",
                    node[len(BASE) + 1:], is_coherent(root, node))
        smmu.quirks = [q for q in QUIRKS if root.exists(f"{node}/{q}")]
        smmu.disabled = root.text(f"{node}/status") not in (None, "ok", "okay")
        found[phandle(root, node)] = smmu
    found.pop(None, None)
    for node in nodes:
        for to in cells(root.data(f"{node}/iommus"))[::2]:     # #iommu-cells is 1
            if to in found:
                found[to].users.append(node[len(BASE) + 1:])
        entries = cells(root.data(f"{node}/iommu-map"))
        for first, to, _, count in zip(*[iter(entries)] * 4):
            if to in found:
                found[to].bridges.append((node[len(BASE):], first, first + count - 1))
    return list(found.values())
