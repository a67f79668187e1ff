#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Cases for smmuv3ctl: copies of machines' files, made up here, and what it has to say of them.
Prints 'ok NAME' or 'not ok NAME WHY', one line for each case. 27-ctl runs it.
"""
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from cases import Cases         # noqa: E402 (after bytecode is off)

CTL = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "smmuv3ctl")
CONFIG = "".join(f"CONFIG_{name}=y\n" for name in (
    "IOMMU_API", "IOMMU_DMA", "IOMMU_IO_PGTABLE_LPAE", "ARM_SMMU_V3"))
BASE = 0x9050000
LOG = ("[    1.0] arm-smmu-v3 {}: ias 48-bit, oas 44-bit (features 0x{:08x})\n")


class Machine:
    """Files of a machine in a folder"""

    def __init__(self, top, release="7.3.4+deb13-arm64"):
        self.top = top
        self.write("proc/sys/kernel/osrelease", release + "\n")
        self.write(f"boot/config-{release}", CONFIG)
        self.write("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/nvme0n1p1 ro\n")

    def path(self, name):
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())

    def folder(self, name):
        os.makedirs(self.path(name), exist_ok=True)

    def link(self, name, to):
        """A link to a path of the machine, relative as in sysfs"""
        path = self.path(name)
        os.symlink(os.path.relpath(os.path.join(self.top, to), os.path.dirname(path)), path)

    def driven(self, device, features=0x1fef):
        """The built-in driver has the SMMU"""
        self.folder(f"sys/devices/platform/{device}")
        self.link(f"sys/bus/platform/devices/{device}", f"sys/devices/platform/{device}")
        self.folder("sys/bus/platform/drivers/arm-smmu-v3")
        self.link(f"sys/devices/platform/{device}/driver", "sys/bus/platform/drivers/arm-smmu-v3")
        self.write("kernel.log", LOG.format(device, features))

    def pci(self, name, bridge="sys/devices/pci0000:00"):
        self.folder(f"{bridge}/{name}")
        self.link(f"sys/bus/pci/devices/{name}", f"{bridge}/{name}")

    def disk(self, pci, number="259:0", name="nvme0n1"):
        path = f"sys/devices/pci0000:00/{pci}/nvme/nvme0/{name}"
        self.folder(path)
        self.link(f"sys/dev/block/{number}", path)

    def root_is(self, number):
        self.write("proc/self/mountinfo",
                   f"22 1 0:21 / /sys rw - sysfs sysfs rw\n26 1 {number} / / rw - ext4 d rw\n")

    def cmdline(self, text):
        self.write("proc/cmdline", text + "\n")

    def run(self, *args):
        done = subprocess.run([CTL, "--root", self.top, *args], capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def check(self):
        return self.run("check")

    def module(self, counters="", domains="", cut=""):
        """The module drives the SMMU, and debugfs shows this"""
        self.write("sys/module/smmuv3/version", "0.14\n")
        top = "sys/kernel/debug/smmuv3"
        self.write(f"{top}/9050000.smmuv3/counters", "commands 12\nevents 1\n" + counters)
        self.write(f"{top}/9050000.smmuv3/cut", cut)
        self.write(f"{top}/9050000.smmuv3/machine", "idr 0d44101b\nfirmware iort 0 1\n")
        self.write(f"{top}/domains", domains)


def node(kind, body, mappings=()):
    """An IORT node: type, revision, identifier, mappings behind @body"""
    offset = 16 + len(body)
    data = struct.pack("<BHBIII", kind, offset + 20 * len(mappings), 4, 0, len(mappings), offset)
    data += body
    for first, more, to, flags in mappings:
        data += struct.pack("<IIIII", first, more, 0, to, flags)
    return data


def table(nodes):
    body = b"".join(nodes)
    head = bytearray(b"IORT" + struct.pack("<IBB", 48 + len(body), 6, 0) + b"TESTERTESTTABL" +
                     struct.pack("<III", 1, 0, 0) + struct.pack("<III", len(nodes), 48, 0))
    data = head + body
    data[9] = -sum(data) % 256
    return bytes(data)


def smmu_v3(base=BASE, flags=1, model=0):
    return node(4, struct.pack("<QIIQIIIIIII", base, flags, 0, 0, model, 0, 0, 0, 0, 0, 0))


def an_iort(**smmu):
    """An SMMU with the first bus of segment 0 behind it"""
    root_complex = node(2, struct.pack("<QII8s", 0, 0, 0, b""), [(0, 0xffff, 48, 0)])
    return table([smmu_v3(**smmu), root_complex])


def acpi_machine(top, **smmu):
    m = Machine(top)
    acpi_machine_files(m, **smmu)
    return m


def acpi_machine_files(m, device="arm-smmu-v3.0.auto", **smmu):
    m.write("sys/firmware/acpi/tables/IORT", an_iort(**smmu))
    m.write("proc/iomem", f"{BASE:08x}-{BASE + 0x1ffff:08x} : {device}\n")
    m.pci("0000:00:01.0")
    m.pci("0000:00:02.0")
    m.disk("0000:00:02.0")
    m.root_is("259:0")
    m.driven(device)


def be(*values):
    return struct.pack(f">{len(values)}I", *values)


def dt_machine(top):
    m = Machine(top)
    tree = "sys/firmware/devicetree/base"
    for name, content in (
            ("#address-cells", be(2)),
            ("smmuv3@9050000/compatible", b"arm,smmu-v3\0"),
            ("smmuv3@9050000/reg", be(0, BASE, 0, 0x20000)),
            ("smmuv3@9050000/phandle", be(7)),
            ("smmuv3@9050000/dma-coherent", b""),
            ("smmuv3@a000000/compatible", b"arm,smmu-v3\0"),
            ("smmuv3@a000000/reg", be(0, 0xa000000, 0, 0x20000)),
            ("smmuv3@a000000/phandle", be(8)),
            ("smmuv3@a000000/status", b"disabled\0"),
            ("pcie@10000000/iommu-map", be(0, 7, 0, 0x10000)),
            ("mmc@b000000/iommus", be(7, 0x20000))):
        m.write(f"{tree}/{name}", content)
    bridge = "sys/devices/platform/10000000.pcie"
    m.folder(bridge)
    m.link(f"{bridge}/of_node", f"{tree}/pcie@10000000")
    m.pci("0000:00:03.0", f"{bridge}/pci0000:00")
    m.folder("sys/devices/platform/9050000.smmuv3")
    m.link("sys/bus/platform/devices/9050000.smmuv3", "sys/devices/platform/9050000.smmuv3")
    return m


CASES = Cases()
case = CASES.case


def expect(result, status, *texts):
    """Text that is wrong with a result, or None"""
    code, out, err = result
    if err:
        return f"says on stderr: {err.strip().splitlines()[-1]}"
    if code != status:
        return f"status {code}, not {status}: {out.strip().splitlines()[-1]}"
    for text in texts:
        if text.startswith("!") and text[1:] in out:
            return f"says '{text[1:]}'"
        if not text.startswith("!") and text not in out:
            return f"does not say '{text}'"
    return None


@case
def built_in_driver(top):
    return expect(acpi_machine(top).check(), 0, "the built-in driver drives it",
                  "features 0x00001fef", "2 devices behind it: 0000:00:01.0 0000:00:02.0",
                  "the root file system is on 0000:00:02.0", "initcall_blacklist", "!BAD",
                  "!not coherent")


@case
def root_on_lvm(top):
    m = acpi_machine(top)
    m.folder("sys/devices/virtual/block/dm-0/slaves")
    m.link("sys/dev/block/254:0", "sys/devices/virtual/block/dm-0")
    m.link("sys/devices/virtual/block/dm-0/slaves/nvme0n1",
           "sys/devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1")
    m.root_is("254:0")
    return expect(m.check(), 0, "the root file system is on 0000:00:02.0")


@case
def root_elsewhere(top):
    m = acpi_machine(top)
    m.root_is("0:33")
    return expect(m.check(), 0, "!the root file system is on")


@case
def nobody_drives(top):
    m = dt_machine(top)
    m.cmdline("initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=60")
    return expect(m.check(), 3,
                  "smmuv3@9050000, registers at 0x9050000 (device tree): has no driver",
                  "2 devices behind it: 0000:00:03.0 mmc@b000000",
                  "smmuv3@a000000, registers at 0xa000000 (device tree): disabled",
                  "the built-in driver does not register")


@case
def module_drives(top):
    m = dt_machine(top)
    m.folder("sys/bus/platform/drivers/arm-smmu-v3")
    m.link("sys/devices/platform/9050000.smmuv3/driver", "sys/bus/platform/drivers/arm-smmu-v3")
    m.folder("sys/module/smmuv3")
    return expect(m.check(), 0, "this module drives it")


@case
def waits_for_ever(top):
    m = dt_machine(top)
    m.cmdline("deferred_probe_timeout=-1")
    return expect(m.check(), 1, "BAD   deferred_probe_timeout=-1")


@case
def waits_for_ever_with_acpi(top):
    m = acpi_machine(top)
    m.cmdline("deferred_probe_timeout=-1")
    return expect(m.check(), 0, "!BAD")


@case
def old_kernel(top):
    m = acpi_machine(top)
    m.write("proc/sys/kernel/osrelease", "5.10.0-8-arm64\n")
    return expect(m.check(), 1, "5.10.0-8-arm64 is not supported",
                  "its configuration cannot be read")


@case
def oldest_series(top):
    m = acpi_machine(top)
    m.write("proc/sys/kernel/osrelease", "6.12.118+deb13-arm64-16k\n")
    m.write("boot/config-6.12.118+deb13-arm64-16k", CONFIG)
    return expect(m.check(), 0, "is of a series that the module supports",
                  "no support for guests through iommufd, SVA")


@case
def series_between(top):
    m = acpi_machine(top)
    m.write("proc/sys/kernel/osrelease", "6.18.9+deb13-arm64\n")
    return expect(m.check(), 1, "6.18.9+deb13-arm64 is not supported", "6.12, 7.2, 7.3")


@case
def kernel_lacks(top):
    m = acpi_machine(top)
    m.write("boot/config-7.3.4+deb13-arm64", CONFIG.replace("CONFIG_IOMMU_DMA=y", ""))
    return expect(m.check(), 1, "built without CONFIG_IOMMU_DMA")


@case
def lockdown(top):
    m = acpi_machine(top)
    m.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    return expect(m.check(), 0, "lockdown is on (integrity)")


@case
def no_stage(top):
    m = acpi_machine(top)
    m.driven("arm-smmu-v3.1.auto", 0)
    m.write("proc/iomem", f"{BASE:08x}-{BASE + 0x1ffff:08x} : arm-smmu-v3.1.auto\n")
    return expect(m.check(), 1, "no translation stage")


@case
def not_coherent(top):
    return expect(acpi_machine(top, flags=0, model=1).check(), 0, "not coherent",
                  "firmware names HiSilicon")


@case
def no_smmu(top):
    m = Machine(top)
    m.write("sys/firmware/acpi/tables/IORT", table([]))
    return expect(m.check(), 1, "no SMMUv3")


@case
def no_firmware(top):
    return expect(Machine(top).check(), 3, "neither an IORT nor a device tree")


@case
def empty_folder(top):
    done = subprocess.run([CTL, "--root", top, "check"], capture_output=True, text=True,
                          check=False)
    return expect((done.returncode, done.stdout, done.stderr), 1, "this kernel is not supported")


@case
def cannot_read(top):
    m = Machine(top)
    m.folder("sys/firmware/acpi/tables/IORT")
    return expect(m.check(), 3, "the IORT cannot be read", "as root")


@case
def broken_iort(top):
    m = acpi_machine(top)
    good = an_iort()
    broken = [good[:n] for n in (0, 3, 8, 47, 60, len(good) - 1)]
    broken.append(good[:-1] + bytes([good[-1] ^ 1]))
    for data in broken:
        m.write("sys/firmware/acpi/tables/IORT", data)
        wrong = expect(m.check(), 1, "makes no sense")
        if wrong:
            return f"{len(data)} of {len(good)} bytes: {wrong}"
    return None


@case
def hostile_iort(_top):
    """Whatever is in a table whose checksum is right: an answer or Bad, and nothing else"""
    sys.path.insert(0, os.path.dirname(CTL))
    from ctl import iort
    dice = random.Random(20261126)
    for nr in range(20000):
        data = bytearray(an_iort())
        for _ in range(dice.randrange(1, 6)):
            byte = dice.choice((0, 1, 0x7f, 0xff, dice.randrange(256)))
            data[dice.randrange(36, len(data))] = byte
        data[9] = 0
        data[9] = -sum(data) % 256
        try:
            iort.smmus(bytes(data))
        except iort.Bad:
            pass
        except Exception as other:      # that is what the case looks for
            return f"table {nr}: {type(other).__name__}: {other}"
    return None


DOMAINS = """domain 3: stage 1 ias 48 oas 44 granule 4K entries 2 live length 2
  S1_ASID          9050000.smmuv3 id 3 ssid 0 granule 4K users 1
  S1_ASID          a000000.smmuv3 id 1 ssid 0 granule 4K users 1
  attached 0000:00:02.0
  attached 0001:00:02.0
domain 4: stage 1 ias 48 oas 44 granule 4K entries 2 live length 1
  S1_ASID          9050000.smmuv3 id 4 ssid 0 granule 4K users 1
  S1_ASID          a000000.smmuv3 id 2 ssid 0 granule 4K parked
  attached 0000:00:03.0
"""


@case
def status_without_module(top):
    return expect(acpi_machine(top).run("status"), 1, "the built-in driver runs")


@case
def status_without_debugfs(top):
    m = acpi_machine(top)
    m.folder("sys/module/smmuv3")
    return expect(m.run("status"), 3, "debugfs cannot be read")


@case
def status_well(top):
    m = acpi_machine(top)
    m.module(domains=DOMAINS)
    return expect(m.run("status"), 0, "version 0.14", "9050000.smmuv3: 12 commands, 1 faults",
                  "2 domains, 3 attachments", "!domain 4",
                  "domain 3 is shared by 9050000.smmuv3, a000000.smmuv3: "
                  "0000:00:02.0, 0001:00:02.0")


@case
def status_ill(top):
    m = acpi_machine(top)
    m.module("dead 1\nadrift 1\nshuts 2\naway_ms 1500\nwithheld_tags 3\n",
             cut="0000:00:02.0: cut off, cut off 1 times\n")
    return expect(m.run("status"), 1, "it was shut", "has not confirmed", "shut 2 times, for 1.5 s",
                  "3 ASIDs and VMIDs are withheld", "0000:00:02.0: cut off")


@case
def status_hostile(top):
    m = acpi_machine(top)
    m.module("dead\n\nx y z\nshuts -3\n", domains="  S1_ASID\n  attached\n")
    return expect(m.run("status"), 0, "0 domains")


@case
def report_is_whole(top):
    m = acpi_machine(top)
    m.module(domains=DOMAINS)
    m.cmdline("root=UUID=11-22 iommu.strict=1 ip=10.0.0.7::::secret:eth0 smmuv3.cmdq=lock")
    m.write("kernel.log", LOG.format("arm-smmu-v3.0.auto", 0x1fef) +
            "[    2.0] e1000e 0000:00:01.0 eth0: 52:54:00:12:34:56\n"
            "[    0.0] Command line: root=UUID=11-22 iommu.strict=1\n")
    file = f"{top}/report"
    wrong = expect(m.run("report", file), 0, "look through it")
    with open(file, encoding="utf-8") as text:
        wrong = wrong or expect(
            (0, text.read(), ""), 0, "== check", "== status", "idr 0d44101b", "iommu.strict=1",
            "smmuv3.cmdq=lock", "features 0x00001fef", "== domains", "domain 3", "!UUID", "!secret",
            "!52:54")
    code, _, err = m.run("report", file)
    if not wrong and (code != 2 or "exists" not in err):
        wrong = f"an existing file: status {code}: {err}"
    return wrong


IDLE = "on 0\nwaits 0\nns 0\n"


def start_top(m, *args):
    """Start it, and wait until it has begun to count"""
    file = m.path("sys/kernel/debug/smmuv3/9050000.smmuv3/sync_waits")
    # it ends with the case, which has to see what it says at Ctrl-C, too
    proc = subprocess.Popen(    # pylint: disable=consider-using-with
        [CTL, "--root", m.top, "top", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)
    for _ in range(600):
        with open(file, encoding="ascii") as text:
            if text.read() == "1\n" or proc.poll() is not None:
                break
        time.sleep(0.05)
    return proc, file


@case
def top_shows(top):
    m = acpi_machine(top)
    domain = "domain 3: stage 1 entries 0 live length 0 walks {}\n  attached 0000:00:02.0\n"
    m.module("syncs 10\n", domains=domain.format(5))
    m.write("sys/kernel/debug/smmuv3/9050000.smmuv3/sync_waits", IDLE)
    proc, file = start_top(m, "-n", "1", "-i", "2")
    m.module("syncs 2010\n", domains=domain.format(1005))
    m.write("sys/kernel/debug/smmuv3/9050000.smmuv3/sync_waits",
            "on 1\nwaits 200\nns 400000\nbelow_ns 2048 150\nbelow_ns 4096 49\nbelow_ns 65536 1\n")
    out, err = proc.communicate(timeout=60)
    wrong = expect((proc.returncode, out, err), 0, "9050000.smmuv3", "syncs/s",
                   "200 waits for CMD_SYNC: mean 2.0 us, half < 2.0 us, 99 % < 4.1 us, all < 65.5 us",
                   "invalidations/s  domain 3: 0000:00:02.0")
    with open(file, encoding="ascii") as text:
        return wrong or (None if text.read() == "0\n" else "it goes on counting afterwards")


@case
def top_stops(top):
    """Ctrl-C ends it, and it counts no more; a module that goes ends it, too"""
    m = acpi_machine(top)
    m.module()
    m.write("sys/kernel/debug/smmuv3/9050000.smmuv3/sync_waits", IDLE)
    proc, file = start_top(m, "-i", "60")
    proc.send_signal(signal.SIGINT)
    proc.communicate(timeout=60)
    with open(file, encoding="ascii") as text:
        if proc.returncode != 130 or text.read() != "0\n":
            return f"Ctrl-C: status {proc.returncode}"
    m.write("sys/kernel/debug/smmuv3/9050000.smmuv3/sync_waits", IDLE)
    proc, file = start_top(m, "-i", "1")
    shutil.rmtree(m.path("sys/kernel/debug/smmuv3/9050000.smmuv3"))
    out, err = proc.communicate(timeout=60)
    return expect((proc.returncode, out + err, ""), 3, "the module has gone")


@case
def top_leaves_others(top):
    """Who counts already goes on counting; an older module shows rates without waits"""
    m = acpi_machine(top)
    m.module()
    name = "sys/kernel/debug/smmuv3/9050000.smmuv3/sync_waits"
    m.write(name, IDLE.replace("on 0", "on 1"))
    wrong = expect(m.run("top", "-n", "1", "-i", "0.1"), 0, "no waits for CMD_SYNC")
    with open(m.path(name), encoding="ascii") as text:
        if not wrong and text.read() != IDLE.replace("on 0", "on 1"):
            wrong = "it has ended what another one has begun"
    os.unlink(m.path(name))
    return wrong or expect(m.run("top", "-n", "1", "-i", "0.1"), 0, "does not count them")


@case
def top_without_module(top):
    code, out, err = acpi_machine(top).run("top")
    return expect((code, out + err, ""), 3, "the module drives no SMMU")


@case
def usage(_top):
    for args, status in ((["--root", "/none", "check"], 2), (["nosuch"], 2), ([], 2),
                         (["top", "-i", "0"], 2), (["top", "-n", "0"], 2), (["top", "-i", "x"], 2)):
        done = subprocess.run([CTL, *args], capture_output=True, text=True, check=False)
        if done.returncode != status or not done.stderr:
            return f"{args}: status {done.returncode}"
    return None


if __name__ == "__main__":
    sys.exit(CASES.main())
