# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the suites of scripts/check. A suite is a script NN-name here with the
# header lines '# about: TEXT', '# budget: SECONDS' and, when only check-full
# runs it, '# when: full'. It defines suite(), and prepare() if it needs
# something built first (not counted in its time), and ends with
# 'suite_main "$@"'.
#
# Each test is told by ok, not_ok or skip. Lines go to the file $RESULTS, where
# scripts/check counts them, and to stdout, which is the suite's log. A suite
# that ends early, or tells nothing, has failed.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

: "${RESULTS:=/dev/null}"
# for people who run the demo or a shell on another kernel; suites say which one they mean
unset KERNEL DEMO_KERNEL DEMO_MACHINE DEMO_DRIVER

prepare() { :; }

result()
{
	printf '%s\n' "$*"
	printf '%s\n' "$*" >>"$RESULTS"
}

ok()
{
	result "ok $*"
}

# not_ok NAME REASON...
not_ok()
{
	result "not ok $*"
}

# skip NAME REASON...
skip()
{
	result "skip $*"
}

# check NAME CMD...: ok when CMD succeeds and prints nothing on stdout; what it
# prints there, a line for each offence, is the reason why not. CMD may be a
# function.
check()
{
	local name=$1 out rc=0 more

	shift
	out=$("$@") || rc=$?
	if [[ $rc == 0 && -z $out ]]; then
		ok "$name"
		return
	fi
	printf '%s\n' "${out:=status $rc, see the log}"
	more=$(($(wc -l <<<"$out") - 1))
	((more == 0)) || more="(and $more more in the log)"
	not_ok "$name" "$(head -n 1 <<<"$out") ${more#0}"
}

# guest_ends NAME STATUS OUT: the last test of a guest. STATUS is run-guest's, OUT the file with what
# it has printed.
guest_ends()
{
	local bad

	if (($2 == 0)); then
		ok "$1: ends well"
		return
	fi
	bad=$(grep '^guest: fail' "$3" | tail -n 1) || :
	not_ok "$1: ends well" "${bad:-run-guest ended with status $2}"
}

# stock_kernels [REGEX]: NAME and KDIR of each kernel of scripts/kernels; KDIR is - where Debian's
# packages have that kernel no more
stock_kernels()
{
	local series flavour name kdir any=''

	while read -r series flavour name <&3; do
		any=1
		kdir=$("$SCRIPTS/stock-kernel" --headers "$series" "$flavour")
		printf '%s %s\n' "$name" "${kdir:--}"
	done 3< <(awk '/^(stock|flavour)/ { print $2, $3, $4 }' "$SCRIPTS/kernels" |
		grep -E " (${1:-.*})$")
	[[ $any ]] || note "no kernel of scripts/kernels has a name that is all of '$1'; there are" \
		"$(awk '/^(stock|flavour)/ { print $4 }' "$SCRIPTS/kernels" | paste -sd ' ')"
}

# collect PREFIX: stdin is a suite's or guest's output: take over its results.
collect()
{
	local line

	while IFS= read -r line; do
		case $line in
		'ok '*)		ok "$1${line#ok }" ;;
		'not ok '*)	not_ok "$1${line#not ok }" ;;
		'skip '*)	skip "$1${line#skip }" ;;
		*)		printf '%s\n' "$line" ;;
		esac
	done
}

# collect_kunit PREFIX KTAP: stdin is what kunit.py prints. It keeps the reasons
# of skipped tests to itself: they come from KTAP, the file that it has parsed.
# Where a case has failed is in a line before the one that says so.
collect_kunit()
{
	local line name at='' skipped=()

	while IFS= read -r line; do
		# Lines of suites and of parameterised cases have '=' on both ends.
		name=${line#*] *] }
		case $line in
		\[*\]' [PASSED] '*)	ok "$1$name" ;;
		\[*\]' [SKIPPED] '*)	skipped+=("$name") ;;
		\[*\]' [FAILED] '* | \[*\]' [CRASHED] '* | \[*\]' [TIMED_OUT] '* | \
		\[*\]' [NO TESTS RUN] '* | \[*\]' [ERROR] '*)
					not_ok "$1$name" "${line#*] }$at"
					at='' ;;
		*' FAILED at '*)	printf '%s\n' "$line"
					at=", ${line##* FAILED }" ;;
		*)			printf '%s\n' "$line" ;;
		esac
	done
	for name in "${skipped[@]}"; do
		line=$(grep -aF " $name # SKIP" "$2" | head -n 1) || :
		skip "$1$name" "${line#*# SKIP }"
	done
}

# sources [PATTERN...]: our files of these patterns (C and headers by default),
# one a line, relative to the top: what git knows or would add.
sources()
{
	(($#)) || set -- '*.c' '*.h'
	git -C "$TOP" ls-files --cached --others --exclude-standard -- "$@" |
		while IFS= read -r file; do
			[[ ! -e $TOP/$file ]] || printf '%s\n' "$file"
		done | sort -u
}

suite_main()
{
	cd "$TOP"
	if [[ ${1:-} == prepare ]]; then
		prepare
	else
		suite
	fi
}
