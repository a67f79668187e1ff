/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests that have command queues of their own, in a VINTF of a CMDQ-V companion. */
#ifndef KUNIT_ON_MODEL_GUEST_QUEUE_H
#define KUNIT_ON_MODEL_GUEST_QUEUE_H

#include "driver/nest.h"
#include "driver/queues.h"

/* Log2 of the entries of a queue: one page */
#define GUEST_QUEUE_LOG2	8
#define GUEST_QUEUE_BYTES	(16U << GUEST_QUEUE_LOG2)

/**
 * struct guest_queue - a queue of a guest
 * @g: the guest
 * @core: iommufd's part, allocated by the driver's size
 * @smmu: SMMU of the guest
 * @l: number of the logical queue
 * @cmd: its entries, a page of the guest
 * @prod: index of the next command
 */
struct guest_queue {
	struct guest *g;
	struct iommufd_hw_queue *core;
	struct machine_smmu *smmu;
	u32 l;
	struct smmu_cmd *cmd;
	u32 prod;
};

/* A nest whose guest has a VINTF; the SMMU has 8 VINTFs with 4 queues each. @atc: with ATS */
void guest_queue_nest(struct kunit *test, struct nest *n, bool atc);
/* The same; STATUS follows EN, and ACK registers theirs, after @ack_reads reads */
void guest_queue_nest_slow(struct kunit *test, struct nest *n, bool atc, u32 ack_reads);
/* A guest with a VINTF. Return: NULL with *@ret on error */
struct guest *guest_queue_guest(struct kunit *test, struct machine_smmu *smmu,
				struct iommu_domain *parent, int *ret);
/* Number of its VINTF */
u32 guest_queue_vintf(struct guest *g);

/* As IOMMU_HW_QUEUE_ALLOC, with memory of any kind. Return: 0 or an error */
int guest_queue_try(struct guest *g, u32 l, phys_addr_t phys, u64 bytes,
		    struct iommufd_hw_queue **core);
/* As IOMMU_DESTROY. Return: false when another queue keeps it */
bool guest_queue_destroy(struct iommufd_hw_queue *core);

/* Give the guest a queue in a page of its own; what the guest does with its page of registers */
struct guest_queue *guest_queue_new(struct kunit *test, struct machine_smmu *smmu, struct guest *g,
				    u32 l);
u32 guest_queue_read(struct guest_queue *q, u32 reg);
void guest_queue_write(struct guest_queue *q, u32 reg, u32 val);
void guest_queue_enable(struct kunit *test, struct guest_queue *q);
/* Post commands and a CMD_SYNC. Return: 0; an error as in CMDQ_CONS; -1 when it stands */
int guest_queue_post(struct guest_queue *q, const struct smmu_cmd *cmd, u32 n);
/* Destroy it; the page is the guest's, and is freed by itself */
void guest_queue_free(struct kunit *test, struct guest_queue *q);

/*
 * Errors that were reported to the guest; waits a while for @least of them. Return: number of
 * events, with the last one's map
 */
u32 guest_queue_errors(struct guest *g, u32 least, u64 map[2]);

#endif
