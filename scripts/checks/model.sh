# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the suites that run the driver on the model SMMU in an arm64 guest: smmuv3_model.ko is both.

# shellcheck source=scripts/checks/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

model_kernel=debug model_options=()

prepare()
{
	SMMUV3_MODEL=1 "$SCRIPTS/build-module" "$model_kernel" >/dev/null
	"$SCRIPTS/guest-tools" >/dev/null
}

# model_guest SCRIPT RUN-GUEST-OPTION...: in a guest without an SMMU of QEMU's. The suites'
# devices, and those of programs, have identity for their default domain.
model_guest()
{
	local script=$1 mods ko

	shift
	mods=$(SMMUV3_MODEL=1 "$SCRIPTS/build-module" "$model_kernel")
	for ko in "$mods"/*.ko; do
		set -- "$@" --file "$ko:lib/smmuv3/$(basename "$ko")"
	done
	"$SCRIPTS/run-guest" --kernel "$model_kernel" --smmus 0 --no-smmuv3 --mem 1G \
		--timeout 580 --append iommu.passthrough=1 --init "$SCRIPTS/guest/$script" \
		--file "$SCRIPTS/guest/drv-lib.sh:etc/drv-lib.sh" "${model_options[@]}" "$@"
}

# model_sva SECONDS: scripts/guest/sva.c, its random part so long
model_sva()
{
	local seed=${SVA_SEED:-$RANDOM} rc=0 out

	printf '# SVA_SEED=%s repeats this run\n' "$seed"
	out=$(model_guest model.sh --env "SEED=$seed" --env "DURATION=$1" \
		--append kunit.enable=0 2>&1) || rc=$?
	collect "sva: " <<<"$out" || :
	if ((rc == 0)); then
		ok "sva: ends well"
	else
		not_ok "sva: ends well" "$(grep '^guest: fail' <<<"$out" | tail -n 1)"
	fi
}
