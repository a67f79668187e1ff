// SPDX-License-Identifier: GPL-2.0-only
/* Reading the ID registers; what they mean is decided in core/ident.c. */
#include <linux/bitfield.h>
#include <linux/dev_printk.h>

#include <smmuv3/regs.h>

#include "hw/device.h"
#include "hw/mmio.h"

void smmu_idregs_read(struct smmu_device *smmu, struct smmu_idregs *regs)
{
	static const u16 off[] = { SMMU_IDR0, SMMU_IDR1, SMMU_IDR2,
				   SMMU_IDR3, SMMU_IDR4, SMMU_IDR5 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(off); i++)
		regs->idr[i] = smmu_reg_read(smmu->base, off[i]);
	regs->iidr = smmu_reg_read(smmu->base, SMMU_IIDR);
	regs->aidr = smmu_reg_read(smmu->base, SMMU_AIDR);
}

int smmu_device_init(struct smmu_device *smmu, const struct smmu_ident_env *env,
		     const struct smmu_tuning *tuning)
{
	struct smmu_features *feat = &smmu->inst.feat;
	struct smmu_idregs regs;
	const char *why = "";
	int ret;

	raw_spin_lock_init(&smmu->gerror_lock);
	raw_spin_lock_init(&smmu->shut_lock);
	smmu->on = U32_MAX;
	smmu_idregs_read(smmu, &regs);
	smmu->iidr = regs.iidr;

	ret = smmu_ident_decode(&regs, env, feat, &why);
	if (ret) {
		dev_err(smmu->dev,
			"unusable: %s (IDR0 %08x IDR1 %08x IDR3 %08x IDR5 %08x)\n",
			why, regs.idr[0], regs.idr[1], regs.idr[3], regs.idr[5]);
		return ret;
	}
	smmu->tuning = *tuning;
	if (tuning->queue_cap) {
		feat->cmdq_log2 = min(feat->cmdq_log2, tuning->queue_cap);
		feat->evtq_log2 = min(feat->evtq_log2, tuning->queue_cap);
		feat->priq_log2 = min(feat->priq_log2, tuning->queue_cap);
	}
	smmu->was_enabled = smmu_reg_read(smmu->base, SMMU_CR0) & CR0_SMMUEN;

	dev_info(smmu->dev, "%s r%lup%lu: oas %u-bit, ias %u-bit, features 0x%08x, errata 0x%x\n",
		 smmu_ident_part(regs.iidr), FIELD_GET(IIDR_VARIANT, regs.iidr),
		 FIELD_GET(IIDR_REVISION, regs.iidr), feat->oas_bits, feat->va_bits,
		 feat->flags, feat->errata);
	return 0;
}
