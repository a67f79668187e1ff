# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # the variables are those of deb_machine.sh
#
# Tests of the package on the made-up machine of deb_machine.sh: the ways of an administrator.

installing()
{
	said dpkg -i "$deb" || echo "dpkg -i: $(tail -n 1 "$work/said")"
	has_said "building the module for $version"
	[[ ! -e /boot/initrd-smmuv3.img-$version ]] || echo "installing has made an initrd"
	diff <(grep '/boot/' "$work/before") <(snapshot | grep '/boot/') |
		sed 's/^/installing has changed \/boot: /'
	said update-grub
	snapshot >"$work/installed"
	diff "$work/grub.cfg" <(stock_cfg) | sed 's/^/update-grub has changed something: /'
	update-initramfs -u -k "$version" >&2
	! lsinitramfs "/boot/initrd.img-$version" | grep smmuv3 >/dev/null ||
		echo "the module is in the stock initrd"
	[[ ! -e /boot/initrd-smmuv3.img-$version ]] || echo "update-initramfs has made ours"
}

building()
{
	has_module "$version"
	said smmuv3ctl status
	has_said "no boot entry with the module"
}

enabling()
{
	local boot

	said smmuv3ctl enable --once || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	has_said "The next boot, and only that"
	grub-script-check /boot/grub/grub.cfg || echo "grub.cfg is no GRUB script"
	has_initrd "/boot/initrd-smmuv3.img-$version"
	boot=$(next_boot)
	[[ $boot == "smmuv3-$version linux /boot/vmlinuz-$version root="*" quiet "\
*"initcall_blacklist=arm_smmu_driver_init deferred_probe_timeout=60 panic=30 "\
*"smmuv3_entry=once"*"initrd /boot/initrd-smmuv3.img-$version" ]] ||
		echo "the next boot is $boot"
	# GRUB does that when it boots
	grub-editenv /boot/grub/grubenv unset next_entry
	boot=$(next_boot)
	[[ $boot == gnulinux-simple-* && $boot != *initcall* ]] ||
		echo "the boot after that is $boot"
	# the stock initrd anew: ours follows, and the stock one has no module
	touch -d '1 hour ago' "/boot/initrd-smmuv3.img-$version"
	update-initramfs -u -k "$version" >&2
	[[ /boot/initrd-smmuv3.img-$version -nt /boot/vmlinuz-$version ]] ||
		echo "our initrd did not follow the stock one"
	! lsinitramfs "/boot/initrd.img-$version" | grep smmuv3 >/dev/null ||
		echo "the module is in the stock initrd"
}

# commit by the command itself, in a boot with our command line
committed()
{
	local boot flag

	said smmuv3ctl commit && echo "commit does not refuse in a boot without the module"
	has_said "not from the entry"
	well
	said smmuv3ctl commit || echo "commit: $(tail -n 2 "$work/said" | head -n 1)"
	grep -qx 'smmuv3_boot=good' /boot/grub/grubenv || echo "commit has not set the flag"
	# GRUB has booted to come back from hibernation, and not from suspend
	grub-editenv /boot/grub/grubenv set smmuv3_boot=tried
	said /usr/lib/systemd/system-sleep/smmuv3 post suspend
	grep -qx 'smmuv3_boot=tried' /boot/grub/grubenv || echo "suspend counts as a boot"
	said /usr/lib/systemd/system-sleep/smmuv3 pre hibernate
	grep -qx 'smmuv3_boot=tried' /boot/grub/grubenv || echo "it counts before it is over"
	said /usr/lib/systemd/system-sleep/smmuv3 post hibernate
	grep -qx 'smmuv3_boot=good' /boot/grub/grubenv || echo "hibernation makes no good boot"
	ill
	grub-script-check /boot/grub/grub.cfg || echo "grub.cfg is no GRUB script"
	for flag in good tried retried fell; do
		grub-editenv /boot/grub/grubenv set smmuv3_boot=$flag
		boot=$(next_boot)
		case $flag:$boot in
		good:smmuv3-* | tried:smmuv3-* | retried:gnulinux-* | fell:gnulinux-*) ;;
		*)	echo "$flag boots $boot" ;;
		esac
	done
	grub-editenv /boot/grub/grubenv set smmuv3_boot=good
}

# well: this boot is from our entry, and the module drives the SMMU; ill: it is not
well()
{
	local device=/sys/devices/platform/arm-smmu-v3.0.auto driver=/sys/bus/platform/drivers/arm-smmu-v3

	# in place, because it is mounted
	echo "$(<"$work/cmdline") initcall_blacklist=arm_smmu_driver_init smmuv3_entry=once" \
		>"$work/cmdline"
	mkdir -p "$device" "$driver" /sys/bus/platform/devices /sys/module/smmuv3 \
		/sys/kernel/security
	ln -sfn "$driver" "$device/driver"
	ln -sfn "$device" /sys/bus/platform/devices/
	echo '9050000-907ffff : arm-smmu-v3.0.auto' >"$work/iomem"
	mount --bind "$work/iomem" /proc/iomem
	mkdir -p /sys/kernel/debug/smmuv3/arm-smmu-v3.0.auto
	echo 'dead 0' >/sys/kernel/debug/smmuv3/arm-smmu-v3.0.auto/counters
}

ill()
{
	umount /proc/iomem
	rm -rf /sys/module/smmuv3 /sys/kernel/debug /sys/devices/platform /sys/bus/platform
	cat "$work/cmdline.stock" >"$work/cmdline"
}

disabling()
{
	said smmuv3ctl disable || echo "disable fails"
	same "$work/installed" "left by disable"
	! lsinitramfs "/var/lib/kdump/initrd.img-$version" | grep smmuv3 >/dev/null ||
		echo "the module is still in kdump's initrd"
	diff "$work/grub.cfg" <(stock_cfg) | sed 's/^/left in grub.cfg: /'
}

# kdump's initrd has the module as long as there is an entry
kdump()
{
	local dump=/var/lib/kdump/initrd.img-$version

	! lsinitramfs "$dump" | grep smmuv3 >/dev/null || echo "kdump's initrd has the module before enable"
	said smmuv3ctl enable || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	has_initrd "$dump"
	[[ $(find /var/lib/kdump -name '*kept*' -o -name '*.new') ]] && echo "a copy is left"
	said smmuv3ctl disable || echo "disable fails"
	! lsinitramfs "$dump" | grep smmuv3 >/dev/null || echo "kdump's initrd has the module after disable"
}

# Where dracut makes the initrds, and there is no initramfs-tools, and so no initrd of kdump's
with_dracut()
{
	local ours=/boot/initrd-smmuv3.img-$version aside=$work/aside name
	local away=(/usr/sbin/mkinitramfs /usr/share/initramfs-tools/hooks/smmuv3 /var/lib/kdump)

	mkdir "$aside"
	mv "${away[@]}" "$aside"
	snapshot >"$work/stock"
	said smmuv3ctl enable || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	lsinitrd "$ours" | grep 'smmuv3\.ko' >/dev/null || echo "$ours has no module"
	lsinitrd "$ours" etc/cmdline.d/20-force_drivers.conf | grep -x 'rd.driver.pre=smmuv3' >/dev/null ||
		echo "$ours does not load the module before others"
	said smmuv3ctl disable || echo "disable fails"
	same "$work/stock" "left by disable"
	for name in "${away[@]}"; do
		mv "$aside/${name##*/}" "$name"
	done
}

# another_version VERSION [FILE]: the package as of another version, with an error in FILE
another_version()
{
	local now new=$1

	now=$(dpkg-deb -f "$deb" Version)
	rm -rf "$work/other"
	dpkg-deb -R "$deb" "$work/other"
	mv "$work/other/usr/src/smmuv3-$now" "$work/other/usr/src/smmuv3-$new"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$new\"/" \
		"$work/other/usr/src/smmuv3-$new/dkms.conf"
	sed -i "s/^MODULE_VERSION(.*/MODULE_VERSION(\"$new\");/" \
		"$work/other/usr/src/smmuv3-$new/arm-smmu-v3/drv/module.c"
	[[ -z ${2:-} ]] || sed -i '1i#error made to fail' "$work/other/usr/src/smmuv3-$new/$2"
	sed -i "s/^Version: .*/Version: $new/" "$work/other/DEBIAN/control"
	sed -i "s/\b$now\b/$new/" "$work/other"/DEBIAN/{preinst,postinst,prerm,postrm} 2>/dev/null
	dpkg-deb -b "$work/other" "$work/other.deb" >&2
}

# A new version of the package, then one that does not build, then the old one again
upgrading()
{
	local file

	said smmuv3ctl enable || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	another_version 99.1
	said dpkg -i "$work/other.deb" || echo "dpkg -i: $(tail -n 1 "$work/said")"
	has_module "$version"
	file=$(find "/lib/modules/$version/" -name 'smmuv3.ko*')
	[[ $(modinfo -F version "$file") == 99.1 ]] || echo "the module is not the new one: $file"
	has_initrd "/boot/initrd-smmuv3.img-$version"
	rm -rf "$work/un"
	unmkinitramfs "/boot/initrd-smmuv3.img-$version" "$work/un"
	file=$(find "$work/un" -name 'smmuv3.ko*')
	[[ $(modinfo -F version "$file") == 99.1 ]] || echo "our initrd has the old module"
	[[ $(dkms status smmuv3 | wc -l) == 1 ]] || echo "DKMS has: $(dkms status smmuv3)"

	another_version 99.2 arm-smmu-v3/drv/module.c
	said dpkg -i "$work/other.deb" || echo "dpkg -i fails where the module does not build"
	has_said "$version boots with the built-in driver"
	[[ -s /var/lib/smmuv3/failed/$version ]] || echo "the failure is not written down"
	[[ ! -e /boot/initrd-smmuv3.img-$version ]] || echo "our initrd is still there"
	[[ $(next_boot) == gnulinux-* ]] || echo "the next boot is $(next_boot)"

	said dpkg -i --force-downgrade "$deb" || echo "dpkg -i: $(tail -n 1 "$work/said")"
	has_module "$version"
	[[ ! -e /var/lib/smmuv3/failed ]] || echo "the failure is still written down"
	said smmuv3ctl enable || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	said smmuv3ctl disable || echo "disable fails"
}

# The module by hand beside the package's
twice()
{
	local by_hand=/lib/modules/$version/updates/smmuv3.ko

	snapshot >"$work/now"
	xz -dc "/lib/modules/$version/updates/dkms/smmuv3.ko.xz" >"$by_hand"
	said smmuv3ctl enable && echo "enable does not refuse"
	has_said "has the module twice"
	rm "$by_hand"
	same "$work/now" "changed by a refusal"
}

# What the package cannot undo it does not begin: the entry goes on to work
keeping()
{
	said smmuv3ctl enable --once || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	snapshot >"$work/now"
	printf '#!/bin/sh\necho no >&2\nexit 1\n' >"$work/bin/grub-mkconfig"
	chmod 755 "$work/bin/grub-mkconfig"
	said dpkg -r smmuv3-dkms && echo "the package goes though grub.cfg cannot be made"
	has_said "grub-mkconfig failed with status 1"
	rm "$work/bin/grub-mkconfig"
	same "$work/now" "changed by a removal that failed"
	[[ $(next_boot) == smmuv3-* ]] || echo "the next boot is $(next_boot)"
	said smmuv3ctl disable || echo "disable fails"
}

# Removed while the module is loaded, with a boot entry; then installed again
removing()
{
	said smmuv3ctl enable --once || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	mkdir -p /sys/module/smmuv3
	said dpkg -r smmuv3-dkms || echo "dpkg -r: $(tail -n 1 "$work/said")"
	rmdir /sys/module/smmuv3
	has_said "stays loaded until the next boot"
	[[ $(next_boot) == gnulinux-* ]] || echo "the next boot is $(next_boot)"
	! ls /boot/initrd-smmuv3* /lib/modules/*/updates/dkms/smmuv3* 2>/dev/null ||
		echo "something is left"
	# what stays of the package are files in /etc that have to say nothing
	said update-grub || echo "update-grub fails"
	diff "$work/grub.cfg" <(stock_cfg) | sed 's/^/left in grub.cfg: /'
	said run-parts --arg="$version" --regex smmuv3 /etc/kernel/postinst.d || echo "a hook fails"
	[[ ! -s $work/said ]] || echo "a hook without the package says something"
	said dpkg -i "$deb" || echo "dpkg -i: $(tail -n 1 "$work/said")"
	has_module "$version"
}

purging()
{
	said smmuv3ctl enable --once || echo "enable: $(tail -n 2 "$work/said" | head -n 1)"
	# a kernel without the module is still written down
	mkdir -p /var/lib/smmuv3/failed
	echo "made up" >"/var/lib/smmuv3/failed/$version-other"
	said dpkg --purge smmuv3-dkms || echo "purge: $(tail -n 1 "$work/said")"
	same "$work/before" "left by purge"
	diff "$work/grub.cfg" <(stock_cfg) | sed 's/^/left in grub.cfg: /'
	grep -q '^next_entry=\|^smmuv3' /boot/grub/grubenv && echo "left in grubenv"
}
