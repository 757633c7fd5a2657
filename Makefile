# SPDX-License-Identifier: GPL-2.0-only
# The one entry.  Every target calls meson, Kbuild or world/ only.

KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
PREFIX ?= /usr
# In this order no processor is idle: pvh builds QEMU first, which pv waits for
WORLDS ?= pvh arm64 pv
SUITE ?= trixie
export WORLDS
# An ordinary user of Debian's has no sbin in PATH
export PATH := $(PATH):/usr/sbin:/sbin
# git refuses a checkout of another user because its hooks might run; make runs its
# programs anyway
export GIT_CONFIG_COUNT := 1
export GIT_CONFIG_KEY_0 := safe.directory
export GIT_CONFIG_VALUE_0 := $(CURDIR)

help:
	@echo 'make demo            a picture crosses two domains on real Xen, in QEMU'
	@echo 'make check           everything: demo, lint, unit tests, driver, worlds'
	@echo 'make check-unit      user space with gcc and clang, and its unit tests, with sanitizers'
	@echo 'make check-driver    the driver with W=1 and sparse'
	@echo 'make check-world     the worlds: $(WORLDS)'
	@echo 'make check-NAME      one of them, or another that world/run --list names'
	@echo 'make check-debug     the suite on a kernel with every check, which is built first'
	@echo 'make check-fuzz      a million random calls on the driver'
	@echo 'make fuzz            the fuzzers of the parsers, a minute each, or FUZZ_SECONDS=3600;'
	@echo '                     check-unit runs them shortly'
	@echo 'make check-fresh     demo, check and installation on a new machine: SUITE=trixie,'
	@echo '                     bookworm or sid'
	@echo 'make check-matrix    every world whole, and the table in docs/tested.md;'
	@echo '                     RESUME=1 goes on with one that was interrupted'
	@echo 'make bench           how fast sharing is, beside the other ways: docs/performance.md'
	@echo 'make lint            format, spelling, scripts'
	@echo 'make all             library, tool and driver, for this machine'
	@echo 'make install         installs them (DESTDIR, PREFIX, MESONFLAGS)'
	@echo 'make uninstall       removes them, for the same DESTDIR, PREFIX and MESONFLAGS'
	@echo 'make dist            the source archive, build/xen-dmabuf-VERSION.tar.xz'
	@echo 'make deb             Debian packages, in build/deb'
	@echo 'make rpm             RPM packages, in build/rpm'
	@echo 'make check-deb       builds, installs, upgrades and removes them in a clean Debian'
	@echo 'make packages        installs the Debian packages that are missing'
	@echo 'make clean           removes what was built'

# A folder for each compiler; Kbuild sees ARCH and CROSS_COMPILE by itself
USER_BUILD = build/user$(addprefix -,$(patsubst %-,%,$(notdir $(CROSS_COMPILE))))

all: $(USER_BUILD)/build.ninja
	meson compile -C $(USER_BUILD)
	$(MAKE) -C $(KDIR) M=$(CURDIR)/driver modules

# Made anew when PREFIX or options change
SETUP = --prefix=$(PREFIX) -Dtests=false $(MESONFLAGS)

$(USER_BUILD).options: FORCE
	@mkdir -p build
	@echo '$(SETUP)' | cmp -s - $@ || echo '$(SETUP)' >$@

$(USER_BUILD)/build.ninja: $(USER_BUILD).options
	rm -rf $(USER_BUILD)
	$(if $(CROSS_COMPILE),packaging/cross-file $(CROSS_COMPILE) >$(USER_BUILD).cross)
	meson setup $(USER_BUILD) $(SETUP) \
		$(if $(CROSS_COMPILE),--cross-file $(USER_BUILD).cross)

# The kernel that KDIR belongs to; empty if there is no KDIR, which uninstall can do without
KERNEL = $(shell $(MAKE) -s --no-print-directory -C $(KDIR) kernelrelease 2>/dev/null)

install: all
	DESTDIR="$(abspath $(DESTDIR))" meson install -C $(USER_BUILD) --no-rebuild
	$(MAKE) -C $(KDIR) M=$(CURDIR)/driver INSTALL_MOD_PATH="$(abspath $(DESTDIR))" modules_install
	$(if $(DESTDIR),,@packaging/refresh "$(PREFIX)" "$(KERNEL)")

uninstall: $(USER_BUILD)/build.ninja
	@packaging/uninstall "$(USER_BUILD)" "$(KERNEL)" "$(abspath $(DESTDIR))"
	$(if $(DESTDIR),,@packaging/refresh "$(PREFIX)" "$(KERNEL)")

dist:
	@packaging/dist

deb:
	@packaging/build

rpm:
	@packaging/rpm

check-deb: packages
	@packaging/check

packages:
	@world/install-packages

demo:
	@world/install-packages --world
	@world/run --world pv --demo

bench:
	@world/install-packages gnuplot-nox
	@bench/run $(BENCH)

check: packages
	@world/check demo lint unit worlds driver

lint: packages
	@world/check lint

check-unit: packages
	@world/check unit

fuzz: packages
	@world/check fuzzers

check-driver: packages
	@world/check driver

check-world: packages
	@world/check worlds

check-matrix: packages
	@world/check matrix

check-fresh:
	@world/fresh --whole $(SUITE)

check-%: packages
	@world/run --world $*

# Kbuild's own "clean" would need the kernel that the module was built for
clean:
	rm -rf build
	cd driver && rm -rf *.o .*.o *.o.d *.ko *.mod *.mod.c .*.cmd .*.d .tmp_* \
		Module.symvers modules.order

.PHONY: FORCE help all install uninstall bench dist deb rpm check-deb packages demo check \
	lint check-unit fuzz check-driver check-world check-fresh check-matrix clean
