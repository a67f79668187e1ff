/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine whose hardware does not always answer, for random tests: devices that may be silent for
 * some time, queues that may stand, and what is known of all of them. Each mapping has an output
 * address of its own, so that an access tells which mapping it went through.
 *
 * The following must hold, and unreliable.wrong says when it does not:
 *
 *  - no access that begins after an unmap has returned goes through that mapping, whatever was
 *    silent meanwhile
 *  - no access that begins after an attach has returned goes through another domain
 *  - a device that always answers reaches what is mapped, as long as its SMMU is on
 *  - a device is cut off only when it, or another function of it, has left an ATC_INV unanswered
 *    or has made the queue stand for longer than its budget allows
 *
 * Time is virtual, and whoever waits makes it pass, so that a minute costs some milliseconds.
 */
#ifndef KUNIT_ON_MODEL_UNRELIABLE_H
#define KUNIT_ON_MODEL_UNRELIABLE_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/prandom.h>

#include "driver/rig.h"

#define DOMAINS		6
#define SLOTS		16
#define PASIDS		2
#define BITS		4
#define DEVICES_MAX	24
#define SMMUS_MAX	4
#define IOVA_BASE	BIT_ULL(40)
#define SLOT_SHIFT	16
#define IDS_MAX		BIT(20)

#define SID_FIRST	3
#define SID_STEP	0x41

/* How long the root port waits for an answer */
#define PORT_NS		(60 * (u64)NSEC_PER_SEC)

enum { AT_IDENTITY = -1, AT_BLOCKED = -2 };

/**
 * struct shape - size of a run
 * @name: name of the case
 * @smmus: number of SMMUs
 * @devices: number of devices
 * @ops: number of operations of all threads together
 */
struct shape {
	const char *name;
	u32 smmus;
	u32 devices;
	u32 ops;
};

/**
 * struct mapping - what is known of a mapping; its index is its id, and gives its output address
 * @gone: epoch in which its unmap has returned, 0 while it exists
 * @domain: index of its domain
 */
struct mapping {
	u32 gone;
	u8 domain;
};

/**
 * struct shared - a domain
 * @domain: the domain
 * @lock: protects the slots against other mappers
 * @id: id of the mapping in each slot, 0 for none. Set when map has returned, cleared before
 *	unmap begins; read without the lock.
 * @size: size of that mapping
 */
struct shared {
	struct iommu_domain *domain;
	struct mutex lock;	/* protects @id and @size */
	u32 id[SLOTS];
	u32 size[SLOTS];
};

/**
 * struct place - a device: where it is attached, and how it behaves
 * @lock: protects @seq and @at against other attachers, and the life of the device
 * @seq: for requests without PASID and for each PASID: odd while it is being attached
 * @at: likewise: domain index, AT_IDENTITY or AT_BLOCKED
 * @pasids: the device has PASIDs
 * @saint: the device always answers
 * @body: number of the physical device; devices with the same one are its functions
 * @answer_ns: how long it takes to answer, or MODEL_SILENT, MODEL_GONE
 * @unanswered: it has left an ATC_INV unanswered since the last calm
 * @late_ns: for how long it has let ATC_INVs wait since then, written under the model's lock
 * @late_before_ns: the same for the time between the last calm and the one before: an answer is
 *	charged when somebody waits next
 */
struct place {
	struct mutex lock;	/* protects @seq, @at, and the device */
	u32 seq[1 + PASIDS];
	int at[1 + PASIDS];
	bool pasids;
	bool saint;
	u32 body;
	u64 answer_ns;
	bool unanswered;
	u64 late_ns;
	u64 late_before_ns;
};

/* What was done, for the log; HITS are accesses that went somewhere, ACCESSES the others */
enum done { MAPS, UNMAPS, ACCESSES, HITS, ATTACHES, SILENCES, RESETS, PULLS, STANDS, DONE };

/**
 * struct unreliable - the machine
 * @rig: the rig
 * @shape: its size
 * @shared: domains
 * @place: devices
 * @map: all mappings that there ever were
 * @epoch: number of unmaps that have returned, plus one
 * @next_id: id of the last mapping
 * @done: what was done
 * @wrong: what went wrong
 * @stands_until: for each SMMU: when its queue goes on, 0 if it does not stand
 * @restart: for each SMMU: the driver wants smmu_restart() to run
 * @recover: likewise smmu_ats_recover()
 * @plugs: held to plug a device in or out
 * @put_off: master whose first attach was put off, for the thread that has @plugs
 * @cuts: number of devices that were found cut off
 * @shuts: number of times that SMMUs were shut
 */
struct unreliable {
	struct rig *rig;
	const struct shape *shape;
	struct shared shared[DOMAINS];
	struct place place[DEVICES_MAX];
	struct mapping *map;
	atomic_t epoch;
	atomic_t next_id;
	atomic_t done[DONE];
	struct rig_wrong wrong;
	u64 stands_until[SMMUS_MAX];
	bool restart[SMMUS_MAX];
	bool recover[SMMUS_MAX];
	struct mutex plugs;	/* device nodes come and go */
	struct smmu_master *put_off;
	u32 cuts;
	u32 shuts;
};

extern struct unreliable unreliable;

/* Make a machine of this shape, with all devices at identity */
void unreliable_make(struct kunit *test, const struct shape *shape);
/* Take everything down, and check that nothing is left */
void unreliable_end(struct kunit *test);

/**
 * unreliable_access() - make an access, and compare it with what was known before and after it
 * @rnd: for the offset and the direction
 * @i: device
 * @n: 0, or a PASID
 * @slot: slot of the domain
 */
void unreliable_access(struct rnd_state *rnd, u32 i, u32 n, u32 slot);

/* Attach requests without PASID (0), or a PASID. The place's lock is held. */
void unreliable_attach(u32 i, u32 n, int at);

/* Plug the device out and in again; it ends at identity. The place's lock is held. */
void unreliable_replug(u32 i, bool pull);

/* Let the SMMU's queue stand for so long from the next command on that the dice say */
void unreliable_stand(struct rnd_state *rnd, u32 nr);

/* What the work items of the driver would do; a second passes. To be called all the time. */
void unreliable_keep(void);

/*
 * All hardware answers from now on. Check that all SMMUs come back by what the driver has scheduled
 * itself, that every device has its DMA and its ATS again, that a tag without a user is in no TLB,
 * and that nothing is withheld. Nothing else may be under way.
 */
void unreliable_calm(struct rnd_state *rnd);

static inline u32 rnd_below(struct rnd_state *rnd, u32 below)
{
	return prandom_u32_state(rnd) % below;
}

static inline u64 iova_of(u32 slot)
{
	return IOVA_BASE + ((u64)slot << SLOT_SHIFT);
}

static inline bool is_stage2(int at)
{
	return at % 3 == 2;
}

#endif
