# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The kinds of default domain. MODE is the one that the command line asks for (DMA, DMA-FQ,
# identity); with CHANGE set, the test changes to the others through sysfs.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh

# ste_of TYPE
ste_of()
{
	[ "$1" = identity ] && echo bypass || echo stage1
}

# change BDF TYPE: as the kernel asks for it, without a driver
change()
{
	echo "$2" >"$GROUPS_DIR/$(group_of "$1")/type"
}

# refused BDF TYPE: must be refused when it needs another kind of domain
refused()
{
	! change "$@" 2>/dev/null || { echo "changed under a driver"; return 1; }
}

io()
{
	nvme_io && net_io
}

fault_stopped()
{
	local before

	before=$(counter events)
	edu "$edu" write 0x0badc000 || return
	sleep 0.2
	[ "$(counter events)" -gt "$before" ] || { echo "no event"; return 1; }
}

check load smmu_load || exit
clients
nvme_dev=$(pci_find "$NVME_ID") net_dev=$(pci_find "$NET_ID") edu=$(pci_find "$EDU_ID")
step "$MODE"
check "$MODE nvme" nvme_io
check "$MODE net" net_io
for dev in $nvme_dev $net_dev; do
	check "$MODE type $dev" type_is "$dev" "$MODE"
	check "$MODE ste $dev" ste_is "$dev" "$(ste_of "$MODE")"
done
check "$MODE counters" clean events
grep "$nvme_dev" -A 2 "$DEBUGFS"/*/masters | show
[ "$MODE" = identity ] || check "$MODE fault" fault_stopped

if [ -n "$CHANGE" ]; then
	[ "$MODE" != DMA ] || {
		check "bound DMA->DMA-FQ" change "$nvme_dev" DMA-FQ
		check "bound type" type_is "$nvme_dev" DMA-FQ
		check "bound nvme" nvme_io
	}
	check "bound ->identity refused" refused "$nvme_dev" identity
	net_down
	for type in identity DMA DMA-FQ identity DMA-FQ DMA; do
		step "to $type"
		unbind "$nvme_dev"
		unbind "$net_dev"
		check "to $type nvme" change "$nvme_dev" $type
		check "to $type net" change "$net_dev" $type
		check "to $type ste" ste_is "$nvme_dev" "$(ste_of $type)"
		bind "$nvme_dev" nvme
		bind "$net_dev" virtio-pci
		check "to $type type" type_is "$nvme_dev" $type
		check "to $type io" io
	done
	check "changed counters" clean
fi
net_down
check remove pci_remove_all
check unload smmu_unload
