/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A software SMMUv3, for a driver to run against.
 *
 * It has what a driver can see of an SMMU: registers, queues and tables in the driver's
 * memory, interrupts. Behind them it does what hardware may do, and hardware may keep
 * translations: it has a configuration cache (STEs, CDs, level-1 descriptors), a TLB with
 * tags, block sizes and intermediate table entries, and an ATC for each stream. Whatever it
 * may cache it does cache, until a command says otherwise. So a device access, model_access(),
 * shows a stale translation as a wrong address, and a test sees it.
 *
 * Nothing runs by itself. Time is virtual: one clock of nanoseconds for all instances, moved by
 * the driver's own register reads and by nothing else. A command has a latency and is done
 * when the clock has passed it, looked at with the next register access or device access. A
 * poller therefore drives what it waits for, and two runs of one thread are alike.
 *
 * The model judges the driver: see model_violation(). What hardware would answer with an
 * error, it answers likewise; what hardware would quietly get wrong, it counts.
 *
 * It knows no operating system device. Memory and interrupts come through struct
 * model_host_ops; who routes register accesses to model_read() and model_write() is up to
 * the user (machine.c does it).
 *
 * Locking: an instance has a raw spinlock of its own, taken by every function here. Any
 * context. @mem and @irq are called with it held.
 *
 * References are to Arm IHI 0070.
 */
#ifndef KUNIT_MODEL_H
#define KUNIT_MODEL_H

#include <linux/types.h>

struct model;
struct smmu_cmd;

/* The register space, both pages */
#define MODEL_MMIO_SIZE		0x20000

enum model_irq { MODEL_IRQ_EVENT, MODEL_IRQ_PRI, MODEL_IRQ_GERROR, MODEL_IRQS };

/**
 * struct model_host_ops - where the model lives
 * @mem: CPU address of @len bytes at bus address @pa, or NULL where there is no memory.
 *	Aligned, and within a page.
 * @irq: raise an interrupt (an edge); may be NULL
 */
struct model_host_ops {
	void *(*mem)(void *host, u64 pa, size_t len);
	void (*irq)(void *host, enum model_irq irq);
};

/**
 * struct model_config - what kind of SMMU it is
 * @idr: IDR0-5
 * @iidr: IIDR
 * @aidr: AIDR
 * @read_ns: what a register read costs
 * @write_ns: what a register write costs
 * @ack_reads: reads after which CR0ACK, IRQ_CTRLACK and GBPA.UPDATE follow
 * @enabled: it is on already: another kernel's
 * @gerror: errors that are active already
 * @err_stays: a write of CMDQ_CONS leaves ERR as it is (6.3.28)
 */
struct model_config {
	u32 idr[6];
	u32 iidr;
	u32 aidr;
	u32 read_ns;
	u32 write_ns;
	u32 ack_reads;
	bool enabled;
	u32 gerror;
	bool err_stays;
};

/**
 * struct model_inject - what goes wrong; all zero is nothing
 * @drop_opcode: commands with this opcode are taken, and nothing is done
 * @drop_also: and with this one, 0 for none
 * @drop: how many of them; counts down
 * @ill_in: the so-manieth command from now raises CERROR_ILL; counts down
 * @atc_timeouts: so many CMD_SYNCs after an ATC_INV raise CERROR_ATC_INV_SYNC
 * @silent: the device behind @silent_sid leaves every ATC_INV unanswered: the next CMD_SYNC
 *	holds the queue for @silent_ns and then raises CERROR_ATC_INV_SYNC
 * @silent_sid: its StreamID
 * @silent_ns: the root port's patience
 * @silent_pasid: of those, it leaves only those for @silent_ssid unanswered
 * @silent_ssid: SubstreamID
 * @no_global: devices do not know the Global flag (no "Global Invalidate Supported"): such an
 *	ATC_INV is for its SubstreamID alone
 * @lost_sync: stop for ever at the next CMD_SYNC
 * @abort_fetch: CERROR_ABT at the next command
 * @cons_ones: CONS reads as all ones
 * @dead: every register does, and nothing moves
 * @no_ack: CR0ACK stands still
 * @no_gbpa: GBPA.UPDATE stays set, and what was written has no effect
 * @drop_msis: so many MSIs of CMD_SYNCs do not arrive; counts down
 * @late_msi_ns: after a CMD_SYNC its MSI arrives, or before the next one is complete (4.7.3)
 * @abort_msis: MSIs of CMD_SYNCs are aborted
 */
struct model_inject {
	u8 drop_opcode;
	u8 drop_also;
	u32 drop;
	u32 ill_in;
	u32 atc_timeouts;
	bool silent;
	u32 silent_sid;
	u64 silent_ns;
	bool silent_pasid;
	u32 silent_ssid;
	bool no_global;
	bool lost_sync;
	bool abort_fetch;
	bool cons_ones;
	bool dead;
	bool no_ack;
	bool no_gbpa;
	u32 drop_msis;
	u64 late_msi_ns;
	bool abort_msis;
};

/**
 * struct model_stats - counters since creation or model_stats_reset()
 * @cmds: commands done, by opcode
 * @doorbells: writes of CMDQ_PROD
 * @cons_reads: reads of CMDQ_CONS
 * @accesses: device accesses
 * @tlb_hits: of these, answered from the TLB
 * @walks: page table walks
 * @events: event records, lost ones included
 * @lost_events: those that found no room
 * @last_sync: clock when the last CMD_SYNC was complete
 */
struct model_stats {
	u64 cmds[256];
	u64 doorbells;
	u64 cons_reads;
	u64 accesses;
	u64 tlb_hits;
	u64 walks;
	u64 events;
	u64 lost_events;
	u64 last_sync;
};

/**
 * struct model_access - one device access
 * @sid: StreamID
 * @ssid: SubstreamID, with @ssv
 * @ssv: a SubstreamID is there
 * @write: else read
 * @ats: the device has an ATC and asks it first; a miss is a translation request
 * @iova: address
 * @pa: out: where the access went
 * @event: out: enum smmu_event_id where it went nowhere; 0 for a silent abort
 * @hit: out: answered from a TLB or ATC
 * @stag: out, with -EINPROGRESS: its stall tag, see model_answer()
 * @data: read or written there, or NULL; in one with the translation, as an SMMU completes a
 *	CMD_SYNC only when the accesses before it are over (3.21.1)
 * @len: of @data, within a page
 */
struct model_access {
	u32 sid;
	u32 ssid;
	bool ssv;
	bool write;
	bool ats;
	u64 iova;
	u64 pa;
	u8 event;
	bool hit;
	u16 stag;
	void *data;
	u32 len;
};

/* An SMMU with everything that this driver can use and hardware has today */
void model_config_default(struct model_config *cfg);

/**
 * model_create() - an SMMU out of reset
 * @cfg: copied
 * @ops: constant
 * @host: for @ops
 * Return: the model or NULL. May sleep.
 */
struct model *model_create(const struct model_config *cfg, const struct model_host_ops *ops,
			   void *host);
void model_destroy(struct model *m);

/* Registers: @off within both pages, @size 4 or 8 */
u64 model_read(struct model *m, u32 off, u32 size);
void model_write(struct model *m, u32 off, u32 size, u64 val);

/**
 * model_access() - a device reads or writes memory
 * @m: its SMMU
 * @a: in and out
 * Return: 0; -EFAULT when the access was refused; -EINPROGRESS when it is stalled; -EAGAIN when
 *	it would be, but there is no room for one more or for its record (3.12.2, 7.4)
 */
int model_access(struct model *m, struct model_access *a);

/*
 * What has this StreamID is another device from now on, with an ATC of its own, which is empty.
 * So is that of a device whose ATS Enable goes from 0 to 1.
 */
void model_new_device(struct model *m, u32 sid);

/**
 * model_ats_enable() - ask somebody whether ATS Enable is set in the device of a StreamID
 * @m: instance
 * @fn: called with the instance's lock held; NULL is always
 * @data: for @fn
 *
 * A device with ATS Enable = 0 may answer an ATC_INV with Unsupported Request: done, without an
 * error, and nothing was invalidated (3.9.1.5). These all do.
 */
void model_ats_enable(struct model *m, bool (*fn)(void *data, u32 sid), void *data);

/* So many transactions may be stalled at a time */
#define MODEL_STALLS		32
#define MODEL_UNANSWERED	0xff

/**
 * model_answer() - what became of a stalled access
 * @m: instance
 * @stag: its tag, free for another one when it has been answered
 * Return: RESUME_*, or MODEL_UNANSWERED. An SMMU that is off has ended it with RESUME_ABORT.
 */
u8 model_answer(struct model *m, u16 stag);
/* How many still wait for an answer */
u32 model_stalled(struct model *m);

/* So many page request groups may wait for an answer at a time */
#define MODEL_GROUPS		64

/**
 * struct model_page_request - a Page Request message of a device, or a Stop Marker
 * @sid: StreamID
 * @ssid: SubstreamID, with @ssv
 * @ssv: it has a PASID
 * @last: of its group
 * @read: asked for
 * @write: asked for
 * @prg: index of the group, 9 bits
 * @addr: page
 */
struct model_page_request {
	u32 sid;
	u32 ssid;
	bool ssv;
	bool last;
	bool read;
	bool write;
	u16 prg;
	u64 addr;
};

/**
 * model_page_request() - a message arrives
 * @m: instance
 * @r: the message
 *
 * Return: 0 when it is in the PRI queue; -ENOSPC when that is full or has overflown, and -EFAULT
 * when it is off or in error: the message is gone then, and the SMMU itself has answered the
 * last one of a group, with success or with failure (8.1, 8.2). -EBUSY when the device has this
 * group under way already.
 */
int model_page_request(struct model *m, const struct model_page_request *r);

/**
 * model_page_answer() - what has come back for a group
 * @m: instance
 * @r: its last request, which got into the queue
 * Return: PRI_RESP_*, and its index is free again, or MODEL_UNANSWERED
 */
u8 model_page_answer(struct model *m, const struct model_page_request *r);

/**
 * model_trace() - be told of every command that is done
 * @m: instance
 * @fn: called with the instance's lock held, in the order of the queue; NULL ends it
 * @data: for @fn
 */
void model_trace(struct model *m, void (*fn)(void *data, const struct smmu_cmd *cmd), void *data);

#define MODEL_WATCH_MAX		8

/**
 * struct model_watch - what a device would have met between any two commands
 * @pa: the different places where the access went, in the order of their first time;
 *	~0 is nowhere
 * @nr: how many
 * @looks: at commands, since model_watch(): 0 when nothing was there to be watched
 * @overflow: there were more places than @pa has room for
 */
struct model_watch {
	u64 pa[MODEL_WATCH_MAX];
	u32 nr;
	u32 looks;
	bool overflow;
};

/**
 * model_watch() - access now, and before and after every command
 * @m: instance
 * @a: the access; NULL ends it. No events are recorded for it.
 *
 * Suites end it by rig_watched(), which asks whether anything was seen.
 */
void model_watch(struct model *m, const struct model_access *a);
void model_watched(struct model *m, struct model_watch *watch);

/* The virtual clock, in ns; one for all instances */
u64 model_now(void);
void model_advance(u64 ns);

/* How long a command of this opcode takes; 0 by default */
void model_latency(struct model *m, u8 opcode, u32 ns);

void model_inject(struct model *m, const struct model_inject *inject);
/* Global errors, GERROR_* of regs.h, made active */
void model_raise(struct model *m, u32 gerror);

void model_stats(struct model *m, struct model_stats *stats);
void model_stats_reset(struct model *m);

/**
 * model_violation() - what the driver did that no driver may do
 * @m: instance
 * @text: room for the first one, may be NULL
 * @size: of @text
 *
 * Illegal commands, a TLBI by address without a range where the SMMU has ranges, reserved bits and
 * impossible combinations in STEs and CDs, ATC_INV to a stream without ATS, RESUME of what is not
 * stalled, PRI_RESP that nobody waits for, registers written while they must not be, a doorbell
 * on a queue that is off, tables where there is no memory.
 * Return: how many since creation or model_forgive()
 */
u32 model_violation(struct model *m, char *text, size_t size);
void model_forgive(struct model *m);

/* Does any TLB entry carry this ASID (stage 1) or VMID? */
bool model_has_asid(struct model *m, u16 asid);
bool model_has_vmid(struct model *m, u16 vmid);
/* Entries of all caches together */
u32 model_cached(struct model *m);
/* SMMUEN, as acknowledged */
bool model_is_on(struct model *m);
/* Commands posted and not done */
u32 model_pending(struct model *m);

#endif
