# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by setup, fetch and mklab: the location of the cache, messages, one
# lock, and a way to make a directory appear either complete or not at all.
# Sourced, never run.
# shellcheck shell=bash disable=SC2034

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${TRAPLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trapline}

# apt's progress meter is for terminals.
quiet=()
[ -t 2 ] || quiet=(-q)

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# Allow one writer at a time. The scripts that setup calls inherit fd 9, and see
# in TRAPLINE_LOCKED that the lock is already taken.
lock_cache()
{
	mkdir -p "$CACHE" || die "cannot create $CACHE: set TRAPLINE_CACHE"
	[ "${TRAPLINE_LOCKED:-}" = "$CACHE" ] && return
	exec 9>"$CACHE/.lock"
	if ! flock -n 9; then
		say "waiting for another setup or fetch to finish"
		flock 9
	fi
	export TRAPLINE_LOCKED=$CACHE
	# Under the lock no other run has incomplete directories: these were
	# left by an interrupted run.
	rm -rf "$CACHE"/.tmp-*
}

# publish TMP DEST: put a finished file or directory in its place.
publish()
{
	local old=$CACHE/.tmp-old-$BASHPID

	mkdir -p "$(dirname "$2")"
	rm -rf "$old"
	[ ! -e "$2" ] || mv -T "$2" "$old"
	mv -T "$1" "$2"
	rm -rf "$old"
}

# digest STRING...: print a short hash of the strings
digest()
{
	printf '%s\n' "$@" | sha256sum | cut -c1-16
}

# is_made DEST DIGEST: true if DEST was made with this digest
is_made()
{
	local have=

	[ -e "$1" ] || return 1
	read -r have 2>/dev/null <"$CACHE/.made/${1//\//_}" || return 1
	[ "$have" = "$2" ]
}

mark_made()
{
	mkdir -p "$CACHE/.made"
	echo "$2" >"$CACHE/.made/${1//\//_}"
}
