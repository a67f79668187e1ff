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


# The clock of the guest counts instructions in steps of so many
STEP = 16


def record(what, ours, theirs, unit, goal=None):
    """A figure of both drivers. Returns the cells of a row."""
    ratio = ours / theirs if theirs else None
    met = ratio is not None and goal is not None and (
        round(ratio, 2) <= goal or
        # where no more is wanted than to be as good
        unit == 'instructions' and goal == 1 and ours - theirs <= STEP)
    results.append({'what': what, 'unit': unit, OURS: ours, THEIRS: theirs, 'ratio': ratio,
                    'at_most': goal, 'met': met if goal is not None else None})
    return [what, f'{ours:g}', f'{theirs:g}' if theirs is not None else '-',
            f'{ratio:.2f}' if ratio is not None else '-',
            f'{goal:.2f}' if goal is not None else '',
            '' if goal is None else 'yes' if met else '**no**']


# As they are named in the suites, and in the table
ALGORITHMS = {
    'combine': 'ours, combining',
    'lock': 'ours, spinlock',
    'compare-and-swap': 'compare-and-swap',
}

# Why a domain behind several SMMUs falls short
SHORT = ('the goal is made of the short way that a domain behind one SMMU takes (one post of two '
         'commands). Of several SMMUs each takes the general way, which first posts to all and then '
         'waits for all: 400 to 600 instructions each')

# Why something falls short, by how its row begins
REASONS = {
    'loaded module': 'four times the code, in seven times as many functions, whose names the kernel '
                     'keeps (kallsyms): what the in-tree driver does not have (the three kinds of '
                     'command queues, the checks of what a guest writes, stalls and PRI, deadlines '
                     'and cutting off, coming back, sleep, adoption, debugfs and trace events). '
                     '-Os for all of it was tried at half the size, saved 14 %, and was left',
    'per SMMU, slab': 'the inodes and dentries of its seven files in debugfs take 5.7 KiB, the device '
                      'link that orders sleep 3.6, the map of StreamIDs 2.5, and the object of the '
                      'SMMU is in the next size of kmalloc(). The in-tree driver takes more than '
                      'twice the memory in all',
    'per master, slab': 'the object of a master is in the next size of kmalloc() (512): what it '
                        'remembers of a device that does not answer, of stalls, of PASIDs that may '
                        'come back and of its guest',
    'iommufd unmap': SHORT,
    'type1 unmap': SHORT,
}

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
        'iommu_map), less the reading of the clock '
        f'({clock[OURS]} instructions). Strict and lazy are dma_map_single() and dma_unmap_single().')
    say()
    spread = max((int(line['p90']) - int(line['min'])) / int(line['median'])
                 for key, drivers in got.items() if key[0] != 'lazy'
                 for line in drivers.values())
    say(f'Spread: from the least to the 90th percentile at most {100 * spread:.1f} % of the median; '
        f'the clock counts in steps of {STEP}, and a step is no difference.')
    say()
    rows = []
    for label in ('strict', 'lazy'):
        for what in ('map', 'unmap'):
            for n, goal in ((1, 0.74), (16, 0.62), (64, 0.52)):
                size = str(n * 4096)
                goal = goal if (label, what) == ('strict', 'unmap') else 1.0
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
    name = {'map': 'iommu_map', 'unmap': 'iommu_unmap', 'sync': 'of it iommu_iotlb_sync'}
    for key in sorted((k for k in got if k[0] == 'iommu'), key=lambda k: (k[1], int(k[2]))):
        if key[1] != 'sync' or int(key[2]) < 1 << 20:
            goal = 0.60 if key[1:3] == ('unmap', '4096') else 1.0
            rows.append(record(f'{name[key[1]]}, {human(key[2])}', *both(*key), 'instructions', goal))
    table(HEAD, rows)
    rows = []
    for driver in (OURS, THEIRS):
        for line in read(f'count.{driver}').splitlines():
            if line.startswith('bench label=mapbench'):
                rows.append([driver, line.split('what=', 1)[1]])
    say("The kernel's own dma_map_benchmark beside it (strict, tenths of a microsecond):")
    say()
    table(['driver', 'it says'], rows)
    with open(os.path.join(raw, 'instructions.dat'), 'w') as file:
        for label in ('strict', 'lazy'):
            for n in (1, 16, 64):
                ours, theirs = both(label, 'unmap', str(n * 4096), '1')
                file.write(f'"{label} {n}" {ours} {theirs}\n')
    plot('instructions', 'Instructions per unmap, by pages', 'instructions')


def plot(name, title, axis):
    with open(os.path.join(raw, name + '.gp'), 'w') as file:
        file.write(f'''set terminal svg size 720,400
set output "{out}/{name}.svg"
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


def masters():
    got = {}
    clock = {}
    for driver in (OURS, THEIRS):
        for line in bench_lines(f'masters.{driver}'):
            if 'clock' in line:
                clock[driver] = int(line['clock'])
            if line['label'] == 'attach' and 'median' in line:
                got.setdefault((line['what'], int(line['devices'])), {})[driver] = line
    if not got:
        return
    say('## Attach and detach')
    say()
    say('Instructions to attach the last of so many masters to a domain, and to detach it; medians '
        'of 200. They share one tag, so the array has one entry at any number of them.')
    say()
    rows = []
    for what, n in sorted(got):
        values = [int(got[what, n][d]['median']) - clock[d] for d in (OURS, THEIRS)]
        rows.append(record(f'{what}, {n} masters', *values, 'instructions', 0.70))
    table(HEAD, rows)
    growth()
    gone()


# No entry of a long array costs more than one of a short one, but for a tenth
LINEAR = 1.1


def growth():
    """How attach and detach, and the array's share of them, grow with its entries."""
    got = {}
    for part, label in (('share', 'attach-smmus'), ('masters', 'array')):
        clock = 0
        for line in bench_lines(f'{part}.{OURS}'):
            clock = int(line.get('clock', clock))
            if line['label'] == label and 'median' in line:
                n = int(line['devices'] if label == 'attach-smmus' else line['size'])
                got.setdefault((label, line['what']), {})[n] = int(line['median']) - clock
    if not got:
        return
    say('The same with an array that grows: a device behind each of so many SMMUs, where each has an '
        'entry of its own (in tree a domain belongs to one SMMU); and the array alone, a TLB entry '
        'and ATS entries of so many streams, when a device joins that is new (merge), comes back '
        '(revive) or leaves (unref). Linear: the last entries added cost no more, each, than the '
        'first, but for a tenth.')
    say()
    for label, title in (('attach-smmus', 'SMMUs'), ('array', 'entries')):
        rows = []
        for (which, what), value in got.items():
            if which != label:
                continue
            sizes = sorted(value)
            each = [(value[b] - value[a]) / (b - a) for a, b in zip(sizes, sizes[1:])]
            met = each[-1] <= LINEAR * max(each[0], each[1])
            results.append({'what': f'{what} with {title}', 'unit': 'instructions',
                            'values': value, 'met': met})
            rows.append([what, *(value[n] for n in sizes), f'{each[0]:.0f}', f'{each[-1]:.0f}',
                         'yes' if met else '**no**'])
        if rows:
            table(['what', *(f'{n} {title}' for n in sizes), 'each of the first',
                   'each of the last', 'linear, or less'], rows)


def gone():
    """What an attach costs does not grow with PASIDs that have come and gone."""
    value = {}
    clock = 0
    for line in bench_lines(f'masters.{OURS}'):
        clock = int(line.get('clock', clock))
        if line['label'] == 'pasids' and 'median' in line:
            value[int(line['size'])] = int(line['median']) - clock
    if not value:
        return
    sizes = sorted(value)
    met = value[sizes[-1]] <= LINEAR * value[sizes[1]]
    results.append({'what': 'merge for a PASID, by PASIDs ever used', 'unit': 'instructions',
                    'values': value, 'met': met})
    say('A PASID more on a domain to which so many were attached before, one after the other: flat, '
        'but for a tenth, from where as many have gone as are kept to come back.')
    say()
    table(['what', *(f'after {n}' for n in sizes), 'flat'],
          [['merge', *(value[n] for n in sizes), 'yes' if met else '**no**']])


SIZES = ['4K', '64K', '2M', '64M/4K', '64M/2M', '1G']


def share():
    got = {}
    for driver in (OURS, THEIRS):
        for line in bench_lines(f'share.{driver}'):
            if line['label'] == 'share':
                got[driver, line['kind'], line['size'], int(line['smmus'])] = line
    if not got:
        return

    def us(driver, kind, size, n, what):
        return int(got[driver, kind, size, n][what]) / 1000

    say('## One address space, 1, 3 and 8 SMMUs')
    say()
    say('A device behind each SMMU, all in one IOAS of iommufd or one type1 container of VFIO. '
        'Microseconds are thousands of instructions; means of 64 (4K, 64K), 32 (2M), 4 (64M) and '
        '2 (1G). 64M/4K is mapped a page out of step with its memory: pages; the others in blocks '
        'where they can. Most of the larger ones is pinning.')
    say()
    rows = []
    for kind in ('iommufd', 'type1'):
        for size in SIZES:
            for what in ('map', 'unmap'):
                rows.append(record(f'{kind} {what}, {size}, 1 SMMU',
                                   *[us(d, kind, size, 1, what + '_ns') for d in (OURS, THEIRS)],
                                   'us', 1.0))
    table(HEAD, rows)
    say('The same with more SMMUs, against this driver with one. An unmap may take one post and '
        'sync more for each further SMMU: iommu_iotlb_sync() of 4 KiB above, with one SMMU. '
        'A thousandth is taken for noise: timer interrupts fall into the long ones.')
    say()
    single = next((r[OURS] / 1000 for r in results
                   if r['what'] == 'of it iommu_iotlb_sync, 4 KiB'), None)
    rows = []
    for kind in ('iommufd', 'type1'):
        for size in SIZES:
            for n in (3, 8):
                for what in ('map', 'unmap'):
                    one = us(OURS, kind, size, 1, what + '_ns')
                    ours = us(OURS, kind, size, n, what + '_ns')
                    theirs = us(THEIRS, kind, size, n, what + '_ns')
                    limit = 1.1 * one
                    if what == 'unmap':
                        posts = float(got[OURS, kind, size, 1]['posts'])
                        limit = one + (n - 1) * posts * single if single else None
                    met = limit is not None and ours <= limit + max(0.05, limit / 1000)
                    name = f'{kind} {what}, {size}, {n} SMMUs'
                    results.append({'what': name, 'unit': 'us', OURS: ours, THEIRS: theirs,
                                    'one': one, 'at_most_us': limit,
                                    'met': met if limit is not None else None})
                    rows.append([name, f'{one:.1f}', f'{ours:.1f}', f'{theirs:.1f}',
                                 f'{limit:.1f}' if limit is not None else '',
                                 '' if limit is None else 'yes' if met else '**no**'])
    table(['what', 'ours, 1 SMMU', 'ours', 'in-tree', 'ours at most', 'reached'], rows)
    say('Page tables (SecPageTables), and what an unmap sent to all SMMUs together:')
    say()
    rows = []
    for size in SIZES:
        for n in (1, 3, 8):
            ours, theirs = (int(got[d, 'iommufd', size, n]['kib']) for d in (OURS, THEIRS))
            rows.append(record(f'page tables, {size}, {n} SMMUs', ours, theirs, 'KiB', 1 / n))
    table(HEAD, rows)
    rows = []
    for size in SIZES:
        for n in (1, 3, 8):
            line = got[OURS, 'iommufd', size, n]
            rows.append([f'{size}, {n} SMMUs'] +
                        [line[what] for what in ('posts', 'commands', 'syncs', 'doorbells')])
    table(['iommufd unmap, ours', 'posts', 'commands', 'syncs', 'doorbells'], rows)
    with open(os.path.join(raw, 'share.dat'), 'w') as file:
        for n in (1, 3, 8):
            file.write(f'"{n}" {us(OURS, "iommufd", "4K", n, "unmap_ns")} '
                       f'{us(THEIRS, "iommufd", "4K", n, "unmap_ns")}\n')
    plot('share', 'Unmap of 4 KiB through iommufd, by SMMUs', 'us (1000 instructions)')


def model():
    rows = []
    one = {}
    for line in read('model.walk').splitlines():
        said = re.search(r'post_then_wait_lock: (smmus=.*\S)|with_ats: (smmus=.*\S)', line)
        if not said:
            continue
        f = {k: int(v) for k, v in (w.split('=') for w in (said[1] or said[2]).split())}
        ways = [f['post_then_wait'], f['wait_per_step'], f['one_by_one']]
        one.setdefault(f['ats'], ways[0])
        met = round(ways[0] / one[f['ats']], 2) <= 1.3
        results.append({'what': f'waiting, {f["smmus"]} SMMUs, ATS {f["ats"]}', 'unit': 'virtual ns',
                        'ways': ways, 'at_most': 1.3, 'met': met})
        rows.append([f['smmus'], 'yes' if f['ats'] else 'no', *ways,
                     f'{ways[0] / one[f["ats"]]:.2f}', '1.30', 'yes' if met else '**no**'])
    if rows:
        say("## Waiting, in the model's virtual time")
        say()
        say('An unmap of 4 KiB in a domain that SMMUs share; 10 us a CMD_SYNC, 200 ns a TLBI. Posted '
            'everywhere before the first is waited for, as the driver does; a wait after each step '
            '(TLBI, ATC_INV) on all SMMUs; one SMMU after the other. All three are run.')
        say()
        table(['SMMUs', 'ATS', 'ours, ns', 'a wait per step, ns', 'one by one, ns',
               'ours against one SMMU', 'to reach', 'reached'], rows)
    insertion()


def insertion():
    rows = []
    for line in read('model.insert').splitlines():
        said = re.search(r'(algorithm=[\w-]+ contexts=.*\S)', line)
        if not said:
            continue
        f = dict(word.split('=') for word in said[1].split())
        per = {k: int(f[k]) / 100 for k in ('rmw_shared', 'rmw', 'retries', 'waits', 'doorbells')}
        # what is to be reached is the combining algorithm's to reach
        met = None
        if f['algorithm'] == 'combine':
            met = per['rmw_shared'] <= 1 and per['rmw'] <= 3 and per['retries'] == 0
        results.append({'what': f'insertion, {f["algorithm"]}, {f["contexts"]} contexts',
                        'unit': 'per insertion', **per, 'met': met})
        rows.append([ALGORITHMS[f['algorithm']], f['contexts'],
                     *(f'{value:.2f}' for value in per.values()),
                     {None: '', True: 'yes', False: '**no**'}[met]])
    if not rows:
        return
    say('## Insertion under contention')
    say()
    say('KUnit suites smmu_insert_forced and smmu_insert_lock: one context runs at a time, and before '
        'each atomic read-modify-write (RMW), and at each turn of a loop that waits for another '
        'context, a die says who goes on. Counts for each insertion of one to four commands, of '
        '3200 and 640; no claim about speed. To reach: 1 RMW on the shared position, 3 in all, no retry.')
    say()
    table(['algorithm', 'contexts', 'RMW, shared position', 'RMW in all', 'retries',
           'turns of waiting', 'doorbells', 'reached'], rows)
    say('The lock (the default below 32 CPUs) is the kernel\'s own queued spinlock, its source compiled for the '
        'contexts; a retry is an RMW that was lost, and its shared position is the lock. The '
        'compare-and-swap is no driver\'s: it is what one on the position, with doorbells in order, '
        'cannot do without. The in-tree driver of Linux 7.3 has, read in its source and not '
        'measured, such a swap and four more RMWs for an insertion with a CMD_SYNC that nobody '
        'disturbs: queue lock, valid map, owner flag, unlock.')
    say()
    say('Published, of the in-tree algorithm: on 96 CPUs with NVMe, 27 % of all CPU time in the '
        'insertion function, and 76 % on the CPU that was looked at (J. Garry, "arm-smmu-v3 high '
        'cpu usage for NVMe", iommu list, 20 March and 22 May 2020). No run on such a machine '
        'stands against it here.')
    say()


def median(values):
    return sorted(values)[len(values) // 2]


def io():
    got = {}
    for driver in (OURS, THEIRS):
        for line in bench_lines(f'io.{driver}'):
            if 'kibs' in line:
                got.setdefault(line['what'], {}).setdefault(driver, []).append(
                    float(line['kibs']) / 1024)
    if not got:
        return
    say('## Real time under emulation')
    say()
    say('fio on an NVMe disk (32 MiB, O_DIRECT, one at a time) and 16 MiB by TCP through '
        'virtio-net; two CPUs, DMA domains, strict. Medians of 5 after one that is not counted, '
        'in MiB/s. It says little about the driver and nothing about hardware.')
    say()
    rows = []
    for what, v in got.items():
        spread = [f'{min(v[d]):.1f} - {max(v[d]):.1f}' for d in (OURS, THEIRS)]
        ours, theirs = (median(v[d]) for d in (OURS, THEIRS))
        record(what, ours, theirs, 'MiB/s')
        rows.append([what, f'{ours:.1f} ({spread[0]})', f'{theirs:.1f} ({spread[1]})',
                     f'{ours / theirs:.2f}'])
    table(['what', 'ours (spread)', 'in-tree (spread)', 'ours / in-tree'], rows)


def sections(driver):
    """Bytes of a module that stay in memory, by kind, from what readelf says of its file."""
    sizes = {'code': 0, 'constants': 0, 'data': 0, 'names': 0}
    for line in read(f'sections.{driver}').splitlines():
        f = re.sub(r'^ *\[ *\d+\] *', '', line).split()
        if len(f) < 8 or not f[0].startswith(('.', '_')):
            continue
        size, flags = int(f[4], 16), f[6]
        if f[0] in ('.symtab', '.strtab'):
            sizes['names'] += size
        elif 'A' in flags and not f[0].startswith(('.init', '.exit', '.modinfo', '.note')):
            kind = 'code' if 'X' in flags else 'data' if 'W' in flags else 'constants'
            sizes[kind] += size
    return sizes


def memory():
    got = {}
    for name in ('count', 'masters', 'share'):
        for driver in (OURS, THEIRS):
            for line in bench_lines(f'{name}.{driver}'):
                if line['label'] == 'memory':
                    got.setdefault((name, line['what']), {})[driver] = line
    if not got:
        return
    say('## Memory')
    say()
    say('"Slab" are the objects of kmalloc() and of caches that are in use, "all" is what MemFree '
        'in /proc/meminfo has less, queues and tables included. Per SMMU: eight of them with a device each, loading the driver. Per '
        'master: loading it with 257 functions in 36 groups less loading it with one; what the '
        'IOMMU core has for each is in both columns, as is a domain for each group. Per domain: ten '
        'thousand, not attached.')
    say()
    rows = []
    for part, what, field, label in (
            ('count', 'module', 'bytes', 'loaded module, no device, bytes (/proc/modules)'),
            ('share', 'smmu', 'slab', 'per SMMU, slab, bytes'),
            ('share', 'smmu', 'all', 'per SMMU, all, bytes'),
            ('masters', 'domain', 'slab', 'per domain, slab, bytes'),
            ('masters', 'domain', 'tables', 'per domain, page table, bytes')):
        v = got.get((part, what), {})
        if len(v) == 2:
            rows.append(record(label, *(int(v[d][field]) for d in (OURS, THEIRS)), 'bytes', 1.0))
    few, many = got.get(('count', 'smmu'), {}), got.get(('masters', 'smmu'), {})
    if len(few) == 2 and len(many) == 2:
        rows.append(record('per master, slab, bytes',
                           *((int(many[d]['slab']) - int(few[d]['slab'])) //
                             (int(many[d]['devices']) - int(few[d]['devices']))
                             for d in (OURS, THEIRS)), 'bytes', 1.0))
    table(HEAD, rows)
    rows = []
    for driver in (OURS, THEIRS):
        sizes = sections(driver)
        results.append({'what': f'module file, {driver}', 'unit': 'bytes', **sizes})
        rows.append([driver, *sizes.values()])
    if any(rows[0][1:]):
        say('What the modules are made of, in bytes of their files; in memory each kind begins a '
            'page:')
        say()
        table(['module', 'code', 'constants', 'data', 'symbols and their names'], rows)


def main():
    versions = {name: read(name).strip() for name in ('qemu', 'cpu', 'gcc', 'commit')}
    kernel = [line['kernel'] for part in ('count', 'share', 'masters', 'io', 'traced')
              for line in bench_lines(f'{part}.{OURS}') if 'kernel' in line]
    say('# This driver and the in-tree one')
    say()
    say(f'Kernel {kernel[0] if kernel else "of the lean test configuration"}, '
        f'{versions["qemu"]}, CPU model {versions["cpu"]}, {versions["gcc"]}, this driver at {versions["commit"]}.')
    say()
    count()
    traced()
    share()
    masters()
    model()
    memory()
    io()
    missed = [r['what'] for r in results if r.get('met') is False]
    if missed:
        say('## Not reached')
        say()
        why = {}
        for what in missed:
            why.setdefault(next((reason for start, reason in REASONS.items()
                                 if what.startswith(start)), 'no reason known'), []).append(what)
        for reason, names in why.items():
            say(f'* {"; ".join(names)}: {reason}.')
    with open(os.path.join(out, 'results.md'), 'w') as file:
        file.write('\n'.join(text) + '\n')
    with open(os.path.join(out, 'results.json'), 'w') as file:
        json.dump({'versions': versions, 'kernel': kernel[:1], 'results': results}, file, indent=1)


main()
