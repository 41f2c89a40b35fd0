# shellcheck shell=bash
# PostgreSQL built from Debian's source package, for scripts that need a server built in a way of their own. To be
# sourced after lib.sh:
#
#     require make gcc libc6-dev "${source_packages[@]}"
#     prepare
#     fetch_postgres_source
#     build_postgres NAME CONFIGURE_OPTION...
#     use_postgres NAME
#
# NRR_CACHE may name a directory that keeps what was downloaded and built for the next run.

source_packages=(dpkg-dev flex bison perl pkg-config libicu-dev)
postgres_contrib=(citext postgres_fdw amcheck)
postgres_source=  # PostgreSQL's sources with Debian's patches, to be changed as one likes before they are built
postgres_changes= # what a cached build must have been made with, too: a description of such changes

# Sets postgres_source to the newest sources of the server's major version that can be downloaded
fetch_postgres_source() {
	local package downloads=$work/download unpacked=$work/postgres dsc
	package=postgresql-$(server_version "$pg_config")
	run unprivileged mkdir -p download
	if [ -n "${NRR_CACHE:-}" ]; then
		make_cache
		downloads=$NRR_CACHE/download
	fi
	dsc=$(compgen -G "$downloads/${package}_*.dsc" | sort -V | tail -n 1) || true
	if [ -z "$dsc" ]; then
		step "Downloading the sources of $package"
		run download_source "$package"
		[ "$downloads" = "$work/download" ] || run unprivileged cp -t "$downloads" "$work/download/${package}_"*
		dsc=$(compgen -G "$downloads/${package}_*.dsc")
	fi
	run_quietly "$work/unpack.log" unprivileged dpkg-source --no-check -x "$dsc" "$unpacked" ||
		fail "the sources of $package cannot be unpacked"
	postgres_source=$unpacked
}

make_cache() {
	mkdir -p "$NRR_CACHE/download"
	NRR_CACHE=$(cd "$NRR_CACHE" && pwd -P)
	[ "$(id -u)" -ne 0 ] || chown --reference="$work" "$NRR_CACHE" "$NRR_CACHE/download"
	run unprivileged test -w "$NRR_CACHE/download" || fail "the server's user may not write into NRR_CACHE=$NRR_CACHE"
}

# Lines that fetch packages seldom come with those that fetch sources: apt-get gets lists and sources of its own
source_apt() {
	local command=$1
	shift
	unprivileged env DEBIAN_FRONTEND=noninteractive "$command" -qq -o Dir::Etc::SourceList=/dev/null \
		-o Dir::Etc::SourceParts="$work/apt/sources" -o Dir::State::Lists="$work/apt/lists" \
		-o Dir::Cache="$work/apt/cache" "$@"
}

# Turns the machine's package sources into the same ones for source packages
source_lists() {
	local file
	unprivileged mkdir -p apt/sources apt/lists/partial apt/cache/archives/partial
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		sed -E -e '/^[[:space:]]*deb-src[[:space:]]/d' -e 's/^([[:space:]]*)deb([[:space:]])/\1deb-src\2/' \
			-e 's/^(Types:[[:space:]]*).*/\1deb-src/I' "$file" | unprivileged tee "apt/sources/${file##*/}" >/dev/null
	done
}

# A mirror may name a version that it no longer has, or not yet: the next older one will do
download_source() {
	local package=$1 versions version
	source_lists
	source_apt apt-get update >apt.log 2>&1 || true
	versions=$(source_apt apt-cache showsrc "$package" 2>>apt.log |
		awk -v package="$package" '/^Package:/ { ours = $2 == package } /^Version:/ && ours { print $2 }' | sort -uVr) || true
	for version in $versions; do
		if (cd download && source_apt apt-get source --download-only "$package=$version") >>apt.log 2>&1; then
			say "$package $version"
			return
		fi
		rm -f "download/${package}_"*
	done
	fail "no package source offers the sources of $package: $(cat apt.log)"
}

# The directory that holds the build of that name; Debian would put much elsewhere if it did not say "postgresql"
postgres_prefix() {
	local name=$1
	shift
	if [ -z "${NRR_CACHE:-}" ]; then
		say "$work/postgresql-$name"
	else
		say "$NRR_CACHE/postgresql-$name-$({
			head -n 12 "$postgres_source/debian/changelog"
			"${CC:-gcc}" --version
			printf '%s\n' "$postgres_changes" "${postgres_contrib[@]}" "$@"
		} | sha256sum | cut -c 1-16)"
	fi
}

declare -A postgres_built=() # where each build is, by its name

# Builds the server with its programs, the modules of contrib that our tests use, and what tests of extensions need, out
# of tree, with the given options of configure
build_postgres() {
	local name=$1 prefix build=build-$1 module
	prefix=$(postgres_prefix "$@")
	shift
	postgres_built[$name]=$prefix
	[ ! -e "$prefix/complete" ] || return 0
	step "Building PostgreSQL ($name)"
	run unprivileged mkdir -p "$build" "$prefix"
	run_quietly "$work/$build.log" unprivileged env -C "$build" "$postgres_source/configure" --quiet --prefix="$prefix" \
		--without-readline --without-zlib --with-icu "$@" || fail "PostgreSQL's configure failed"
	run_quietly "$work/$build.log" unprivileged make -C "$build" -s -j"$(nproc)" all || fail "the build of PostgreSQL failed"
	run_quietly "$work/$build.log" unprivileged make -C "$build" -s install || fail "PostgreSQL cannot be installed"
	for module in "${postgres_contrib[@]}"; do
		run_quietly "$work/$build.log" unprivileged make -C "$build/contrib/$module" -s -j"$(nproc)" install ||
			fail "PostgreSQL's contrib/$module cannot be built"
	done
	run unprivileged touch "$prefix/complete"
}

# Makes a build the private installation that lib.sh's build and start_server use
use_postgres() {
	pg_config=${postgres_built[$1]}/bin/pg_config
	copy_installation
}

# PostgreSQL with each chunk of memory in a malloc of its own, which ends where the request ends
own_mallocs() {
	local contexts=$postgres_source/src/backend/utils/mmgr
	run unprivileged sed -i -E -e 's/(set->allocChunkLimit = )[^;]*;/\10;/' \
		-e 's/\(size > set->allocChunkLimit\)/(size >= set->allocChunkLimit)/' \
		-e 's/(chunk_size = )MAXALIGN\(size\);/\1MAXALIGN(Max(size, 1));/' "$contexts/aset.c" "$contexts/generation.c"
	[ "$(grep -l 'allocChunkLimit = 0;' "$contexts"/*.c | wc -l)" -eq 2 ] || fail "aset.c and generation.c are not as expected"
}

# Memory contexts tell AddressSanitizer what they would tell Valgrind, in what is built with USE_VALGRIND from now on
tell_sanitizer() {
	run unprivileged mkdir -p "$postgres_source/src/include/valgrind"
	run unprivileged cp src/scripts/hardened/memcheck.h "$postgres_source/src/include/valgrind/"
}
