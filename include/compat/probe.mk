# SPDX-License-Identifier: GPL-2.0-only
# Looks into the kernel's headers and defines macros that tell the files here what is in them.
# SMMUV3_GATHER=pgsize pretends that there is only the older field, to test that this builds.
compat-flags := $(if $(filter pgsize,$(SMMUV3_GATHER)),,$(if \
	$(shell grep -s leaf_levels_bitmap $(srctree)/include/linux/iommu.h),-DCOMPAT_GATHER_LEVELS))
compat-flags += $(if \
	$(shell grep -s pci_ats_required $(srctree)/include/linux/pci-ats.h),-DCOMPAT_PCI_ATS_REQUIRED)
