# SPDX-License-Identifier: GPL-2.0-only
"""
smmuv3ctl enable, commit, disable, and what the boot itself calls: booted and deadline. They look
first and refuse with a text that says why; what they change they change as a whole (steps.py).
"""
import os
import re
import sys

from ctl import boot, check, health, kernels, status, steps, system
from ctl.findings import BAD

HOOKS = (boot.OURS, "etc/kernel/postinst.d/zy-smmuv3")
HERE = "run/smmuv3ctl.booted"


def need_machine(root):
    """Refused where the commands cannot help at all"""
    machine = (boot.ask(["uname", "-m"]) or "").strip()
    if machine != "aarch64":
        raise boot.Refused(f"this machine is {machine or 'unknown'}, and SMMUs are on arm64",
                           "run this on the arm64 machine itself")
    if not root.top and os.geteuid():
        raise boot.Refused("changing the boot needs root", "run the same command with sudo")


def need_grub(root):
    if root.exists("boot/efi/loader/loader.conf") and not root.exists(boot.CFG):
        raise boot.Refused("this machine boots with systemd-boot, and only GRUB is supported",
                           "see README for the two words of a boot entry made by hand")
    if not root.exists(boot.CFG) or not os.access(root.path(boot.STOCK), os.X_OK):
        raise boot.Refused("this machine does not boot with GRUB as Debian sets it up: "
                           f"there is no /{boot.CFG} or no /{boot.STOCK}",
                           "see README for the two words of a boot entry made by hand")
    maker = boot.initrd_maker()
    for name in HOOKS + ((kernels.HOOK,) if maker == "mkinitramfs" else ()):
        if not root.exists(name):
            raise boot.Refused(f"/{name} is missing, and without it a kernel upgrade would not "
                               "keep the boot entry right", "install the package smmuv3-dkms")
    if maker is None:
        raise boot.Refused("nothing here makes an initrd: there is no mkinitramfs and no dracut",
                           "apt install initramfs-tools")


def need_stock_entry(root):
    """The entry beside ours has to be one that boots without the module"""
    if any("initcall_blacklist" in line and system.BLACKLIST in line
           for line in boot.grub_settings(root).splitlines() if not line.lstrip().startswith("#")):
        raise boot.Refused("/etc/default/grub keeps the built-in driver off in every boot entry, "
                           "so there would be nothing to fall back to",
                           f"take initcall_blacklist={system.BLACKLIST} out of it first")
    modules = (root.text("etc/initramfs-tools/modules") or "").splitlines()
    if any(line.split()[:1] == [system.MODULE] for line in modules):
        raise boot.Refused("/etc/initramfs-tools/modules puts the module into every initramfs",
                           "take its line out and run update-initramfs -u -k all first")
    for name in root.names("etc/dracut.conf.d"):
        lines = (root.text(f"etc/dracut.conf.d/{name}") or "").splitlines()
        if any(re.search(rf"\b{system.MODULE}\b", line.split("#")[0]) for line in lines):
            raise boot.Refused(f"/etc/dracut.conf.d/{name} puts the module into every initramfs",
                               "take it out and run dracut --regenerate-all --force first")


def need_module(root):
    version = system.release(root)
    files = boot.modules(root, version)
    if not files:
        why = kernels.failed(root).get(version)
        raise boot.Refused(f"the running kernel {version} has no module smmuv3"
                           + (f": {why}" if why else ""),
                           f"apt install linux-headers-{version}, then dpkg-reconfigure "
                           "smmuv3-dkms")
    if len(files) > 1:
        raise boot.Refused(f"{version} has the module twice: {' and '.join(files)}",
                           "remove the one that is not wanted, then run depmod")
    path = root.path(files[0])
    magic = boot.ask(["modinfo", "-F", "vermagic", path])
    if magic is None or magic.split()[:1] != [version]:
        raise boot.Refused(f"{files[0]} is not for {version}"
                           + (f" but for {magic.split()[0]}" if magic and magic.split() else ""),
                           "build it anew: dpkg-reconfigure smmuv3-dkms")
    lock = re.search(r"\[(\w+)\]", root.text("sys/kernel/security/lockdown") or "")
    strict = lock and lock[1] != "none" or \
        root.text("sys/module/module/parameters/sig_enforce") == "Y"
    if strict and not (boot.ask(["modinfo", "-F", "signer", path]) or "").strip():
        raise boot.Refused(f"{files[0]} is not signed, and this kernel loads signed modules only",
                           "see boot.rst, secure boot")
    key = root.path("var/lib/dkms/mok.pub")
    # mokutil says with status 1 that the key is enrolled
    if strict and os.path.exists(key) and \
            "is already enrolled" not in (boot.ask(["sh", "-c", 'mokutil --test-key "$0" || :',
                                                    key]) or "is already enrolled"):
        raise boot.Refused("DKMS has signed the module with a key that firmware does not know",
                           "mokutil --import /var/lib/dkms/mok.pub, restart, and enroll it")


def need_flag(root, block, why, what):
    """Refused where GRUB cannot write the environment block @block, for @why"""
    if why:
        raise boot.Refused(f"{why}, so {what}",
                           f"the EFI system partition would do, at /{boot.ESP}; without --once "
                           "there is an entry to choose by hand at the menu")
    if block == boot.ESP_ENV:
        return
    if not root.exists(boot.ENV):
        raise boot.Refused(f"there is no /{boot.ENV}",
                           f"grub-editenv /{boot.ENV} create, then update-grub")
    if "load_env" not in (root.text(boot.CFG) or ""):
        raise boot.Refused("grub.cfg does not read the environment block",
                           "run update-grub")


def need_check(root):
    found = check.look(root)
    bad = [text for _, rank, text, _ in found.rows if rank == BAD]
    if bad:
        raise boot.Refused("this machine would not do with the module: " + "; ".join(bad),
                           "smmuv3ctl check says more")


def add_initrds(root, todo, versions):
    for version in versions:
        name = boot.initrd(version)
        kernels.need_space(root, version)
        had = root.exists(name)
        todo.add(f"make /{name}, an initrd with the module",
                 lambda version=version: kernels.build_initrd(root, version),
                 lambda name=name, had=had: had or boot.remove(root, name))


def add_kdump(root, todo):
    """kdump's initrds: made by a hook that looks at the state, in both directions"""
    for version in kernels.kdump_initrds(root):
        todo.add(f"make /{kernels.KDUMP}/initrd.img-{version} anew",
                 lambda version=version: kernels.build_kdump(root, version),
                 lambda version=version: None)


def add_kdump_undo(root, todo):
    """In front of the state in the list, so that it is undone after it"""
    versions = kernels.kdump_initrds(root)
    if versions:
        todo.add("look at kdump's initrds", lambda: None,
                 lambda: [kernels.build_kdump(root, version) for version in versions])


def enable(root, args):
    need_machine(root)
    with steps.alone(root, wait=False):
        return do_enable(root, args)


def do_enable(root, args):
    need_grub(root)
    need_stock_entry(root)
    version = system.release(root)
    need_module(root)
    need_check(root)
    block = boot.choose_block(root)
    if args.once:
        need_flag(root, block, None if block else
                  f"{boot.cannot_write(root)}; {boot.esp_cannot_write(root)}",
                  "a trial would repeat for ever")
        if boot.committed(root) and \
                boot.environment(root).get(boot.FLAG) in (boot.GOOD, boot.TRIED):
            raise boot.Refused("the entry is the default already", "smmuv3ctl disable takes it out")
    have = boot.state(root) or {}
    versions = [v for v in boot.kernels(root) if len(boot.modules(root, v)) == 1]
    if version not in versions:
        raise boot.Refused(f"there is no /boot/vmlinuz-{version} of the running kernel")
    todo = steps.Steps(root, args.dry_run)
    # first what is only there, last what the boot loader acts on
    add_initrds(root, todo, versions)
    add_kdump_undo(root, todo)
    if block == boot.ESP_ENV:
        todo.new_block(block)
        have["block"] = "esp"
    else:
        have.pop("block", None)
    todo.write(boot.STATE, boot.state_text({"default": "no", **have,
                                            **({"trial": "pending"} if args.once else {})}))
    add_kdump(root, todo)
    todo.grub_cfg(has=[f"'{boot.entry(version)}'"])
    if args.once:
        todo.environment(block, next_entry=boot.entry(version))
    todo.run()
    if args.once and not args.dry_run:
        print(f"The next boot, and only that, is {version} with the module. If it does not come "
              "up, reset the machine: it boots as before. If all is well: smmuv3ctl commit.")
    elif not args.dry_run:
        print("The menu has an entry with the module now. The default is as before.")
    return 0


def need_commit(root):
    version = system.release(root)
    if not boot.booted_ours(root):
        raise boot.Refused("this boot is not from the entry with the module",
                           "smmuv3ctl enable --once, restart, and look at smmuv3ctl status")
    if boot.state(root) is None or not root.exists(boot.initrd(version)):
        raise boot.Refused(f"there is no boot entry for {version} any more", "smmuv3ctl enable")
    chosen = re.findall(r"^\s*GRUB_DEFAULT=[\"']?([^\"'\n]*)", boot.grub_settings(root), re.M)
    if chosen and chosen[-1] not in ("0", ""):
        raise boot.Refused(f"GRUB_DEFAULT={chosen[-1]} chooses the default by hand",
                           "set GRUB_DEFAULT=0 in /etc/default/grub first")
    need_flag(root, boot.block(root), boot.block_cannot_write(root),
              "an entry that stops working would not fall back")
    found = health.look(root)
    if not health.is_well(found):
        for line in found.lines():
            print(line)
        raise boot.Refused("not all is well, so the default stays as it is",
                           "what is marked BAD or ? says why")


def commit(root, args):
    need_machine(root)
    with steps.alone(root, wait=False):
        need_commit(root)
        todo = steps.Steps(root, args.dry_run)
        todo.write(boot.STATE, boot.state_text({**boot.state(root), "default": "yes",
                                                "trial": "well"}))
        # good before grub.cfg looks at it
        todo.environment(boot.block(root), **{boot.FLAG: boot.GOOD})
        without = newest_without(root)
        newest_has_it = boot.ready(root) and not without
        todo.grub_cfg(has=["set default=\"smmuv3-"] if newest_has_it else [])
        todo.run()
    if not args.dry_run:
        print("The entry with the module is the default. Two boots in a row that do not reach "
              "their end make the stock entry the default again.")
        if not newest_has_it:
            print(f"But {without} is newer and has no module: it boots with the "
                  "built-in driver.")
    return 0


def newest_without(root):
    """The newest kernel where it has no initrd of ours, or None"""
    def key(version):
        return [(1, int(part), "") if part.isdigit() else (0, 0, part)
                for part in re.findall(r"\d+|[a-z]+", version)]
    newest = max(boot.kernels(root), key=key, default=None)
    return newest if newest and not root.exists(boot.initrd(newest)) else None


def leftovers(root):
    """Files that the entry needs, and nothing when it is gone"""
    return [f"boot/{name}" for name in root.names("boot") if name.startswith("initrd-smmuv3.img-")] \
        + ([boot.ESP_ENV] if root.exists(boot.ESP_ENV) else [])


def disable(root, args):
    need_machine(root)
    with steps.alone(root, wait=getattr(args, "wait", False)):
        return do_disable(root, args)


def do_disable(root, args):
    env = boot.environment(root)
    cfg = root.text(boot.CFG) or ""
    has = boot.state(root) is not None
    if not has and not leftovers(root) and boot.FLAG not in env and "smmuv3_note" not in cfg:
        print("There is no boot entry with the module.")
        return 0
    todo = steps.Steps(root, args.dry_run)
    words = [boot.FLAG]
    # a trial that is still to come; of one that was, GRUB leaves the name without a value
    if "next_entry" in env and (not env["next_entry"] or env["next_entry"].startswith("smmuv3-")):
        words.append("next_entry")
    if root.exists(boot.block(root)):
        todo.environment(boot.block(root), **dict.fromkeys(words))
    if has:
        add_kdump_undo(root, todo)
        todo.write(boot.STATE, None)
        add_kdump(root, todo)
    if root.exists(boot.CFG):
        todo.grub_cfg(lacks=["smmuv3_note"])
    todo.run()
    # nothing refers to these any more
    for name in leftovers(root):
        print(f"{'would ' if args.dry_run else ''}remove /{name}")
        if not args.dry_run:
            boot.remove(root, name)
    if boot.booted_ours(root) and not args.dry_run:
        print("The module runs until the next boot.")
    return 0


def booted(root, _args):
    """At the end of each boot, by smmuv3-boot.service, and of hibernation, by systemd-sleep"""
    have = boot.state(root)
    if have is None:
        return 0
    boot.reread(root)
    boot.write(root, HERE, "")
    flag = boot.environment(root).get(boot.FLAG)
    if not boot.booted_ours(root):
        if have.get("trial") == "pending" and \
                not boot.environment(root).get("next_entry", "").startswith("smmuv3-"):
            boot.write(root, boot.STATE, boot.state_text({**have, "trial": "lost"}))
        for line in status.of_boot(root).lines():
            print(line)
        return 0
    found = health.look(root)
    well = health.is_well(found)
    for line in found.lines():
        print(line)
    boot.write(root, boot.STATE, boot.state_text({**have, "trial": "well" if well else "ill"}))
    if boot.committed(root):
        if not well:
            boot.set_environment(root, boot.block(root), **{boot.FLAG: boot.FELL})
        # a trial after a fall leaves it so; in one that was committed GRUB notes what hibernation does
        elif flag == boot.TRIED or \
                flag == boot.RETRIED and system.last(root, boot.MARK) != "once":
            boot.set_environment(root, boot.block(root), **{boot.FLAG: boot.GOOD})
    print("This boot is " + ("good." if well else
                             "not good: the next one is with the built-in driver."))
    return 0 if well else 1


def deadline(root, _args):
    """A boot with the module that has not come to its end, by smmuv3-deadline.timer"""
    if boot.booted_ours(root) and not root.exists(HERE):
        print("smmuv3: this boot does not come to its end; restarting with the stock entry next",
              file=sys.stderr)
        boot.run(["systemctl", "--force", "reboot"])
    return 0


def guarded(command):
    """A command whose refusal is told and has status 1"""
    def run(root, args):
        try:
            return command(root, args)
        except boot.Refused as refused:
            print(f"error: {refused.what}", file=sys.stderr)
            if refused.todo:
                print(f"       {refused.todo}", file=sys.stderr)
            return 1
        except steps.Stopped:
            print("stopped; nothing is changed", file=sys.stderr)
            return 130
    return run
