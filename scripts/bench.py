# SPDX-License-Identifier: GPL-2.0-only
"""bench.py RAW OUT: the tables of scripts/bench, from what its guests have said.

RAW holds a file for each part and driver; what is missing was not run. Writes results.md,
results.json and, for gnuplot, *.dat and *.gp to OUT.
"""
import json
import os
import re
import sys

OURS, THEIRS = 'smmuv3', 'arm_smmu_v3'
raw, out = sys.argv[1:3]
results = []
text = []


def read(name):
    path = os.path.join(raw, name)
    if not os.path.exists(path):
        return ''
    with open(path, errors='replace') as file:
        return file.read()


def bench_lines(name):
    """The 'bench key=value ...' lines of a guest, as dicts."""
    for line in read(name).splitlines():
        if line.startswith('bench '):
            yield dict(word.split('=', 1) for word in line.split()[1:] if '=' in word)


def say(line=''):
    text.append(line)


def table(head, rows):
    say('| ' + ' | '.join(head) + ' |')
    say('|' + ' --- |' * len(head))
    for row in rows:
        say('| ' + ' | '.join(str(cell) for cell in row) + ' |')
    say()


def record(what, ours, theirs, unit, goal=None):
    """A figure of both drivers. Returns the cells of a row."""
    ratio = ours / theirs if theirs else None
    met = ratio is not None and goal is not None and ratio <= goal
    results.append({'what': what, 'unit': unit, OURS: ours, THEIRS: theirs, 'ratio': ratio,
                    'at_most': goal, 'met': met if goal is not None else None})
    return [what, f'{ours:g}', f'{theirs:g}' if theirs is not None else '-',
            f'{ratio:.2f}' if ratio is not None else '-',
            f'{goal:.2f}' if goal is not None else '',
            '' if goal is None else 'yes' if met else '**no**']


HEAD = ['what', 'ours', 'in-tree', 'ours / in-tree', 'to reach', 'reached']


def pages(size):
    n = int(size) // 4096
    return f'{n} page' + ('s' if n > 1 else '')


def human(size):
    size = int(size)
    for unit in ('KiB', 'MiB', 'GiB'):
        size //= 1024
        if size < 1024:
            return f'{size} {unit}'
    return str(size)


def count():
    got = {}
    clock = {}
    for driver in (OURS, THEIRS):
        for line in bench_lines(f'count.{driver}'):
            if 'clock' in line:
                clock[driver] = int(line['clock'])
            if 'median' in line:
                key = line['label'], line['what'], line['size'], line['devices']
                got.setdefault(key, {})[driver] = line
    if not got:
        return

    def value(driver, *key):
        line = got[key][driver]
        # the lazy mean has the share of the flush that comes once in a while
        return int(line['mean' if key[0] == 'lazy' else 'median']) - clock[driver]

    def both(*key):
        return value(OURS, *key), value(THEIRS, *key)

    say('## Instructions')
    say()
    say('One CPU, QEMU `-icount shift=0`: a nanosecond is an instruction. Medians of 2000 after a '
        'warm-up of 64 (lazy: means, which have the share of the flush in them; 1000 and 100 for '
        'iommu_map; 200 for attach), less the reading of the clock '
        f'({clock[OURS]} instructions). Strict and lazy are dma_map_single() and dma_unmap_single().')
    say()
    rows = []
    for label in ('strict', 'lazy'):
        for what in ('map', 'unmap'):
            for n, goal in ((1, 0.80), (16, None), (64, 0.75)):
                size = str(n * 4096)
                goal = 1.0 if what == 'map' else goal if label == 'strict' else None
                rows.append(record(f'{label} {what}, {pages(size)}',
                                   *both(label, what, size, '1'), 'instructions', goal))
    for n in (1, 16, 64):
        size = str(n * 4096)
        part = [value(d, 'strict', 'unmap', size, '1') - value(d, 'lazy', 'unmap', size, '1')
                for d in (OURS, THEIRS)]
        rows.append(record(f'invalidation alone (strict less lazy), {pages(size)}', *part,
                           'instructions', 0.60))
    table(HEAD, rows)
    say('iommu_map() and iommu_unmap() of one range, which is what VFIO and iommufd call:')
    say()
    rows = []
    for key in sorted((k for k in got if k[0] == 'iommu'), key=lambda k: (k[1], int(k[2]))):
        rows.append(record(f'iommu_{key[1]}, {human(key[2])}', *both(*key), 'instructions', 1.0))
    table(HEAD, rows)
    say('The last of so many devices is attached to a domain and detached:')
    say()
    rows = []
    for key in sorted((k for k in got if k[0] == 'attach'), key=lambda k: (k[1], int(k[3]))):
        rows.append(record(f'{key[1]}, {key[3]} on the domain', *both(*key), 'instructions', 1.0))
    table(HEAD, rows)
    with open(os.path.join(out, 'instructions.dat'), 'w') as file:
        for label in ('strict', 'lazy'):
            for n in (1, 16, 64):
                ours, theirs = both(label, 'unmap', str(n * 4096), '1')
                file.write(f'"{label} {n}" {ours} {theirs}\n')
    plot('instructions', 'Instructions per unmap, by pages', 'instructions')


def plot(name, title, axis):
    with open(os.path.join(out, name + '.gp'), 'w') as file:
        file.write(f'''set terminal svg size 720,400
set output "{name}.svg"
set title "{title}"
set ylabel "{axis}"
set yrange [0:*]
set style data histogram
set style fill solid 0.7
set key top left
plot "{name}.dat" using 2:xtic(1) title "this driver", "" using 3 title "in-tree"
''')


def traced():
    got = {}
    for driver in (OURS, THEIRS):
        trace = read(f'trace.{driver}')
        if not trace:
            return
        # between the marks; the first ones are the driver's own, when it was loaded
        pieces = re.split(r'smmuv3_read_mmio .*addr: 0x18 .*\n', trace)
        for n, piece in zip((1, 16, 64), pieces[-6::2]):
            # the doorbell is a write of CMDQ_PROD
            cmds = re.findall(r'smmuv3_cmdq_opcode .*?(SMMU_CMD_\w+)', piece)
            bells = len(re.findall(r'smmuv3_write_mmio .*addr: 0x98 ', piece))
            sync = sum(c.endswith('CMD_SYNC') for c in cmds)
            got[driver, n] = [(len(cmds) - sync) / 1000, sync / 1000, bells / 1000]
    if not got:
        return
    say('## Commands, syncs and doorbells per unmap')
    say()
    say('From QEMU\'s trace of its SMMU, over 1000 strict dma_unmap_single() calls. One TLBI, one '
        'CMD_SYNC and one doorbell are what the architecture takes for a contiguous range.')
    say()
    rows = []
    for n in (1, 16, 64):
        for i, what in enumerate(('TLBI', 'CMD_SYNC', 'doorbells')):
            rows.append(record(f'{what}, {pages(n * 4096)}', got[OURS, n][i], got[THEIRS, n][i],
                               'per unmap', 1.0))
    table(HEAD, rows)


def verbatim(title, intro, lines):
    if not lines:
        return
    say(f'## {title}')
    say()
    say(intro)
    say()
    say('```')
    for line in lines:
        say(line)
    say('```')
    say()
    results.append({'what': title, 'lines': lines})


def share():
    lines = read('share').splitlines()
    verbatim('One address space, 1, 3 and 8 SMMUs',
             'iommufd, one IOAS, a device behind each SMMU, instructions as above (1000 to the '
             'us); in brackets: against one SMMU.', lines[3:] if lines else [])


def model():
    def info(name, pattern):
        """What a suite has said, each line once, with the parameter that it was said for."""
        lines = []
        pending = []
        for line in read(name).splitlines():
            said = re.search(r'# \w+: (.*\S)', line)
            done = re.search(r'\bok \d+ (.*\S)', line)
            if said and re.search(pattern, said[1]):
                pending.append(said[1])
            elif done and pending:
                label = f'{done[1]}: ' if ',' in done[1] else ''
                lines += [label + line for line in pending if label + line not in lines]
                pending = []
        return lines

    verbatim('Waiting, in the model\'s virtual time',
             'An unmap of a domain that SMMUs share; posted everywhere before the first is waited '
             'for, against what waiting for one after the other, or at each step, would take.',
             info('model.walk', r'unmap of|SMMUs  post|^ *\d+ +\d+ '))
    verbatim('Insertion, by the KUnit suite smmu_insert',
             'Three read-modify-writes alone, one of them on the shared position; no retries.',
             info('model.insert', r'insertions'))


def io():
    got = {}
    for driver in (OURS, THEIRS):
        got[driver] = sorted(int(line['centiseconds']) / 100
                             for line in bench_lines(f'io.{driver}') if 'centiseconds' in line)
    if not all(got.values()):
        return
    say('## Real time under emulation')
    say()
    say('32 MiB from an NVMe disk with O_DIRECT, 64 KiB at a time, medians of 5. It says little '
        'about the driver and nothing about hardware.')
    say()
    rows = [record('NVMe read, s', got[OURS][2], got[THEIRS][2], 's'),
            ['spread, s'] + [f'{got[d][0]:g} - {got[d][-1]:g}' for d in (OURS, THEIRS)] +
            ['', '', '']]
    table(HEAD, rows)


def memory():
    got = {}
    for driver in (OURS, THEIRS):
        for line in bench_lines(f'count.{driver}'):
            if line['label'] == 'memory':
                got.setdefault(line['what'], {})[driver] = int(line.get('bytes') or line['kib'])
    if not got:
        return
    say('## Memory')
    say()
    rows = []
    if len(got.get('module', {})) == 2:
        rows.append(record('loaded module, bytes', got['module'][OURS], got['module'][THEIRS],
                           'bytes', 1.0))
    if len(got.get('slab', {})) == 2:
        rows.append(record('slab of one SMMU, its devices and their domains, KiB',
                           got['slab'][OURS], got['slab'][THEIRS], 'KiB', 1.0))
    table(HEAD, rows)


def main():
    versions = {name: read(name).strip() for name in ('qemu', 'gcc', 'commit')}
    kernel = [line['kernel'] for line in bench_lines(f'count.{OURS}') if 'kernel' in line]
    say('# This driver and the in-tree one')
    say()
    say(f'Kernel {kernel[0] if kernel else "of the lean test configuration"}, '
        f'{versions["qemu"]}, {versions["gcc"]}, this driver at {versions["commit"]}.')
    say()
    count()
    traced()
    share()
    model()
    memory()
    io()
    missed = [r['what'] for r in results if r.get('met') is False]
    if missed:
        say('Not reached: ' + '; '.join(missed) + '.')
    with open(os.path.join(out, 'results.md'), 'w') as file:
        file.write('\n'.join(text) + '\n')
    with open(os.path.join(out, 'results.json'), 'w') as file:
        json.dump({'versions': versions, 'kernel': kernel[:1], 'results': results}, file, indent=1)


main()
