# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What scripts/bench measures in a guest; prints one line 'bench ...' for each result. PART is one
# of:
#	count	instructions of map, unmap, attach and detach (with --icount)
#	traced	unmaps between reads of the SMMU's IIDR, which QEMU's trace shows
#	share	an address space for devices behind 1, 3 and 8 SMMUs (with --icount)
#	masters	attach and detach beside up to 256 masters (with --icount), and memory for each
#	io	real time of disk and network, with the noise of the emulation; fio is in /fio

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

# The kernel's own benchmark, which knows tenths of a microsecond
map_benchmark()
{
	local pages

	echo dma_map_benchmark >"/sys/bus/pci/devices/$dev/driver_override"
	echo "$dev" >/sys/bus/pci/drivers_probe
	for pages in 1 16 64; do
		mapbench 1 1 $pages | sed 's/^/bench label=mapbench what=/' >&3
	done
	unbind "$dev"
	echo >"/sys/bus/pci/devices/$dev/driver_override"
}

count()
{
	local size pages

	for pages in 1 16 64; do
		measure strict test=dma devs="$dev" size=$((pages * 4096)) reps=2000
	done
	for size in 4096 65536 2097152 67108864 1073741824; do
		measure iommu test=iommu devs="$dev" size=$size \
			reps=$((size > 1048576 ? 100 : 1000))
	done
	map_benchmark
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

share()
{
	local kind n line

	# a domain belongs to one SMMU in tree
	[ "$SMMU_DRIVER" != smmuv3 ] || for n in 1 2 4 8; do
		measure attach-smmus test=attach reps=200 \
			devs="$(echo "$devs" | head -n $n | paste -s -d ,)"
	done
	modprobe vfio_pci
	modprobe vfio_iommu_type1
	echo 512 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
	for dev in $devs; do
		check "bind $dev" vfio_bind "$dev"
	done
	for kind in iommufd type1; do
		for n in 1 3 8; do
			# shellcheck disable=SC2086 # words
			vfio-share-bench $kind $n $devs >/tmp/out 2>&1 ||
				not_ok "$kind $n" "$(tail -n 1 /tmp/out)"
			while read -r line; do
				say "bench label=share kind=$kind smmus=$n $line"
			done </tmp/out
		done
	done
}

# KiB that meminfo says, with what is counted per CPU
meminfo()
{
	echo 1 >/proc/sys/vm/stat_refresh
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# Bytes of all objects that are in use, and of no others: those that wait for RCU are freed
# within five seconds, those that CPUs keep for the next one go back
slab_bytes()
{
	local cache objects size sum=0

	sleep 6
	for cache in /sys/kernel/slab/*; do
		[ -L "$cache" ] || echo 1 >"$cache/shrink"
	done
	for cache in /sys/kernel/slab/*; do
		[ -L "$cache" ] && continue
		read -r objects _ <"$cache/objects"
		read -r size <"$cache/slab_size"
		sum=$((sum + objects * size))
	done
	echo $sum
}

# Memory of ten thousand domains
held()
{
	local slab tables

	slab=$(slab_bytes) tables=$(meminfo SecPageTables)
	check held insmod /lib/smmuv3/smmuv3_bench.ko test=hold reps=10000 "devs=$dev" || return
	say "bench label=memory what=domain slab=$((($(slab_bytes) - slab) / 10000))" \
		"tables=$((($(meminfo SecPageTables) - tables) * 1024 / 10000))"
	rmmod smmuv3_bench
}

# masters: edu is alone in its group, iommu-testdevs have eight functions in one
masters()
{
	local groups='' group n list taken d

	held
	for d in $(pci_find "$ITD_ID"); do
		group=$(group_of "$d")
		case "$groups " in
		*" $group "*)	;;
		*)		groups="$groups $group" list="$list,$d" ;;
		esac
	done
	for n in 0 1 2 4 8 16 32; do
		taken=$(echo "${list#,}" | cut -d , -f "1-$n" 2>/dev/null)
		[ $n -gt 0 ] || taken=
		measure attach test=attach devs="${taken:+$taken,}$dev" reps=200
	done
	# the array alone, with no device: as it grows with streams that have ATS
	[ "$SMMU_DRIVER" = smmuv3 ] || return
	for n in 1 4 16 64 256 1024; do
		measure array test=array size=$n reps=200
	done
	# and as it must not grow with PASIDs that have come and gone
	for n in 0 64 1024 16384; do
		measure pasids test=pasids size=$n reps=200
	done
}

disk_io()
{
	local i fio

	fio="/fio/lib/ld-linux-aarch64.so.1 --library-path /fio/lib /fio/fio"
	for i in 1 2 3 4 5 6; do
		$fio --name=bench --filename="$nvme" --rw="$1" --bs="$2" --size=32M --direct=1 \
			--ioengine=psync --thread --disk_util=0 --output-format=terse \
			--terse-version=3 >/tmp/fio 2>&1 ||
			{ not_ok "fio $1" "$(tail -n 1 /tmp/fio)"; return; }
		# the first one warms up; fields 7 and 48: KiB/s read and written
		[ $i = 1 ] || say "bench label=io what=nvme-$1-$2 kibs=$(awk -F ';' \
			'{ print $7 + $48 }' /tmp/fio)"
	done
}

net_bench()
{
	local i start end

	check net net_up || return
	for i in 1 2 3 4 5 6; do
		start=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)
		check "net $i" test "$(nc 10.0.2.100 80 </dev/null | wc -c)" = "$BLOB_SIZE"
		end=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)
		[ $i = 1 ] || say "bench label=io what=virtio-net" \
			"kibs=$((BLOB_SIZE * 100 / 1024 / (end - start)))"
	done
}

io()
{
	clients
	check disk wait_for 20 find_nvme || return
	find_nvme
	disk_io read 64k
	disk_io randread 4k
	disk_io write 64k
	net_bench
}

say "bench label=version kernel=$(uname -r)"
slab=$(slab_bytes) free=$(meminfo MemFree)
check load smmu_load || exit
smmus=$(find /sys/class/iommu -mindepth 1 -maxdepth 1 | wc -l)
say "bench label=memory what=smmu slab=$((($(slab_bytes) - slab) / smmus))" \
	"all=$(((free - $(meminfo MemFree)) * 1024 / smmus)) devices=$(find /sys/kernel/iommu_groups/*/devices/ -mindepth 1 | wc -l)"
pci_rescan
awk -v name="$(echo "$SMMU_DRIVER" | tr - _)" '$1 == name { print "bench label=memory what=module bytes=" $2 }' \
	/proc/modules >&3
devs=$(pci_find "$EDU_ID")
dev=$(echo "$devs" | head -n 1)
step "$PART"
$PART
