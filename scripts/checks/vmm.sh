# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the suites NN-vmm*: a guest with KVM and two SMMUs that runs QEMU for a guest of its
# own. The disks' images are made here, and what the inner guest says of them is compared
# with them here.

# shellcheck source=scripts/checks/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

vmm_kernel=lean
vmm_mb=4			# MiB in a block of a disk
vmm_machine=(--kernel "$vmm_kernel" --machine acpi --smmus 2 --stage nested
	--cpu "max,pauth-impdef=on" --mem 3G)
vmm_devices=(-machine virtualization=on
	-device "pcie-root-port,id=port.0,bus=pcie.0,chassis=100"
	-device "pcie-root-port,id=port.1,bus=pcie.0,chassis=101"
	-device "pcie-root-port,id=port.2,bus=pcie.1,chassis=102")

prepare()
{
	"$SCRIPTS/build-module" "$vmm_kernel" >/dev/null
	"$SCRIPTS/guest-tools" >/dev/null
	"$SCRIPTS/arm64-tools" vmm >/dev/null
	"$SCRIPTS/iort-canwbs" "${vmm_machine[@]}" -- "${vmm_devices[@]}" >/dev/null
}

# block_sum SERIAL BLOCK: of the image of the disk
block_sum()
{
	dd if="$tmp/$1" bs=1M skip=$(($2 * vmm_mb)) count="$vmm_mb" status=none | sha256sum
}

# as_said N: all that the file said tells of blocks, N times at least, as 'data SERIAL
# read|wrote BLOCK CHECKSUM', is what the images have there. No block is written twice.
as_said()
{
	local serial how block sum have n=0

	while read -r _ serial how block sum _; do
		n=$((n + 1))
		have=$(block_sum "$serial" "$block")
		[[ ${have%% *} == "$sum" ]] ||
			echo "$serial: $how $sum in block $block, the image has ${have%% *}"
	done < <(tr -d '\r' <"$tmp/said" | grep '^data ')
	((n >= $1)) || echo "the guest told of $n blocks, at least $1 expected"
}

# vmm INNER-DRIVER CASE...
vmm()
{
	local i inner=$1 devices=("${vmm_devices[@]}") kernel canwbs rc=0

	shift
	tmp=$(work_dir vmm)
	on_exit rm -rf "$tmp"
	for i in 0 1 2; do
		head -c "${vmm_mb}M" /dev/urandom >"$tmp/vmm$i"
		truncate -s 64M "$tmp/vmm$i"
		devices+=(-drive "if=none,id=disk$i,format=raw,file=$tmp/vmm$i"
			-device "nvme,drive=disk$i,serial=vmm$i,bus=port.$i")
	done
	kernel=$(kernel_dir "$vmm_kernel")
	local files=(--file "$SCRIPTS/guest/drv-lib.sh:etc/drv-lib.sh" --env "MB=$vmm_mb")
	[[ $inner != smmuv3 ]] ||
		files+=(--file "$("$SCRIPTS/build-module" "$vmm_kernel")/smmuv3.ko:lib/smmuv3/smmuv3.ko")
	"$SCRIPTS/initramfs" "$tmp/initrd" --kernel "$kernel" --env "SMMU_DRIVER=$inner" \
		"${files[@]}" --init "$SCRIPTS/guest/vmm-inner.sh"
	canwbs=$("$SCRIPTS/iort-canwbs" "${vmm_machine[@]}" -- "${vmm_devices[@]}")
	"$SCRIPTS/run-guest" "${vmm_machine[@]}" --timeout 400 --prepend "$canwbs" \
		--driver "${SMMU_DRIVER:-smmuv3}" --init "$SCRIPTS/guest/vmm.sh" \
		--file "$SCRIPTS/guest/drv-lib.sh:etc/drv-lib.sh" --env "MB=$vmm_mb" \
		--file "$("$SCRIPTS/arm64-tools" vmm):vmm" --file "$kernel/Image:vmm/Image" \
		--file "$tmp/initrd:vmm/initrd" --env "CASES=$*" \
		-- "${devices[@]}" | tee "$tmp/said" | collect "$inner inside: " || rc=$?
	# in each case two disks are read and written
	check "$inner inside: disks as the inner guest said" as_said $((4 * $#))
	return "$rc"
}
