# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the suites that run what the debug kernel runs on another test kernel, $test_kernel:
# kunit, model (the globs of $test_model, on the model SMMU), vfio, share, nested.
# TEST_KERNEL_RUNS has the names of those to run; without it, all.

# shellcheck source=scripts/checks/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2154 # set by the suite
export VFIO_KERNEL=$test_kernel SHARE_KERNEL=$test_kernel NESTED_KERNEL=$test_kernel
# VFIO maps a BAR that has its pages for itself, and those of edu and iommu-testdev have 4K
export NESTED_OPTIONS="--append pci=resource_alignment=16@pci:1234:11e8;16@pci:1b36:0005"
checks=$(dirname "${BASH_SOURCE[0]}")
test_model=("${test_model[@]}")

prepare()
{
	"$SCRIPTS/build-module" "$test_kernel" >/dev/null
	((${#test_model[@]} == 0)) || SMMUV3_MODEL=1 "$SCRIPTS/build-module" "$test_kernel" >/dev/null
	for suite in 70-vfio 52-share 71-nested; do
		"$checks/$suite" prepare
	done
}

wanted()
{
	[[ -z ${TEST_KERNEL_RUNS:-} || " $TEST_KERNEL_RUNS " == *" $1 "* ]]
}

# one NAME KTAP OPTION...: suites of KUnit; KTAP is what kunit-arm64 calls its log
one()
{
	local name=$1 ktap=$2 rc=0

	shift 2
	"$SCRIPTS/kunit-arm64" --kernel "$test_kernel" "$@" | collect "$name: guest: " |
		collect_kunit "$name: " "$(cache_dir)/logs/$ktap-$test_kernel.ktap" || rc=$?
	((rc == 0)) || not_ok "$name: ends well" "status $rc"
}

kunit()
{
	! wanted kunit || one kunit kunit-arm64
}

model()
{
	local glob

	wanted model || return 0
	for glob in "${test_model[@]}"; do
		one "model $glob" kunit-arm64-model --model "$glob"
	done
}

# run NAME SUITE
run()
{
	local rc=0

	wanted "$1" || return 0
	RESULTS=/dev/null "$checks/$2" | collect "$1: " || rc=$?
	((rc == 0)) || not_ok "$1: ends well" "status $rc"
}

suite()
{
	kunit
	model
	run vfio 70-vfio
	run share 52-share
	run nested 71-nested
}
