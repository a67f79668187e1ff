#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Cases for smmuv3ctl enable, commit and disable: made-up machines (boot_machine.py) and many boots
through the grub.cfg that comes out. Prints 'ok NAME' or 'not ok NAME WHY', one line for each case.
28-boot runs it.
"""
import os
import random
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)

import grub_script                          # noqa: E402 (after the path is set)
from boot_machine import (                  # noqa: E402
    ESP, NEVER, NEW, NOW, OLD, Machine, at_work, boots, esp_machine, expect, same)
from cases import Cases                     # noqa: E402

CASES = Cases()
case = CASES.case


@case
def nothing_enabled(top):
    m = Machine(top)
    before = m.tree()
    return boots(m, ({}, f"stock {NOW}"), ({}, f"stock {NOW}")) or \
        expect(m.run("disable"), 0, "no boot entry") or same(before, m.tree(), "/proc", "/sys")


@case
def enable_and_disable(top):
    m = Machine(top)
    before = m.tree()
    wrong = expect(m.run("enable"), 0, "The default is as before")
    wrong = wrong or boots(m, ({}, f"stock {NOW}"), ({"choose": f"smmuv3-{NOW}"}, f"ours {NOW}"),
                           ({}, f"stock {NOW}"))
    if not wrong and m.text(f"boot/initrd.img-{NOW}") != f"initrd for {NOW}\n":
        wrong = "the stock initrd was touched"
    stock = grub_script.Grub({}).boot(m.text("boot/grub/grub.cfg"))
    return wrong or (None if "quiet" in stock[1] else "the stock entry has changed") or \
        expect(m.run("disable"), 0) or same(before, m.tree(), "/proc", "/sys")


@case
def enable_twice(top):
    m = Machine(top)
    m.run("enable")
    once = m.tree()
    return expect(m.run("enable"), 0) or same(once, m.tree())


@case
def command_line(top):
    """Words of ours are behind the stock ones; what init gets stays last"""
    m = Machine(top)
    m.write("words", "rootdelay=90 panic=5 -- single")
    m.tool("grub-mkconfig", "-o", f"{top}/boot/grub/grub.cfg")
    m.run("enable", "--once")
    m.boot()
    words = m.text("proc/cmdline").split()
    # the stock entry alone is what savedefault may remember
    if m.text("boot/grub/grub.cfg").count("savedefault") != 1:
        return "our entry calls savedefault"
    want = "root=UUID=11-22 ro rootdelay=90 panic=5 initcall_blacklist=arm_smmu_driver_init " \
        "deferred_probe_timeout=120 smmuv3_entry=once hung_task_panic=1 -- single quiet"
    return None if " ".join(words) == want else f"it is {' '.join(words)}"


@case
def watchdog(top):
    m = Machine(top)
    m.folder("sys/class/watchdog/watchdog0")
    m.run("enable", "--once")
    m.boot()
    words = m.text("proc/cmdline")
    return None if "systemd.watchdog_sec=60" in words and "deferred_probe_timeout=60 panic=30" \
        in words else f"it is {words}"


@case
def once_good(top):
    m = Machine(top)
    wrong = expect(m.run("enable", "--once"), 0, "only that") or \
        expect(m.run("status"), 1, "the next boot, and only that") or \
        boots(m, ({}, f"ours {NOW}"))
    return wrong or expect(m.run("status"), 0, "the last boot with the module was good") or \
        boots(m, ({}, f"stock {NOW}"), ({}, f"stock {NOW}"))


@case
def disable_after_trial(top):
    """GRUB leaves the name of what it has booted without a value; disable takes that out, too"""
    m = Machine(top)
    before = m.tree()
    m.run("enable", "--once")
    return boots(m, ({}, f"ours {NOW}"), ({}, f"stock {NOW}")) or \
        (None if m.block().get("next_entry") == "" else "GRUB has left nothing") or \
        expect(m.run("disable"), 0) or same(before, m.tree(), "/proc", "/sys")


@case
def once_hangs(top):
    m = Machine(top)
    m.run("enable", "--once")
    return boots(m, ({"outcome": "hang"}, f"ours {NOW}"), ({}, f"stock {NOW}"),
                 ({}, f"stock {NOW}")) or \
        expect(m.run("status"), 1, "the trial has not come up")


@case
def once_ill(top):
    m = Machine(top)
    m.run("enable", "--once")
    return boots(m, ({"outcome": "ill"}, f"ours {NOW}")) or \
        expect(m.run("commit"), 1, "has no driver", "not all is well") or \
        boots(m, ({}, f"stock {NOW}"))


@case
def once_unwritable_later(top):
    """GRUB cannot take next_entry out: the trial would repeat, so the stock kernel boots"""
    m = Machine(top)
    m.run("enable", "--once")
    return boots(m, ({"writable": ()}, f"stock {NOW}"), ({"writable": ()}, f"stock {NOW}"))


@case
def committed_stays(top):
    m = at_work(top)
    return boots(m, *[({}, f"ours {NOW}")] * 5) or \
        expect(m.run("status"), 0, "its last boot was good")


@case
def committed_hangs(top):
    """Two boots that hang, then the stock entry, for good"""
    m = at_work(top)
    return boots(m, ({}, f"ours {NOW}"), *[({"outcome": "hang"}, f"ours {NOW}")] * 2,
                 *[({}, f"stock {NOW}")] * 3) or \
        expect(m.run("status"), 1, "two boots with the module in a row") or \
        boots(m, ({"choose": f"smmuv3-{NOW}"}, f"ours {NOW}"), ({}, f"stock {NOW}"),
              ({"choose": f"smmuv3-{NOW}"}, f"ours {NOW}")) or \
        expect(m.run("commit"), 0) or boots(m, ({}, f"ours {NOW}"))


@case
def fallen_again(top):
    """After a fall a trial brings the entry back, by commit only"""
    m = at_work(top)
    wrong = expect(m.run("enable", "--once"), 1, "is the default already") or \
        boots(m, *[({"outcome": "hang"}, f"ours {NOW}")] * 2, ({}, f"stock {NOW}")) or \
        expect(m.run("status"), 1, "enable --once and commit") or \
        expect(m.run("enable", "--once"), 0, "only that") or \
        boots(m, ({}, f"ours {NOW}"), ({}, f"stock {NOW}")) or \
        expect(m.run("enable", "--once"), 0) or \
        boots(m, ({"outcome": "ill"}, f"ours {NOW}"), ({}, f"stock {NOW}")) or \
        expect(m.run("enable", "--once"), 0) or boots(m, ({}, f"ours {NOW}"))
    return wrong or expect(m.run("commit"), 0) or \
        boots(m, ({}, f"ours {NOW}"), ({}, f"ours {NOW}"))


@case
def one_power_cut(top):
    """One boot that does not end is forgiven"""
    m = at_work(top)
    return boots(m, *[({"outcome": "hang"}, f"ours {NOW}"), ({}, f"ours {NOW}")] * 3)


@case
def committed_ill(top):
    """An SMMU that is refused is seen at once"""
    m = at_work(top)
    return boots(m, ({"outcome": "ill"}, f"ours {NOW}"), ({}, f"stock {NOW}"),
                 ({}, f"stock {NOW}"))


@case
def committed_unwritable_later(top):
    """Where the flag cannot be written any more, ours is not booted"""
    m = at_work(top)
    return boots(m, ({"writable": ()}, f"stock {NOW}"), ({}, f"ours {NOW}"))


@case
def stock_by_hand(top):
    """Another entry chosen at the menu costs nothing"""
    m = at_work(top)
    stock = {"choose": f"gnulinux-{NOW}-simple-11-22"}
    return boots(m, *[(stock, f"stock {NOW}")] * 3, ({}, f"ours {NOW}"))


@case
def grub_reboot_wins(top):
    """Another entry that was chosen for the next boot only"""
    m = at_work(top)
    m.tool("grub-editenv", f"{top}/boot/grub/grubenv", "set",
           f"next_entry=gnulinux-{NOW}-simple-11-22")
    return boots(m, ({}, f"stock {NOW}"), ({}, f"ours {NOW}"))


@case
def moved_to_lvm(top):
    m = at_work(top)
    m.write("probe", "lvm,ext2")
    m.tool("grub-mkconfig", "-o", f"{top}/boot/grub/grub.cfg")
    return boots(m, ({}, f"stock {NOW}"))


@case
def many_boots(top):
    """Random boots against the rule in words: after two in a row that hang, or one ill, stock"""
    m = at_work(top)
    dice, hung, fell = random.Random(17), 0, False
    for number in range(24):
        outcome = dice.choice(("good", "good", "good", "hang", "ill"))
        got = m.boot(outcome=outcome)
        want = "stock" if fell else "ours"
        if not got.startswith(want):
            return f"boot {number}: {got}, not {want}"
        hung = hung + 1 if outcome == "hang" else 0
        fell = fell or outcome == "ill" or hung == 2
        if fell and dice.random() < 0.5:
            if m.boot(choose=f"smmuv3-{NOW}") != f"ours {NOW}" or m.run("commit")[0]:
                return f"boot {number}: cannot commit again"
            hung, fell = 0, False
    return None


def upgrade(m, version):
    """What dpkg calls for a new kernel"""
    m.run("hook", "kernel", version)
    m.tool("grub-mkconfig", "-o", f"{m.top}/boot/grub/grub.cfg")


@case
def upgrade_builds(top):
    m = at_work(top)
    m.kernel(NEW, module=False)
    m.write(f"builds/{NEW}", "")
    upgrade(m, NEW)
    return boots(m, ({}, f"ours {NEW}"), ({}, f"ours {NEW}"))


@case
def upgrade_fails(top):
    m = at_work(top)
    m.kernel(NEW, module=False)
    upgrade(m, NEW)
    return boots(m, ({}, f"stock {NEW}"), ({"choose": f"smmuv3-{NOW}"}, f"ours {NOW}"),
                 ({}, f"stock {NEW}")) or \
        expect(m.run("status"), 1, f"{NEW} is without the module: dkms failed",
               "Bad return status", "make.log says more")


@case
def headers_later(top):
    """A kernel that is configured before its headers"""
    m = at_work(top)
    m.kernel(NEW, module=False)
    os.rmdir(f"{top}/lib/modules/{NEW}/build/include")
    upgrade(m, NEW)
    wrong = boots(m, ({}, f"stock {NEW}")) or \
        expect(m.run("status"), 1, f"linux-headers-{NEW} is not installed")
    m.folder(f"lib/modules/{NEW}/build/include")
    m.write(f"builds/{NEW}", "")
    m.run("hook", "headers", NEW)
    return wrong or boots(m, ({}, f"ours {NEW}"))


@case
def kernel_goes(top):
    m = at_work(top)
    m.kernel(OLD)
    m.run("enable")
    before = m.tree()
    m.kernel(NEW, module=False)
    m.write(f"builds/{NEW}", "")
    upgrade(m, NEW)
    for name in (f"boot/vmlinuz-{NEW}", f"boot/initrd.img-{NEW}", f"boot/config-{NEW}"):
        os.unlink(f"{top}/{name}")
    m.run("hook", "gone", NEW)
    m.tool("grub-mkconfig", "-o", f"{top}/boot/grub/grub.cfg")
    return same(before, m.tree(), "/lib/modules", "/builds") or boots(m, ({}, f"ours {NOW}"))


@case
def module_upgrade_fails(top):
    """A new version of the package whose module does not build for the running kernel"""
    m = at_work(top)
    os.unlink(f"{top}/lib/modules/{NOW}/updates/dkms/smmuv3.ko.xz")
    m.run("hook", "installed")
    return boots(m, ({}, f"stock {NOW}"))


@case
def no_space_at_upgrade(top):
    m = at_work(top)
    m.kernel(NEW)
    m.fault = {"BOOT_FAIL": "mkinitramfs:1"}
    m.run("hook", "kernel", NEW)
    m.fault = {}
    m.tool("grub-mkconfig", "-o", f"{top}/boot/grub/grub.cfg")
    if os.path.exists(f"{top}/boot/initrd-smmuv3.img-{NEW}.new"):
        return "half an initrd is left"
    return boots(m, ({}, f"stock {NEW}"))


@case
def kdump(top):
    m = Machine(top)
    m.write(f"var/lib/kdump/initrd.img-{NOW}", "dump")
    before = m.tree()
    m.run("enable")
    with_it = m.text(f"var/lib/kdump/initrd.img-{NOW}")
    m.run("disable")
    return same(before, m.tree()) or (None if with_it == "dump with smmuv3" else with_it)


def without_initramfs_tools(top):
    m = Machine(top)
    for name in "mkinitramfs", "lsinitramfs":
        os.unlink(f"{m.aside}/bin/{name}")
    # the one that runs the tests may have it
    m.programs = f"{m.aside}/bin"
    return m


def with_dracut(top):
    m = without_initramfs_tools(top)
    for name in "dracut", "lsinitrd":
        m.stand_in(f"{m.aside}/bin/{name}")
    os.unlink(f"{top}/usr/share/initramfs-tools/hooks/smmuv3")
    return m


@case
def dracut(top):
    m = with_dracut(top)
    before = m.tree()
    wrong = expect(m.run("enable", "--once"), 0)
    if wrong:
        return wrong
    if "smmuv3.ko" not in m.text(f"boot/initrd-smmuv3.img-{NOW}"):
        return "our initrd has no module"
    if " rd.shell=0 rd.emergency=reboot rd.timeout=30 rd.retry=30 " not in \
            m.text("boot/grub/grub.cfg"):
        return "an initrd of dracut would wait for ever"
    m.run("disable")
    return same(before, m.tree()) or expect(m.run("enable", "--once"), 0) or \
        boots(m, ({}, f"ours {NOW}"), ({}, f"stock {NOW}"))


@case
def dracut_everywhere(top):
    m = with_dracut(top)
    m.write("etc/dracut.conf.d/mine.conf", '# all of them\nforce_drivers+=" smmuv3 "\n')
    before = m.tree()
    return expect(m.run("enable"), 1, "mine.conf", "into every initramfs") or \
        same(before, m.tree())


@case
def no_initrd_maker(top):
    m = without_initramfs_tools(top)
    before = m.tree()
    return expect(m.run("enable"), 1, "no mkinitramfs and no dracut") or same(before, m.tree())


REFUSALS = {
    "x86": ({"machine": "x86_64"}, "this machine is x86_64"),
    "no_grub": ({"boot/grub/grub.cfg": None}, "does not boot with GRUB"),
    "systemd_boot": ({"boot/grub/grub.cfg": None, "boot/efi/loader/loader.conf": ""},
                     "systemd-boot"),
    "no_package": ({"etc/grub.d/45_smmuv3": None}, "install the package"),
    "lvm": ({"probe": "lvm,ext2"}, "is on lvm", "a trial would repeat"),
    "raid": ({"probe": "diskfilter mdraid1x,ext2"}, "is on diskfilter and mdraid1x"),
    "btrfs": ({"probe": ",btrfs"}, "is on btrfs"),
    "zfs": ({"probe": ",zfs"}, "is on zfs"),
    "no_grubenv": ({"boot/grub/grubenv": None}, "there is no /boot/grub/grubenv"),
    "no_module": ({f"lib/modules/{NOW}/updates/dkms/smmuv3.ko.xz": None}, "has no module",
                  f"linux-headers-{NOW}"),
    "two_modules": ({f"lib/modules/{NOW}/extra/smmuv3.ko": ""}, "has the module twice"),
    "wrong_module": ({f"lib/modules/{NOW}/updates/dkms/smmuv3.ko.xz": "vermagic: 7.2.0 SMP\n"},
                     "is not for", "but for 7.2.0"),
    "not_signed": ({f"lib/modules/{NOW}/updates/dkms/smmuv3.ko.xz": f"vermagic: {NOW}\n",
                    "sys/kernel/security/lockdown": "none [integrity] confidentiality\n"},
                   "is not signed"),
    "not_enrolled": ({"sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
                      "var/lib/dkms/mok.pub": "key", "mok": "is not enrolled"}, "mokutil --import"),
    "old_kernel": ({"proc/sys/kernel/osrelease": "5.10.0-8-arm64\n"}, "5.10.0-8-arm64"),
    "blacklisted": ({"etc/default/grub.d/a.cfg":
                     "GRUB_CMDLINE_LINUX=initcall_blacklist=arm_smmu_driver_init\n"},
                    "nothing to fall back to"),
    "in_every_initrd": ({"etc/initramfs-tools/modules": "smmuv3\n"}, "into every initramfs"),
    "broken_iort": ({"sys/firmware/acpi/tables/IORT": "IORT"}, "makes no sense"),
}


def refusal(change, *texts):
    def run(top):
        m = Machine(top)
        for name, content in change.items():
            if content is None:
                os.unlink(f"{top}/{name}")
            else:
                m.write(name, content)
        before = m.tree()
        return expect(m.run("enable", "--once"), 1, "error: ", *texts) or same(before, m.tree())
    return run


for _name, (_change, *_texts) in REFUSALS.items():
    CASES[f"refuses_{_name}"] = refusal(_change, *_texts)


@case
def refuses_full_boot(top):
    m = Machine(top)
    before = m.tree()
    os.truncate(f"{top}/boot/initrd.img-{NOW}", 1 << 42)
    wrong = expect(m.run("enable", "--once"), 1, "/boot has", "apt autoremove")
    m.write(f"boot/initrd.img-{NOW}", f"initrd for {NOW}\n")
    return wrong or same(before, m.tree())


@case
def unwritable_menu_only(top):
    """Without --once there is an entry where GRUB cannot write, and it boots by hand"""
    m = Machine(top)
    m.write("probe", "lvm,ext2")
    return expect(m.run("enable"), 0) or \
        boots(m, ({"choose": f"smmuv3-{NOW}", "writable": ()}, f"ours {NOW}"),
              ({"writable": ()}, f"stock {NOW}"))


@case
def esp_once(top):
    m = esp_machine(top)
    return expect(m.run("enable", "--once"), 0, f"make /{ESP}", f"next_entry=smmuv3-{NOW} in") or \
        expect(m.run("status"), 1, "the next boot, and only that") or \
        boots(m, (NEVER, f"ours {NOW}")) or \
        expect(m.run("status"), 0, "the last boot with the module was good") or \
        boots(m, (NEVER, f"stock {NOW}"), (NEVER, f"stock {NOW}"))


@case
def esp_once_hangs(top):
    m = esp_machine(top, ",btrfs")
    m.run("enable", "--once")
    return boots(m, ({"outcome": "hang", **NEVER}, f"ours {NOW}"), (NEVER, f"stock {NOW}"),
                 (NEVER, f"stock {NOW}")) or expect(m.run("status"), 1, "has not come up")


@case
def esp_committed(top):
    """All of the flag's life on the ESP: good, one that hangs, ill ones, and by hand"""
    m = esp_machine(top, ",zfs")
    m.run("enable", "--once")
    m.boot(**NEVER)
    hang = {"outcome": "hang", **NEVER}
    return expect(m.run("commit"), 0) or \
        boots(m, *[(NEVER, f"ours {NOW}")] * 3, (hang, f"ours {NOW}"), (NEVER, f"ours {NOW}"),
              (hang, f"ours {NOW}"), (hang, f"ours {NOW}"), *[(NEVER, f"stock {NOW}")] * 2,
              ({"choose": f"smmuv3-{NOW}", **NEVER}, f"ours {NOW}")) or \
        expect(m.run("commit"), 0) or \
        boots(m, ({"outcome": "ill", **NEVER}, f"ours {NOW}"), (NEVER, f"stock {NOW}"))


@case
def esp_read_only(top):
    """GRUB cannot write there either, in spite of all: the stock kernel"""
    m = esp_machine(top)
    m.run("enable", "--once")
    wrong = boots(m, *[({"writable": ()}, f"stock {NOW}")] * 2)
    m.boot(**NEVER)
    return wrong or expect(m.run("commit"), 0) or \
        boots(m, ({"writable": ()}, f"stock {NOW}"), (NEVER, f"ours {NOW}"))


@case
def esp_goes(top):
    """The partition, or the block on it, is not there any more: the stock entry"""
    m = esp_machine(top)
    for command in (("enable", "--once"), ("commit",)):
        m.run(*command)
        os.rename(f"{top}/{ESP}", f"{top}/{ESP}.away")
        wrong = boots(m, (NEVER, f"stock {NOW}"))
        os.rename(f"{top}/{ESP}.away", f"{top}/{ESP}")
        if wrong or m.boot(**NEVER) != f"ours {NOW}":
            return f"{command}: {wrong}"
    return None


@case
def esp_upgrade(top):
    """A grub.cfg that is made anew has all of it again"""
    m = esp_machine(top)
    m.run("enable", "--once")
    m.boot(**NEVER)
    m.run("commit")
    m.kernel(NEW, module=False)
    m.write(f"builds/{NEW}", "")
    upgrade(m, NEW)
    wrong = boots(m, (NEVER, f"ours {NEW}"))
    m.write("probe-esp", ",ext2")
    m.tool("grub-mkconfig", "-o", f"{top}/boot/grub/grub.cfg")
    return wrong or boots(m, (NEVER, f"stock {NEW}"))


@case
def esp_disable(top):
    m = esp_machine(top)
    before = m.tree()
    wrong = expect(m.run("enable", "--once", "--dry-run"), 0, f"would make /{ESP}") or \
        same(before, m.tree()) or expect(m.run("enable", "--once"), 0)
    m.boot(**NEVER)
    wrong = wrong or expect(m.run("commit"), 0) or boots(m, (NEVER, f"ours {NOW}")) or \
        expect(m.run("disable"), 0, f"remove /{ESP}")
    return wrong or boots(m, (NEVER, f"stock {NOW}")) or \
        same(before, m.tree(), "/proc", "/sys")


@case
def esp_not_mounted(top):
    m = esp_machine(top)
    os.unlink(f"{top}/probe-esp")
    before = m.tree()
    return expect(m.run("enable", "--once"), 1, "/boot/grub is on lvm", "/boot/efi is on ext2",
                  "the EFI system partition would do") or same(before, m.tree())


@case
def commit_refuses(top):
    m = Machine(top)
    wrong = expect(m.run("commit"), 1, "not from the entry")
    m.run("enable")
    m.boot(choose=f"smmuv3-{NOW}")
    before = m.tree()
    m.write("etc/default/grub", "GRUB_DEFAULT=saved\n")
    wrong = wrong or expect(m.run("commit"), 1, "GRUB_DEFAULT=saved")
    m.write("etc/default/grub", "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n")
    m.write("probe", ",btrfs")
    wrong = wrong or expect(m.run("commit"), 1, "is on btrfs", "would not fall back")
    os.unlink(f"{top}/probe")
    return wrong or same(before, m.tree()) or expect(m.run("commit"), 0)


@case
def dry_run(top):
    m = Machine(top)
    before = m.tree()
    wrong = expect(m.run("enable", "--once", "--dry-run"), 0, f"initrd-smmuv3.img-{NOW}",
                   "next_entry=smmuv3-", "would make /boot/grub/grub.cfg") or \
        same(before, m.tree())
    m.run("enable", "--once")
    before = m.tree()
    return wrong or expect(m.run("disable", "--dry-run"), 0, "would remove") or \
        same(before, m.tree())


# what is called once something has changed
CHANGING = ("mkinitramfs", "lsinitramfs", "kdump-tools", "grub-editenv", "grub-mkconfig")


def faults(m, command):
    """Every way in which @command can go wrong: the settings of boot_tool"""
    before = m.tree()
    if m.run(*command)[0]:
        raise AssertionError(f"{command} fails")
    calls = m.calls()
    restore(m, before)
    for name in CHANGING:
        for number in range(1, calls.get(name, 0) + 1):
            yield {"BOOT_FAIL": f"{name}:{number}"}
        if name in calls:
            yield {"BOOT_KILL": f"{name}:{calls[name]}"}


@case
def all_or_nothing(top):
    """Each program fails at each of its calls, and smmuv3ctl is stopped by a signal in it"""
    return every_fault(Machine(top))


@case
def esp_all_or_nothing(top):
    return every_fault(esp_machine(top))


def every_fault(m):
    m.write(f"var/lib/kdump/initrd.img-{NOW}", "dump")
    tried = 0
    for command in (("enable", "--once"), ("commit",), ("disable",)):
        if command == ("commit",):
            m.boot()
        before = m.tree()
        for fault in list(faults(m, command)):
            m.fault = fault
            code, out, err = m.run(*command)
            m.fault = {}
            tried += 1
            wrong = same(before, m.tree())
            if wrong or not code:
                return f"{command} {fault}: status {code} {wrong}: {out} {err}"
        m.run(*command)
    return None if tried > 15 else f"only {tried} faults"


def restore(m, tree):
    """Put the files back as they were"""
    for name in m.tree().keys() - tree.keys():
        if os.path.isfile(m.top + name):
            os.unlink(m.top + name)
    for name, content in tree.items():
        if isinstance(content, bytes):
            m.write(name.lstrip("/"), content)
    for folder in ("var/lib/smmuv3/failed", "var/lib/smmuv3", os.path.dirname(ESP)):
        if f"/{folder}" not in tree and os.path.isdir(f"{m.top}/{folder}"):
            os.rmdir(f"{m.top}/{folder}")


@case
def half_killed(top):
    """Killed without a chance to undo: disable takes out what is there"""
    m = Machine(top)
    before = m.tree()
    m.write(f"boot/initrd-smmuv3.img-{NOW}", "half")
    m.write(f"boot/initrd-smmuv3.img-{NOW}.new", "half")
    m.write("var/lib/smmuv3/boot", "default=no\n")
    return boots(m, ({}, f"stock {NOW}")) or expect(m.run("disable"), 0) or \
        same(before, m.tree(), "/proc", "/sys")


@case
def deadline(top):
    m = at_work(top)
    m.boot(outcome="hang")
    m.stand_in(f"{m.aside}/bin/systemctl")
    hung = expect(m.run("deadline"), 1, "does not come to its end")
    m.run("booted")
    return hung or expect(m.run("deadline"), 0, "!does not")


if __name__ == "__main__":
    sys.exit(CASES.main("machine"))
