# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# QEMU as a VMM in this guest, unmodified: vfio-pci with iommufd, accelerated vSMMUs, KVM. CASES are
# run one after the other. In each, an inner guest (vmm-inner.sh) works on NVMe disks that are
# passed through:
#	one	two disks behind one SMMU: one vSMMU
#	two	a disk behind each of two SMMUs: two vSMMUs, one stage-2 page table
#	reboot	as two; the inner guest reboots and finds its data
#	unplug	as one; a disk is taken from the running guest, and read here
# The inner guest reports through a virtio-serial port what it finds. It waits there for an answer
# when this script shall look at its state.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

INNER_MB=512
PORT=/tmp/port MON=/tmp/monitor

# secpagetables: in KiB; KVM's stage 2 counts too
secpagetables()
{
	awk '$1 == "SecPageTables:" { print $2 }' /proc/meminfo
}

# vmm CASE BLOCK QEMU-ARG...
vmm()
{
	local name=$1 block=$2

	shift 2
	rm -f $PORT.* $MON.*
	mkfifo $PORT.in $PORT.out $MON.in $MON.out
	/vmm/lib/ld-linux-aarch64.so.1 --library-path /vmm/lib /vmm/qemu-system-aarch64 \
		-machine virt,accel=kvm,gic-version=3 -cpu host -m ${INNER_MB}M \
		-nodefaults -display none -bios /vmm/QEMU_EFI.fd \
		-kernel /vmm/Image -initrd /vmm/initrd \
		-append "console=ttyAMA0 deferred_probe_timeout=-1 panic_on_warn=1 panic=-1 printk.devkmsg=on vmm.case=$name vmm.block=$block" \
		-chardev "file,id=console,path=/tmp/$name.console" -serial chardev:console \
		-chardev pipe,id=monitor,path=$MON -mon chardev=monitor \
		-device virtio-serial-device -chardev pipe,id=verdict,path=$PORT \
		-device virtserialport,chardev=verdict,name=verdict \
		-object iommufd,id=iommufd0 "$@" >"/tmp/$name.qemu" 2>&1 3>&- &
	vmm_pid=$!
}

alive()
{
	kill -0 "$vmm_pid" 2>/dev/null
}

# follow CASE: relay what the inner guest tells until its verdict
follow()
{
	local name=$1 line left=20 verdict=

	while [ -z "$verdict" ] && [ $left -gt 0 ]; do
		# shellcheck disable=SC3045 # busybox can
		if ! read -r -t 5 line; then
			alive || break
			left=$((left - 1))
			continue
		fi
		left=20
		case $line in
		'verdict '*)	verdict=${line#verdict } ;;
		'ok '*)		ok "$name.inner: ${line#ok }" ;;
		'not ok '*)	not_ok "$name.inner: ${line#not ok }" ;;
		'data '*)	say "$line" ;;
		'wait '*)
			"look_${line#wait }" "$name"
			echo go >$PORT.in
			;;
		*)		echo "$line" | show ;;
		esac
	done <>$PORT.out
	wait_for 10 eval '! alive' || kill -9 "$vmm_pid"
	if [ "$verdict" = pass ]; then
		ok "$name.verdict"
	else
		tail -n 25 "/tmp/$name.console" | show
		show <"/tmp/$name.qemu"
		not_ok "$name.verdict" "${verdict:-the inner guest gave none}"
	fi
}

# live TYPE: how many live entries of this type there are in nest parents
live()
{
	awk -v type="$1" '
		/^domain/ { parent = /nest parent/ }
		parent && $1 == type && !/(parked|forgotten)$/ { n++ }
		END { print n + 0 }' "$DEBUGFS/domains"
}

# shared SMMUS: one stage 2 for the guest, with a pair of entries for each vSMMU
shared()
{
	local n

	n=$(grep -c 'nest parent' "$DEBUGFS/domains")
	[ "$n" = 1 ] || { echo "$n nest parents"; return 1; }
	for type in S2_VMID_VSMMU S2_VMID_S1_CLEAR; do
		n=$(live $type)
		[ "$n" = "$1" ] || { echo "$n live entries $type, not $1"; return 1; }
	done
}

look_running()
{
	local dev

	secpagetables >"/tmp/$1.tables"
	[ "$SMMU_DRIVER" = smmuv3 ] || return
	sed 's/^/  | /' "$DEBUGFS/domains" >&3
	for dev in $passed; do
		check "$1.$dev" ste_is "$dev" nested
	done
	check "$1.shared" shared "$vsmmus"
}

# The first disk leaves the guest while the other is busy
look_unplug()
{
	echo "device_del disk0" >$MON.in
}

look_unplugged()
{
	local dev=${passed%% *}

	# the guest has let go of it; then QEMU does
	[ "$SMMU_DRIVER" != smmuv3 ] || check "$1.ste" wait_for 10 ste_is "$dev" abort
	check "$1.release" vfio_release "$dev"
	modprobe nvme
	check "$1.probe" eval "echo $dev >/sys/bus/pci/drivers_probe"
	check "$1.back" wait_for 20 find_nvme || return
	find_nvme
	# what the inner guest wrote last
	say "data $(tr -d ' ' <"/sys/block/${nvme#/dev/}/device/serial") read $UNPLUG_BLOCK" \
	    "$(dd if="$nvme" bs=1M skip=$((UNPLUG_BLOCK * MB)) count="$MB" iflag=direct \
		2>/dev/null | sha256sum)"
	check "$1.rebind" vfio_bind "$dev"
}

# one/two/reboot/unplug BLOCK
one()
{
	passed="$disk0 $disk1" vsmmus=1
	vmm "$1" "$2" -device arm-smmuv3,primary-bus=pcie.0,accel=on \
		-device pcie-root-port,id=rp0,bus=pcie.0,chassis=1 \
		-device pcie-root-port,id=rp1,bus=pcie.0,chassis=2 \
		-device "vfio-pci,id=disk0,host=$disk0,iommufd=iommufd0,bus=rp0" \
		-device "vfio-pci,id=disk1,host=$disk1,iommufd=iommufd0,bus=rp1"
}

two()
{
	passed="$disk0 $disk2" vsmmus=2
	vmm "$1" "$2" -device arm-smmuv3,primary-bus=pcie.0,accel=on \
		-device pxb-pcie,id=pcie.1,bus=pcie.0,bus_nr=32 \
		-device arm-smmuv3,primary-bus=pcie.1,accel=on \
		-device pcie-root-port,id=rp0,bus=pcie.0,chassis=1 \
		-device pcie-root-port,id=rp1,bus=pcie.1,chassis=2 \
		-device "vfio-pci,id=disk0,host=$disk0,iommufd=iommufd0,bus=rp0" \
		-device "vfio-pci,id=disk2,host=$disk2,iommufd=iommufd0,bus=rp1"
}

reboot()
{
	two "$@"
}

unplug()
{
	UNPLUG_BLOCK=$2
	one "$@"
}

# One page table for the guest's memory, however many SMMUs: with pages of 4 KiB a second
# one would take 2 KiB for each MiB. KVM's tables differ a little from run to run.
one_table()
{
	local grown=$(($(cat /tmp/two.tables) - $(cat /tmp/one.tables)))

	[ $grown -lt $INNER_MB ] || { echo "two vSMMUs take $grown KiB more than one"; return 1; }
}

no_parents()
{
	! grep 'nest parent' "$DEBUGFS/domains"
}

modprobe vfio_pci
echo never >/sys/kernel/mm/transparent_hugepage/enabled
step "load the driver ($SMMU_DRIVER)"
check clear pci_remove_all
check load smmu_load || exit
pci_rescan
# two behind the first SMMU, one behind the second
# shellcheck disable=SC2046 # words
set -- $(pci_find $NVME_ID)
[ $# = 3 ] || { not_ok disks "$# disks, not 3"; exit; }
disk0=$1 disk1=$2 disk2=$3
for dev in "$@"; do
	check "bind $dev" vfio_bind "$dev" || exit
done
check kvm test -c /dev/kvm
block=1
secpagetables >/tmp/none.tables
for name in $CASES; do
	step "$name"
	start=$(cut -d . -f 1 /proc/uptime)
	$name "$name" $block
	follow "$name"
	if [ "$SMMU_DRIVER" = smmuv3 ]; then
		check "$name.counters" clean
		check "$name.left" no_parents
	fi
	echo "$name: $(($(cut -d . -f 1 /proc/uptime) - start)) s, SecPageTables" \
	     "$(cat "/tmp/$name.tables" 2>/dev/null) KiB while it ran, $(secpagetables) now," \
	     "$(cat /tmp/none.tables) before" | show
	block=$((block + 2))
done
if [ -e /tmp/one.tables ] && [ -e /tmp/two.tables ]; then
	check one_table one_table
fi
step "unload"
for dev in "$@"; do
	unbind "$dev"
done
check remove pci_remove_all
check unload smmu_unload
