// SPDX-License-Identifier: GPL-2.0-only
#include "core/array.h"
#include "core/plan.h"
#include "core/tag.h"
#include "drv/domain.h"
#include "drv/tagflush.h"
#include "drv/trace.h"
#include "hw/device.h"
#include "hw/issue.h"
#include "hw/shut.h"

static int flush(struct smmu_device *smmu, const struct smmu_inv *inv)
{
	struct smmu_batch batch;
	int ret;

	smmu_plan_tag_flush(inv, &batch);
	ret = smmu_issue(smmu, batch.cmd, batch.n);
	if (ret && ret != -ESHUTDOWN)
		ret = smmu_issue_flush_all(smmu);
	/* what an SMMU holds that is known to translate nothing does not matter */
	return smmu_device_is_off(smmu) ? 0 : ret;
}

void smmu_domain_unref(struct smmu_domain *domain, struct smmu_array *del)
{
	struct smmu_array *array = smmu_domain_array(domain);
	u32 i;

	lockdep_assert_held(&smmu_attach_mutex);

	smmu_array_unref(array, del);
	for (i = 0; i < del->len; i++) {
		struct smmu_inv *inv = &del->inv[i];
		struct smmu_device *smmu = smmu_device_of(inv->inst);

		trace_smmu_unref(domain->id, inv);
		if (inv->users || !smmu_inv_has_tag(inv->type))
			continue;
		if (!flush(smmu, inv))
			continue;
		/*
		 * The id may still be in a TLB, and the TLB may still lead to the page
		 * table. Neither is used again, unless the SMMU is known to translate
		 * nothing.
		 */
		if (!smmu_device_is_dead(smmu))
			smmu_issue_shut(smmu, "tag flush not confirmed");
		if (smmu_device_is_off(smmu))
			continue;
		inv = smmu_array_find(array, inv);
		if (WARN_ON(!inv))
			continue;
		if (inv->type != SMMU_INV_S2_VMID_VSMMU)
			smmu_tag_leak(inv->inst);
		smmu_array_forget(array, inv);
		domain->unconfirmed = true;
	}
}
