# SPDX-License-Identifier: GPL-2.0-only
#
# Build targets: make -f build.mk O=folder KSRC=kernel source TARGETS='name ...' ENGINE=engine, programs
# $(O)/engine-name. ENGINE is afl, libfuzzer, or replay, which needs gcc alone. DRIVER=folder has
# changed files of the driver, in folders as arm-smmu-v3 has them.

here := $(dir $(lastword $(MAKEFILE_LIST)))
top := $(here)../..

CC-replay := gcc -DFUZZING_REPLAY
CC-afl := afl-clang-fast -fsanitize=fuzzer -Wno-c23-extensions
CC-libfuzzer := clang -fsanitize=fuzzer -Wno-c23-extensions

# the kernel's rules for what overflows and what may be an alias
CFLAGS := -std=gnu11 -O1 -g $(if $(DRIVER),-w,-Wall -Werror) -Wno-unused-function \
	-Wno-address-of-packed-member \
	-fno-strict-aliasing -fno-omit-frame-pointer -U_FORTIFY_SOURCE \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	$(DRIVER:%=-I%) -I$(O)/include \
	-I$(top)/include -I$(top)/arm-smmu-v3 -I$(top)/kunit

# of the suites' reference programs, those that targets use
reference := array_model guest_judge tlbi_oracle

all: $(TARGETS:%=$(O)/$(ENGINE)-%)

# kernel.h has what the code uses of the kernel
$(O)/include/done:
	$(top)/scripts/empty-headers $(@D) $(top)/arm-smmu-v3/core/*.[ch] $(top)/include/smmuv3/*.h \
		$(top)/include/compat/cmp.h $(top)/include/compat/iort.h $(reference:%=$(top)/kunit/reference/%.[ch]) \
		$(here)../proofs/features.h
	mkdir -p $(@D)/acpi
	cp $(KSRC)/include/acpi/actbl*.h $(@D)/acpi
	touch $@

$(O)/$(ENGINE)-%: $(here)%.c $(here)main.c $(wildcard $(here)*.h) $(O)/include/done
	$(CC-$(ENGINE)) $(CFLAGS) $(here)$*.c $(here)main.c -o $@
