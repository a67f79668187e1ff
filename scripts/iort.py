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

ROOT_COMPLEX = 2
CANWBS = 4
HEADER = 48		# of the table
FLAGS = 16 + 7		# in a root complex node


def fail(why, way_out):
    print(f"error: {why}\n       {way_out}", file=sys.stderr)
    sys.exit(1)


def nodes(table):
    """(offset, type, length) of each node"""
    count, at = struct.unpack_from("<II", table, 36)
    for nr in range(count):
        if at + 16 > len(table):
            fail(f"node {nr} of {count} is outside of the table", "is it an IORT?")
        kind, length = struct.unpack_from("<BH", table, at)
        if length < 16 or at + length > len(table):
            fail(f"node {nr} has the length {length}", "is it an IORT?")
        yield at, kind, length
        at += length


def main():
    if sys.argv[1:] in (['-h'], ['--help']):
        print(__doc__.strip())
        return
    if len(sys.argv) != 3:
        fail("usage: iort.py IN OUT", "scripts/iort-canwbs calls it")
    with open(sys.argv[1], "rb") as file:
        table = bytearray(file.read())
    if len(table) < HEADER or table[:4] != b"IORT":
        fail(f"{sys.argv[1]} is no IORT table", "it begins with the letters IORT")
    if struct.unpack_from("<I", table, 4)[0] != len(table):
        fail(f"{sys.argv[1]} is cut short", "its header names another length")
    if sum(table) % 256:
        fail(f"{sys.argv[1]} has a wrong checksum", "was it read as a whole?")
    changed = 0
    for at, kind, length in nodes(table):
        if kind == ROOT_COMPLEX and length > FLAGS:
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
