// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/types.h>

#include "page_request.h"

static_assert(SMMU_PRI_GROUPS - 1 == PRI1_PRGINDEX);

void smmu_page_request_decode(const __le64 *record, struct smmu_page_request *req)
{
	u64 w0 = le64_to_cpu(record[0]), w1 = le64_to_cpu(record[1]);

	*req = (struct smmu_page_request) {
		.addr = w1 & PRI1_ADDR,
		.sid = FIELD_GET(PRI0_SID, w0),
		.prg = FIELD_GET(PRI1_PRGINDEX, w1),
		.ssv = w0 & PRI0_SSV,
		.last = w0 & PRI0_LAST,
		.read = w0 & PRI0_READ,
		.write = w0 & PRI0_WRITE,
	};
	/* without a PASID these fields mean nothing (chapter 8) */
	if (!req->ssv)
		return;
	req->ssid = FIELD_GET(PRI0_SSID, w0);
	req->exec = w0 & PRI0_EXEC;
	req->priv = w0 & PRI0_PRIV;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_page_request_decode);
