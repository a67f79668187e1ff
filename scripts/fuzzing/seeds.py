#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
seeds.py TOP TARGET DIR: write inputs for a target of scripts/fuzz into DIR, made of what the suites
in the checkout TOP know: the machines of machines_table.c, the tables of iort_kunit.c, the types of
event_kunit.c, the forms of guest_judge.c. A run begins with them and with the corpus.
"""
import os
import re
import struct
import sys


def read(top, path):
    with open(os.path.join(top, 'kunit', path), encoding='utf-8') as file:
        return file.read()


def need(found, what):
    """Nothing found means that the suite looks different now."""
    if not found:
        sys.exit('error: seeds.py finds no ' + what)
    return found


def idregs(top):
    text = read(top, 'driver/machines_table.c')
    known = dict(re.findall(r'#define (ODD_\w+)\s+(0x[0-9a-f]+)', text))
    rows = re.findall(r'\.idr = \{ (0x\w+), (0x\w+), 0, (\w+), 0, (0x\w+) \}(?:,\s*'
                      r'\.iidr = (0x\w+))?', text)
    rows += [(a, b, 'ODD_IDR3', c, '') for a, b, c in
             re.findall(r'ODD\((\w+), (\w+), (\w+)\),', text)]
    for row in need(rows, 'machines'):
        idr0, idr1, idr3, idr5, iidr = (int(known.get(word, word or '0'), 0) for word in row)
        regs = struct.pack('<9I', idr0, idr1, 0, idr3, 0, idr5, 0, iidr, 1)
        # coherent, and at EL2; a page table of stage 1 and 4K, 48 bits to 40
        yield regs + struct.pack('<BBBIBBBI', 3, 0, 0, 0, 0, 48, 40, 0)
        # not coherent; a table of stage 2 that needs everything
        yield regs + struct.pack('<BBBIBBBI', 4, 2, 1, 0x80, 0x39, 40, 40, 1 << 15)


def events(top):
    types = re.findall(r'\{ "\w+", (0x[0-9a-f]+)[, ]', read(top, 'core/event_kunit.c'))
    for number in need(types, 'types of events'):
        for fill in (0, ~0xff & (1 << 64) - 1):
            yield struct.pack('<4Q', int(number, 0) | fill, *[fill | fill >> 56] * 3)


def page_requests(_):
    for w0 in (8, 8 | 1 << 62 | 1 << 60, 8 | 1 << 63 | 1 << 62 | 5 << 32, ~0 & (1 << 64) - 1):
        yield struct.pack('<2Q', w0, 0xfffff000 | 7)


# Features as features.h takes them: flags, sizes, granules, width of StreamIDs, errata, width of
# SubstreamIDs, command queue, ATC_INVs in a segment
RIL, ATS, DS = 1 << 5, 1 << 7, 1 << 23
ALL = (1 << 25) - 1


def features(flags, ssid=16):
    return struct.pack('<I7B', flags, 0x17, 7, 16, 0, ssid, 7, 4)


def guest_cmds(top):
    text = read(top, 'reference/guest_judge.c')
    forms = re.findall(r'\{ (0x[0-9a-f]{2}), (true|false), (true|false),', text)
    # three devices: the second with ATS, the third with PASIDs as well
    devices = struct.pack('<HB', 0xab, 3)
    for bits, sid in ((0, 0x4321), (1, 0x1234), (0xc1, 0x1235)):
        devices += struct.pack('<BI', bits, sid)
    for flags in (ALL, ALL & ~RIL, ALL & ~ATS, ALL & ~DS):
        for opcode, stream, address in need(forms, 'forms of commands'):
            words = [(int(opcode, 0), 0)]
            if stream == 'true':
                words += [(int(opcode, 0) | vsid << 32 | more, 0)
                          for vsid in (1, 1, 2, 2, 0)
                          for more in (0, 1 << 11 | 5 << 12)]
            if address == 'true':
                words += [(int(opcode, 0) | 3 << 12, 0x1000 | 1 << 10),
                          (int(opcode, 0) | 1 << 20, 0x200000 | 2 << 8 | 1 << 10 | 1)]
            block = b''.join(struct.pack('<2Q', *pair) for pair in words)
            yield features(flags) + devices + block
            yield features(flags) + devices + block[16:] + block


def vste(_):
    stage2 = struct.pack('<3BQHB', 0x55, 0x50, 0x09, 0x123456000, 7, 24)
    other = struct.pack('<3BQHB', 0x55, 0x50, 0x04, 0x987650000, 9, 24)
    words = [(0, 0), (1, 0), (1 | 4 << 1, 0), (1 | 5 << 1 | 0x1000, 0xd4),
             (1 | 5 << 1 | 1 << 4 | 0x40 | 5 << 59, 0x2 | 0xd4 | 1 << 28),
             (1 | 5 << 1 | 0x7fc0, 0xd4 | 1 << 27), (1 | 7 << 1, 0), (1 | 5 << 1 | 1 << 57, 0)]
    for flags in (ALL, ALL & ~(1 << 10), ALL & ~(3 << 9)):
        for one in words:
            for two in words:
                yield features(flags) + stage2 + other + struct.pack('<4Q', *one, *two)


def found(_):
    stage1 = 1 | 5 << 1 | 0x40000
    pasids = 1 | 5 << 1 | 0x100000 | 6 << 59
    stage2 = 24 | 1 << 6 | 5 << 16 | 1 << 19
    cd = 16 | 1 << 30 | 1 << 31 | 5 << 32 | 1 << 41 | 7 << 48
    entries = [(1, 0, 0, 0), (1 | 4 << 1, 0, 0, 0), (stage1, 0xd4, 0, 0), (pasids, 0xd6, 0, 0),
               (pasids | 1 << 4, 0xd6, 0, 0), (1 | 6 << 1, 0, 7 | stage2 << 32, 0x123456000),
               (1 | 7 << 1 | 0x40000, 0xd4 | 1 << 28, 7 | stage2 << 32, 0x123456000),
               (cd, 0x123456000, 0, 0xff44), (cd & ~(1 << 30), 0x123456000, 0x98765000, 0xff44)]
    for flags in (ALL, ALL & ~(3 << 9), 1, 2):
        for entry in entries:
            yield features(flags) + struct.pack('<8Q', *entry, 0, 0, 0, 0)


def names(_):
    for text in (b'', b'stage1', b'stage2,nesting', b'ats+pri\n', b'ats,', b'at', b'range-inv,x'):
        yield struct.pack('<IB', len(text) * 0x1235, len(text)) + text


class Table:
    """An IORT as the builder in iort_kunit.c makes it: an ITS group, and the SMMUs A and B"""

    def __init__(self):
        self.nodes = []
        self.length = 48
        its = self.add(0, bytes(8))
        self.goals = {'TO_ITS': its}
        for goal in ('TO_A', 'TO_B'):
            self.goals[goal] = self.add(4, bytes(60), [(0, 0xffff, 0, its, 0)])

    def add(self, kind, data, maps=(), revision=0):
        at = self.length
        length = 16 + len(data) + 20 * len(maps)
        self.nodes.append(struct.pack('<BHBIII', kind, length, revision, 0, len(maps),
                                      16 + len(data)) + data +
                          b''.join(struct.pack('<5I', *entry) for entry in maps))
        self.length += length
        return at

    def rows(self, text):
        """{ base, count, out, goal[, true] }, ..."""
        return [(int(base, 0), int(count, 0), int(out, 0), self.goals[goal], bool(single))
                for base, count, out, goal, single in
                re.findall(r'\{ (\w+), (\w+), (\w+), (TO_[AB]|TO_ITS)(, true)? \}', text)]

    def ask(self, segment, rid, smmu, name=b''):
        head = b'IORT' + struct.pack('<I', self.length) + bytes(28)
        table = head + struct.pack('<3I', len(self.nodes), 48, 0) + b''.join(self.nodes)
        return struct.pack('<BHHB', segment, rid, smmu, len(name)) + name + b'\0' + table


def root_complex(segment, width=0):
    return struct.pack('<QIIBHBI', 0, 0, segment, 0, width, 0, 0)


def iort(top):
    text = read(top, 'core/iort_kunit.c')
    pci = re.findall(r'\.rows = \{(.*?)\},\n\t\t\.asked = \{(.*?)\.nr_asked', text, re.S)
    for rows, asked in need(pci, 'cases of PCI'):
        for rid in re.findall(r'\{ (\w+), TO_', asked):
            table = Table()
            table.add(2, root_complex(7), [(0, 0xffff, 0, table.goals['TO_A'], 0)])
            table.add(2, root_complex(3, 16), table.rows(rows), 4)
            yield table.ask(3, int(rid, 0) & 0xffff, table.goals['TO_B'])
    # as many nodes on the way as are followed, one less and one more
    for nodes in (3, 4, 5):
        table = Table()
        near = table.goals['TO_A']
        for segment in range(nodes, -1, -1):
            near = table.add(2, root_complex(segment), [(0, 0xff, 0, near, 0)])
        yield table.ask(0, 8, table.goals['TO_A'])
    named = re.findall(r'\{ "[^"]*", \{ (.*) \}, TO_\w+ \},', text)
    for rows in need(named, 'cases of names'):
        table = Table()
        table.add(1, bytes(13) + b'\\_SB_.DEV0\0', table.rows('{ ' + rows.strip('{ }') + ' }'))
        near = table.add(2, root_complex(1), [(0, 0xff, 0x100, table.goals['TO_A'], 0)])
        table.add(2, root_complex(0), [(0, 0xff, 0, near, 0)])
        yield table.ask(0, 8, table.goals['TO_A'], b'\\_SB_.DEV0')


def array(_):
    # a master chooses entries, attaches, detaches, is revived; all four at once; all at their end
    one = bytes([0x05, 0x13, 0, 26, 98, 130, 0x06, 0x06, 0x07, 0x06])
    four = b''.join(bytes([0x05 | who << 4, 0x23, who, 20 + who, 100, 3 * who, 41, 0x06 | who << 4])
                    for who in range(4))
    leave = bytes([0x06, 0x16, 0x26, 0x36, 0x02, 1, 0x01, 21, 0x03, 0, 0x04, 0x10, 0x80, 0x00])
    yield one
    yield one + bytes([0x80 | 0x06, 0x01, 0, 0x00])
    yield four + leave
    yield four + leave + four + bytes([0x07, 0x17, 0x27, 0x37]) + leave


MAKERS = {
    'array': array, 'events': events, 'found': found, 'guest-cmds': guest_cmds,
    'idregs': idregs, 'iort': iort, 'names': names, 'page-requests': page_requests, 'vste': vste,
}


def main():
    if len(sys.argv) != 4 or sys.argv[2] not in MAKERS:
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] in (['-h'], ['--help']) else 2)
    for number, data in enumerate(MAKERS[sys.argv[2]](sys.argv[1])):
        with open(os.path.join(sys.argv[3], 'seed-%03d' % number), 'wb') as file:
            file.write(data)


main()
