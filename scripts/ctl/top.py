# SPDX-License-Identifier: GPL-2.0-only
"""smmuv3ctl top: what the SMMUs do now: rates, and how long unmaps wait for them"""
import sys
import time

from ctl import debugfs

CLEAR = "\x1b[H\x1b[2J"
RATES = (("commands", "commands/s"), ("syncs", "syncs/s"), ("doorbells", "doorbells/s"),
         ("events", "faults/s"))


def waits(root, smmu):
    """(on, number, ns, [(below_ns, number), ...]) of an SMMU, or None"""
    rows = [line.split() for line in debugfs.lines(root, f"{smmu}/sync_waits")]
    values = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
    buckets = [(int(row[1]), int(row[2])) for row in rows
               if len(row) == 3 and row[0] == "below_ns" and (row[1] + row[2]).isdigit()]
    if not {"on", "waits", "ns"} <= values.keys():
        return None
    return values["on"], values["waits"], values["ns"], buckets


def switch(root, smmu, on):
    with open(root.path(f"{debugfs.TOP}/{smmu}/sync_waits"), "w", encoding="ascii") as file:
        file.write("1\n" if on else "0\n")


def walks(root):
    """Domain -> (number of walks, who is attached)"""
    found = {}
    for head, _, attached in debugfs.domains(root):
        words = head.replace(":", "").split()
        if "walks" in words[:-1] and words[words.index("walks") + 1].isdigit():
            found[" ".join(words[:2])] = (int(words[words.index("walks") + 1]), attached)
    return found


def snapshot(root):
    smmus = debugfs.smmus(root)
    return (time.monotonic(), {name: debugfs.counters(root, name) for name in smmus},
            {name: waits(root, name) for name in smmus}, walks(root))


def since(new, old):
    """What has been counted between two looks; a counter that began anew counts from zero"""
    return new - old if new >= old else new


def us(ns):
    return f"{ns / 1000:.1f} us" if ns < 10_000_000 else f"{ns / 1_000_000:.1f} ms"


def share(buckets, part):
    """The time below which that part of the waits is"""
    left = part * sum(number for _, number in buckets)
    for below, number in buckets:
        left -= number
        if left <= 0 and number:
            return f"< {us(below)}"
    return "-"


def wait_line(new, old):
    if not new:
        return "waits for CMD_SYNC: this version of the module does not count them"
    was = dict(old[3]) if old else {}
    number, ns = since(new[1], old[1] if old else 0), since(new[2], old[2] if old else 0)
    buckets = [(below, since(count, was.get(below, 0))) for below, count in new[3]]
    if not number:
        return "no waits for CMD_SYNC"
    return (f"{number} waits for CMD_SYNC: mean {us(ns / number)}, half {share(buckets, 0.5)}, "
            f"99 % {share(buckets, 0.99)}, all {share(buckets, 1)}")


def page(new, old):
    """The lines of one look"""
    seconds = max(new[0] - old[0], 1e-6)
    rows = []
    for name, counters in new[1].items():
        before = old[1].get(name, {})
        rates = [f"{since(counters.get(key, 0), before.get(key, 0)) / seconds:10.0f} {text}"
                 for key, text in RATES]
        state = "  SHUT" if counters.get("dead") else ""
        rows += [name + state, "  " + " ".join(rates),
                 "  " + wait_line(new[2].get(name), old[2].get(name))]
    busy = sorted(((since(count, old[3].get(domain, (0,))[0]) / seconds, domain, attached)
                   for domain, (count, attached) in new[3].items()), reverse=True)
    rows.append("")
    rows += [f"  {rate:10.0f} invalidations/s  {domain}: {', '.join(attached) or 'no device'}"
             for rate, domain, attached in busy[:20]]
    return rows


def loop(root, args):
    old, left = snapshot(root), args.count
    while left is None or left > 0:
        time.sleep(args.interval)
        new = snapshot(root)
        if not new[1]:
            print("error: the module has gone, or drives no SMMU any more", file=sys.stderr)
            return 3
        text = "\n".join(page(new, old))
        print((CLEAR if sys.stdout.isatty() and args.count is None else "") + text, flush=True)
        old = new
        left = None if left is None else left - 1
    return 0


def run(root, args):
    smmus = debugfs.smmus(root)
    if not smmus:
        print("error: nothing to show: the module drives no SMMU, or debugfs is not mounted or may "
              "not be read\n       as root: mount -t debugfs none /sys/kernel/debug",
              file=sys.stderr)
        return 3
    ours = []
    try:
        for name in smmus:
            found = waits(root, name)
            # another one who counts goes on counting
            if found and not found[0]:
                switch(root, name, True)
                ours.append(name)
        return loop(root, args)
    finally:
        for name in ours:
            try:
                switch(root, name, False)
            except OSError:
                pass                    # the module has gone
