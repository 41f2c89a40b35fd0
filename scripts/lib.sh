# shellcheck shell=bash
# Shared by scripts/demo and scripts/test: a private PostgreSQL with nrr in it, gone when the script ends.
#
# PostgreSQL finds its files relative to its executables. A copy of those, with links to everything else, is therefore
# an installation of its own: nrr is built into that copy and the system's PostgreSQL is only ever read.

set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
work=            # private directory: everything that is made lies in it
as_user=()       # prefix that drops root's rights, which the server refuses
as_root=()       # prefix that gains them, for packages
pg_ctl_options=() # how the server is to be started
no_cluster_conf= # Debian setting that lives only while packages are installed

say() { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*"; }
fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Runs a command inside the private directory without holding up a signal until the command ends
run() {
	(cd "$work" && "$@") <&0 &
	wait $!
}

# The same, with the output kept for the case of failure
run_quietly() {
	local log=$1
	shift
	run "$@" >"$log" 2>&1 || {
		local status=$?
		tail -n 60 "$log" >&2
		return $status
	}
}

unprivileged() { "${as_user[@]}" "$@"; }

# Ends every process that works inside the private directory: politely, as pg_ctl's immediate mode does, by force
end_processes() {
	local round dir pids
	for round in {1..100}; do
		pids=()
		for dir in /proc/[0-9]*; do
			case $(readlink "$dir/cwd" || true) in "$work" | "$work"/*) pids+=("${dir#/proc/}") ;; esac
		done 2>/dev/null
		[ ${#pids[@]} -gt 0 ] || return 0
		case $round in
		1) kill -TERM "${pids[@]}" ;;
		[2-9] | [1-6][0-9]) kill -QUIT "${pids[@]}" ;;
		*) kill -KILL "${pids[@]}" ;;
		esac 2>/dev/null || true
		sleep 0.1
	done
}

clean_up() {
	local status=$?
	trap '' HUP INT TERM PIPE
	set +e
	[ -z "$no_cluster_conf" ] || allow_clusters
	if [ -n "$work" ]; then
		cd /
		end_processes
		rm -rf "$work"
	fi
	exit $status
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

#
# What must be there
#

# Whether this pg_config belongs to a server with its development files
usable() {
	local bin pgxs
	bin=$("$1" --bindir 2>/dev/null) && pgxs=$("$1" --pgxs) || return 1
	[ "$(server_version "$1")" -ge 15 ] && [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && [ -x "$bin/psql" ] &&
		[ -f "$pgxs" ] && [ -f "$("$1" --includedir-server)/postgres.h" ]
}

server_version() { "$1" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/'; }

# The paths of a program of Debian's servers
installed() { compgen -G "/usr/lib/postgresql/*/bin/$1" || true; }

# Sets pg_config to the user's choice, or to the newest server of the machine
find_postgres() {
	local candidate
	if [ -n "${PG_CONFIG:-}" ]; then
		usable "$PG_CONFIG" || fail "PG_CONFIG=$PG_CONFIG is not PostgreSQL 15 or later with its development files"
		pg_config=$PG_CONFIG
		return
	fi
	while read -r candidate; do
		if usable "$candidate"; then
			pg_config=$candidate
			return
		fi
	done < <(installed pg_config | sort -Vr; command -v pg_config)
	return 1
}

# The version to install: that of a server which lacks development files only, else the newest on offer
version_on_offer() {
	{
		apt-cache search --names-only '^postgresql-server-dev-[0-9]+$' | sed -E 's/^postgresql-server-dev-([0-9]+) .*/1 \1/'
		installed postgres | sed -E 's|^/usr/lib/postgresql/([0-9]+)/.*|2 \1|'
	} | awk '$2 >= 15' | sort -k1,1nr -k2,2nr | awk 'NR == 1 {print $2}'
}

# Installs what is missing; apt-get is not called when nothing is
require() {
	local missing=() package version
	find_postgres || missing+=(postgresql)
	for package in "$@"; do
		case $package in
		make | gcc | npm | flex | bison | perl | clang | valgrind | pkg-config)
			command -v "$package" >/dev/null || missing+=("$package")
			;;
		dpkg-dev) command -v dpkg-source >/dev/null || missing+=("$package") ;;
		libicu-dev) [ -f /usr/include/unicode/ucol.h ] || missing+=("$package") ;;
		nodejs) command -v node >/dev/null || missing+=("$package") ;;
		libc6-dev) [ -f /usr/include/stdio.h ] || missing+=("$package") ;;
		libipc-run-perl) perl -MIPC::Run -MTest::More -e 1 2>/dev/null || missing+=("$package") ;;
		esac
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	local wanted
	wanted=$(printf ', %s' "${missing[@]}")
	wanted=${wanted#, }
	wanted=${wanted/postgresql/PostgreSQL 15 or later with its development files (postgresql-NN, postgresql-server-dev-NN)}
	command -v apt-get >/dev/null || fail "this machine lacks: $wanted. There is no apt-get here: please install that, then try again."
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || fail "this machine lacks: $wanted. Please have root install that (there is no sudo), then try again."
		sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } ||
			fail "this machine lacks: $wanted. sudo refuses to install that for $(id -un): please have it installed, then try again."
		as_root=(sudo)
	fi

	step "Installing packages: this machine lacks $wanted"
	apt update
	if [ "${missing[0]}" = postgresql ]; then
		version=$(version_on_offer)
		[ -n "$version" ] || fail "this system's package sources offer no PostgreSQL 15 or later"
		missing=("postgresql-server-dev-$version" "${missing[@]:1}")
		[ -x "/usr/lib/postgresql/$version/bin/postgres" ] || missing+=("postgresql-$version")
	fi
	forbid_clusters
	apt install --no-install-recommends --no-remove "${missing[@]}"
	allow_clusters
	find_postgres || fail "PostgreSQL with its development files is still missing"
}

apt() {
	local log
	log=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
		apt-get -qq -y -o DPkg::Lock::Timeout=120 "$@" 2>&1) || fail "apt-get $1 failed:"$'\n'"$log"
}

# Debian's server package would create and start a cluster of its own
forbid_clusters() {
	no_cluster_conf=/etc/postgresql-common/createcluster.d/nrr-$$.conf
	"${as_root[@]}" mkdir -p "${no_cluster_conf%/*}"
	say 'create_main_cluster = false' | "${as_root[@]}" tee "$no_cluster_conf" >/dev/null
}

allow_clusters() {
	"${as_root[@]}" rm -f "$no_cluster_conf"
	no_cluster_conf=
}

#
# The private PostgreSQL
#

# Makes the private directory and a copy of the project in it, so that no build file gets into the user's
prepare() {
	local user
	# a socket's path must be short, and make knows no blanks in paths
	case ${TMPDIR:-} in
	*[[:space:]]* | ?????????????????????????????????????????????*) TMPDIR=/tmp ;;
	esac
	work=$(mktemp -d "${TMPDIR:-/tmp}/nrr.XXXXXX")
	work=$(cd "$work" && pwd -P)
	if [ "$(id -u)" -eq 0 ]; then
		user=postgres
		id -u "$user" >/dev/null 2>&1 || user=nobody
		as_user=(setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups)
		chown "$user" "$work"
	fi

	# nothing of the caller's leads to another server or into another build
	unset "${!PG@}" "${!LC_@}" LANGUAGE MAKEFLAGS MFLAGS MAKELEVEL PERL5LIB PERL5OPT PROVE_OPTS 2>/dev/null || true
	export LANG=C.UTF-8 LC_ALL=C.UTF-8 HOME=$work TMPDIR=$work/tmp
	export PGHOST=$work PGPORT=5432 PGUSER=postgres PGDATABASE=postgres

	run unprivileged mkdir src tmp
	tar -C "$project" --exclude=./.git --exclude='*.o' --exclude='*.bc' --exclude='*.so' \
		--exclude=./bench/results --exclude='./tmp_check*' -cf - . | run unprivileged tar -C src -xf -

	copy_installation
}

copy_installation() {
	local bin lib share include name
	bin=$("$pg_config" --bindir) lib=$("$pg_config" --pkglibdir) share=$("$pg_config" --sharedir)
	include=$("$pg_config" --includedir)
	run unprivileged mkdir -p ".$bin" ".$lib/bitcode" ".$share/extension" ".${include%/*}"
	run unprivileged cp -L "$bin"/* ".$bin/"
	run unprivileged ln -s "$include" ".${include%/*}/"
	# directories that take files of nrr are real ones, an nrr that the system may have stays out
	for name in "$lib" "$lib/bitcode" "$share" "$share/extension"; do
		[ ! -d "$name" ] || run unprivileged find "$name" -mindepth 1 -maxdepth 1 \
			! -name bitcode ! -name extension ! -name 'nrr*' -exec ln -s -t ".$name" {} +
	done
	pg_config=$work$bin/pg_config
	PATH=$work$bin:$PATH
	[ "$(run unprivileged "$pg_config" --pkglibdir)" = "$work$lib" ] ||
		fail "programs in $work do not run; please set TMPDIR to a directory that allows it"
}

# Builds nrr with the given make variables into the private installation
build() {
	run_quietly "$work/build.log" unprivileged make -C src -s -j"$(nproc)" PG_CONFIG="$pg_config" "$@" install ||
		fail "the build failed"
}

start_server() {
	run_quietly "$work/initdb.log" unprivileged initdb --no-sync -A trust -U postgres -E UTF8 --locale=C.UTF-8 -D data ||
		fail "initdb failed"
	run unprivileged tee -a data/postgresql.conf >/dev/null <<-CONF
		listen_addresses = ''
		unix_socket_directories = '$work'
		fsync = off
	CONF
	run_quietly "$work/start.log" unprivileged pg_ctl -D data "${pg_ctl_options[@]}" -l server.log -w start ||
		fail "the server did not start: $(cat "$work/server.log")"
}
