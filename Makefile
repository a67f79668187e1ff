# SPDX-License-Identifier: GPL-2.0-only
#
# smmuv3: see 'make help'. kbuild does not read this file but Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
MACHINE := $(shell uname -m)
ifneq ($(MACHINE),aarch64)
CROSS_COMPILE ?= aarch64-linux-gnu-
endif

.PHONY: all modules install deb demo check check-full check-kcsan prove fuzz coverage bench many-cpus kunit qemu clean distclean help

all: modules

# Plain make needs make, a compiler and headers, nothing of scripts/.
modules:
	@test -e "$(KDIR)/Makefile" || { \
	  echo "error: no kernel to build for: $(KDIR) is missing or no build tree"; \
	  echo "       install the headers of the running kernel:"; \
	  echo "         apt-get install linux-headers-$$(uname -r)"; \
	  echo "       or name a build tree: make KDIR=DIR"; \
	  echo "       or let 'make demo' set up everything, in QEMU"; \
	  exit 1; } >&2
	@grep -qs '^CONFIG_ARM64=y' "$(KDIR)/include/config/auto.conf" || { \
	  echo "error: $(KDIR) is not configured for arm64"; \
	  echo "       this driver is for arm64 kernels: name one with KDIR=DIR,"; \
	  echo "       or let 'make demo' set up everything, in QEMU"; \
	  exit 1; } >&2
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" ARCH=arm64 \
		CROSS_COMPILE="$(CROSS_COMPILE)" modules

# No module alias, no autoload: see README on how a host loads it. kbuild skips
# depmod where the headers have no System.map, as Debian's.
install: modules
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" ARCH=arm64 modules_install
	depmod $(if $(INSTALL_MOD_PATH),-b "$(INSTALL_MOD_PATH)") \
		"$$(cat "$(KDIR)/include/config/kernel.release")"
	@echo "Installed. It is loaded by name only: modprobe smmuv3 (see README.md)"

# The package smmuv3-dkms, in the cache; prints where.
deb:
	@scripts/deb/build

demo:
	@scripts/demo

check:
	@scripts/check

check-full:
	@scripts/check --full

check-kcsan:
	@scripts/check kcsan

prove:
	@scripts/prove --mutants

fuzz:
	@scripts/fuzz

coverage:
	@scripts/coverage

bench:
	@scripts/bench

many-cpus:
	@scripts/many-cpus

kunit:
	@scripts/kunit $(if $(FILTER),'$(FILTER)') \
		$(if $(JUNIT),--junit '$(JUNIT)') $(if $(TAP),--tap '$(TAP)')

qemu:
	@scripts/qemu-shell

clean:
	@! test -e "$(KDIR)/Makefile" || \
		$(MAKE) -C "$(KDIR)" M="$(CURDIR)" ARCH=arm64 clean
	@find . -name .git -prune -o \( -name '*.o' -o -name '*.ko' -o \
		-name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o \
		-name 'Module.symvers' -o -name 'modules.order' \) \
		-exec rm -f {} +

# The cache: tool root, kernels, everything.
distclean: clean
	@scripts/clean-cache

help:
	@echo 'smmuv3: an Arm SMMUv3 driver as a module'
	@echo
	@echo '  make               build the module for KDIR'
	@echo '  make install       install it for KDIR (depmod; no autoload)'
	@echo '  make deb           the Debian package smmuv3-dkms; prints its path (root)'
	@echo '  make demo          show it at work in QEMU: NVMe, network, a stray DMA'
	@echo '                     stopped, reload. Sets up what is missing (root)'
	@echo '                     [KERNEL=6.12, 6.12-16k, ...: see scripts/kernels]'
	@echo '  make check         all tests; ends with N passed, N failed, N skipped'
	@echo '  make check-full    the same and the long runs'
	@echo '  make check-kcsan   data races in our code, on a KCSAN kernel'
	@echo '  make prove         proofs about the core, for all arguments (CBMC)'
	@echo '  make fuzz          tables, commands, records and registers of any content, for'
	@echo '                     nine minutes (libFuzzer; AFL++ by scripts/fuzz)'
	@echo '  make coverage      which lines of the driver the KUnit suites run'
	@echo '  make bench         measured side by side with the in-tree driver'
	@echo '  make many-cpus     insertion of commands on up to 256 CPUs, in virtual time'
	@echo '  make kunit         the KUnit suites alone, without root, on any Linux'
	@echo '                     [FILTER=glob] [JUNIT=file] [TAP=file]'
	@echo '  make qemu          a shell in a guest with the module loaded [KERNEL=...]'
	@echo '  make clean         remove what make has built here'
	@echo '  make distclean     and the cache: tool root, kernels, logs'
	@echo
	@echo 'By hand, in the environment:'
	@echo '  KDIR           kernel build tree (now $(KDIR))'
	@echo '  CROSS_COMPILE  compiler prefix (now "$(CROSS_COMPILE)")'
	@echo '  KSRC           kernel source for the suites and the test kernels, instead'
	@echo '                 of the newest that the distribution has'
	@echo '  SMMUV3_HOST_TOOLS  1: make kunit as root with the tools of this machine'
	@echo '  QEMU           qemu-system-aarch64, 10 or newer'
	@echo '  SMMUV3_CACHE   where everything generated lives'
	@echo '                 (~/.cache/smmuv3; 12 GB with both test kernels)'
	@echo
	@echo 'A native arm64 Debian with headers needs nothing but make.'
