/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The form of the CPUs' page tables, which an SMMU walks for SVA. On machines other than arm64 the
 * driver runs only on a model of the SMMU, and kunit/model/machine.c has these functions.
 */
#ifndef COMPAT_MM_H
#define COMPAT_MM_H

#include <linux/types.h>

struct mm_struct;

/**
 * struct compat_mm_format - form of the CPUs' page tables
 * @mair: MAIR_EL1
 * @va_bits: input bits of user addresses
 * @pa_bits: output bits, the smallest number of all CPUs
 * @haft: CPUs use the access flag in table descriptors
 * @bbm: CPUs change the size of live mappings without break-before-make
 */
struct compat_mm_format {
	u64 mair;
	u8 va_bits;
	u8 pa_bits;
	bool haft;
	bool bbm;
};

#ifdef CONFIG_ARM64
#include <linux/mm_types.h>

#include <asm/cpufeature.h>
#include <asm/memory.h>
#include <asm/sysreg.h>

static inline void compat_mm_format(struct compat_mm_format *form)
{
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	u32 parange = cpuid_feature_extract_unsigned_field(mmfr0,
							   ID_AA64MMFR0_EL1_PARANGE_SHIFT);

	*form = (struct compat_mm_format) {
		.mair = read_sysreg(mair_el1),
		.va_bits = vabits_actual,
		.pa_bits = id_aa64mmfr0_parange_to_phys_shift(parange),
		.haft = system_supports_haft(),
#ifdef ARM64_HAS_BBML2_NOABORT
		.bbm = system_supports_bbml2_noabort(),
#else
		.bbm = system_supports_bbml3(),
#endif
	};
}

/* Physical address of the top table of the user half */
static inline u64 compat_mm_ttb(const struct mm_struct *mm)
{
	return virt_to_phys(mm->pgd);
}
#else
void compat_mm_format(struct compat_mm_format *form);
u64 compat_mm_ttb(const struct mm_struct *mm);
#endif

#endif
