/* SPDX-License-Identifier: GPL-2.0-only */
/* What the specification forbids in a command, judged apart from the builders in cmd.h. */
#ifndef SMMU_CORE_CMD_CHECK_H
#define SMMU_CORE_CMD_CHECK_H

struct smmu_cmd;
struct smmu_features;

/**
 * smmu_cmd_illegal() - would hardware with these features refuse the command?
 * @cmd: any 128 bits
 * @feat: features of the SMMU that would get it
 *
 * Written from the specification, not from the builders: opcode known and
 * supported, reserved bits zero, 4.4.1.1 (NUM = SCALE = TTL = 0 with TG != 0,
 * TTL without TG, TG that is no supported granule, an address that is not aligned
 * for TTL or TG, range on an SMMU without RIL, SCALE too large), id widths,
 * ATC_INV without ATS, size beyond 52. Strict: CONSTRAINED UNPREDICTABLE counts as
 * illegal. What hardware aligns or ignores by itself does not (4.5.1: a misaligned
 * ATC_INV span, a SubstreamID without SSV).
 *
 * Return: NULL when legal, else a constant string saying what is wrong
 */
const char *smmu_cmd_illegal(const struct smmu_cmd *cmd,
			     const struct smmu_features *feat);

#endif
