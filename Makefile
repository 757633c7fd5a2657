# SPDX-License-Identifier: GPL-2.0-only
# The one entry.  Every target calls meson, Kbuild or world/ only.

KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
PREFIX ?= /usr
WORLDS ?= pv pv-pvh pvh
export WORLDS

help:
	@echo 'make demo            a picture crosses two domains on real Xen, in QEMU'
	@echo 'make check           everything: lint, unit tests, driver, all worlds'
	@echo 'make check-unit      user space with gcc and clang, and its unit tests'
	@echo 'make check-driver    the driver with W=1 and sparse'
	@echo 'make check-world     the worlds: $(WORLDS)'
	@echo 'make check-NAME      one of them'
	@echo 'make lint            format, spelling, scripts'
	@echo 'make all             library, tool and driver, for this machine'
	@echo 'make install         installs them (DESTDIR, PREFIX)'
	@echo 'make packages        installs the Debian packages that are missing'
	@echo 'make clean           removes build/'

all: build/user/build.ninja
	meson compile -C build/user
	$(MAKE) -C $(KDIR) M=$(CURDIR)/driver modules

build/user/build.ninja:
	meson setup build/user --prefix=$(PREFIX) -Dtests=false

install: all
	DESTDIR=$(DESTDIR) meson install -C build/user --no-rebuild
	$(MAKE) -C $(KDIR) M=$(CURDIR)/driver INSTALL_MOD_PATH=$(DESTDIR) modules_install

packages:
	@world/install-packages

demo: packages
	@world/run --world pv --demo

check: packages
	@world/check lint unit driver worlds

lint: packages
	@world/check lint

check-unit: packages
	@world/check unit

check-driver: packages
	@world/check driver

check-world: packages
	@world/check worlds

check-%: packages
	@world/run --world $*

clean:
	rm -rf build

.PHONY: help all install packages demo check lint check-unit check-driver check-world clean
