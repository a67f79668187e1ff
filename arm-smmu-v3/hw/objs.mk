# SPDX-License-Identifier: GPL-2.0-only
# From the bottom to the top; scripts/check-layers holds the order
smmu-hw-objs := handshake.o shut.o queue_mem.o crashmem.o idregs.o waits.o \
		cmdq_pos.o cmdq_edit.o cmdq_error.o cmdq_set.o vcmdq_error.o gerror.o cmdq_poll.o cmdq_lock.o \
		cmdq_combine.o cmdq.o ecmdq.o resume.o issue.o \
		cmdqv.o cmdqv_en.o vintf_queue.o vintf.o cmdqv_irq.o cmdqv_run.o recordq.o strtab.o cdtab.o irq.o reset.o power.o adopt.o device.o
