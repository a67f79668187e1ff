# SPDX-License-Identifier: GPL-2.0-only
# In the order of scripts/check-layers: each calls those before it only.
smmu-drv-objs := trace.o params.o iommu.o master_lock.o firmware.o companion.o resv.o takeover_of.o \
		 $(if $(CONFIG_ACPI_IORT),takeover_acpi.o) takeover.o \
		 $(if $(compat-sva),mmtable.o) \
		 readers.o arrays.o streams.o pri_pci.o ats_pci.o ats_cut.o gate.o \
		 pri.o walk.o pgtable.o withhold.o \
		 $(if $(compat-iommufd),guest_stall.o) \
		 $(if $(compat-iopf),iopf.o) binding.o install.o ats.o restart.o sleep.o change.o \
		 $(if $(compat-iommufd),vevent.o vsmmu.o) fault.o attach.o deferred.o pasid.o \
		 domains_static.o domain.o $(if $(compat-sva),sva.o) \
		 $(if $(compat-iommufd),nested.o guestcmd.o guest_queue.o viommu.o) \
		 master.o ops.o debugfs.o probe.o module.o
