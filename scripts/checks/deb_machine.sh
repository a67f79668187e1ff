#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# deb_machine.sh DEB VERSION MODULES OLD TEST...: install, use and purge the package in the Debian
# around it, which is thrown away afterwards (scripts/deb/in-layer). MODULES is a folder with the
# kernel's own. DKMS, GRUB's and the initramfs' programs are the real ones; grub-probe, and what
# /proc and /sys say, are made up, so that it looks like an arm64 machine that runs the stock kernel
# VERSION. OLD is the kernel of another series, whose headers are there. Prints 'ok NAME' or 'not ok
# NAME WHY'. The tests are in deb_use.sh and deb_kernels.sh; each but installing begins with the
# package installed and the module built, and each but purging ends so.
set -u

deb=$1 version=$2 modules=$3 old=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-} DEBIAN_FRONTEND=noninteractive

# shellcheck source=scripts/checks/deb_use.sh
. "$here/deb_use.sh"
# shellcheck source=scripts/checks/deb_kernels.sh
. "$here/deb_kernels.sh"

# told NAME TEXT: no text is a test that has passed
told()
{
	if [[ $2 ]]; then
		printf '%s\n' "$2" >&2
		printf 'not ok %s %s\n' "$1" "$(head -n 1 <<<"$2")"
	else
		printf 'ok %s\n' "$1"
	fi
}

programs()
{
	local name

	mkdir "$work/bin"
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
	# what is not about the machine is the real one's: DKMS asks for -s
	cat >"$work/bin/uname" <<-END
	#!/bin/sh
	case "\$*" in
	-m)	echo aarch64 ;;
	-r)	echo $version ;;
	*)	exec /usr/bin/uname "\$@" ;;
	esac
	END
	# kdump-tools makes no initrd in a chroot
	printf '#!/bin/sh\nexit 1\n' >"$work/bin/ischroot"
	chmod 755 "$work"/bin/*
	# the module is built many times, and almost the same each time; DKMS names the version
	for name in /usr/bin/"${CROSS_COMPILE}"gcc{,-[0-9]*}; do
		ln -s /usr/bin/ccache "$work/bin/${name##*/}"
	done
	export PATH=$work/bin:$PATH CCACHE_DIR=${CCACHE_DIR:-$work/ccache}
}

# unpacked VERSION: what a kernel package unpacks, but for headers
unpacked()
{
	printf 'CONFIG_%s=y\n' IOMMU_API IOMMU_DMA IOMMU_IO_PGTABLE_LPAE ARM_SMMU_V3 ARM64 MODULES \
		RD_ZSTD RD_GZIP BLK_DEV_INITRD >"/boot/config-$1"
	echo kernel >"/boot/vmlinuz-$1"
	# where a kernel has no module of its own, DKMS takes it for one that was removed
	mkdir -p "/lib/modules/$1/kernel"
	find "$modules/" -name 'virtio_blk.ko*' -exec cp {} "/lib/modules/$1/kernel" \;
	touch "/lib/modules/$1/modules."{builtin,order,builtin.modinfo}
	depmod "$1"
}

machine()
{
	programs
	echo "$version" >"$work/osrelease"
	mount --bind "$work/osrelease" /proc/sys/kernel/osrelease
	echo 'BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet' >"$work/cmdline"
	cp "$work/cmdline" "$work/cmdline.stock"
	mount --bind "$work/cmdline" /proc/cmdline
	mount -t tmpfs tmpfs /sys
	mkdir -p /sys/firmware/acpi/tables /boot/grub
	python3 -B -c 'import sys
sys.path.insert(0, sys.argv[1])
import ctl_cases
sys.stdout.buffer.write(ctl_cases.an_iort())' "$here" >/sys/firmware/acpi/tables/IORT
	# the default of kdump-tools would look at the machine's own root disk
	echo MODULES=list >/etc/initramfs-tools/conf.d/list
	unpacked "$version"
	# only the running kernel has headers in the beginning
	for other in /lib/modules/*; do
		[[ $other == "/lib/modules/$version" ]] || mv "$other/build" "$other/no-build"
	done
	update-initramfs -c -k "$version"
	/etc/kernel/postinst.d/kdump-tools "$version"
	printf 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n' \
		>/etc/default/grub
	grub-editenv /boot/grub/grubenv create
	grub-mkconfig -o /boot/grub/grub.cfg
	stock_cfg >"$work/grub.cfg"
}

# stock_cfg: grub.cfg without the lines that only name our script, and without pairs of empty lines
stock_cfg()
{
	grep -v '/etc/grub.d/45_smmuv3' /boot/grub/grub.cfg | cat -s | sed '${/^$/d}'
}

# Every file that an administrator would look for, with its content. Initrds are not the same
# twice, because there are times in them.
snapshot()
{
	find /etc /boot /usr/src/smmuv3* /usr/sbin /usr/lib/systemd /usr/share/initramfs-tools \
		/usr/share/bash-completion /usr/share/man /var/lib/smmuv3 /var/lib/dkms \
		/var/lib/kdump /lib/modules \
		! -path '*/smmuv3-dkms*' ! -name ld.so.cache ! -path '/var/lib/dkms/mok.*' \
		! -path '/usr/share/man/*/cat*' -printf '%p %y %m %l\n' -type f \
		! -name 'initrd.img*' ! -name 'size_initrd*' ! -path '/lib/modules/*/modules.*' \
		-exec sha256sum {} + 2>/dev/null | sort
}

# said CMD...: run it; what it says goes to the log, and is in $work/said
said()
{
	local rc=0

	"$@" >"$work/said" 2>&1 || rc=$?
	sed "s/^/   /" "$work/said" >&2
	return "$rc"
}

# has_said WORDS: or else say that it did not
has_said()
{
	grep -qF -- "$1" "$work/said" ||
		echo "it does not say '$1' but: $(tail -n 3 "$work/said" | tr '\n' ' ')"
}

# same BEFORE WHAT: nothing has changed since a snapshot
same()
{
	diff "$1" <(snapshot) | grep '^[<>]' | sed "s/^/$2: /"
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

dkms_version()
{
	dpkg-query -W -f '${Version}' smmuv3-dkms
}

# has_module VERSION: or else say so
has_module()
{
	local found magic

	found=$(find "/lib/modules/$1/" -name 'smmuv3.ko*')
	[[ $found ]] || { echo "$1 has no module"; return; }
	magic=$(modinfo -F vermagic "$found")
	[[ $magic == "$1 "* ]] || echo "the module of $1 is for ${magic%% *}"
	grep -q 'smmuv3\.ko' "/lib/modules/$1/modules.dep" || echo "depmod has not run for $1"
}

# has_initrd FILE: it has the module and loads it, or else say so
has_initrd()
{
	[[ -e $1 ]] || { echo "there is no $1"; return; }
	lsinitramfs "$1" | grep 'smmuv3\.ko' >/dev/null || echo "$1 has no module"
	rm -rf "$work/un"
	unmkinitramfs "$1" "$work/un" 2>/dev/null
	grep -qsx smmuv3 "$work"/un/{conf,main/conf}/modules || echo "$1 does not load the module"
}

machine >&2
snapshot >"$work/before"
for test in "$@"; do
	start=$SECONDS
	told "$test" "$($test)"
	echo "   $test: $((SECONDS - start)) s" >&2
done
