# SPDX-License-Identifier: GPL-2.0-only
smmu-hw-objs := control.o idregs.o queue_mem.o cmdq.o cmdq_lock.o cmdq_combine.o cmdq_error.o cmdq_atc.o gerror.o \
		recordq.o irq.o strtab.o cdtab.o issue.o device.o
