# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the suites of the Debian package have in common: sourced after lib.sh.

deb_prepare()
{
	"$SCRIPTS/stock-kernel" >/dev/null
	oldest_headers >/dev/null
	"$SCRIPTS/deb/build" >/dev/null
}

# oldest_headers: prints the version of the oldest kernel of scripts/kernels, with its headers there
oldest_headers()
{
	local series flavour kdir

	read -r series flavour < <(kernel_series stock | sort -V | head -n 1)
	kdir=$("$SCRIPTS/stock-kernel" --headers "$series" "$flavour")
	[[ $kdir ]] || die "Debian's packages have no kernel of $series any more" \
		"scripts/kernels has the list"
	echo "${kdir##*/linux-headers-}"
}

# deb_tests TEST...: tests of deb_machine.sh, in one made-up machine
deb_tests()
{
	local deb kernel old rc=0

	deb=$("$SCRIPTS/deb/build")
	kernel=$("$SCRIPTS/stock-kernel")
	old=$(oldest_headers)
	CCACHE_DIR=$(cache_dir)/ccache \
		"$SCRIPTS/deb/in-layer" "$SCRIPTS/checks/deb_machine.sh" "$deb" \
		"$(<"$kernel/version")" "$kernel" "$old" "$@" | collect "" || rc=$?
	((rc == 0)) || not_ok "deb_machine: ends well" "status $rc"
}
