// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoding of the ID registers.
 *
 * Decoding is strict about what the driver builds on (formats, sizes of tables and queues). An
 * encoding that is newer than this code counts as the best ability below it that the code knows.
 * Decoding has four steps: read each register on its own, apply the errata, remove what the user
 * has disabled, then remove what depends on something that is gone. After that it is checked
 * whether enough is left.
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <smmuv3/regs.h>
#include <smmuv3/ste.h>

#include "errata.h"
#include "ident.h"

/* 6.3.2: no queue may be larger, and no StreamID or SubstreamID wider */
#define QUEUE_LOG2_MAX		19
#define SID_BITS_MAX		32
#define SSID_BITS_MAX		20

static const u8 oas_widths[] = { 32, 36, 40, 42, 44, 48, 52 };

/* Encoding of the largest width that is not above @bits */
u8 smmu_oas_encode(u8 bits)
{
	u8 enc = 0;

	while (enc + 1 < ARRAY_SIZE(oas_widths) && oas_widths[enc + 1] <= bits)
		enc++;
	return enc;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_oas_encode);

u8 smmu_oas_decode(u8 enc)
{
	return enc < ARRAY_SIZE(oas_widths) ? oas_widths[enc] : 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_oas_decode);

static int refuse(const char **why, const char *reason, int err)
{
	*why = reason;
	return err;
}

static u32 flag_if(bool condition, u32 flag)
{
	return condition ? flag : 0;
}

/* Whether updates of tables reach them as one access depends on the memory system as well */
static u32 ident_httu(u32 idr0, const struct smmu_ident_env *env)
{
	switch (env->httu_said ? env->httu : FIELD_GET(IDR0_HTTU, idr0)) {
	case IDR0_HTTU_AF:
		return SMMU_FEAT_HA;
	case IDR0_HTTU_AF_DIRTY:
		return SMMU_FEAT_HA | SMMU_FEAT_HD;
	case IDR0_HTTU_TABLE_AF:
		return SMMU_FEAT_HA | SMMU_FEAT_HD | SMMU_FEAT_HAFT;
	default:
		return 0;
	}
}

static int ident_formats(u32 idr0, const char **why)
{
	switch (FIELD_GET(IDR0_TTF, idr0)) {
	case IDR0_TTF_A64:
	case IDR0_TTF_A32_A64:
		break;
	default:
		return refuse(why, "no support for AArch64 page tables (IDR0.TTF)",
			      -ENODEV);
	}

	switch (FIELD_GET(IDR0_TTENDIAN, idr0)) {
	case IDR0_TTENDIAN_ANY:
	case IDR0_TTENDIAN_LITTLE:
		return 0;
	case IDR0_TTENDIAN_BIG:
		return refuse(why, "page tables are big-endian only (IDR0.TTENDIAN)",
			      -ENODEV);
	default:
		return refuse(why, "reserved page table endianness (IDR0.TTENDIAN)",
			      -EINVAL);
	}
}

static int ident_stall(u32 idr0, u32 *flags, const char **why)
{
	switch (FIELD_GET(IDR0_STALL_MODEL, idr0)) {
	case IDR0_STALL_BOTH:
		*flags |= SMMU_FEAT_STALL;
		return 0;
	case IDR0_STALL_NEVER:
		return 0;
	case IDR0_STALL_ALWAYS:
		*flags |= SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE;
		return 0;
	default:
		return refuse(why, "reserved stall model (IDR0.STALL_MODEL)", -EINVAL);
	}
}

static int ident_idr0(u32 idr0, const struct smmu_ident_env *env,
		      struct smmu_features *feat, const char **why)
{
	int err;

	feat->flags = flag_if(idr0 & IDR0_S1P, SMMU_FEAT_S1) |
		      flag_if(idr0 & IDR0_S2P, SMMU_FEAT_S2) |
		      flag_if(idr0 & IDR0_CD2L, SMMU_FEAT_CDTAB_2LVL) |
		      flag_if(idr0 & IDR0_BTM, SMMU_FEAT_BTM) |
		      flag_if(idr0 & IDR0_ATS, SMMU_FEAT_ATS) |
		      flag_if(idr0 & IDR0_PRI, SMMU_FEAT_PRI) |
		      flag_if(idr0 & IDR0_MSI, SMMU_FEAT_MSI) |
		      flag_if(idr0 & IDR0_HYP, SMMU_FEAT_HYP) |
		      /*
		       * Firmware knows the wiring, and the DMA API believes firmware: it gives
		       * memory that fits what firmware says, whatever COHACC is
		       */
		      flag_if(env->coherent, SMMU_FEAT_COHERENT) |
		      flag_if((idr0 & IDR0_HYP) && env->cpu_e2h, SMMU_FEAT_E2H) |
		      flag_if(FIELD_GET(IDR0_ST_LEVEL, idr0) == IDR0_ST_LEVEL_2,
			      SMMU_FEAT_STRTAB_2LVL) |
		      ident_httu(idr0, env);
	if ((idr0 & IDR0_S1P) && (idr0 & IDR0_S2P))
		feat->flags |= SMMU_FEAT_NESTING;

	feat->asid_bits = idr0 & IDR0_ASID16 ? 16 : 8;
	feat->vmid_bits = idr0 & IDR0_VMID16 ? 16 : 8;

	if (!(idr0 & (IDR0_S1P | IDR0_S2P)))
		return refuse(why, "neither stage 1 nor stage 2 (IDR0.S1P, IDR0.S2P)",
			      -ENODEV);

	err = ident_formats(idr0, why);
	if (!err)
		err = ident_stall(idr0, &feat->flags, why);
	return err;
}

static int ident_queues(u32 idr1, struct smmu_features *feat, const char **why)
{
	feat->cmdq_log2 = FIELD_GET(IDR1_CMDQS, idr1);
	feat->evtq_log2 = FIELD_GET(IDR1_EVENTQS, idr1);
	feat->priq_log2 = FIELD_GET(IDR1_PRIQS, idr1);

	if (feat->cmdq_log2 > QUEUE_LOG2_MAX ||
	    feat->evtq_log2 > QUEUE_LOG2_MAX ||
	    ((feat->flags & SMMU_FEAT_PRI) && feat->priq_log2 > QUEUE_LOG2_MAX))
		return refuse(why, "queue size beyond 2^19 (IDR1)", -EINVAL);

	/* A command and its CMD_SYNC must fit at once */
	if (!feat->cmdq_log2)
		return refuse(why, "command queue has room for one entry only (IDR1.CMDQS)",
			      -ENODEV);
	return 0;
}

static int ident_idr1(u32 idr1, struct smmu_features *feat, const char **why)
{
	if (idr1 & IDR1_TABLES_PRESET)
		return refuse(why, "stream table is fixed in hardware (IDR1.TABLES_PRESET)",
			      -ENODEV);
	if (idr1 & IDR1_QUEUES_PRESET)
		return refuse(why, "queues are fixed in hardware (IDR1.QUEUES_PRESET)",
			      -ENODEV);

	feat->sid_bits = FIELD_GET(IDR1_SIDSIZE, idr1);
	feat->ssid_bits = FIELD_GET(IDR1_SSIDSIZE, idr1);
	if (feat->sid_bits > SID_BITS_MAX)
		return refuse(why, "StreamIDs wider than 32 bits (IDR1.SIDSIZE)",
			      -EINVAL);
	if (feat->ssid_bits > SSID_BITS_MAX)
		return refuse(why, "SubstreamIDs wider than 20 bits (IDR1.SSIDSIZE)",
			      -EINVAL);

	feat->flags |= flag_if(idr1 & IDR1_ATTR_TYPES_OVR, SMMU_FEAT_ATTR_OVR);
	return ident_queues(idr1, feat, why);
}

static void ident_idr3(u32 idr3, struct smmu_features *feat)
{
	feat->flags |= flag_if(idr3 & IDR3_RIL, SMMU_FEAT_RIL) |
		       flag_if(idr3 & IDR3_FWB, SMMU_FEAT_S2FWB) |
		       flag_if(FIELD_GET(IDR3_BBML, idr3) == 2, SMMU_FEAT_BBML2);
}

static int ident_idr5(u32 idr5, struct smmu_features *feat, const char **why)
{
	/* A future encoding may be wider: that SMMU can do 48 bits as well */
	feat->oas_bits = smmu_oas_decode(FIELD_GET(IDR5_OAS, idr5)) ?: 48;
	feat->va_bits = 48;
	if (FIELD_GET(IDR5_VAX, idr5) == IDR5_VAX_52) {
		feat->flags |= SMMU_FEAT_VAX;
		feat->va_bits = 52;
	}
	if (idr5 & IDR5_DS)
		feat->flags |= SMMU_FEAT_DS;
	feat->stall_max = FIELD_GET(IDR5_STALL_MAX, idr5);

	if (idr5 & IDR5_GRAN4K) {
		feat->granules |= SZ_4K;
		feat->pgsizes |= SZ_4K | SZ_2M | SZ_1G;
	}
	if (idr5 & IDR5_GRAN16K) {
		feat->granules |= SZ_16K;
		feat->pgsizes |= SZ_16K | SZ_32M;
	}
	if (idr5 & IDR5_GRAN64K) {
		feat->granules |= SZ_64K;
		feat->pgsizes |= SZ_64K | SZ_512M;
		if (feat->oas_bits > 48)
			feat->pgsizes |= SZ_4T;
	}
	if (!feat->granules)
		return refuse(why, "no translation granule (IDR5.GRAN4K, 16K, 64K)",
			      -ENODEV);
	return 0;
}

/* IDR6 says more only where IDR1 says that there are ECMDQs. A size beyond 6.3.8 is none. */
static void ident_ecmdq(u32 idr1, u32 idr6, struct smmu_features *feat)
{
	u32 pages = FIELD_GET(IDR6_LOG2NUMP, idr6), each = FIELD_GET(IDR6_LOG2NUMQ, idr6);

	if (!(idr1 & IDR1_ECMDQ) || pages > ECMDQ_LOG2_MAX || each > ECMDQ_LOG2_MAX)
		return;
	feat->flags |= SMMU_FEAT_ECMDQ;
	feat->ecmdq_pages = pages;
	feat->ecmdq_each = each;
}

/*
 * Features that need others. The order is such that one pass removes all that must go.
 *
 * Hardware updates of a table that is accessed as Non-cacheable need not be atomic (3.15), and the
 * CPUs would not see them. A guest believes that its SMMU reads what the guest's CPUs have written;
 * an SMMU that reads past the caches would follow what an earlier owner has left in memory.
 */
static const struct {
	u32 flag;
	u32 needs;
} ident_needs[] = {
	{ SMMU_FEAT_NESTING, SMMU_FEAT_S1 | SMMU_FEAT_S2 | SMMU_FEAT_COHERENT },
	{ SMMU_FEAT_CDTAB_2LVL, SMMU_FEAT_S1 },
	{ SMMU_FEAT_VAX, SMMU_FEAT_S1 },
	{ SMMU_FEAT_E2H, SMMU_FEAT_S1 | SMMU_FEAT_HYP },
	{ SMMU_FEAT_S2FWB, SMMU_FEAT_S2 },
	{ SMMU_FEAT_HA, SMMU_FEAT_COHERENT },
	{ SMMU_FEAT_HD, SMMU_FEAT_HA },
	{ SMMU_FEAT_HAFT, SMMU_FEAT_HA },
	{ SMMU_FEAT_PRI, SMMU_FEAT_ATS },
	/* an SMMU with ECMDQs has both (6.3.2); one that has not is not trusted with ECMDQs */
	{ SMMU_FEAT_ECMDQ, SMMU_FEAT_MSI | SMMU_FEAT_COHERENT },
};

/*
 * STALL_FORCE is not an ability that could stay unused: a CD that does not stall is illegal there.
 * So disabling it or STALL has no effect on such an SMMU. Nor can coherency stay unused: the memory
 * that the DMA API gives is cacheable, and nobody cleans it.
 */
static void ident_reduce(struct smmu_features *feat, u32 disable)
{
	unsigned int i;

	if (feat->flags & SMMU_FEAT_STALL_FORCE)
		disable &= ~(SMMU_FEAT_STALL | SMMU_FEAT_STALL_FORCE);
	feat->flags &= ~disable | SMMU_FEAT_COHERENT;

	for (i = 0; i < ARRAY_SIZE(ident_needs); i++)
		if (~feat->flags & ident_needs[i].needs)
			feat->flags &= ~ident_needs[i].flag;

	/* A single level-2 table would hold every stream */
	if (feat->sid_bits <= STRTAB_SPLIT_BITS)
		feat->flags &= ~SMMU_FEAT_STRTAB_2LVL;
	if (!(feat->flags & SMMU_FEAT_S1))
		feat->ssid_bits = 0;
	if (!(feat->flags & SMMU_FEAT_VAX))
		feat->va_bits = 48;
	if (!(feat->flags & SMMU_FEAT_PRI))
		feat->priq_log2 = 0;
	if (!(feat->flags & SMMU_FEAT_STALL))
		feat->stall_max = 0;
	if (!(feat->flags & SMMU_FEAT_ECMDQ)) {
		feat->ecmdq_pages = 0;
		feat->ecmdq_each = 0;
	}
}

int smmu_ident_decode(const struct smmu_idregs *regs,
		      const struct smmu_ident_env *env,
		      struct smmu_features *feat, const char **why)
{
	struct smmu_features found = {};
	int err;

	err = ident_idr0(regs->idr[0], env, &found, why);
	if (!err)
		err = ident_idr1(regs->idr[1], &found, why);
	if (!err)
		err = ident_idr5(regs->idr[5], &found, why);
	if (err)
		return err;
	ident_idr3(regs->idr[3], &found);
	ident_ecmdq(regs->idr[1], regs->idr6, &found);

	found.errata = env->extra_errata;
	smmu_errata_apply(regs->iidr, &found.flags, &found.errata);
	ident_reduce(&found, env->disable);
	if (!(found.flags & (SMMU_FEAT_S1 | SMMU_FEAT_S2)))
		return refuse(why, "no translation stage is left", -ENODEV);

	*feat = found;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_ident_decode);

/* First reason why the SMMU cannot walk the table, or NULL */
static const char *walk_obstacle(const struct smmu_features *feat,
				 const struct smmu_pt_needs *needs)
{
	u8 ias_max = needs->stage2 ? feat->oas_bits : feat->va_bits;

	if (!(feat->flags & (needs->stage2 ? SMMU_FEAT_S2 : SMMU_FEAT_S1)))
		return needs->stage2 ? "no stage 2" : "no stage 1";
	if (!needs->granule || needs->granule & ~feat->granules)
		return "granule not supported";
	if (needs->ias > ias_max)
		return "input addresses too wide";
	if (needs->oas > feat->oas_bits)
		return "output addresses too wide";
	/* Without LPA2 (never used here) only 64K tables reach beyond 48 bits */
	if (max(needs->ias, needs->oas) > 48 && needs->granule != SZ_64K)
		return "addresses too wide for the granule";
	if (needs->coherent && !(feat->flags & SMMU_FEAT_COHERENT))
		return "table walks are not coherent";
	if (needs->s2fwb && !(feat->flags & SMMU_FEAT_S2FWB))
		return "no S2FWB";
	if (needs->hd && !(feat->flags & SMMU_FEAT_HD))
		return "no hardware dirty state";
	if (needs->feats & ~feat->flags & SMMU_FEAT_HAFT)
		return "no access flag in table descriptors";
	if (needs->feats & ~feat->flags & SMMU_FEAT_BBML2)
		return "break-before-make is needed";
	if (needs->feats & ~feat->flags)
		return "lacks a feature";
	return NULL;
}

bool smmu_can_walk(const struct smmu_features *feat,
		   const struct smmu_pt_needs *needs, const char **why)
{
	const char *obstacle = walk_obstacle(feat, needs);

	if (obstacle && why)
		*why = obstacle;
	return !obstacle;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_can_walk);
