# SPDX-License-Identifier: GPL-2.0-only
"""
One virtual machine with an installed Debian, and its serial console, used as an administrator does:
log in, type commands, look at what they say and at their status. The root disk, the network and the
disk with packages are behind the SMMU. Runs in scripts/deb/in-layer.
"""
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

FIRMWARE = "/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd"
EMPTY_VARS = "/usr/share/AAVMF/AAVMF_VARS.fd"
# where the guest finds random data, and the package: addresses for bash's /dev/tcp
DATA_AT = "10.0.2.100/80"
PACKAGE_AT = "10.0.2.100/81"
# virtio devices whose DMA the SMMU sees
BEHIND = ",iommu_platform=on,disable-legacy=on"
LOGIN = r"machine login: $"
# what terminals do not show: CSI and OSC sequences; and one that is not complete
CODE = re.compile(r"\x1b(\[[0-9;?!=]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\))")
BEGUN = re.compile(r"(\x1b(\[[0-9;?!=]*|\][^\x07\x1b]*\x1b?)?)?\Z")


class Failed(Exception):
    """A step did not go as it should"""


class Machine:
    """
    @disk and @variables are written; @repo is not. @log gets all that the console says. @package is
    a file that the machine can take from PACKAGE_AT by TCP.
    """

    def __init__(self, disk, variables, repo, log, package="/dev/null", say=print, more=()):
        self.say, self.text, self.begun, self.number, self.at = say, "", "", 0, 0
        self.over, self.cpu = False, 0
        self.log = open(log, "ab")
        self.qmp_path = f"{disk}.qmp"
        self.data = f"{disk}.data"
        with open(self.data, "wb") as file:
            file.write(os.urandom(4 << 20))
        self.command = [
            "qemu-system-aarch64", "-machine", "virt,gic-version=3,iommu=smmuv3",
            "-cpu", "cortex-a72", "-smp", "2", "-m", "2G", "-accel", "tcg,thread=multi,tb-size=1024",
            "-nodefaults", "-display", "none", "-serial", "stdio", "-monitor", "none",
            "-qmp", f"unix:{self.qmp_path},server=on,wait=off",
            "-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE}",
            "-drive", f"if=pflash,format=raw,file={variables}",
            "-drive", f"if=none,id=root,format=qcow2,file={disk},discard=unmap,cache=unsafe",
            "-device", "nvme,drive=root,serial=root,bus=pcie.0,addr=2,bootindex=1",
            # nothing goes out
            "-netdev", "user,id=net,restrict=on"
            f",guestfwd=tcp:{DATA_AT.replace('/', ':')}-cmd:cat {self.data}"
            f",guestfwd=tcp:{PACKAGE_AT.replace('/', ':')}-cmd:cat {package}",
            "-device", f"virtio-net-pci,netdev=net,bus=pcie.0,addr=3,romfile={BEHIND}",
            "-drive", f"if=none,id=repo,format=raw,readonly=on,file={repo}",
            "-device", f"virtio-blk-pci,drive=repo,bus=pcie.0,addr=4{BEHIND}",
            *more]
        self.start()

    def start(self):
        """Power on"""
        if self.over:
            raise Failed("stopped")
        self.qmp_file = None
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    # the console

    def read(self, seconds):
        """Take what comes within that time; False when QEMU has ended"""
        out = self.process.stdout.fileno()
        if not select.select([out], [], [], seconds)[0]:
            return True
        data = os.read(out, 65536)
        self.log.write(data)
        self.log.flush()
        text = CODE.sub("", self.begun + data.decode(errors="replace").replace("\r", ""))
        # the rest of a code comes with what is read next
        self.begun = BEGUN.search(text)[0]
        self.text += text[:len(text) - len(self.begun)]
        return bool(data)

    def last_line(self):
        lines = [line for line in self.text[-2000:].splitlines() if line.strip()]
        return "".join(c for c in (lines or [""])[-1] if c.isprintable())[:90]

    def wait(self, pattern, seconds, what, without=None):
        """
        The text up to a match of @pattern after what was seen before. Fails after @seconds, and at
        once when @without comes first.
        """
        end, beat = time.monotonic() + seconds, time.monotonic() + 15
        while True:
            found = re.search(pattern, self.text[self.at:], re.M)
            wrong = without and re.search(without, self.text[self.at:], re.M)
            if wrong and not (found and found.start() < wrong.start()):
                raise Failed(f"{what}: '{wrong[0].strip()}' came first")
            if found:
                before = self.text[self.at:self.at + found.start()]
                self.at += found.end()
                self.match = found
                return before
            now = time.monotonic()
            if now > end:
                raise Failed(f"{what}: not after {seconds} s; the last line is "
                             f"'{self.last_line()}'")
            if now > beat:
                self.say(f"   {what}: {self.last_line()}")
                beat = now + 15
            if not self.read(0.5):
                raise Failed(f"{what}: QEMU has ended: {self.last_line()}")

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def login(self, seconds=600, what="boot", without=None):
        """From power-on to a shell that says what each command's status was"""
        said = self.wait(LOGIN, seconds, what, without)
        self.send("root\n")
        self.wait(r"^root@machine:~# $|# $", 60, "login")
        self.send("export TERM=dumb PAGER=cat SYSTEMD_PAGER=cat SYSTEMD_COLORS=0 "
                  "DEBIAN_FRONTEND=noninteractive; stty -echo cols 500; "
                  "exec bash --noediting --norc\n")
        # what the shell asks is not wanted
        self.send("PS1= PS2= PROMPT_COMMAND=; dmesg -n 1\n")
        self.run("true")
        return said

    def run(self, command, seconds=120, status=0):
        """What a command says. Fails when its status is not @status; None takes any."""
        self.number += 1
        # what it would read is what comes behind it
        self.send(f"{{ {command}\n}} </dev/null; echo \"@@\"\"{self.number} $?@@\"\n")
        said = self.wait(rf"@@{self.number} (\d+)@@\n", seconds, command.strip()[:70])
        self.status = int(self.match[1])
        if status is not None and self.status != status:
            last = said.strip().splitlines()[-3:]
            raise Failed(f"{command.strip()[:70]}: status {self.status}: {' / '.join(last)}")
        return said.strip("\n")

    # the machine

    def qmp(self, command):
        if self.qmp_file is None:
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(self.qmp_path)
            self.qmp_file = sock.makefile("rw")
            self.qmp_file.readline()
            self.qmp("qmp_capabilities")
        self.qmp_file.write(json.dumps({"execute": command}) + "\n")
        self.qmp_file.flush()
        while "return" not in (answer := json.loads(self.qmp_file.readline())):
            if "error" in answer:
                raise Failed(f"QEMU: {answer}")

    def reset(self):
        """The reset button"""
        self.qmp("system_reset")

    def reboot(self, seconds=700, **more):
        self.send("systemctl reboot\n")
        return self.login(seconds, "reboot", **more)

    def poweroff(self, seconds=180):
        self.send("sync; systemctl poweroff\n")
        self.ended(seconds, "poweroff")

    def ended(self, seconds, what):
        """QEMU ends by itself"""
        end = time.monotonic() + seconds
        while self.read(0.5):
            if time.monotonic() > end:
                raise Failed(f"{what}: not after {seconds} s: {self.last_line()}")
        if self.reap():
            raise Failed(f"{what}: QEMU has ended with status {self.process.returncode}")

    def reap(self):
        """QEMU's status; its CPU time is added up"""
        if self.process.returncode is None:
            try:
                _, status, usage = os.wait4(self.process.pid, 0)
            except ChildProcessError:
                return self.process.wait()
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu += usage.ru_utime + usage.ru_stime
        return self.process.returncode

    def end(self):
        """For another thread: who waits for the machine fails"""
        self.over = True
        self.process.kill()

    def close(self):
        if self.process.returncode is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.reap()
        self.log.close()
        for path in (self.qmp_path, self.data):
            if os.path.exists(path):
                os.unlink(path)
