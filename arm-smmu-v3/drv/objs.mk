# SPDX-License-Identifier: GPL-2.0-only
smmu-drv-objs := module.o params.o host.o firmware.o rmr.o takeover.o takeover_of.o \
		 $(if $(CONFIG_ACPI_IORT),takeover_acpi.o) \
		 master.o streams.o domain.o domains_static.o pgtable.o \
		 attachment.o attach.o pasid.o install.o ats.o atsdev.o tagflush.o walk.o ops.o resv.o fault.o \
		 debugfs.o trace.o \
		 $(if $(CONFIG_IOMMU_SVA),sva.o) $(if $(CONFIG_IOMMU_IOPF),iopf.o) \
		 $(if $(CONFIG_IOMMUFD),vsmmu.o nested.o guestcmd.o vevent.o)
