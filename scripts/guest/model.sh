# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Devices behind model SMMUs share address spaces of processes: sva.c on smmuv3_endpoint.ko. Their
# faults are answered from user space, for a guest too: faultq.c, stallq.c. A guest has command
# queues of its own: vcmdq.c. SEED and DURATION (in seconds) are for the random parts of sva.c and
# vcmdq.c.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

domains_gone()
{
	[ "$(domains)" = 0 ] || { grep "^domain " "$DEBUGFS/domains" | head -n 3; return 1; }
}

modprobe iommufd
# the devices have no MSIs that could be isolated
echo 1 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
check load insmod /lib/smmuv3/smmuv3_model.ko guest_stalls=4 guest_stall_ms=5000 pri=1 ||
	exit
check load-endpoint insmod /lib/smmuv3/smmuv3_endpoint.ko || exit
mdev -s
echo 8 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
relay "" sva "$SEED" "$DURATION"
relay "fault queue " faultq
relay "guest stalls " stallq 5000
relay "guest queues " vcmdq "$SEED" $((DURATION / 2))
check domains domains_gone
for file in "$DEBUGFS"/*/counters; do
	# shellcheck disable=SC2046,SC2005 # all on one line
	echo $(cat "$file") | show
done
check unload-endpoint rmmod smmuv3_endpoint
check unload rmmod smmuv3_model
