# shellcheck shell=bash
# The tests: which there are, how they are run and counted. To be sourced after lib.sh.

#
# Which tests
#

regress=() isolation=() tap=() # the tests
skipped=() # what cannot run, for want of data

add_test() {
	local name=${1##*/} found=
	name=${name%.*}
	if [ -f "$project/sql/$name.sql" ]; then regress+=("$name") found=1; fi
	if [ -f "$project/specs/$name.spec" ]; then isolation+=("$name") found=1; fi
	if [ -f "$project/t/$name.pl" ]; then tap+=("$name") found=1; fi
	[ -n "$found" ] || fail "there is no test $1: no sql/$name.sql, specs/$name.spec or t/$name.pl"
}

# Takes the tests named, or all of them
choose_tests() {
	local name file kept=()
	if [ $# -gt 0 ]; then
		for name; do add_test "$name"; done
	else
		shopt -s nullglob
		for file in "$project"/sql/*.sql; do regress+=("$(basename "$file" .sql)"); done
		for file in "$project"/specs/*.spec; do isolation+=("$(basename "$file" .spec)"); done
		for file in "$project"/t/*.pl; do tap+=("$(basename "$file" .pl)"); done
	fi

	find_data
	# a test of third-party data cannot run where the data is not
	for name in "${regress[@]}"; do
		if [ -z "${NRR_DATA:-}" ] && grep -q NRR_DATA "$project/sql/$name.sql"; then
			skipped+=("$name")
		else
			kept+=("$name")
		fi
	done
	regress=("${kept[@]}")
}

find_data() {
	if [ -z "${NRR_DATA:-}" ] && [ -d "$project/../shared/data" ]; then NRR_DATA=$project/../shared/data; fi
	if [ -n "${NRR_DATA:-}" ]; then
		NRR_DATA=$(cd "$NRR_DATA" && pwd -P)
		export NRR_DATA
	fi
}

# psql reads the data sets as the user that runs it
show_data() {
	if [ -n "${NRR_DATA:-}" ] && [ -n "$(run unprivileged find "$NRR_DATA" ! -readable 2>&1)" ]; then
		run unprivileged mkdir shared
		tar -C "$NRR_DATA" -cf - . | run unprivileged tar -C shared -xf -
		NRR_DATA=$work/shared
	fi
}

#
# Running and counting
#

passed=0 failed=0

# make installcheck with the given variables; without them, none of the three suites would run
installcheck() {
	unprivileged make -C src -s PG_CONFIG="$pg_config" REGRESS= ISOLATION= TAP_TESTS= "$@" installcheck
}

# A line for each test that pg_regress reports, in its form up to version 15 or in its TAP form
results() {
	sed -nE -u \
		-e 's/^test ([^ ]+) +\.\.\. ok +([0-9]+ ms).*/  ok      \1  (\2)/p' \
		-e 's/^test ([^ ]+) +\.\.\. .*/  FAILED  \1/p' \
		-e 's/^ok +[0-9]+ +[-+] ([^ ]+) +([0-9]+ ms).*/  ok      \1  (\2)/p' \
		-e 's/^not ok +[0-9]+ +[-+] ([^ ]+).*/  FAILED  \1/p'
}

regress_suite() {
	local variable=$1 log=$2
	shift 2
	installcheck "$variable=$*" 2>&1 | tee "$log" | results
}

# One per test asked for: it passed when pg_regress says so, and failed in any other case
run_regress() {
	local variable=$1 diffs=$work/src/$2 log=$work/$1.log status=0 ok
	shift 2
	run regress_suite "$variable" "$log" "$@" || status=$?
	ok=$(results <"$log" | grep -c '^  ok') || true
	if [ $status -ne 0 ]; then
		# the suite as a whole cannot have failed while all of its tests passed
		[ "$ok" -lt $# ] || ok=$(($# - 1))
		if [ -s "$diffs" ]; then cat "$diffs"; fi
		if [ ! -s "$diffs" ] || [ "$(results <"$log" | wc -l)" -lt $# ]; then cat "$log"; fi
		grep -E 'terminated by signal|PANIC|TRAP' "$work/server.log" || true
	fi
	passed=$((passed + ok))
	failed=$((failed + $# - ok))
}

# Each assertion of a TAP file is one; a file that ends badly without a failed assertion is one failure
run_tap() {
	local name=$1 log=$work/$1.log status=0 ok not_ok skipped started=$SECONDS
	run installcheck TAP_TESTS=1 PROVE_TESTS="t/$name.pl" PROVE_FLAGS=--verbose >"$log" 2>&1 || status=$?
	ok=$(grep -E '^ok ' "$log" | grep -cviE '# skip') || true
	not_ok=$(grep -E '^not ok ' "$log" | grep -cviE '# todo') || true
	if [ $status -ne 0 ] && [ "$not_ok" -eq 0 ]; then not_ok=1; fi
	if [ "$not_ok" -gt 0 ]; then
		say "  FAILED  $name  ($ok passed, $not_ok failed)"
		cat "$log"
		tail -n 50 "$work/src/tmp_check/log/"*_"$name"* 2>/dev/null || true
	else
		skipped=$(sed -nE 's/^1\.\.0 # skip (.*)/, skipped: \1/Ip; s/^ok .*# skip (.*)/, in part skipped: \1/Ip' "$log" | sort -u)
		say "  ok      $name  ($ok passed$skipped, $((SECONDS - started)) s)"
	fi
	passed=$((passed + ok))
	failed=$((failed + not_ok))
}

run_regress_suites() {
	if [ ${#regress[@]} -gt 0 ]; then
		step "Regression tests (${#regress[@]})"
		run_regress REGRESS regression.diffs "${regress[@]}"
	fi
	if [ ${#skipped[@]} -gt 0 ]; then say "  skipped ${skipped[*]}  (NRR_DATA names no directory of data sets)"; fi
	if [ ${#isolation[@]} -gt 0 ]; then
		step "Isolation tests (${#isolation[@]})"
		run_regress ISOLATION output_iso/regression.diffs "${isolation[@]}"
	fi
}

run_tap_suite() {
	local name
	if [ ${#tap[@]} -gt 0 ]; then
		step "TAP tests (${#tap[@]} files)"
		for name in "${tap[@]}"; do run_tap "$name"; done
	fi
}
