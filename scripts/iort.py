#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
iort.py IN OUT: take the IORT table in IN, say in it that the devices behind every root
complex are coherent whatever they ask for (CANWBS), and write it to OUT.

CANWBS is what iommufd's nesting wants, and what QEMU's firmware tables leave out. The
table is as in Arm DEN 0049: nodes after the header, a root complex is type 2, the last
byte of its memory access properties has the flags CPM (0), DACS (1) and CANWBS (2). An
override has to have a higher OEM revision than what it replaces.
"""
import struct
import sys

sys.dont_write_bytecode = True

from ctl import iort                    # noqa: E402 (after bytecode is off)

CANWBS = 4
FLAGS = 16 + 7		# in a root complex node


def fail(why, way_out):
    print(f"error: {why}\n       {way_out}", file=sys.stderr)
    sys.exit(1)


def main():
    if sys.argv[1:] in (['-h'], ['--help']):
        print(__doc__.strip())
        return
    if len(sys.argv) != 3:
        fail("usage: iort.py IN OUT", "scripts/iort-canwbs calls it")
    with open(sys.argv[1], "rb") as file:
        table = bytearray(file.read())
    try:
        nodes = iort.Table(bytes(table)).nodes
    except iort.Bad as bad:
        fail(f"{sys.argv[1]} is no IORT table, or was not read as a whole: {bad}",
             "it is the file IORT in /sys/firmware/acpi/tables")
    changed = 0
    for at, (kind, length) in nodes.items():
        if kind == iort.ROOT_COMPLEX and length > FLAGS:
            table[at + FLAGS] |= CANWBS
            changed += 1
    if not changed:
        fail("the table has no root complex", "does the machine have an SMMU and PCI?")
    revision = struct.unpack_from("<I", table, 24)[0]
    struct.pack_into("<I", table, 24, (revision + 1) & 0xffffffff)
    table[9] = 0
    table[9] = -sum(table) % 256
    with open(sys.argv[2], "wb") as file:
        file.write(table)
    print(f"CANWBS set for {changed} root complexes")


main()
