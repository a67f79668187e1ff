/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identification: ID registers -> struct smmu_features, errata by IIDR, and the
 * question whether an SMMU can use a page table. Arm IHI 0070, 6.3.1 - 6.3.8.
 */
#ifndef SMMU_CORE_IDENT_H
#define SMMU_CORE_IDENT_H

#include <linux/types.h>

#include <smmuv3/features.h>

/* Raw ID registers as read */
struct smmu_idregs {
	u32 idr[6];
	u32 iidr;
	u32 aidr;
};

/* What the platform says besides the registers */
struct smmu_ident_env {
	bool coherent;		/* firmware: dma-coherent / COHACC override */
	bool cpu_e2h;		/* the kernel runs at EL2 with VHE */
	u32 extra_errata;	/* SMMU_ERRATUM_* named by firmware (IORT model, DT) */
	u32 disable;		/* SMMU_FEAT_* to treat as absent (module parameter) */
};

/**
 * smmu_ident_decode() - ID registers to features
 * @regs: raw
 * @env: platform
 * @feat: filled on success, untouched on error
 * @why: out on error: one constant sentence without newline
 * Return: 0, -ENODEV (no S1 and no S2 left, no usable granule, format or
 *	endianness), -EINVAL for register values the specification does not allow
 */
int smmu_ident_decode(const struct smmu_idregs *regs,
		      const struct smmu_ident_env *env,
		      struct smmu_features *feat, const char **why);

/**
 * smmu_ident_part() - product name by IIDR, for logs
 * @iidr: IIDR
 * Return: the name, "unknown part" for a part that this driver does not know
 */
const char *smmu_ident_part(u32 iidr);

/* IPS/PS encoding of an address width, and back (0 for a reserved encoding) */
u8 smmu_oas_encode(u8 bits);
u8 smmu_oas_decode(u8 enc);

/**
 * struct smmu_pt_needs - what a page table asks of every SMMU that walks it
 * @granule: selected granule in bytes
 * @ias: input bits
 * @oas: output bits
 * @stage2: else stage 1
 * @coherent: the table is not flushed from CPU caches
 * @s2fwb: written with the S2FWB memory attributes
 * @hd: relies on hardware dirty state
 * @feats: SMMU_FEAT_* that walking it takes besides
 */
struct smmu_pt_needs {
	u32 granule;
	u8 ias;
	u8 oas;
	bool stage2;
	bool coherent;
	bool s2fwb;
	bool hd;
	u32 feats;
};

/**
 * smmu_can_walk() - can this SMMU walk that page table as it stands?
 * @feat: the SMMU
 * @needs: the page table
 * @why: out when not: what is missing, a constant string; may be NULL
 *
 * The one question that attach, set_dev_pasid and vSMMU creation ask. Two SMMUs are
 * never compared with each other. Nor are sizes of blocks: those of a granule come with
 * the address sizes (4 TiB with 52 bits), and a contiguous size is a hint.
 * A non-coherent table (CPU caches flushed) is fine for a coherent SMMU; the reverse is
 * not.
 * Return: true when it can
 */
bool smmu_can_walk(const struct smmu_features *feat,
		   const struct smmu_pt_needs *needs, const char **why);

#endif
