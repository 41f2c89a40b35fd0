EXTENSION = nrr
MODULE_big = nrr
DATA = nrr--1.0.sql
PGFILEDESC = "nrr - revenue retention in PostgreSQL"

# Room by room, each of which calls those above it only
OBJS = \
	src/nrr.o \
	src/base/aggregate_call.o \
	src/base/arguments.o \
	src/base/calendar.o \
	src/base/customer.o \
	src/base/equality.o \
	src/base/excerpt.o \
	src/base/extension.o \
	src/base/money.o \
	src/base/near_names.o \
	src/base/numerics.o \
	src/base/query.o \
	src/base/result_rows.o \
	src/base/wide.o \
	src/ledger/batches.o \
	src/ledger/builder.o \
	src/ledger/bytes.o \
	src/ledger/check.o \
	src/ledger/cursor.o \
	src/ledger/datum.o \
	src/ledger/flatten.o \
	src/ledger/frame.o \
	src/ledger/group.o \
	src/ledger/ledger.o \
	src/ledger/merge.o \
	src/ledger/open.o \
	src/ledger/open_check.o \
	src/ledger/partitions.o \
	src/ledger/pile.o \
	src/ledger/pool.o \
	src/ledger/read.o \
	src/ledger/rollup.o \
	src/ledger/scan.o \
	src/ledger/scatter.o \
	src/ledger/series.o \
	src/ledger/slice.o \
	src/ledger/state.o \
	src/ledger/touches.o \
	src/ledger/type.o \
	src/ledger/unfold.o \
	src/ledger/write.o \
	src/billing/aggregates.o \
	src/billing/estimates.o \
	src/billing/foreign_session.o \
	src/billing/frequency.o \
	src/billing/lint.o \
	src/billing/lint_amounts.o \
	src/billing/lint_dates.o \
	src/billing/lint_days.o \
	src/billing/lint_levels.o \
	src/billing/lint_ranges.o \
	src/billing/lint_read.o \
	src/billing/lint_report.o \
	src/billing/lint_row.o \
	src/billing/mrr.o \
	src/billing/row.o \
	src/billing/source.o \
	src/billing/source_query.o \
	src/store/fresh.o \
	src/store/refresh.o \
	src/store/store.o \
	src/store/trigger.o \
	src/store/verify.o \
	src/bridge/bridge.o \
	src/bridge/cohort_calendar.o \
	src/bridge/cohorts.o \
	src/bridge/customer_movements.o \
	src/bridge/entries.o \
	src/bridge/formulas.o \
	src/bridge/interval.o \
	src/bridge/metric.o \
	src/bridge/movements.o \
	src/bridge/retention.o \
	src/bridge/summary.o \
	src/bridge/summary_aggregates.o \
	src/bridge/summary_metrics.o \
	src/bridge/summary_text.o \
	src/bridge/summary_type.o \
	src/bridge/walk.o \
	src/rating/benchmark.o \
	src/rating/catalog.o \
	src/rating/catalog_trigger.o \
	src/rating/rate_percent.o \
	src/rating/rate_summary.o \
	src/rating/rating_type.o

# Where this file is, from wherever make runs
here := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

# What was built here would be taken for what an out-of-tree build has to make
ifneq ($(abspath $(here)),$(CURDIR))
ifneq ($(wildcard $(here)/src/nrr.o $(here)/nrr.so),)
$(error nrr is built in the tree of its sources: run "make clean" there first)
endif
endif

REGRESS = $(patsubst $(here)/sql/%.sql,%,$(sort $(wildcard $(here)/sql/*.sql)))
REGRESS_OPTS = --load-extension=nrr --encoding=UTF8 --no-locale
ISOLATION = $(patsubst $(here)/specs/%.spec,%,$(sort $(wildcard $(here)/specs/*.spec)))
ISOLATION_OPTS = --load-extension=nrr --encoding=UTF8 --no-locale
TAP_TESTS = 1

PG_CPPFLAGS = -I$(here)/src
# scripts/test makes them errors
PG_CFLAGS += -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
# Our functions call each other; nobody replaces them at load time
PG_CFLAGS += -fno-semantic-interposition

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Our functions call each other without looking up where they are
ifeq ($(PORTNAME), linux)
SHLIB_LINK += -Wl,-Bsymbolic-functions
endif

# PGXS tracks no headers
$(OBJS): $(wildcard $(here)/src/*/*.h)

# An out-of-tree build needs the rooms, too, which a rule would find in this tree
$(shell mkdir -p $(dir $(OBJS)))

# Documentation keeps its folders, so that links resolve, in a directory that no other extension writes to
docs := README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE bench/README.md bench/NOTES.md \
	$(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/docs/*.md $(srcdir)/docs/performance/*.svg))

install: install-docs
install-docs:
	$(MKDIR_P) $(addprefix '$(DESTDIR)$(docdir)/nrr/,$(addsuffix ',$(sort $(dir $(docs)))))
	for doc in $(docs); do $(INSTALL_DATA) "$(srcdir)/$$doc" '$(DESTDIR)$(docdir)/nrr/'"$$doc" || exit; done

uninstall: uninstall-docs
uninstall-docs:
	rm -rf '$(DESTDIR)$(docdir)/nrr'

.PHONY: install-docs uninstall-docs
