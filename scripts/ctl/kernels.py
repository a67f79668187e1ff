# SPDX-License-Identifier: GPL-2.0-only
"""
Each kernel's part: its module, built by DKMS, and its initrd of ours. The hooks of kernel and
header packages come here (smmuv3ctl hook ...). A hook never fails, because that would leave the
kernel package unconfigured; what went wrong is written down for status and for the next look.
"""
import os
import re
import shutil
import sys

from ctl import boot, steps, system

SPARE = 8 << 20                 # of /boot, beyond what the initrd needs
KDUMP = "var/lib/kdump"
KDUMP_SCRIPT = "etc/kernel/postinst.d/kdump-tools"
KEPT = ".smmuv3-kept"
# in the environment of what makes our initrd
IN_OURS = "SMMUV3_INITRD"
# puts the module into our initrd, where initramfs-tools makes it
HOOK = "usr/share/initramfs-tools/hooks/smmuv3"


def failed(root):
    """Kernels whose module is missing: version -> why"""
    return {name: root.text(f"{boot.FAILED}/{name}") or "" for name in root.names(boot.FAILED)}


def record(root, version, why):
    name = f"{boot.FAILED}/{version}"
    if why is None:
        boot.remove(root, name)
    else:
        boot.write(root, name, why + "\n")


def need_space(root, version):
    """Refused when /boot has no room for an initrd, which is as large as the stock one"""
    try:
        size = os.stat(root.path(f"boot/initrd.img-{version}")).st_size
    except OSError:
        size = 64 << 20
    free = shutil.disk_usage(root.path("boot")).free
    if free < size + SPARE:
        raise boot.Refused(f"/boot has {free >> 20} MB left, and the initrd of {version} needs "
                           f"{(size + SPARE) >> 20} MB",
                           "remove kernels that are not needed (apt autoremove)")


def build_initrd(root, version):
    """An initrd with the module. The stock one is not touched."""
    need_space(root, version)
    path = root.path(boot.initrd(version))
    new = f"{path}.new"
    env = dict(os.environ, **{IN_OURS: "1"})
    try:
        if boot.initrd_maker() == "dracut":
            boot.run(["dracut", "--force", "--force-drivers", system.MODULE, new, version],
                     env=env)
            there, look = boot.run(["lsinitrd", new]), "see what dracut says of the module"
        else:
            boot.run(["mkinitramfs", "-o", new, version], env=env)
            there, look = boot.run(["lsinitramfs", new]), f"is /{HOOK} there?"
        if f"/{system.MODULE}.ko" not in there:
            raise boot.Refused(f"the initrd for {version} has come out without the module", look)
        os.replace(new, path)
    finally:
        boot.remove(root, f"{boot.initrd(version)}.new")


def kdump_initrds(root):
    """Kernels for which kdump-tools has an initrd"""
    names = [name for name in root.names(KDUMP) if re.fullmatch(r"initrd\.img-\d\S*", name)]
    return [name[len("initrd.img-"):] for name in names if not name.endswith((".new", KEPT))]


def build_kdump(root, version):
    """kdump's initrd anew, by its own script; our hook knows whether it gets the module"""
    path = root.path(f"{KDUMP}/initrd.img-{version}")
    settings = {key: value for key, value in os.environ.items() if key != "DEB_MAINT_PARAMS"}
    # the script begins with removing the old one
    boot.remove(root, f"{KDUMP}/initrd.img-{version}{KEPT}")
    os.link(path, path + KEPT)
    try:
        boot.run([root.path(KDUMP_SCRIPT), version], env=settings)
    except BaseException:
        os.replace(path + KEPT, path)
        raise
    boot.remove(root, f"{KDUMP}/initrd.img-{version}{KEPT}")


def dkms_version(root):
    """Version of our source that DKMS has, or None"""
    if not root.names(f"var/lib/dkms/{system.MODULE}"):
        return None
    said = boot.ask(["dkms", "status", "-m", system.MODULE]) or ""
    found = re.findall(rf"^{system.MODULE}/([^,:\s]+)", said, re.M)
    return found[-1] if found else None


def build_module(root, version):
    """None when the kernel has the module now, or else why not"""
    if boot.modules(root, version):
        return None
    if system.series_of(version) not in system.SERIES:
        return "the module does not support this series, but " + \
            ", ".join("%d.%d" % one for one in system.SERIES)
    source = dkms_version(root)
    if source is None:
        return "DKMS does not have the source of the module"
    if not root.exists(f"lib/modules/{version}/build/include"):
        return f"linux-headers-{version} is not installed"
    print(f"smmuv3: building the module for {version}", flush=True)
    try:
        boot.run(["dkms", "install", "-m", system.MODULE, "-v", source, "-k", version])
    except boot.Refused as error:
        log = f"/var/lib/dkms/{system.MODULE}/{source}/build/make.log"
        return f"{error.what}; {log} says more"
    return None if boot.modules(root, version) else "DKMS has built no module"


def added(root, version):
    """A kernel or its headers came: is there something new in /boot?"""
    why = build_module(root, version)
    record(root, version, why)
    if why:
        print(f"smmuv3: no module for {version}: {why}")
        print(f"smmuv3: {version} boots with the built-in driver")
    if boot.state(root) is None:
        return False
    had = root.exists(boot.initrd(version))
    if why:
        boot.remove(root, boot.initrd(version))
        return had
    try:
        build_initrd(root, version)
        if version in kdump_initrds(root):
            build_kdump(root, version)
    except (OSError, boot.Refused) as error:
        record(root, version, f"{error}")
        boot.remove(root, boot.initrd(version))
        print(f"smmuv3: {version} boots with the built-in driver: {error}")
        return had
    return True


def headers(root, version):
    """Headers came. Those of a kernel that is not there have to wait for its own hook."""
    return version in boot.kernels(root) and added(root, version)


def gone(root, version):
    """A kernel goes"""
    record(root, version, None)
    boot.remove(root, boot.initrd(version))


def renewed(root, version):
    """The stock initrd was made anew, so ours has to follow"""
    if boot.state(root) is not None and root.exists(boot.initrd(version)):
        added(root, version)


def installed(root):
    """The package was installed or upgraded: modules for all kernels, initrds that follow"""
    changed = [added(root, version) for version in boot.kernels(root)
               if root.exists(f"lib/modules/{version}/modules.dep")]
    return any(changed)


def run(root, args):
    """smmuv3ctl hook WHAT [VERSION]"""
    # dracut has the hooks of post-update.d run, for ours too, and we wait for dracut
    if args.what == "initrd" and os.environ.get(IN_OURS):
        return 0
    try:
        with steps.alone(root, wait=True):
            if args.what == "installed":
                changed = installed(root)
            elif args.what == "headers":
                changed = headers(root, args.version)
            else:
                {"kernel": added, "gone": gone, "initrd": renewed}[args.what](root, args.version)
                changed = False         # zz-update-grub comes behind
            if changed and root.exists(boot.CFG):
                steps.make_cfg(root)
    except (OSError, boot.Refused) as error:
        print(f"smmuv3ctl: {error}", file=sys.stderr)
    return 0
