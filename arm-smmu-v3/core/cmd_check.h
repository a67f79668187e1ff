/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks what the specification forbids in a command, independently of the builders in cmd.h. */
#ifndef SMMU_CORE_CMD_CHECK_H
#define SMMU_CORE_CMD_CHECK_H

struct smmu_cmd;
struct smmu_features;

/**
 * smmu_cmd_illegal() - would hardware with these features refuse the command?
 * @cmd: any 128 bits
 * @feat: features of the SMMU that would get it
 *
 * The checks are written from the specification, not from the builders: the opcode is known and
 * supported, reserved bits are zero, the rules of 4.4.1.1 are kept (no NUM = SCALE = TTL = 0 with
 * TG != 0, no TTL without TG, no TG that is not a supported granule, no address that is not
 * aligned for TTL or TG, no range on an SMMU without RIL, no SCALE that is too large), ids are not
 * too wide, there is no ATC_INV without ATS and none with a size beyond 52. The function is
 * strict: what is CONSTRAINED UNPREDICTABLE counts as illegal. What hardware aligns or ignores by
 * itself is legal (4.5.1: a misaligned ATC_INV span, a SubstreamID without SSV).
 *
 * Return: NULL when legal, else a constant string that says what is wrong
 */
const char *smmu_cmd_illegal(const struct smmu_cmd *cmd,
			     const struct smmu_features *feat);

#endif
