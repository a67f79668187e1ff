# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What scripts/bench measures in a guest, one line 'bench ...' for each result. PART:
#	count	instructions: map, unmap, attach, detach (with --icount)
#	traced	unmaps between reads of the SMMU's IIDR, which QEMU's trace shows
#	io	real time of NVMe reads, with the emulation's noise

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

SMMU=0x09050000		# of QEMU's virt machine, described by a device tree

# measure LABEL PARAM=VALUE...: load the module, and tell what it says
measure()
{
	local label=$1

	shift
	dmesg -c >/dev/null
	check "$label" insmod /lib/smmuv3/smmuv3_bench.ko "$@" || { dmesg | tail -n 5 | show; return; }
	rmmod smmuv3_bench
	dmesg | sed -n 's/.*smmuv3_bench: /bench label='"$label"' /p' >&3
}

count()
{
	local size pages n list

	for pages in 1 16 64; do
		measure strict test=dma devs="$dev" size=$((pages * 4096)) reps=2000
	done
	for size in 4096 65536 2097152 67108864 1073741824; do
		measure iommu test=iommu devs="$dev" size=$size \
			reps=$((size > 1048576 ? 100 : 1000))
	done
	for n in 1 4 16; do
		list=$(echo "$devs" | head -n $n | tr '\n' ',')
		measure attach test=attach devs="${list%,}" reps=200
	done
	echo DMA-FQ >"/sys/kernel/iommu_groups/$(group_of "$dev")/type"
	for pages in 1 16 64; do
		measure lazy test=dma devs="$dev" size=$((pages * 4096)) reps=2000
	done
}

# mark: seen in QEMU's trace
mark()
{
	devmem $((SMMU + 0x18)) >/dev/null
}

traced()
{
	local pages

	for pages in 1 16 64; do
		mark
		measure traced test=dma devs="$dev" size=$((pages * 4096)) reps=936
		mark
	done
}

io()
{
	local i start end

	modprobe nvme
	check disk wait_for 20 find_nvme || return
	find_nvme
	for i in 1 2 3 4 5 6; do
		start=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)
		dd if="$nvme" of=/dev/null bs=64k count=512 iflag=direct 2>/dev/null
		end=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)
		# the first one warms up
		[ "$i" = 1 ] || say "bench label=nvme what=read32M centiseconds=$((end - start))"
	done
}

say "bench label=version kernel=$(uname -r)"
slab=$(awk '$1 == "Slab:" { print $2 }' /proc/meminfo)
check load smmu_load || exit
pci_rescan
awk -v name="$(echo "$SMMU_DRIVER" | tr - _)" '$1 == name { print "bench label=memory what=module bytes=" $2 }' \
	/proc/modules >&3
say "bench label=memory what=slab kib=$(($(awk '$1 == "Slab:" { print $2 }' /proc/meminfo) - slab))"
devs=$(pci_find "$EDU_ID")
dev=$(echo "$devs" | head -n 1)
step "$PART"
$PART
