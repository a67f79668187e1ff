# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The KUnit suites as a module. Loading it runs them; what debugfs then says of
# each goes out line by line, marked, and scripts/kunit-arm64 puts it together.

step "load smmuv3.ko and smmuv3_kunit.ko"
check load smmu_load || exit
check load-suites insmod /lib/smmuv3/smmuv3_kunit.ko || exit
for dir in /sys/kernel/debug/kunit/*/; do
	[ -e "$dir/results" ] || continue
	echo "suite $(basename "$dir")" >&3
	sed 's/^/ktap /' "$dir/results" >&3
done
step "unload"
check unload-suites rmmod smmuv3_kunit
check unload smmu_unload
