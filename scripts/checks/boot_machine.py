# SPDX-License-Identifier: GPL-2.0-only
"""
A made-up machine that boots with GRUB, for boot_cases.py and grub_machine.py: stand-ins for the
programs that smmuv3ctl calls (boot_tool), and boots through its grub.cfg (grub_script.py).
"""
import os
import subprocess
import sys

import ctl_cases
import grub_script

HERE = os.path.dirname(os.path.realpath(__file__))
TOOLS = ("uname", "grub-probe", "grub-editenv", "grub-mkconfig", "mkinitramfs", "lsinitramfs",
         "modinfo", "dkms", "mokutil")
OLD, NOW, NEW = "7.2.9+deb13-arm64", "7.3.4+deb13-arm64", "7.3.5+deb13-arm64"
EMPTY = "# GRUB Environment Block\n" + "#" * 999
DEVICE = "arm-smmu-v3.0.auto"
ESP, ESP_UUID = "boot/efi/EFI/smmuv3/grubenv", "ABCD-1234"
STOCK_WORDS = "BOOT_IMAGE=/vmlinuz root=UUID=11-22 ro quiet"


class Machine(ctl_cases.Machine):
    """A machine with GRUB, which boots"""

    def __init__(self, top):
        self.aside = os.path.join(os.path.dirname(top), "aside")
        for folder in ("bin", "count"):
            os.makedirs(os.path.join(self.aside, folder), exist_ok=True)
        for name in TOOLS:
            self.stand_in(f"{self.aside}/bin/{name}")
        self.fault = {}
        self.programs = None
        super().__init__(top)
        ctl_cases.acpi_machine_files(self)
        self.write("boot/grub/grubenv", EMPTY)
        for name in ("etc/grub.d/10_linux", "etc/kernel/postinst.d/kdump-tools"):
            self.stand_in(self.path(name))
        for name in ("etc/grub.d/45_smmuv3", "etc/kernel/postinst.d/zy-smmuv3",
                     "usr/share/initramfs-tools/hooks/smmuv3"):
            self.write(name, "#!/bin/sh\n")
        self.write("etc/default/grub", "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n")
        self.folder("var/lib/dkms/smmuv3/0.14/source")
        self.kernel(NOW)
        self.tool("grub-mkconfig", "-o", f"{top}/boot/grub/grub.cfg")
        # as grub-mkconfig makes it where it has a password
        os.chmod(f"{top}/boot/grub/grub.cfg", 0o600)

    def stand_in(self, path):
        """boot_tool under another name, for the Python that runs here and without its extras"""
        with open(f"{HERE}/boot_tool", encoding="utf-8") as file:
            text = file.read().split("\n", 1)[1]
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!{sys.executable} -SE\n{text}")
        os.chmod(path, 0o755)

    def kernel(self, version, module=True):
        self.write(f"boot/vmlinuz-{version}", "kernel\n")
        self.write(f"boot/initrd.img-{version}", f"initrd for {version}\n")
        self.write(f"boot/config-{version}", ctl_cases.CONFIG)
        self.write(f"lib/modules/{version}/modules.dep", "")
        self.folder(f"lib/modules/{version}/build/include")
        if module:
            self.write(f"lib/modules/{version}/updates/dkms/smmuv3.ko.xz",
                       f"vermagic: {version} SMP\nsigner: DKMS key\n")

    def env(self):
        return dict(os.environ, BOOT_ROOT=self.top, BOOT_COUNT=f"{self.aside}/count",
                    BOOT_CTL=ctl_cases.CTL,
                    PATH=self.programs or f"{self.aside}/bin:{os.environ['PATH']}",
                    **self.fault)

    def tool(self, *command):
        subprocess.run(command, env=self.env(), check=True,
                       executable=f"{self.aside}/bin/{command[0]}")

    def run(self, *args):
        for name in os.listdir(f"{self.aside}/count"):
            os.unlink(f"{self.aside}/count/{name}")
        done = subprocess.run([sys.executable, "-S", ctl_cases.CTL, "--root", self.top, *args],
                              capture_output=True, text=True, timeout=60, check=False,
                              env=self.env())
        return done.returncode, done.stdout, done.stderr

    def calls(self):
        """How often each program was called in the last run"""
        folder = f"{self.aside}/count"
        return {name: os.path.getsize(f"{folder}/{name}") for name in os.listdir(folder)}

    def text(self, name):
        with open(os.path.join(self.top, name), encoding="utf-8") as file:
            return file.read()

    def tree(self):
        """Every file, with its mode, but those that a boot makes anew"""
        found = {}
        for folder, _, names in os.walk(self.top):
            short = folder[len(self.top):]
            if short.split("/")[1:2] == ["run"]:
                continue
            found[short] = None
            for name in names:
                path = os.path.join(folder, name)
                found[f"{short}/{name}"] = os.readlink(path) if os.path.islink(path) else \
                    open(path, "rb").read()
                found[f"{short}/{name}: mode"] = oct(os.lstat(path).st_mode)
        return found

    def block(self, name="boot/grub/grubenv"):
        if not os.path.exists(f"{self.top}/{name}"):
            return None
        return dict(line.split("=", 1) for line in self.text(name).splitlines()
                    if "=" in line and line[0] != "#")

    def put_block(self, name, block):
        if block is not None:
            text = "# GRUB Environment Block\n" + "".join(f"{k}={v}\n" for k, v in block.items())
            self.write(name, text + "#" * (1024 - len(text)))

    def boot(self, outcome="good", choose=None, writable=("block", "esp")):
        """
        One boot: 'stock', 'ours VERSION', and with ours whether it has come to its end. @outcome
        says what happens with ours: good, ill (an SMMU is refused), hang (reset before the end).
        """
        block, esp = self.block(), self.block(ESP)
        _, linux, initrd = grub_script.Grub(block, esp, writable).boot(
            self.text("boot/grub/grub.cfg"), choose)
        self.put_block("boot/grub/grubenv", block)
        self.put_block(ESP, esp)
        version = linux[1].split("vmlinuz-")[1]
        self.write("proc/sys/kernel/osrelease", version + "\n")
        self.cmdline(" ".join(linux[2:]))
        ours = "initcall_blacklist=arm_smmu_driver_init" in linux
        if ours != ("smmuv3" in initrd[1]):
            return f"command line and initrd do not fit: {linux} {initrd}"
        self.running(ours, outcome)
        if os.path.exists(f"{self.top}/run/smmuv3ctl.booted"):
            os.unlink(f"{self.top}/run/smmuv3ctl.booted")
        if not (ours and outcome == "hang"):
            self.run("booted")
        return f"ours {version}" if ours else f"stock {version}"

    def running(self, ours, outcome):
        """What sysfs shows then"""
        for path in ("sys/module/smmuv3", "sys/kernel/debug/smmuv3"):
            subprocess.run(["rm", "-rf", f"{self.top}/{path}"], check=True)
        link = f"{self.top}/sys/devices/platform/{DEVICE}/driver"
        if os.path.islink(link):
            os.unlink(link)
        if not ours or outcome == "good":
            self.link(f"sys/devices/platform/{DEVICE}/driver",
                      "sys/bus/platform/drivers/arm-smmu-v3")
        if ours:
            self.module()


def expect(result, status, *texts):
    """Text that is wrong with a result, or None; texts of both outputs"""
    code, out, err = result
    return ctl_cases.expect((code, out + err, ""), status, *texts) if code == status else \
        f"status {code}, not {status}: {(out + err).strip()[-300:]}"


def same(before, after, *but):
    """What differs between two trees, but for these"""
    names = sorted(name for name in before.keys() | after.keys()
                   if before.get(name, 0) != after.get(name, 0) and
                   not name.startswith(tuple(but) or ("\0",)))
    return f"differs: {' '.join(names)}" if names else None


def boots(m, *pairs):
    """Boots in a row, each as (arguments, what has to boot)"""
    for number, (args, want) in enumerate(pairs):
        got = m.boot(**args)
        if got != want:
            return f"boot {number}: {got}, not {want}; {m.block()}"
    return None


def at_work(top):
    """A machine whose entry is committed"""
    m = Machine(top)
    for result in (m.run("enable", "--once"), m.boot(), m.run("commit")):
        if result[0] not in (0, "o"):
            raise AssertionError(result)
    return m


def esp_machine(top, below="lvm,ext2"):
    """A machine where GRUB cannot write where it is, and can on the EFI system partition"""
    m = Machine(top)
    m.write("probe", below)
    m.write("probe-esp", ",fat")
    m.folder("boot/efi/EFI/debian/x")
    return m


NEVER = {"writable": ("esp",)}
