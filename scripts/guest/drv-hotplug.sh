# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Devices come and go, ROUNDS times each, while others do I/O; then the module does so, RELOADS
# times. No domain and no tag of them may be left.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

busy=

# nvme_busy: reads without end; net_busy: the same over the network
nvme_busy()
{
	while dd if="$nvme" of=/dev/null bs=64k count=64 iflag=direct 2>/dev/null; do
		echo >>/tmp/rounds
	done
}

net_busy()
{
	while ping -q -c 20 -i 0.02 -s 1400 10.0.2.2 >/dev/null; do
		echo >>/tmp/rounds
	done
}

# meanwhile CMD: run it in the background
meanwhile()
{
	: >/tmp/rounds
	"$1" &
	busy=$!
}

# over: it still ran, and has done something
over()
{
	kill "$busy" 2>/dev/null || { echo "it has ended early"; return 1; }
	[ -s /tmp/rounds ] || { echo "it has not finished a round"; return 1; }
}

# cycle BDF: remove it, and have it found again with a group
cycle()
{
	echo 1 >"/sys/bus/pci/devices/$1/remove"
	[ ! -e "/sys/bus/pci/devices/$1" ] || { echo "$1 does not go"; return 1; }
	! grep -q "^$1:" "$DEBUGFS"/*/masters || { echo "$1 is still a master"; return 1; }
	pci_rescan
	wait_for 10 test -e "/sys/bus/pci/devices/$1/driver" ||
		{ echo "$1 does not come back with a driver"; return 1; }
	[ -e "/sys/bus/pci/devices/$1/iommu_group" ] ||
		{ echo "$1 comes back without a group"; return 1; }
}

cycles()
{
	local i

	for i in $(seq "$ROUNDS"); do
		cycle "$1" || { echo "in round $i"; return 1; }
	done
}

# The highest tag in use
top_tag()
{
	awk '$2 == "domain" { print $6 }' "$DEBUGFS"/*/masters | sort -n | tail -n 1
}

state()
{
	echo "domains $(domains) top-tag $(top_tag)"
}

same_state()
{
	[ "$(state)" = "$1" ] || { echo "was '$1', is '$(state)'"; return 1; }
}

reload()
{
	pci_remove_all || return
	smmu_unload || return
	[ ! -e "$DEBUGFS" ] || { echo "debugfs is still there"; return 1; }
	smmu_load || return
	pci_rescan
	nvme_io
}

check load smmu_load || exit
clients
check nvme nvme_io || exit
check net net_up || exit
find_nvme && find_net
disk=$(pci_find "$NVME_ID") card=$(pci_find "$NET_ID")
before=$(state)

step "the network card, $ROUNDS times, while the disk reads"
meanwhile nvme_busy
check net-cycles cycles "$card"
check disk-meanwhile over
check net-after net_io

step "the disk, $ROUNDS times, while the network is in use"
meanwhile net_busy
check nvme-cycles cycles "$disk"
check net-meanwhile over
check nvme-after nvme_io

step "the disk, removed while it reads"
meanwhile nvme_busy
wait_for 10 test -s /tmp/rounds
check remove-busy cycle "$disk"
wait "$busy" 2>/dev/null
check nvme-after-busy nvme_io

check nothing-left same_state "$before"
check counters clean events
grep -A 4 '^domain' "$DEBUGFS/domains" | head -n 20 | show

step "the module, $RELOADS times"
refused()
{
	! smmu_unload
}
check unload-in-use refused
for i in $(seq "$RELOADS"); do
	net_down
	check "reload $i" reload || break
done
check net-at-end net_io
check counters-at-end clean events
net_down
check remove pci_remove_all
check unload smmu_unload
