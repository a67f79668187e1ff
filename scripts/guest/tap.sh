# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For tests in the guest that run programs on the kernel's test harness.

# Translate the TAP of kselftest_harness.h, which says
#	ok N NAME, ok N NAME # SKIP WHY, not ok N NAME
# tap_results PREFIX LOG
tap_results()
{
	sed -nE -e 's/^not ok [0-9]+ ([^ ]+)(.*)/not ok PREFIX\1 failed\2/p' \
		-e 's/^ok [0-9]+ (# SKIP )?([^ ]+) # SKIP */skip PREFIX\2 /p' \
		-e '/ # SKIP/!s/^ok [0-9]+ ([^ ]+).*/ok PREFIX\1/p' "$2" |
		sed "s/PREFIX/$1/"
}

# tap_run NAME PREFIX CMD...: run CMD and take over its results. All that was planned has
# to be told.
tap_run()
{
	local name=$1 prefix=$2 rc=0 log=/tmp/$1.log planned told

	shift 2
	"$@" >"$log" 2>&1 3>&- || rc=$?
	tap_results "$prefix" "$log" >/tmp/results
	cat /tmp/results >&3
	failed=$((failed + $(grep -c '^not ok' /tmp/results)))
	planned=$(sed -n 's/^1\.\.//p' "$log")
	told=$(wc -l </tmp/results)
	# Status 4: all skipped.
	if [ "$rc" != 0 ] && [ "$rc" != 4 ] || [ "${planned:-0}" -ne "$told" ] ||
	   [ "$told" = 0 ]; then
		grep -vE '^ok |^# +(RUN|OK) ' "$log" | head -n 60 | show
		not_ok "$name" "status $rc, $told results of ${planned:-an unknown number}"
	fi
}
