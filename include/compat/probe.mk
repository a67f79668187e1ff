# SPDX-License-Identifier: GPL-2.0-only
# What the kernel's headers have, found by looking into them, as macros for the files here.
# SMMUV3_GATHER=pgsize: as if the older field were the only one, to see that this builds.
compat-flags := $(if $(filter pgsize,$(SMMUV3_GATHER)),,$(if \
	$(shell grep -s leaf_levels_bitmap $(srctree)/include/linux/iommu.h),-DCOMPAT_GATHER_LEVELS))
compat-flags += $(if \
	$(shell grep -s pci_ats_required $(srctree)/include/linux/pci-ats.h),-DCOMPAT_PCI_ATS_REQUIRED)
