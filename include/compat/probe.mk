# SPDX-License-Identifier: GPL-2.0-only
# Looks into the headers of the kernel that the module is built for, and tells the files here by
# macros what is in them. Most of it cannot be asked of the preprocessor, because it is a function,
# a field or an enumerator. So a backport counts as what it is, whatever the kernel's version.
# SMMUV3_GATHER=pgsize pretends that there is only the older field, to test that this builds.

# $(call compat-has,HEADER,WORD): y where the header has the word
compat-has = $(if $(shell grep -sw '$(2)' $(srctree)/include/$(1)),y)
# $(call compat-define,MACRO,HEADER,WORD)
compat-define = $(if $(call compat-has,$(2),$(3)),-D$(1))

compat-flags := $(if $(filter pgsize,$(SMMUV3_GATHER)),,\
		  $(call compat-define,COMPAT_GATHER_LEVELS,linux/iommu.h,leaf_levels_bitmap))
compat-flags += $(call compat-define,COMPAT_PCI_ATS_REQUIRED,linux/pci-ats.h,pci_ats_required)
compat-flags += $(call compat-define,COMPAT_IDA_FIND,linux/idr.h,ida_find_first)
compat-flags += $(call compat-define,COMPAT_IORT_IWB,acpi/actbl2.h,ACPI_IORT_NODE_IWB)
compat-flags += $(call compat-define,COMPAT_MSI_GUARD,linux/msi.h,msi_descs_lock)
compat-flags += $(call compat-define,COMPAT_OF_MAP_IOMMU,linux/of.h,of_map_iommu_id)
compat-flags += $(call compat-define,COMPAT_HWPT_PASID,uapi/linux/iommufd.h,IOMMU_HWPT_ALLOC_PASID)
compat-flags += $(call compat-define,COMPAT_CAP_ATS,linux/iommu.h,IOMMU_CAP_PCI_ATS_SUPPORTED)
compat-flags += $(call compat-define,COMPAT_ALLOC_FLAGS,linux/iommu.h,domain_alloc_paging_flags)
compat-flags += $(call compat-define,COMPAT_REMOVE_PASID,linux/iommu.h,remove_dev_pasid)
compat-flags += -DCOMPAT_RESET_BLOCKS=$(if \
		  $(call compat-has,linux/iommu.h,pci_dev_reset_iommu_prepare),1,0)
# attach_dev with the domain that is left: both arguments are on one line or on two
compat-flags += $(if $(shell grep -s -A1 '(\*attach_dev)' $(srctree)/include/linux/iommu.h | \
			     grep -w old),-DCOMPAT_ATTACH_OLD)

# Guests need iommufd's vIOMMUs. SVA and handlers of faults need a core that attaches a domain with
# a handler as any other; older ones have a switch for each device instead (dev_enable_feat).
compat-iommufd := $(if $(CONFIG_IOMMUFD),$(call compat-has,linux/iommu.h,viommu_init))
compat-iopf-core := $(if $(call compat-has,linux/iommu.h,dev_enable_feat),,y)
compat-iopf := $(if $(CONFIG_IOMMU_IOPF),$(compat-iopf-core))
compat-sva := $(if $(CONFIG_IOMMU_SVA),$(compat-iopf-core))
compat-flags += -DCOMPAT_IOMMUFD=$(if $(compat-iommufd),1,0)
compat-flags += -DCOMPAT_IOPF=$(if $(compat-iopf),1,0)
compat-flags += -DCOMPAT_SVA=$(if $(compat-sva),1,0)

# A function that headers declare, but not every kernel exports
compat-flags += $(if $(shell grep -sw efi_mem_desc_lookup $(objtree)/Module.symvers), \
		     -DCOMPAT_EFI_LOOKUP)
