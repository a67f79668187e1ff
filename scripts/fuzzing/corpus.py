#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
corpus.py unpack HEX DIR: write each input of the file HEX, a line of hexadecimal digits, into a
file of its own in DIR.

corpus.py pack HEX DIR...: write the inputs in DIRs, the shortest first, into the file HEX. Comments
at the head of HEX stay.
"""
import os
import sys


def unpack(path, folder):
    with open(path, encoding='ascii') as file:
        lines = [line.split('#')[0].strip() for line in file]
    for number, line in enumerate(lines, 1):
        if line:
            with open(os.path.join(folder, 'line-%03d' % number), 'wb') as out:
                out.write(bytes.fromhex(line))


def pack(path, folders):
    inputs = set()
    for folder in folders:
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), 'rb') as file:
                inputs.add(file.read())
    head = []
    with open(path, encoding='ascii') as file:
        for line in file:
            if not line.startswith('#'):
                break
            head.append(line)
    with open(path, 'w', encoding='ascii') as file:
        file.writelines(head)
        for data in sorted(inputs, key=lambda data: (len(data), data)):
            if data:
                file.write(data.hex() + '\n')


def main():
    if len(sys.argv) > 3 and sys.argv[1] == 'unpack':
        unpack(sys.argv[2], sys.argv[3])
    elif len(sys.argv) > 3 and sys.argv[1] == 'pack':
        pack(sys.argv[2], sys.argv[3:])
    else:
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] in (['-h'], ['--help']) else 2)


main()
