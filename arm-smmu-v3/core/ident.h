/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identification: the ID registers as struct smmu_features, errata by IIDR, and the check whether
 * an SMMU can use a page table. Arm IHI 0070, 6.3.1 - 6.3.8.
 */
#ifndef SMMU_CORE_IDENT_H
#define SMMU_CORE_IDENT_H

#include <linux/types.h>

#include <smmuv3/features.h>

/* Raw ID registers as read */
struct smmu_idregs {
	u32 idr[6];
	u32 idr6;
	u32 iidr;
	u32 aidr;
};

/* What the platform says, in addition to the registers */
struct smmu_ident_env {
	bool coherent;		/* firmware: dma-coherent / COHACC override; it decides */
	bool cpu_e2h;		/* the kernel runs at EL2 with VHE */
	u32 extra_errata;	/* SMMU_ERRATUM_* named by firmware (IORT model, DT) */
	u32 disable;		/* SMMU_FEAT_* to treat as absent (module parameter) */
	bool httu_said;		/* firmware says what hardware updates there are, ... */
	u8 httu;		/* ... as IDR0.HTTU would, which does not count then */
};

/**
 * smmu_ident_decode() - decode the ID registers into features
 * @regs: raw registers
 * @env: what the platform says
 * @feat: filled on success, not written on error
 * @why: out on error: one constant sentence without newline
 * Return: 0; -ENODEV (neither S1 nor S2 is left, or no usable granule, format or endianness);
 *	-EINVAL for register values that the specification does not allow
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
 * struct smmu_pt_needs - what a page table needs of every SMMU that walks it
 * @granule: selected granule in bytes
 * @ias: input bits
 * @oas: output bits
 * @stage2: a table of stage 2, else of stage 1
 * @coherent: writes to the table are not flushed from CPU caches
 * @s2fwb: the table has the memory attributes of S2FWB
 * @hd: the table relies on hardware dirty state
 * @feats: other SMMU_FEAT_* that a walk needs
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
 * smmu_can_walk() - can this SMMU walk that page table as it is?
 * @feat: features of the SMMU
 * @needs: the page table
 * @why: out when it cannot: what is missing, a constant string; may be NULL
 *
 * Attach, set_dev_pasid and vSMMU creation all ask this one question; two SMMUs are never compared
 * with each other. Block sizes are not compared either: a granule's block sizes follow from the
 * address sizes (4 TiB needs 52 bits), and a contiguous size is only a hint. A coherent SMMU can
 * walk a non-coherent table (which is flushed from CPU caches), but not the other way round.
 * Return: true when the SMMU can walk it
 */
bool smmu_can_walk(const struct smmu_features *feat,
		   const struct smmu_pt_needs *needs, const char **why);

#endif
