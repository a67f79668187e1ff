# SPDX-License-Identifier: GPL-2.0-only
# Objects of the pure core: linked into smmuv3.ko, and built alone for KUnit on
# user-mode Linux.
smmu-core-objs := inst.o array.o tag.o cmd.o cmd_check.o range.o plan.o insert.o \
		  queue.o ste.o cd.o entry.o event.o feature.o ident.o errata.o iort.o guest.o
