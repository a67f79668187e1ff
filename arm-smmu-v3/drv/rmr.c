// SPDX-License-Identifier: GPL-2.0-only
#include <linux/acpi_iort.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>

#include <kunit/static_stub.h>

#include "drv/firmware.h"
#include "drv/host.h"

void smmu_rmr_preset(struct smmu_host *host)
{
	struct smmu_device *smmu = &host->smmu;
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	unsigned int i;

	/* suites have no IORT */
	KUNIT_STATIC_STUB_REDIRECT(smmu_rmr_preset, host);

	iort_get_rmr_sids(dev_fwnode(smmu->dev), &regions);
	list_for_each_entry(region, &regions, list) {
		struct iommu_iort_rmr_data *rmr =
			container_of(region, struct iommu_iort_rmr_data, rr);

		for (i = 0; i < rmr->num_sids; i++) {
			int ret = smmu_strtab_preset_bypass(smmu, rmr->sids[i]);

			if (ret)
				dev_err(smmu->dev, "RMR StreamID 0x%x: no bypass (%d), its DMA will stop\n",
					rmr->sids[i], ret);
		}
	}
	iort_put_rmr_sids(dev_fwnode(smmu->dev), &regions);
}
