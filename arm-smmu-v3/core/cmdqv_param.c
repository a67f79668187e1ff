// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitfield.h>
#include <linux/export.h>

#include <kunit/visibility.h>

#include <smmuv3/cmdqv.h>

#include "cmdqv_param.h"

const char *smmu_cmdqv_decode(u32 param, u64 bytes, struct smmu_cmdqv_layout *layout)
{
	u32 vintfs = FIELD_GET(CMDQV_PARAM_LOG2VINTFS, param);
	u32 queues = FIELD_GET(CMDQV_PARAM_LOG2QUEUES, param);
	u32 sids = FIELD_GET(CMDQV_PARAM_LOG2SIDS, param);

	if (queues < vintfs)
		return "it has interfaces without a queue";
	if (BIT(queues) > CMDQV_QUEUES_MAX || BIT(vintfs) > CMDQV_VINTFS_MAX ||
	    BIT(sids) > CMDQV_SIDS_MAX)
		return "it has more than its maps can show";
	*layout = (struct smmu_cmdqv_layout) {
		.vintfs = BIT(vintfs),
		.queues = BIT(queues),
		.each = BIT(queues - vintfs),
		.sids = BIT(sids),
		.version = FIELD_GET(CMDQV_PARAM_VERSION, param),
		.bytes = CMDQV_VINTF_PAGE0(1ULL << vintfs),
	};
	if (bytes < layout->bytes)
		return "its interfaces are outside its registers";
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_cmdqv_decode);
