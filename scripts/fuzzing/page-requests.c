// SPDX-License-Identifier: GPL-2.0-only
/*
 * checks: a record of the PRI queue decodes to its fields of chapter 8, and those that need a PASID
 *	are 0 without one
 * input: 16 bytes, a record
 * long: 16
 * mutant: core/page_request.c s/if (!req->ssv)/if (0)/
 * mutant: core/page_request.c s/w1 \& PRI1_ADDR/w1/
 */
#include "kernel.h"

#include "core/page_request.c"

void fuzz_one(struct fuzz_input *in)
{
	__le64 *record = fuzz_copy(in, 2 * sizeof(*record));
	u64 w0 = record[0], w1 = record[1];
	struct smmu_page_request req;
	bool ssv = w0 >> 63;

	memset(&req, 0xa5, sizeof(req));
	smmu_page_request_decode(record, &req);
	MUST(req.sid == (w0 & U32_MAX) && req.ssv == ssv, "StreamID and SSV");
	MUST(req.ssid == (ssv ? w0 >> 32 & 0xfffff : 0), "a SubstreamID with SSV");
	MUST(req.addr == w1 >> 12 << 12 && req.prg == (w1 & 0x1ff), "address and group");
	MUST(req.prg < SMMU_PRI_GROUPS, "there are as many groups");
	MUST(req.last == (w0 >> 62 & 1) && req.write == (w0 >> 61 & 1) &&
	     req.read == (w0 >> 60 & 1), "last, write, read");
	MUST(req.exec == (ssv && w0 >> 59 & 1) && req.priv == (ssv && w0 >> 58 & 1),
	     "execute and privileged with SSV");
	MUST(smmu_page_request_is_stop(&req) == (ssv && (w0 >> 60 & 7) == 4), "a Stop Marker");
	free(record);
}
