# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the suites NN-drv-*: a guest with an NVMe disk, virtio-net, edu and
# iommu-testdev behind the SMMU, whose results become the suite's.
# DRV_KERNEL overrides the kernel that a suite wants (stock, lean, debug, DIR).

# shellcheck source=scripts/checks/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# More devices for the guests to come
drv_extra=()
drv_tmp=$(work_dir drv)
on_exit rm -rf "$drv_tmp"

# drv_prepare KERNEL...: build what the guests need
drv_prepare()
{
	local kernel

	for kernel; do
		"$SCRIPTS/build-module" "$kernel"
	done
	"$SCRIPTS/guest-tools"
}

# drv_blob_sum: checksum of what the guest finds at 10.0.2.100:80; makes it
drv_blob_sum()
{
	[[ -e $drv_tmp/blob ]] || head -c 1M /dev/urandom >"$drv_tmp/blob"
	sha256sum <"$drv_tmp/blob" | cut -d ' ' -f 1
}

# drv_guest NAME KERNEL INIT [RUN-GUEST-OPTION...]: INIT is scripts/guest/drv-INIT.sh
drv_guest()
{
	local name=$1 kernel=$2 init=$3 rc=0

	shift 3
	truncate -s 0 "$drv_tmp/disk"
	truncate -s 64M "$drv_tmp/disk"
	printf '# %s\n' "$name"
	"$SCRIPTS/run-guest" --kernel "$kernel" --timeout 400 \
		--file "$SCRIPTS/guest/drv-lib.sh:etc/drv-lib.sh" \
		--env "BLOB_SUM=$(drv_blob_sum)" \
		--init "$SCRIPTS/guest/drv-$init.sh" "$@" -- \
		-drive "if=none,id=disk,format=raw,file=$drv_tmp/disk" \
		-device "nvme,drive=disk,serial=drv,bus=pcie.0" \
		-netdev "user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:80-cmd:cat $drv_tmp/blob" \
		-device "virtio-net-pci,netdev=net,iommu_platform=on,disable-legacy=on,romfile=,bus=pcie.0" \
		-device edu,bus=pcie.0 -device iommu-testdev,bus=pcie.0 \
		"${drv_extra[@]}" \
		2>&1 | tee "$drv_tmp/out" | collect "$name: " || rc=$?
	guest_ends "$name" "$rc" "$drv_tmp/out"
}
