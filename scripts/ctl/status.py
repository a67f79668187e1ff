# SPDX-License-Identifier: GPL-2.0-only
"""smmuv3ctl status: which driver runs, and how every SMMU is"""
from ctl import boot, debugfs, kernels, system
from ctl.findings import BAD, Findings, GOOD, NOTE, UNKNOWN


def health(found, name, counters):
    what = f"{name}: {counters.get('commands', 0)} commands, {counters.get('events', 0)} faults"
    if counters.get("dead"):
        found.add(BAD, f"{what}; it was shut, so DMA of its devices aborts"
                  + ("" if not counters.get("adrift") else ", and it has not confirmed that"),
                  "the log says why; the module tries every minute to bring it back (silence.rst)")
    else:
        found.add(GOOD, what)
    if counters.get("shuts"):
        found.add(NOTE, f"{name}: was shut {counters['shuts']} times, "
                  f"for {counters.get('away_ms', 0) / 1000:.1f} s together")
    for key, text in (("withheld_tags", "ASIDs and VMIDs are withheld"),
                      ("withheld_memory", "pieces of memory are withheld"),
                      ("vevents_lost", "events did not reach a guest"),
                      ("timeouts", "waits were given up"),
                      ("cmd_errors", "commands failed")):
        if counters.get(key):
            found.add(NOTE, f"{name}: {counters[key]} {text}")


def sharing(root, found):
    domains = debugfs.domains(root)
    found.add(GOOD, f"{len(domains)} domains, "
              f"{sum(len(attached) for _, _, attached in domains)} attachments")
    for head, entries, attached in domains:
        smmus = sorted({e[1] for e in entries if len(e) > 1 and "parked" not in e})
        if len(smmus) > 1:
            found.add(NOTE, f"{head.split(':')[0]} is shared by {', '.join(smmus)}: "
                      + ", ".join(attached))


FLAGS = {
    boot.GOOD: (NOTE, "the entry with the module is the default, and its last boot was good", None),
    boot.TRIED: (NOTE, "the entry with the module is the default; one boot has not reached its "
                 "end yet", None),
    boot.RETRIED: (NOTE, "two boots with the module in a row have not reached their end; without a "
                   "good one the stock entry is the default",
                   "look at the log of these boots, then enable --once and commit"),
    boot.FELL: (NOTE, "boots with the module were not good, so the stock entry is the default",
                "look at the log (journalctl -u smmuv3-boot), then enable --once and commit"),
}
TRIALS = {
    "pending": "the next boot, and only that, is with the module",
    "lost": "the trial has not come up; the machine is back with the stock entry",
    "ill": "the last boot with the module came up, but not all was well",
    "well": "the last boot with the module was good",
}


def boot_entry(root, found):
    """What the next boots are, and which kernels are without the module"""
    found.under("Boot")
    have = boot.state(root)
    if have is None:
        found.add(NOTE, "there is no boot entry with the module", "smmuv3ctl enable makes one")
    elif boot.committed(root):
        flag = boot.environment(root).get(boot.FLAG)
        found.add(*FLAGS.get(flag, (NOTE, "the entry with the module is committed, but the flag of "
                                    "good boots is gone: the stock entry is the default",
                                    "smmuv3ctl commit, in a boot with it")))
    else:
        found.add(NOTE, "there is a boot entry with the module, and the stock one is the default")
        if have.get("trial") in TRIALS:
            found.add(NOTE, TRIALS[have["trial"]])
    for version, why in kernels.failed(root).items():
        found.add(NOTE, f"{version} is without the module: {why}",
                  "it boots with the built-in driver")


def of_boot(root):
    found = Findings()
    boot_entry(root, found)
    return found


def look(root):
    found = driver(root)
    boot_entry(root, found)
    return found


def driver(root):
    """Which driver runs, and how it is"""
    found = Findings()
    found.under("Driver")
    who = system.driver(root)
    if who != "module":
        found.add(BAD, "the module is not loaded; "
                  + ("the built-in driver runs" if who else "no driver for SMMUs runs"),
                  "smmuv3ctl check says whether it could be")
        return found
    found.add(GOOD, f"the module runs, version {root.text('sys/module/smmuv3/version') or '?'}")
    if not debugfs.mounted(root):
        found.add(UNKNOWN, "debugfs cannot be read",
                  "run this as root, with debugfs mounted (not possible under lockdown)")
        return found
    found.under("SMMUs")
    smmus = debugfs.smmus(root)
    if not smmus:
        found.add(BAD, "the module drives no SMMU", "smmuv3ctl check says why")
    for name in smmus:
        health(found, name, debugfs.counters(root, name))
        for line in debugfs.lines(root, f"{name}/cut"):
            found.add(NOTE, line, "silence.rst says what that means and how to clear it")
    found.under("Domains")
    sharing(root, found)
    return found


def run(root, _args):
    found = look(root)
    for line in found.lines():
        print(line)
    return found.status()
