# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the suites sparse and sparse-model have in common.

# shellcheck source=scripts/checks/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

out_dir()
{
	printf '%s/module-sparse-%s\n' "$(cache_dir)" "$(hash_of "$TOP")"
}

# sparse_make SOURCE OUT C=VALUE [MAKE-ARG...]: the modules of SOURCE with sparse.
sparse_make()
{
	local cross=() src=$1 out=$2

	shift 2
	mkdir -p "$out"
	[[ $(uname -m) == aarch64 ]] ||
		cross=(CROSS_COMPILE="${CROSS_COMPILE:-aarch64-linux-gnu-}")
	"$SCRIPTS/in-root" make -C "$("$SCRIPTS/test-kernel" debug)/build" \
		-j"$(nproc)" "M=$src" "MO=$out" ARCH=arm64 "${cross[@]}" \
		SMMUV3_BENCH=1 CHECK="$("$SCRIPTS/sparse")" "$@" 2>&1
}

# Those of the compiler too, but not what make says of the host's tools.
warnings()
{
	grep -aE '(warning|error): ' "$1" | grep -v '^warning: pahole' || :
}

# every_file LOG... -- PATTERN...: each .c file that the patterns name has its CHECK line in a log.
every_file()
{
	local logs=() files

	while [[ $1 != -- ]]; do
		logs+=("$1")
		shift
	done
	shift
	files=$(sources "$@")
	comm -3 <(echo "$files") \
		<(sed -nE "s,^ +CHECK +($TOP/)?((arm-smmu-v3|kunit)/[^ ]*\.c)$,\2,p" "${logs[@]}" |
		  sort -u | grep -xF "$files") |
		awk '{ print $1 ": not checked" }'
}
