#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb_machine.sh DEB VERSION MODULES [TEST...]: install, use and purge the package in the Debian
# around it, which is thrown away afterwards (scripts/deb/in-layer). MODULES is a folder with the
# kernel's own. DKMS, GRUB's and the initramfs' programs are the real ones; grub-probe, and what
# /proc and /sys say, are made up, so that it looks like an arm64 machine that runs the stock kernel
# VERSION. Prints 'ok NAME' or 'not ok NAME WHY'.
set -u

deb=$1 version=$2 modules=$3
shift 3
(($#)) || set -- installing building enabling committed failing disabling purging
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-} DEBIAN_FRONTEND=noninteractive

told()
{
	if [[ $2 ]]; then
		printf 'not ok %s %s\n' "$1" "$(head -n 1 <<<"$2")"
	else
		printf 'ok %s\n' "$1"
	fi
}

machine()
{
	mkdir "$work/bin" /boot/grub -p
	cat >/usr/sbin/grub-probe <<-'END'
	#!/bin/sh
	case "$*" in
	*abstraction*)	;;
	*=fs_uuid*)	echo 1111-2222 ;;
	*=fs_label*)	;;
	*=fs*)		echo ext2 ;;
	*=partmap*)	echo gpt ;;
	*=device*)	echo /dev/vda1 ;;
	*=disk*)	echo /dev/vda ;;
	*)		echo hd0 ;;
	esac
	END
	printf '#!/bin/sh\n[ "$*" = -m ] && echo aarch64 || { [ "$*" = -r ] && echo %s; }\n' \
		"$version" >"$work/bin/uname"
	chmod 755 "$work/bin/uname"
	export PATH=$work/bin:$PATH
	echo "$version" >"$work/osrelease"
	mount --bind "$work/osrelease" /proc/sys/kernel/osrelease
	echo 'BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet' >"$work/cmdline"
	mount --bind "$work/cmdline" /proc/cmdline
	mount -t tmpfs tmpfs /sys
	mkdir -p /sys/firmware/acpi/tables
	python3 -B -c 'import sys
sys.path.insert(0, sys.argv[1])
import ctl_cases
sys.stdout.buffer.write(ctl_cases.an_iort())' "$here" >/sys/firmware/acpi/tables/IORT
	printf 'CONFIG_%s=y\n' IOMMU_API IOMMU_DMA IOMMU_IO_PGTABLE_LPAE ARM_SMMU_V3 ARM64 MODULES \
		RD_ZSTD RD_GZIP BLK_DEV_INITRD >"/boot/config-$version"
	echo kernel >"/boot/vmlinuz-$version"
	touch "/lib/modules/$version/modules."{builtin,order,builtin.modinfo}
	# where a kernel has no module, DKMS takes it for one that was removed, and runs no depmod
	mkdir -p "/lib/modules/$version/kernel"
	find "$modules" -name 'virtio_blk.ko*' -exec cp {} "/lib/modules/$version/kernel" \;
	depmod "$version"
	mkinitramfs -o "/boot/initrd.img-$version" "$version"
	printf 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n' \
		>/etc/default/grub
	grub-editenv /boot/grub/grubenv create
	grub-mkconfig -o /boot/grub/grub.cfg
	cat -s /boot/grub/grub.cfg >"$work/grub.cfg"
}

# Every file that an administrator would look for, with its content
snapshot()
{
	find /etc /boot /usr/src/smmuv3* /usr/sbin /usr/lib/systemd /usr/share/initramfs-tools \
		/var/lib/smmuv3 /var/lib/dkms "/lib/modules/$version/updates" \
		! -path '*/smmuv3-dkms*' ! -name ld.so.cache ! -path '/var/lib/dkms/mok.*' \
		-printf '%p %y %m %l\n' -type f -exec sha256sum {} + 2>/dev/null | sort
}

# next_boot: which entry boots next, as an interpreter of grub.cfg sees it; the block as after that
next_boot()
{
	python3 -B - "$here" <<-'END'
	import sys
	sys.path.insert(0, sys.argv[1])
	import grub_script
	block = dict(line.split("=", 1) for line in open("/boot/grub/grubenv").read().splitlines()
	             if "=" in line and line[0] != "#")
	name, linux, initrd = grub_script.Grub(block).boot(open("/boot/grub/grub.cfg").read())
	print(name, *linux, *initrd)
	END
}

installing()
{
	dpkg -i "$deb" >"$work/said" 2>&1 || echo "dpkg -i: $(tail -n 1 "$work/said")"
	cat "$work/said" >&2
	snapshot >"$work/installed"
	[[ ! -e /boot/initrd-smmuv3.img-$version ]] || echo "installing has made an initrd"
	diff <(grep ' /boot/' "$work/before") <(grep ' /boot/' "$work/installed") |
		sed 's/^/installing has changed \/boot: /'
	update-grub >&2
	# the names of the scripts in /etc/grub.d are in grub.cfg, also where they say nothing
	diff "$work/grub.cfg" <(grep -v '/etc/grub.d/45_smmuv3' /boot/grub/grub.cfg | cat -s) |
		sed 's/^/update-grub has changed something: /'
	mkinitramfs -o "$work/initrd" "$version"
	! lsinitramfs "$work/initrd" | grep -q smmuv3 || echo "the module is in the stock initrd"
}

building()
{
	local found

	found=$(find "/lib/modules/$version/updates/dkms" -name 'smmuv3.ko*')
	[[ $found ]] || { echo "DKMS has built no module"; return; }
	[[ $(modinfo -F vermagic "$found") == "$version "* ]] ||
		echo "the module is for another kernel"
}

enabling()
{
	local boot

	smmuv3ctl enable --once >"$work/said" 2>&1 ||
		echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	cat "$work/said" >&2
	grub-script-check /boot/grub/grub.cfg || echo "grub.cfg is no GRUB script"
	lsinitramfs "/boot/initrd-smmuv3.img-$version" | grep -q 'dkms/smmuv3.ko' ||
		echo "our initrd has no module"
	grep -q smmuv3 <(unmkinitramfs "/boot/initrd-smmuv3.img-$version" "$work/un" 2>/dev/null
		cat "$work"/un/conf/modules "$work"/un/main/conf/modules 2>/dev/null) ||
		echo "our initrd does not load the module"
	boot=$(next_boot)
	[[ $boot == "smmuv3-$version linux /boot/vmlinuz-$version root="*" quiet "\
*"initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=60 panic=30 "\
*"smmuv3_entry=once"*"initrd /boot/initrd-smmuv3.img-$version" ]] ||
		echo "the next boot is $boot"
	grub-editenv /boot/grub/grubenv unset next_entry
	boot=$(next_boot)
	[[ $boot == gnulinux-simple-* && $boot != *initcall* ]] ||
		echo "the boot after that is $boot"
}

committed()
{
	local boot flag

	sed -i 's/default=no/default=yes/' /var/lib/smmuv3/boot
	update-grub >&2
	grub-script-check /boot/grub/grub.cfg || echo "grub.cfg is no GRUB script"
	for flag in good tried retried fell; do
		grub-editenv /boot/grub/grubenv set smmuv3_boot=$flag
		boot=$(next_boot)
		case $flag:$boot in
		good:smmuv3-* | tried:smmuv3-* | retried:gnulinux-* | fell:gnulinux-*) ;;
		*)	echo "$flag boots $boot" ;;
		esac
	done
}

# A kernel whose module does not build is no failure of the kernel package
failing()
{
	local -a source

	source=(/usr/src/smmuv3-*/arm-smmu-v3/drv/module.c)

	dkms uninstall "smmuv3/$(dkms_version)" -k "$version" >&2
	dkms unbuild "smmuv3/$(dkms_version)" -k "$version" >&2
	sed -i "1i#error made to fail" "${source[0]}"
	run-parts --arg="$version" --regex 'smmuv3' /etc/kernel/postinst.d >"$work/said" 2>&1 ||
		echo "the hook fails"
	cat "$work/said" >&2
	sed -i 1d "${source[0]}"
	[[ -s /var/lib/smmuv3/failed/$version ]] || echo "the failure is not written down"
	smmuv3ctl status | grep -q "$version is without the module" || echo "status does not say so"
	[[ ! -e /boot/initrd-smmuv3.img-$version ]] || echo "our initrd is still there"
	update-grub >&2
	[[ $(next_boot) == gnulinux-* ]] || echo "the next boot is $(next_boot)"
	# headers come: built after all
	run-parts --arg="$version" --regex 'smmuv3' /etc/kernel/header_postinst.d >&2
	[[ -e /boot/initrd-smmuv3.img-$version ]] || echo "no initrd after the headers came"
	grep -q "'smmuv3-$version'" /boot/grub/grub.cfg || echo "no entry after the headers came"
}

dkms_version()
{
	dpkg-query -W -f '${Version}' smmuv3-dkms
}

disabling()
{
	smmuv3ctl disable >&2 || echo "disable fails"
	grub-editenv /boot/grub/grubenv unset next_entry
	diff <(grep -v ' /var/lib/dkms\|/updates' "$work/installed") \
		<(snapshot | grep -v ' /var/lib/dkms\|/updates') | sed 's/^/left by disable: /'
}

purging()
{
	if [[ -d /lib/modules/$version/updates/dkms ]]; then
		smmuv3ctl enable >&2 || echo "enable fails"
	fi
	dpkg --purge smmuv3-dkms >"$work/said" 2>&1 || echo "purge: $(tail -n 1 "$work/said")"
	cat "$work/said" >&2
	snapshot >"$work/after"
	diff "$work/before" "$work/after" | sed 's/^/left by purge: /'
}

machine >&2
snapshot >"$work/before"
for test in "$@"; do
	told "$test" "$($test)"
done
