# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# iommufd's nesting on edu, iommu-testdev and igb behind several SMMUs. The programs are in /nested;
# TESTS names those to run. NESTED_SEED repeats a run. Without CANWBS in the firmware tables only
# the program nocanwbs can run.

# shellcheck source=scripts/guest/drv-lib.sh
. /etc/drv-lib.sh
# shellcheck source=scripts/guest/tap.sh
. /etc/tap.sh

IGB_ID=8086:10c9

# bind_all: sets NESTED_DEVS; first come those behind the SMMU of the first one
bind_all()
{
	local dev

	NESTED_DEVS=
	for dev in $(pci_find $ITD_ID) $(pci_find $EDU_ID) $(pci_find $IGB_ID); do
		vfio_bind "$dev" || return
		NESTED_DEVS="$NESTED_DEVS $dev"
	done
	export NESTED_DEVS
	[ -n "$NESTED_DEVS" ]
}

domains_left()
{
	[ "$(domains)" = "$1" ] || { cat "$DEBUGFS/domains"; return 1; }
}

modprobe vfio_pci
step "load the driver ($SMMU_DRIVER)"
# Root ports that waited for the first SMMU would bind while the others register, which
# the IOMMU core warns of. So no device is there before all SMMUs are.
check clear pci_remove_all
check load smmu_load || exit
pci_rescan
bind_all || { not_ok bind "vfio-pci did not take a device of '$NESTED_DEVS'"; exit; }
echo "NESTED_SEED=$NESTED_SEED repeats this run" | show
before=0
[ "$SMMU_DRIVER" != smmuv3 ] || before=$(domains)
for name in $TESTS; do
	step "$name"
	tap_run "$name" "" "/nested/$name"
	[ "$SMMU_DRIVER" != smmuv3 ] || check "$name.domains" domains_left "$before"
done
if [ "$SMMU_DRIVER" = smmuv3 ]; then
	check counters clean flood # faults are provoked by the thousand
	for file in "$DEBUGFS"/*/counters; do
		# shellcheck disable=SC2046,SC2005 # all on one line
		echo $(cat "$file") | show
	done
fi
step "unload"
for dev in $NESTED_DEVS; do
	unbind "$dev"
done
check remove pci_remove_all
check unload smmu_unload
