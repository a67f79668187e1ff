# SPDX-License-Identifier: GPL-2.0-only
# In the order of scripts/check-layers: each calls those before it only.
smmu-drv-objs := trace.o params.o iommu.o master_lock.o firmware.o resv.o takeover_of.o \
		 $(if $(CONFIG_ACPI_IORT),takeover_acpi.o) takeover.o \
		 $(if $(CONFIG_IOMMU_SVA),mmtable.o) \
		 readers.o arrays.o streams.o pri_pci.o ats_pci.o ats_cut.o gate.o \
		 pri.o walk.o pgtable.o withhold.o \
		 $(if $(CONFIG_IOMMUFD),guest_stall.o) \
		 $(if $(CONFIG_IOMMU_IOPF),iopf.o) binding.o install.o ats.o restart.o sleep.o change.o \
		 $(if $(CONFIG_IOMMUFD),vevent.o vsmmu.o) fault.o attach.o deferred.o pasid.o \
		 domains_static.o domain.o $(if $(CONFIG_IOMMU_SVA),sva.o) \
		 $(if $(CONFIG_IOMMUFD),nested.o guestcmd.o viommu.o) \
		 master.o ops.o debugfs.o probe.o module.o
