EXTENSION = nrr
MODULE_big = nrr
DATA = $(wildcard nrr--*.sql)
PGFILEDESC = "nrr - revenue retention in PostgreSQL"

OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=nrr --encoding=UTF8 --no-locale
ISOLATION = $(patsubst specs/%.spec,%,$(sort $(wildcard specs/*.spec)))
ISOLATION_OPTS = --load-extension=nrr --encoding=UTF8 --no-locale
TAP_TESTS = 1

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
$(OBJS): $(wildcard $(srcdir)/src/*.h)

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
