# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # the variables are those of deb_machine.sh
#
# Tests of the package on the made-up machine of deb_machine.sh: kernels and headers that come and
# go, as their packages do it (run-parts over /etc/kernel). The kernel OLD is of another series.

# configured VERSION: the kernel package is configured
configured()
{
	depmod "$1"
	said env DEB_MAINT_PARAMS="'configure' ''" run-parts --report --exit-on-error --arg="$1" \
		--arg="/boot/vmlinuz-$1" /etc/kernel/postinst.d || echo "the kernel package fails"
}

# headers VERSION: the package with its headers is unpacked and configured
headers()
{
	[[ -e /lib/modules/$1/build ]] || mv "/lib/modules/$1/no-build" "/lib/modules/$1/build"
	said run-parts --report --exit-on-error --arg="$1" /etc/kernel/header_postinst.d ||
		echo "the header package fails"
}

# away VERSION: kernel and headers go, as they do when they are purged
away()
{
	rm -f /boot/{vmlinuz,config}-"$1"
	said run-parts --report --arg="$1" /etc/kernel/prerm.d
	said env DEB_MAINT_PARAMS="'remove'" run-parts --report --exit-on-error --arg="$1" \
		--arg="/boot/vmlinuz-$1" /etc/kernel/postrm.d || echo "the kernel's removal fails"
	rm -rf "/lib/modules/$1/kernel" "/lib/modules/$1/"modules.* "/lib/modules/$1/updates"
	[[ ! -e /lib/modules/$1/build ]] || mv "/lib/modules/$1/build" "/lib/modules/$1/no-build"
}

# enabled: there is an entry for the running kernel, and it is the default
enabled()
{
	said smmuv3ctl enable || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	sed -i 's/default=no/default=yes/' /var/lib/smmuv3/boot
	grub-editenv /boot/grub/grubenv set smmuv3_boot=good
	said update-grub
	[[ $(next_boot) == "smmuv3-$version "* ]] || echo "the next boot is $(next_boot)"
}

disabled()
{
	said smmuv3ctl disable || echo "disable fails"
	[[ ! -e /var/lib/smmuv3 ]] || echo "left: $(find /var/lib/smmuv3)"
}

# A kernel whose module does not build is no failure of the kernel package
failing()
{
	local -a source=(/usr/src/smmuv3-*/arm-smmu-v3/drv/module.c)

	enabled
	dkms uninstall "smmuv3/$(dkms_version)" -k "$version" >&2
	dkms unbuild "smmuv3/$(dkms_version)" -k "$version" >&2
	sed -i '1i#error made to fail' "${source[0]}"
	configured "$version"
	sed -i 1d "${source[0]}"
	has_said "$version boots with the built-in driver"
	[[ -s /var/lib/smmuv3/failed/$version ]] || echo "the failure is not written down"
	said smmuv3ctl status
	has_said "$version is without the module"
	has_said make.log
	[[ ! -e /boot/initrd-smmuv3.img-$version ]] || echo "our initrd is still there"
	[[ $(next_boot) == gnulinux-* ]] || echo "the next boot is $(next_boot)"
	said smmuv3ctl enable && echo "enable does not refuse"
	has_said "has no module smmuv3: dkms failed"
	# nor is anything that goes wrong in smmuv3ctl itself
	mv /usr/share/smmuv3/ctl{,.away}
	configured "$version"
	has_said "ModuleNotFoundError"
	headers "$version"
	mv /usr/share/smmuv3/ctl{.away,}
	# headers come again: built after all, and grub.cfg and initrd are made anew
	headers "$version"
	has_module "$version"
	has_initrd "/boot/initrd-smmuv3.img-$version"
	[[ $(next_boot) == "smmuv3-$version "* ]] || echo "then the next boot is $(next_boot)"
	disabled
}

# A kernel is configured before its headers. It is the newer one for GRUB if OLD is newer; what
# boots is judged by its own entry.
kernel_first()
{
	local cfg=/boot/grub/grub.cfg

	enabled
	unpacked "$old"
	configured "$old"
	has_said "linux-headers-$old is not installed"
	grep -q "'smmuv3-$old'" $cfg && echo "it has an entry without a module"
	grep -q "/boot/initrd.img-$old" $cfg || echo "it has no stock entry"
	[[ -e /var/lib/kdump/initrd.img-$old ]] || echo "kdump-tools has made no initrd"
	headers "$old"
	has_said "building the module for $old"
	has_module "$old"
	has_initrd "/boot/initrd-smmuv3.img-$old"
	has_initrd "/var/lib/kdump/initrd.img-$old"
	grep -q "'smmuv3-$old'" $cfg || echo "it has no entry after its headers came"
	[[ ! -e /var/lib/smmuv3/failed ]] || echo "a failure is still written down"
	[[ $(next_boot) == "smmuv3-$version "* ]] || echo "the next boot is $(next_boot)"
	disabled
	[[ ! -e /boot/initrd-smmuv3.img-$old ]] || echo "disable has left an initrd"
	away "$old"
}

headers_first()
{
	enabled
	headers "$old"
	[[ ! -e /var/lib/smmuv3/failed ]] || echo "headers without their kernel are a failure"
	unpacked "$old"
	configured "$old"
	has_module "$old"
	has_initrd "/boot/initrd-smmuv3.img-$old"
	has_initrd "/var/lib/kdump/initrd.img-$old"
	grep -q "'smmuv3-$old'" /boot/grub/grub.cfg || echo "it has no entry"
	disabled
	away "$old"
}

# Headers whose kernel never comes, as on a machine that builds for others
headers_alone()
{
	enabled
	snapshot >"$work/now"
	headers "$old"
	mv "/lib/modules/$old/build" "/lib/modules/$old/no-build"
	same "$work/now" "changed by headers alone"
	[[ ! -s $work/said ]] || has_said "Sign command"
	disabled
}

# A kernel that is not the running one goes
kernel_goes()
{
	enabled
	snapshot >"$work/now"
	unpacked "$old"
	headers "$old"
	configured "$old"
	[[ -e /boot/initrd-smmuv3.img-$old ]] || echo "there is no initrd to go"
	away "$old"
	same "$work/now" "left by a kernel" | grep -v '/lib/modules/'
	disabled
}

# A series that the module does not support: said, and no failure
unsupported()
{
	local other=6.1.0-99-arm64

	enabled
	mkdir "/lib/modules/$other"
	ln -s "/lib/modules/$version/build" "/lib/modules/$other/build"
	unpacked "$other"
	configured "$other"
	has_said "no module for $other: the module does not support this series"
	said smmuv3ctl status
	has_said "$other is without the module"
	[[ ! -e /boot/initrd-smmuv3.img-$other ]] || echo "it has an initrd of ours"
	# DKMS refuses, too, when it is asked by hand
	said dkms install "smmuv3/$(dkms_version)" -k "$other" && echo "DKMS builds for it"
	grep -qi 'BUILD_EXCLUSIVE' "$work/said" || echo "DKMS does not say why"
	rm "/lib/modules/$other/build"
	away "$other"
	rm -r "/lib/modules/$other"
	disabled
}

# The running kernel has no headers: enable says which package has them
no_headers()
{
	dkms uninstall "smmuv3/$(dkms_version)" -k "$version" >&2
	dkms unbuild "smmuv3/$(dkms_version)" -k "$version" >&2
	mv "/lib/modules/$version/build" "/lib/modules/$version/no-build"
	said smmuv3ctl hook installed
	has_said "linux-headers-$version is not installed"
	snapshot >"$work/now"
	said smmuv3ctl enable && echo "enable does not refuse"
	has_said "apt install linux-headers-$version"
	same "$work/now" "changed by a refusal"
	headers "$version"
	has_module "$version"
	[[ ! -e /var/lib/smmuv3 ]] || echo "a failure is still written down"
}

# /boot on a disk of its own, with 1 MB of room, for enable and for a new kernel
boot_full()
{
	mkdir "$work/boot"
	enabled
	mount -t tmpfs -o "size=$(($(du -sk /boot | cut -f 1) + 2048))k" tmpfs "$work/boot"
	cp -a /boot/. "$work/boot"
	mount --bind "$work/boot" /boot
	unpacked "$old"
	mv "/lib/modules/$old/no-build" "/lib/modules/$old/build"
	said run-parts --report --exit-on-error --arg="$old" --regex smmuv3 /etc/kernel/postinst.d ||
		echo "the hook fails"
	has_said "/boot has"
	has_said "$old boots with the built-in driver"
	[[ $(find /boot -name "initrd-smmuv3.img-$old*") ]] && echo "half an initrd is left"
	said smmuv3ctl status
	has_said "$old is without the module: /boot has"
	rm -f /boot/{vmlinuz,config}-"$old"
	said smmuv3ctl disable || echo "disable fails on a full disk"
	# as much as the initrd had that is gone now, but for a little
	fallocate -l "$(($(df -k --output=avail /boot | tail -n 1) - 4096))k" /boot/ballast
	snapshot >"$work/now"
	said smmuv3ctl enable --once && echo "enable does not refuse"
	has_said "/boot has"
	has_said "apt autoremove"
	same "$work/now" "changed by a refusal"
	umount /boot "$work/boot"
	smmuv3ctl disable >&2
	away "$old"
}
