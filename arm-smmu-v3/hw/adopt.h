/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adopting the stream table of a kernel that has crashed, so that DMA under way is not broken.
 *
 * A crash kernel finds the SMMU enabled, and devices write to buffers of the kernel before. DMA
 * that is aborted under way makes some devices fail so badly that their drivers cannot start them
 * any more, and then there is no disk for the dump. So the SMMU goes on translating with the tables
 * of the kernel before, stream by stream, until a driver of this kernel attaches the device. Its
 * STE is replaced then like that of any other attach (core/entry.h).
 *
 * What cannot be changed while SMMUEN is 1 stays in use: STRTAB_BASE, STRTAB_BASE_CFG, CR2 and
 * CR1.TABLE_* (6.3.24, 6.3.25, 6.3.12, 6.3.11). So these have to be as this driver would set them.
 *
 * - A linear table, or level 1 of a table with two levels, is used where it is. Streams that are
 *   attached later change it, and a dump shows it changed.
 * - Level-2 tables are copied, and the descriptors in level 1 are made to lead to the copies. So a
 *   dump has the old level-2 tables as they were, each STE in use was looked at and cannot change
 *   any more, and the copies are memory of this driver like all other level-2 tables. A table in
 *   which no STE lets requests pass is not copied: its descriptor becomes invalid, until a stream
 *   in it is claimed.
 * - CD tables and page tables stay where they are. They are only read.
 *
 * Queues are this driver's at once. CMDQEN goes to 0 and to 1 again with other memory while SMMUEN
 * stays 1; commands that were not consumed are lost, so everything is invalidated then. Event queue
 * and PRI queue do not exist in a crash kernel. ECMDQs that the kernel before may have had are
 * disabled; those of CMDQ-V are left alone: nobody fills them any more. No fault may be able to
 * stall, because nobody knows which transactions wait for a CMD_RESUME.
 *
 * ASIDs and VMIDs that the tables name are reserved for good (smmu_tag_reserve()). Therefore
 * nothing has to be invalidated by ASID or VMID when a stream leaves its old tables. The CFGI_STE
 * and CMD_SYNC of the STE's change, which also drop the CDs of the stream (4.3.1), are enough: what
 * is in TLBs under an old id is used only by streams that still have that id, their page tables do
 * not change any more, and no new domain gets the id.
 *
 * The content of the tables may be anything: it is what a broken kernel has left. Every address is
 * checked before it is read (crashmem.h), and how much is read is bounded. Where anything is wrong,
 * nothing is adopted: the SMMU is disabled with GBPA.ABORT, as it is when this driver finds one
 * enabled without having crashed.
 */
#ifndef SMMU_HW_ADOPT_H
#define SMMU_HW_ADOPT_H

#include <linux/types.h>

struct smmu_device;

/* Most level-2 tables that are copied (8 MiB), and most CDs that are read (256 MiB) */
#define SMMU_ADOPT_L2_MAX	512
#define SMMU_ADOPT_CDS_MAX	BIT(22)

/**
 * smmu_adopt() - adopt the stream table, if the driver is asked to and it can be done
 * @smmu: initialised SMMU, with queues and without a stream table
 *
 * Process context, before anybody else uses the SMMU. On success smmu->strtab is the table in use,
 * the ids that it names are reserved, and the queues of the kernel before have stopped. The caller
 * starts this driver's own (smmu_reset_prepare()), which invalidates everything. Logs one line
 * either way where the SMMU was found enabled.
 * Return: true on success. On false nothing of the table is used, and no id is reserved; the queues
 *	may have stopped.
 */
bool smmu_adopt(struct smmu_device *smmu);

#endif
