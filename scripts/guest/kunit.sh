# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The KUnit suites as a module. Loading it runs them. What debugfs then says of each suite is sent
# line by line, with a mark, and scripts/kunit-arm64 puts it together. PARAMS are parameters of the
# module.

step "load $MODULE.ko"
[ "$MODULE" = smmuv3_model ] || check load smmu_load || exit
if [ "$MODULE" = smmuv3_model ]; then
	modprobe iommufd
fi
# shellcheck disable=SC2086 # each is a word
check load-suites insmod "/lib/smmuv3/$MODULE.ko" ${PARAMS:-} || exit
for dir in /sys/kernel/debug/kunit/*/; do
	[ -e "$dir/results" ] || continue
	echo "suite $(basename "$dir")" >&3
	sed 's/^/ktap /' "$dir/results" >&3
done
step "unload"
check unload-suites rmmod "$MODULE"
[ "$MODULE" = smmuv3_model ] || check unload smmu_unload
