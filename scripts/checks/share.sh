# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the suites NN-share*: a machine with several SMMUs and devices behind each.

# shellcheck source=scripts/checks/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

share_kernel=${SHARE_KERNEL:-lean}

prepare()
{
	"$SCRIPTS/build-module" "$share_kernel" >/dev/null
	"$SCRIPTS/guest-tools" >/dev/null
}

# share_kinds: what vfio-share is told; share_stages: of the SMMUs, see run-guest;
# share_options: more for run-guest
share_kinds='iommufd type1' share_stages=nested share_options=()

# share_guest SMMUS OPS CONFIG...: edu and iommu-testdev behind each SMMU, an NVMe disk behind
# each of the first two. CONFIG: parameters of the module, or 'default'.
share_guest()
{
	local i n=$1 ops=$2 bus dev devs=() tmp seed=${SHARE_SEED:-$RANDOM} rc=0
	local name="$n SMMUs ($share_stages)"

	shift 2
	tmp=$(work_dir share)
	on_exit rm -rf "$tmp"
	for ((i = 0; i < n; i++)); do
		bus=pcie.0
		for dev in edu iommu-testdev nvme; do
			if ((i > 0)); then
				bus=$dev.$i
				devs+=(-device "pcie-root-port,id=$bus,bus=pcie.$i,chassis=$((100 + ${#devs[@]}))")
			fi
			if [[ $dev != nvme ]]; then
				devs+=(-device "$dev,bus=$bus")
			elif ((i < 2)); then
				truncate -s 64M "$tmp/disk$i"
				devs+=(-drive "if=none,id=disk$i,format=raw,file=$tmp/disk$i"
					-device "nvme,drive=disk$i,serial=share$i,bus=$bus")
			fi
		done
	done
	printf '# SHARE_SEED=%s repeats this run\n' "$seed"
	"$SCRIPTS/run-guest" --kernel "$share_kernel" --machine acpi --smmus "$n" \
		--stage "$share_stages" --timeout 300 --driver "${SMMU_DRIVER:-smmuv3}" \
		--file "$SCRIPTS/guest/drv-lib.sh:etc/drv-lib.sh" \
		--env "SEED=$seed" --env "OPS=$ops" --env "CONFIGS=$*" \
		--env "KINDS=$share_kinds" "${share_options[@]}" --init "$SCRIPTS/guest/share.sh" \
		-- "${devs[@]}" 2>&1 | tee "$tmp/out" | collect "$name: " || rc=$?
	guest_ends "$name" "$rc" "$tmp/out"
}
