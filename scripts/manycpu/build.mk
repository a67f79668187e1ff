# SPDX-License-Identifier: GPL-2.0-only
#
# Build the simulator: make -f build.mk O=folder KSRC=kernel source. Objects are not kept.

here := $(dir $(lastword $(MAKEFILE_LIST)))
top := $(here)../..
driver := $(top)/arm-smmu-v3

# the simulator's own files; those that run on the simulated CPUs; the driver's
own := sched cost line access device run selftest main
inside := worker cas world
files := core/insert core/cmd core/queue hw/queue_mem hw/cmdq_pos hw/cmdq_set hw/gerror \
	hw/cmdq_poll hw/cmdq_lock hw/cmdq_combine hw/cmdq
# and the kernel's
lock := kernel/locking/qspinlock.c
headers := linux/kconfig.h asm-generic/qspinlock.h asm-generic/qspinlock_types.h \
	asm-generic/mcs_spinlock.h

CFLAGS := -std=gnu11 -O2 -g -Wall -Werror -U_FORTIFY_SOURCE -D_GNU_SOURCE -I$(here)
# what puts a call in front of each access
CODE := -fsanitize=thread --param tsan-distinguish-volatile=1 \
	--param tsan-instrument-func-entry-exit=0 -fno-strict-aliasing \
	-Wno-unused-function -Wno-unused-variable \
	-I$(O)/include -I$(top)/include -I$(driver) -include $(here)kernel.h

objs := $(own:%=$(O)/%.o) $(inside:%=$(O)/in-%.o) \
	$(foreach f,$(files),$(O)/in-$(notdir $f).o) $(O)/in-qspinlock.o

$(O)/manycpu: $(objs)
	$(CC) $^ -o $@ -lm

# kernel.h has what the code uses of the kernel: headers that are named have nothing, but for those
# that are the kernel's
$(O)/include/done:
	$(top)/scripts/empty-headers $(@D) $(driver)/core/*.[ch] $(driver)/hw/*.[ch] \
		$(top)/include/smmuv3/*.h $(KSRC)/$(lock) $(KSRC)/kernel/locking/*spinlock*.h \
		$(headers:%=$(KSRC)/include/%)
	$(foreach h,$(headers),cp $(KSRC)/include/$h $(@D)/$h &&) :
	mkdir -p $(@D)/asm
	echo '#include <asm-generic/mcs_spinlock.h>' >$(@D)/asm/mcs_spinlock.h
	touch $@

define in
$(O)/in-$(notdir $1).o: $2 $(O)/include/done
	$$(CC) $$(CFLAGS) $$(CODE) -c $$< -o $$@
endef
$(foreach f,$(inside),$(eval $(call in,$f,$(here)$f.c)))
$(foreach f,$(files),$(eval $(call in,$f,$(driver)/$f.c)))
$(eval $(call in,qspinlock,$(KSRC)/$(lock)))

$(O)/%.o: $(here)%.c
	$(CC) $(CFLAGS) -c $< -o $@
