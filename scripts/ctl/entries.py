# SPDX-License-Identifier: GPL-2.0-only
"""
Our part of grub.cfg, as /etc/grub.d/45_smmuv3 prints it: a copy of the stock entry of each kernel
that has an initrd of ours, and, when the entry is committed, the choice of the default.

The stock entries are asked of /etc/grub.d/10_linux, so that whatever it knows about this machine
(where the kernel lies, how the root file system is named) is right in ours, too.
"""
import os
import re
import subprocess
import sys

from ctl import boot

# Where our words are in a block of our own (boot.ESP_ENV): what 00_header does with GRUB's.
BLOCK = f"""search --no-floppy --fs-uuid --set=smmuv3_esp {{uuid}}
set smmuv3_block="(${{smmuv3_esp}}){boot.ESP_ENV.removeprefix(boot.ESP)}"
if [ "${{boot_once}}" != "true" ]; then
	load_env --file "${{smmuv3_block}}" next_entry {boot.FLAG}
	if [ -n "${{next_entry}}" ]; then
		set default="${{next_entry}}"
		set next_entry=
		save_env --file "${{smmuv3_block}}" next_entry
		set boot_once="true"
	fi
fi
"""

# The function is called when one of our entries is chosen, just before it boots. It fails when
# the environment block did not take what must be in it, and then the stock kernel boots.
NOTE = f"""function smmuv3_note {{
	if [ "${{boot_once}}" = "true" ]; then
		load_env {{file}}next_entry
		if [ -n "${{next_entry}}" ]; then
			return 1
		fi
		return 0
	fi
	if [ -z "${{{boot.FLAG}}}" ]; then
		return 0
	fi
	if [ "${{{boot.FLAG}}}" = "{boot.GOOD}" ]; then
		set smmuv3_next="{boot.TRIED}"
	elif [ "${{{boot.FLAG}}}" = "{boot.TRIED}" ]; then
		set smmuv3_next="{boot.RETRIED}"
	else
		set smmuv3_next="{boot.FELL}"
	fi
	set {boot.FLAG}="${{smmuv3_next}}"
	save_env {{file}}{boot.FLAG}
	set {boot.FLAG}="unsaved"
	load_env {{file}}{boot.FLAG}
	if [ "${{{boot.FLAG}}}" = "${{smmuv3_next}}" ]; then
		return 0
	fi
	return 1
}}
"""

CHOICE = f"""if [ "${{boot_once}}" != "true" ]; then
	if [ "${{{boot.FLAG}}}" = "{boot.GOOD}" -o "${{{boot.FLAG}}}" = "{boot.TRIED}" ]; then
		set default="{{entry}}"
	fi
fi
"""


def stock(root):
    """Lines of 10_linux, with every kernel at the top level and without entries for recovery"""
    settings = dict(os.environ, GRUB_DISABLE_SUBMENU="true", GRUB_DISABLE_RECOVERY="true")
    done = subprocess.run([root.path(boot.STOCK)], env=settings, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=True)
    return done.stdout.splitlines()


def split(lines):
    """Each entry as a list of lines, from its head to its closing bracket"""
    found, inside = [], False
    for line in lines:
        if line.startswith("menuentry "):
            inside = True
            found.append([])
        if inside:
            found[-1].append(line)
            inside = line != "}"
    return found


def version_of(lines):
    for line in lines:
        match = re.match(r"\s*linux\s+\S*/vmlinu[zx]-(\S+)", line)
        if match:
            return match[1]
    return None


def timeout(line):
    """Seconds that devices wait: longer than the initramfs waits for the root disk"""
    delay = re.findall(r"\srootdelay=(\d{1,6})\b", line)
    return max(60, int(delay[-1]) + 30 if delay else 0)


def words(line):
    """What our command line has beyond that of the stock entry"""
    yield "initcall_blacklist=arm_smmu_driver_init"
    yield f"deferred_probe_timeout={timeout(line)}"
    if not re.search(r"\spanic=[1-9]", line):
        yield "panic=30"
    if boot.initrd_maker() == "dracut":
        # its initrd waits for ever for the root disk, and starts a shell; panic= is not for it
        yield "rd.shell=0 rd.emergency=reboot"
        for name in "rd.timeout", "rd.retry":
            if f" {name}=" not in line:
                yield f"{name}=30"


def our_linux(line):
    """The line linux of our entry; what stands behind -- goes to init and not to the kernel"""
    head, dashes, tail = line.partition(" -- ")
    return f"{head} {' '.join(words(head))} ${{smmuv3_words}}{dashes}{tail}"


def once_words(root):
    """Words for a trial only: a machine that hangs is reset"""
    if root.names("sys/class/watchdog"):
        return "hung_task_panic=1 systemd.watchdog_sec=60"
    return "hung_task_panic=1"


def ours(root, lines, version):
    """Our entry, made of the stock one"""
    head = re.match(r"menuentry\s+('(?:[^']|'\\'')*')(.*)\$menuentry_id_option\s+'[^']*'\s*\{$",
                    lines[0])
    linux = [line for line in lines if re.match(r"\s*linux\s", line)]
    # early ones, as microcode, stay; the last one is the stock initrd
    initrds = [line for line in lines if re.match(r"\s*initrd\s", line)]
    if not head or len(linux) != 1 or len(initrds) != 1:
        return
    own = re.sub(r"\S+$", lambda m: os.path.join(os.path.dirname(m[0]), os.path.basename(
        boot.initrd(version))), initrds[0])
    yield f"menuentry {head[1][:-1]}, smmuv3'{head[2]}$menuentry_id_option " \
          f"'{boot.entry(version)}' {{"
    for line in lines[1:-1]:
        if line.strip() != "savedefault" and line not in linux + initrds:
            yield line
    yield "\tif smmuv3_note; then"
    yield '\t\tif [ "${boot_once}" = "true" ]; then'
    yield f'\t\t\tset smmuv3_words="{boot.MARK}=once {once_words(root)}"'
    yield "\t\telse"
    yield f'\t\t\tset smmuv3_words="{boot.MARK}=menu"'
    yield "\t\tfi"
    yield f"\t{our_linux(linux[0])}"
    yield f"\t{own}"
    yield "\telse"
    yield "\t\techo 'The environment block cannot be written: booting without smmuv3'"
    yield f"\t{linux[0]}"
    yield f"\t{initrds[0]}"
    yield "\tfi"
    yield "}"


def text(root):
    """All of our part, empty where nothing is enabled"""
    if boot.state(root) is None:
        return ""
    found = []
    for lines in split(stock(root)):
        version = version_of(lines)
        found.append((version, []))
        if version and root.exists(boot.initrd(version)):
            found[-1][1].extend(ours(root, lines, version))
    if not any(lines for _, lines in found):
        return ""
    result, file = "", ""
    if boot.block(root) == boot.ESP_ENV:
        result = BLOCK.replace("{uuid}", boot.esp_uuid(root))
        file = '--file "${smmuv3_block}" '
    result += NOTE.replace("{file}", file)
    result += "".join(line + "\n" for _, lines in found for line in lines)
    # only the kernel that the stock default is, and only where the flag can be written
    if boot.committed(root) and found[0][1] and not boot.block_cannot_write(root):
        result += CHOICE.replace("{entry}", boot.entry(found[0][0]))
    return result


def run(root, _args):
    """For grub-mkconfig, whose run must not fail because of us"""
    try:
        print(text(root), end="")
    except (OSError, ValueError, subprocess.SubprocessError, boot.Refused) as error:
        print(f"smmuv3ctl: no boot entry: {error}", file=sys.stderr)
    return 0
