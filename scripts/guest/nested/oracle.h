/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which input the kernel must refuse with EIO and which it must take, according to the uAPI header
 * of iommufd and Arm IHI 0070, for the SMMU that IOMMU_GET_HW_INFO describes. Where these leave a
 * choice, the verdict is OPEN.
 */
#ifndef NESTED_ORACLE_H
#define NESTED_ORACLE_H

#include "nested.h"

enum verdict { TAKEN, REFUSED, OPEN };

static struct iommu_hw_info_arm_smmuv3 hw;

static inline uint64_t get(uint64_t word, unsigned int high, unsigned int low)
{
	return word << (63 - high) >> (63 - high + low);
}

/* Fill in hw */
static inline int read_hw_info(const struct vdev *dev)
{
	struct iommu_hw_info cmd = {
		.size = sizeof(cmd),
		.dev_id = dev->id,
		.data_len = sizeof(hw),
		.data_uptr = (uintptr_t)&hw,
	};
	int rc = err(ioctl(iommu, IOMMU_GET_HW_INFO, &cmd));

	if (!rc && cmd.out_data_type != IOMMU_HW_INFO_TYPE_ARM_SMMUV3)
		rc = EPROTO;
	return rc;
}

#define HW_ATS		get(hw.idr[0], 10, 10)
#define HW_ASID16	get(hw.idr[0], 12, 12)
#define HW_SSIDSIZE	get(hw.idr[1], 10, 6)
#define HW_RIL		get(hw.idr[3], 10, 10)
#define HW_DS		get(hw.idr[5], 7, 7)

/* 5.2: judge the two words of a vSTE */
static inline enum verdict judge_vste(uint64_t w0, uint64_t w1)
{
	uint64_t config = get(w0, 3, 1);

	if (!(w0 & STE0_V))
		return TAKEN;
	/* bits beside S1Fmt, S1ContextPtr, S1CDMax; S1DSS to S1CSH, S1STALLD, EATS */
	if (w0 & BITS(58, 56) || w1 & ~(BITS(7, 0) | BITS(27, 27) | BITS(29, 28)))
		return REFUSED;
	if (config != STE_ABORT && config != STE_BYPASS && config != STE_S1)
		return REFUSED;
	if (get(w1, 29, 28) > 1)
		return REFUSED;
	/* an address, a number of CDs or a format of tables that this SMMU does not have */
	if (get(w0, 55, 52) || get(w0, 63, 59) > HW_SSIDSIZE || get(w0, 5, 4) == 3)
		return OPEN;
	return TAKEN;
}

/* 4.4.1.1: judge the range of a TLBI */
static inline enum verdict judge_range(uint64_t w0, uint64_t w1)
{
	/* lowest address bit that a level hint allows */
	static const uint8_t block[4][4] = {
		[1] = { 12, 30, 21, 12 }, [2] = { 14, 36, 25, 14 }, [3] = { 16, 42, 29, 16 },
	};
	uint64_t num = get(w0, 16, 12), scale = get(w0, 25, 20);
	uint64_t ttl = get(w1, 9, 8), tg = get(w1, 11, 10);

	if (!tg)
		return num || scale || ttl ? REFUSED : TAKEN;
	if (!HW_RIL || (!num && !scale && !ttl))
		return REFUSED;
	if (!HW_DS && (scale > 31 || (tg == 2 && ttl == 1)))
		return REFUSED;
	if (scale > 39 || w1 & BITS(block[tg][ttl] - 1, 12) & BITS(63, 12))
		return OPEN;
	return TAKEN;
}

/* Chapter 4: judge a command. @known: does the vSMMU have this vSID? */
static inline enum verdict judge_command(const struct command *cmd, bool (*known)(uint32_t))
{
	uint64_t w0 = cmd->w[0], w1 = cmd->w[1], may0 = BITS(7, 0), may1 = 0;
	uint64_t vmid = BITS(47, 32), asid = HW_ASID16 ? BITS(63, 48) : BITS(55, 48);
	uint64_t range = BITS(16, 12) | BITS(25, 20);
	enum opcode op = w0 & 0xff;

	switch (op) {
	case TLBI_NSNH_ALL:
		break;
	case TLBI_NH_ALL:
		may0 |= vmid;
		break;
	case TLBI_NH_ASID:
		may0 |= vmid | asid;
		break;
	case TLBI_NH_VA:
	case TLBI_NH_VAA:
		may0 |= vmid | range | (op == TLBI_NH_VA ? asid : 0);
		may1 |= BITS(0, 0) | BITS(11, 8) | BITS(63, 12);
		break;
	case CFGI_CD:
		may0 |= BITS(63, 32) | (HW_SSIDSIZE ? BITS(31, 12) : 0);
		may1 |= BITS(0, 0);
		break;
	case CFGI_CD_ALL:
		may0 |= BITS(63, 32);
		break;
	case ATC_INV:
		if (!HW_ATS)
			return REFUSED;
		may0 |= BITS(63, 32);
		may0 |= HW_SSIDSIZE ? BITS(31, 11) | BITS(9, 9) : 0;
		may1 |= BITS(5, 0) | BITS(63, 12);
		break;
	default:
		return REFUSED;
	}
	if (w0 & ~may0 || w1 & ~may1)
		return REFUSED;
	if (op == TLBI_NH_VA || op == TLBI_NH_VAA)
		return judge_range(w0, w1);
	if (op == ATC_INV && get(w1, 5, 0) > 52)
		return REFUSED;
	if ((op == CFGI_CD || op == CFGI_CD_ALL || op == ATC_INV) && !known(w0 >> 32))
		return REFUSED;
	if (op != CFGI_CD_ALL && get(w0, 31, 12) >> HW_SSIDSIZE)
		return OPEN;
	return TAKEN;
}

#endif
