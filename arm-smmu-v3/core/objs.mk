# SPDX-License-Identifier: GPL-2.0-only
# Objects of core/: they are linked into smmuv3.ko, and built without the rest for KUnit on
# user-mode Linux.
smmu-core-objs := inst.o array.o tag.o cmd.o cmd_check.o range.o plan.o insert.o \
		  queue.o ste.o cd.o entry.o event.o page_request.o feature.o ident.o errata.o iort.o guest.o found.o cmdqv_param.o
smmu-core-objs += $(if $(CONFIG_KUNIT),raw_stub.o)
