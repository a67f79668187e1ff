# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for those who source this
#
# Shared by all scripts here. Source it first; it sets -euo pipefail.
#
# Owns: where the cache is, locking, the progress lines, how an error looks.
# Progress goes to stderr, so that a script's stdout is only its result
# (a path, mostly) and can be captured.

set -euo pipefail
[[ -z ${BASH_VERSINFO[0]:-} || ${BASH_VERSINFO[0]} -lt 4 ]] &&
	{ echo "error: bash 4 or newer is needed" >&2; exit 1; }

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TOP=$(cd "$SCRIPTS/.." && pwd -P)
STEP_LOG=
DEBIAN_SUITE=trixie		# of the tool root and of all packages taken
export LC_ALL=C.UTF-8

# --help of those that have no usage() of their own is the comment in their head.
if [[ (${1-} == --help || ${1-} == -h) && ${BASH_SOURCE[1]} == "$0" ]] &&
   ! grep -qE -e '-h ?\| ?--help\)' -e '== --help' "$0"; then
	sed -n '4,/^[^#]\|^$/s/^# \{0,1\}//p' "$0"
	exit 0
fi

# die WHAT [WAY-OUT...]: one line says what failed, the others the way out.
die()
{
	printf 'error: %s\n' "$1" >&2
	shift
	(($# == 0)) || printf '       %s\n' "$@" >&2
	exit 1
}

note()
{
	printf '  %s\n' "$*" >&2
}

# on_exit CMD...: run at exit, newest first, also after Ctrl-C.
_at_exit=()
on_exit()
{
	_at_exit=("$(printf '%q ' "$@")" "${_at_exit[@]}")
}
_run_at_exit()
{
	local rc=$? cmd
	trap '' INT TERM HUP
	set +e
	for cmd in "${_at_exit[@]}"; do
		eval "$cmd"
	done
	exit "$rc"
}
trap _run_at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# cache_dir: prints the folder of everything that is generated; makes it.
cache_dir()
{
	local dir=${SMMUV3_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/smmuv3}

	[[ $dir == /* ]] || dir=$PWD/$dir
	[[ $dir != *[[:space:]:]* ]] ||
		die "the cache path '$dir' has a space or a colon in it" \
		    "set SMMUV3_CACHE to a folder without"
	mkdir -p "$dir/logs" "$dir/locks" "$dir/tmp" 2>/dev/null ||
		die "cannot write the cache folder $dir" \
		    "set SMMUV3_CACHE to a folder that you can write"
	# Made by an earlier sudo run, used without: say so before it hurts.
	[[ -w $dir/logs ]] ||
		die "the cache folder $dir is not writable for $(id -un)" \
		    "run as the user who made it (sudo?), or set SMMUV3_CACHE"
	(cd "$dir" && pwd -P)
}

# need_root WHAT
need_root()
{
	((EUID == 0)) ||
		die "$1 needs root (chroot and mounts)" \
		    "run the same command with sudo -E"
}

# need_tool COMMAND PACKAGE: installs it when root on a Debian, else says how.
need_tool()
{
	command -v "$1" >/dev/null && return
	if ((EUID == 0)) && command -v apt-get >/dev/null; then
		step "install $2" install_packages "$2"
		command -v "$1" >/dev/null && return
	fi
	die "the command '$1' is missing" \
	    "on Debian: apt-get install $2"
}
install_packages()
{
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -y --no-install-recommends "$@" || {
		apt-get update
		apt-get install -y --no-install-recommends "$@"
	}
}

# need_space GIGABYTES WHAT
need_space()
{
	local free

	free=$(df -Pk "$(cache_dir)" | awk 'NR == 2 { print int($4 / 1048576) }')
	((free >= $1)) ||
		die "$2 needs $1 GB of disk, $(cache_dir) has $free GB left" \
		    "free some, or set SMMUV3_CACHE to a folder on another disk"
}

# lock NAME: held until the script ends. Says when it has to wait.
lock()
{
	local fd

	exec {fd}>"$(cache_dir)/locks/$1"
	flock -n "$fd" || {
		note "waiting for another run that holds the lock '$1'"
		flock "$fd"
	}
}

# work_dir NAME: prints a new empty folder in the cache, on the same disk as what
# it will be renamed to. Use: tmp=$(work_dir x); on_exit rm -rf "$tmp"
# Those that killed scripts have left are removed here.
work_dir()
{
	local dir pid

	for dir in "$(cache_dir)"/tmp/*.*.*; do
		pid=${dir%.*}
		pid=${pid##*.}
		[[ ! -d $dir || ! $pid =~ ^[0-9]+$ || -d /proc/$pid ]] ||
			rm -rf --one-file-system "$dir"
	done
	mktemp -d "$(cache_dir)/tmp/${1:-work}.$$.XXXXXX"
}

# hash_of FILE-OR-TEXT...: a short key for cached results.
hash_of()
{
	local arg

	for arg in "$@"; do
		if [[ -f $arg ]]; then
			cat "$arg"
		else
			printf '%s\n' "$arg"
		fi
	done | sha256sum | cut -c1-10
}

# step TITLE CMD...: run CMD with its output in a log; one line at start, one
# every 15 s with the log's last line, one at the end with the time. A failure
# shows the last 50 lines of the log and ends the script; after success
# STEP_LOG names the log. STEP_HINT, when set, is added to the error. CMD may be a function; do not use step in a condition, as that would switch off set -e.
step()
{
	local title=$1 log start rc beat

	shift
	log=$(cache_dir)/logs/$(tr -cs 'A-Za-z0-9.\n' - <<<"$title" | cut -c1-60)
	log=${log%-}.$$.log
	start=$SECONDS
	printf '>> %s\n' "$title" >&2
	_heartbeat "$title" "$log" $$ &
	beat=$!
	_at_exit=("kill $beat 2>/dev/null;" "${_at_exit[@]}")
	set +e
	(set -e; trap - EXIT INT TERM HUP; "$@") >"$log" 2>&1 </dev/null
	rc=$?
	set -e
	kill "$beat" 2>/dev/null || :
	wait "$beat" 2>/dev/null || :
	_at_exit=("${_at_exit[@]:1}")
	if ((rc != 0)); then
		printf -- '--- last lines of %s\n' "$log" >&2
		tail -n 50 "$log" >&2
		echo '---' >&2
		die "$title: failed with status $rc after $((SECONDS - start)) s" \
		    "the whole log: $log" ${STEP_HINT:+"$STEP_HINT"}
	fi
	printf '   %s: done in %d s\n' "$title" $((SECONDS - start)) >&2
	# Keep the newest log of each title only.
	STEP_LOG=${log%.*.log}.log
	mv -f "$log" "$STEP_LOG"
}
_heartbeat()
{
	local title=$1 log=$2 parent=$3 start=$SECONDS fd last

	trap - EXIT TERM
	exec {fd}<> <(:)
	while kill -0 "$parent" 2>/dev/null; do
		# A read that never gets data: a sleep without a process.
		read -rt 15 -u "$fd" _ || :
		last=$(tail -c 300 "$log" 2>/dev/null | tr '\r' '\n' |
		       grep -a . | tail -n 1 | cut -c1-100) || :
		printf '   %s: %d s: %s\n' "$title" $((SECONDS - start)) "$last" >&2
	done
}

# test_kernels: prints the names of the test kernels, that scripts/test-kernel builds
test_kernels()
{
	basename -s .config "$SCRIPTS"/kconfig/*.config | grep -vx common | paste -sd ' '
}
is_test_kernel()
{
	[[ " $(test_kernels) " == *" $1 "* ]]
}

# kernel_dir NAME: prints the folder of stock, a test kernel or a kernel of
# scripts/kernels (made if missing), or of a folder of that form given by hand.
kernel_dir()
{
	if [[ $1 == stock ]]; then
		"$SCRIPTS/stock-kernel"
	elif is_test_kernel "$1"; then
		"$SCRIPTS/test-kernel" "$1"
	elif [[ $(kernel_line "$1") ]]; then
		"$SCRIPTS/stock-kernel" "$1"
	else
		[[ -d $1/modules && -r $1/version ]] ||
			die "'$1' is no kernel" \
			    "there are stock; the test kernels $(test_kernels);" \
			    "Debian's $(kernel_names); or a folder as scripts/stock-kernel makes it"
		(cd "$1" && pwd -P)
	fi
}

# host_tools: are the machine's own tools used, and not those of the tool root? So
# scripts/kunit decides for itself and what it calls.
host_tools()
{
	[[ -n ${SMMUV3_HOST_TOOLS:-} && $SMMUV3_HOST_TOOLS != 0 ]]
}

# with_tools CMD...: run CMD in the tool root, or as it is where the host's tools are used
with_tools()
{
	if host_tools; then
		"$@"
	else
		"$SCRIPTS/in-root" "$@"
	fi
}

# kernel_series KIND: prints 'SERIES FLAVOUR' for each line of scripts/kernels of this kind
kernel_series()
{
	awk -v kind="$1" '$1 == kind { print $2, $3 }' "$SCRIPTS/kernels"
}

# kernel_line NAME: prints 'SERIES FLAVOUR' of the kernel with that name, or nothing
kernel_line()
{
	awk -v name="$1" '$4 "" == name && name != "-" { print $2, $3 }' "$SCRIPTS/kernels"
}

# kernel_names: the names of Debian's kernels, for an error: '7.3, 7.2, 6.12'
kernel_names()
{
	awk '/^(stock|flavour)/ { printf "%s%s", sep, $4; sep = ", " }' "$SCRIPTS/kernels"
}

# series_text KIND: these series as words for an error: '7.3 or 7.2'
series_text()
{
	kernel_series "$1" | awk '!seen[$1]++ { printf "%s%s", sep, $1; sep = " or " }'
}

# newest_kernel source: prints the first series of scripts/kernels that the tool root's
# package lists have, as 7.3, or nothing.
# newest_kernel stock [SERIES FLAVOUR]: prints the newest version, as 7.3.4+deb13-arm64, of
# this series, or of the first series that has one, of which binary, modules and headers all
# exist for arm64; or nothing.
newest_kernel()
{
	local root list v series flavour version

	need_root "looking up kernel packages"
	root=$("$SCRIPTS/toolroot")
	list=$(chroot "$root" apt-cache dumpavail |
	       awk '/^Package: linux-/{p=$2} /^Architecture: /{if (p) print p ":" $2; p=""}')
	if [[ $1 == source ]]; then
		while read -r series _; do
			if grep -qxF "linux-source-$series:all" <<<"$list"; then
				echo "$series"
				break
			fi
		done < <(kernel_series source)
		return
	fi
	# Before 7.0 one package has the kernel and its modules.
	while read -r series flavour; do
		version="${series//./\\.}\.[0-9.]*\+deb[0-9.]*"
		while read -r v; do
			grep -qxE "linux-(modules|image)-${v//[.+]/.}-$flavour:arm64" <<<"$list" ||
				continue
			grep -qxF "linux-headers-$v-$flavour:arm64" <<<"$list" || continue
			grep -qE "^linux-kbuild-${v//[.+]/.}:" <<<"$list" || continue
			echo "$v-$flavour"
			return
		done < <(sed -nE "s/^linux-(binary|image)-($version)-$flavour:arm64\$/\2/p" \
				<<<"$list" | sort -ruV)
	done < <(if (($# > 1)); then echo "$2 $3"; else kernel_series stock; fi)
}
