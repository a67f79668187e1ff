/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A software SMMUv3 for a driver to run against.
 *
 * The model has what a driver can see of an SMMU: registers, queues and tables in the driver's
 * memory, and interrupts. Behind them it does what hardware may do, and hardware may keep
 * translations. So the model has a configuration cache (STEs, CDs, level-1 descriptors), a TLB with
 * tags, block sizes and intermediate table entries, and an ATC for each stream. It caches whatever
 * it may cache, until a command invalidates that. So a device access, model_access(), shows a stale
 * translation as a wrong address, and a test sees it.
 *
 * Nothing runs by itself. Time is virtual: all instances have one clock of nanoseconds, which only
 * the driver's own register accesses move. A command has a latency and is done when the clock has
 * passed it; the model works that out at the next register access or device access. So a CPU that
 * polls drives what it waits for, and two runs of one thread are alike.
 *
 * The model judges the driver: see model_violation(). Where hardware would report an error, the
 * model reports the same error. Where hardware would silently do something wrong, the model counts
 * a violation.
 *
 * The model does not know devices of the operating system. Memory and interrupts come through
 * struct model_host_ops. The user of the model routes register accesses to model_read() and
 * model_write() (machine.c does so).
 *
 * Locking: each instance has a raw spinlock, which every function here takes. They can be called in
 * any context. @mem and @irq are called with the lock held.
 *
 * References are to Arm IHI 0070.
 */
#ifndef KUNIT_MODEL_H
#define KUNIT_MODEL_H

#include <linux/bits.h>
#include <linux/types.h>

struct model;
struct smmu_cmd;

/* Size of the register space, both pages */
#define MODEL_MMIO_SIZE		0x20000

/* Where a control page can be, and the most ECMDQs that there can be */
#define MODEL_ECMDQ_AT		0x100000
#define MODEL_ECMDQS		512

enum model_irq {
	MODEL_IRQ_EVENT, MODEL_IRQ_PRI, MODEL_IRQ_GERROR, MODEL_IRQS,
	MODEL_IRQ_CMDQV = MODEL_IRQS,	/* of the companion, and no MSI */
};

/**
 * struct model_host_ops - memory and interrupts of the model
 * @mem: CPU address of @len bytes at bus address @pa, or NULL where there is no memory.
 *	The bytes are aligned and within a page.
 * @behind: the same for an access that does not look into the CPUs' caches, or NULL where what is
 *	in memory was never cleaned. With @settled, what the last barrier has ordered, else the
 *	newest value. NULL: nobody knows what the caches hold, and @mem is used.
 * @irq: raise an interrupt (an edge); may be NULL
 */
struct model_host_ops {
	void *(*mem)(void *host, u64 pa, size_t len);
	void *(*behind)(void *host, u64 pa, size_t len, bool settled);
	void (*irq)(void *host, enum model_irq irq);
};

/* See struct model_config */
enum model_bad_page {
	MODEL_PAGE_GOOD,
	MODEL_PAGE_NOT_PRESET,
	MODEL_PAGE_NOT_64K,
	MODEL_PAGE_OFF,
	MODEL_PAGE_APART,	/* there is a gap between two pages */
	MODEL_PAGE_OVERLAPS,	/* register page 0 */
};

/**
 * struct model_config - what kind of SMMU it is
 * @idr: IDR0-5
 * @idr6: IDR6
 * @ecmdq_at: where the control pages of ECMDQs are, with IDR1.ECMDQ
 * @ecmdqs_on: how many ECMDQs are on already
 * @ecmdq_seed: decides in which order queues go on
 * @cmdqv_param: register PARAM of a CMDQ-V companion, 0 without one
 * @cmdqv_no_hyp: HYP_OWN is wired to 0, as a guest sees it
 * @cmdqv_on: another kernel has left the companion on, with commands in its queues
 * @cmdqv_stuck: STATUS does not change from the start: MODEL_NO_*
 * @cmdqv_skips: a guest's StreamID that matches nothing is no error
 * @iidr: IIDR
 * @aidr: AIDR
 * @read_ns: time that a register read takes
 * @write_ns: time that a register write takes
 * @ack_reads: number of reads after which CR0ACK, IRQ_CTRLACK and GBPA.UPDATE follow
 * @enabled: the SMMU is on already, as another kernel has left it
 * @gerror: errors that are active already
 * @err_stays: a write of CMDQ_CONS leaves ERR as it is (6.3.28)
 * @page0_only: the registers of page 1 are in page 0, and there is no page 1
 * @httu_differs: what updates of page tables it can do is not what IDR0.HTTU says, but @httu
 * @httu: as IDR0.HTTU would say it
 * @bad_page: what is wrong with what the registers say of control pages
 * @noncoherent: the SMMU's own accesses do not look into the CPUs' caches, whatever IDR0.COHACC
 *	says
 */
struct model_config {
	u32 idr[6];
	u32 idr6;
	u32 ecmdq_at;
	u32 ecmdqs_on;
	u64 ecmdq_seed;
	u32 cmdqv_param;
	bool cmdqv_no_hyp;
	bool cmdqv_on;
	u8 cmdqv_stuck;
	bool cmdqv_skips;
	u32 iidr;
	u32 aidr;
	u32 read_ns;
	u32 write_ns;
	u32 ack_reads;
	bool enabled;
	u32 gerror;
	bool err_stays;
	bool page0_only;
	bool httu_differs;
	u8 httu;
	enum model_bad_page bad_page;
	bool noncoherent;
};

/* Whose STATUS does not change */
#define MODEL_NO_VCMDQ		BIT(0)
#define MODEL_NO_VINTF		BIT(1)
#define MODEL_NO_COMPANION	BIT(2)

/* Value of struct model_inject.stands: all command queues but the main one */
#define MODEL_ALL_BUT_MAIN	U32_MAX

/**
 * struct model_inject - what goes wrong; all zero is nothing
 * @drop_opcode: commands with this opcode are consumed without effect
 * @drop_also: commands with this opcode, too; 0 for none
 * @drop: number of commands that are dropped; counts down
 * @ill_in: the command with this number from now on raises CERROR_ILL; counts down
 * @atc_timeouts: number of CMD_SYNCs after an ATC_INV that raise CERROR_ATC_INV_SYNC; counts down
 * @silent: the device with @silent_sid does not answer an ATC_INV, see model_devices()
 * @silent_sid: StreamID of that device
 * @silent_ns: how long the root port waits for it
 * @silent_pasid: the device leaves only an ATC_INV for @silent_ssid unanswered
 * @silent_ssid: SubstreamID
 * @no_global: devices do not support the Global flag (no "Global Invalidate Supported"), so such
 *	an ATC_INV is for its SubstreamID alone
 * @lost_sync: the queue stops for ever at the next CMD_SYNC
 * @lost_plain_sync: the queue stops for ever at the next CMD_SYNC that waits for no ATC_INV
 * @abort_fetch: the next command raises CERROR_ABT
 * @abort_queue: of one command queue only, as @stands counts; 0 for all
 * @cons_ones: CONS reads as all ones
 * @late_cons_ns: a read of CONS shows a new position so long after the one before at the earliest;
 *	an error is shown at once, with its position
 * @dead: every register reads as all ones, and nothing moves
 * @stands: a command queue that consumes nothing: 1 for the main queue, 2 for the first ECMDQ, and
 *	so on, with the queues of a companion behind the ECMDQs; MODEL_ALL_BUT_MAIN
 * @no_ack: CR0ACK and IRQ_CTRLACK do not change
 * @no_ack_from: so from the change of CR0 or IRQ_CTRL with this number on; counts down, 0 for never
 * @no_enack: ENACK of ECMDQs does not change
 * @no_cmdqv: STATUS does not change: MODEL_NO_*
 * @cmdqv_gone: registers of the companion read as all ones, and writes are lost
 * @cmdqv_keeps_error: errors of its queues cannot be acknowledged
 * @cmdqv_defiant: guests enable their queues as soon as they have them, and again as soon as they
 *	are off, while they can
 * @cmdqv_vintfs: VINTFs that its map shows although they have no error
 * @cmdqv_queues: the same for logical queues of VINTF 0
 * @no_gbpa: GBPA.UPDATE stays set, and what was written has no effect
 * @drop_msis: number of MSIs of CMD_SYNCs that do not arrive; counts down
 * @late_msi_ns: the MSI of a CMD_SYNC arrives so much later, but before the next CMD_SYNC is
 *	complete (4.7.3)
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
	bool lost_plain_sync;
	bool abort_fetch;
	u32 abort_queue;
	bool cons_ones;
	u64 late_cons_ns;
	bool dead;
	u32 stands;
	bool no_ack;
	u32 no_ack_from;
	bool no_enack;
	u8 no_cmdqv;
	bool cmdqv_gone;
	bool cmdqv_keeps_error;
	bool cmdqv_defiant;
	u64 cmdqv_vintfs;
	u64 cmdqv_queues[2];
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
 * @cmdqv_masked: errors of CMDQ-V queues that raised no interrupt, because of VINTF_INT_MASK
 * @accesses: device accesses
 * @tlb_hits: device accesses that were answered from the TLB
 * @walks: page table walks
 * @events: event records, lost ones included
 * @lost_events: event records for which the queue had no room
 * @last_sync: clock when the last CMD_SYNC was complete
 */
struct model_stats {
	u64 cmds[256];
	u64 doorbells;
	u64 cons_reads;
	u64 cmdqv_masked;
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
 * @ssv: the access has a SubstreamID
 * @write: write, else read
 * @ats: the device has an ATC and looks there first; a miss is a translation request
 * @iova: address
 * @pa: out: where the access went
 * @event: out: enum smmu_event_id of an access that went nowhere; 0 for an abort without event
 * @hit: out: the translation came from a TLB or ATC
 * @stag: out, with -EINPROGRESS: stall tag, see model_answer()
 * @data: read from memory, or written to it; may be NULL. Translation and data are one step,
 *	because an SMMU completes a CMD_SYNC only when the accesses before it are over (3.21.1).
 * @len: length of @data, which is within a page
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

/* Describe an SMMU that has everything that this driver can use and that hardware has today */
void model_config_default(struct model_config *cfg);
/* Give such an SMMU ECMDQs; @seed decides in which order it consumes its queues */
void model_config_ecmdqs(struct model_config *cfg, u32 log2_pages, u32 log2_each, u64 seed);

/* Give it a CMDQ-V companion, likewise */
void model_config_cmdqv(struct model_config *cfg, u32 log2_queues, u32 log2_vintfs, u64 seed);

/**
 * model_create() - make an SMMU out of reset
 * @cfg: kind of SMMU, copied
 * @ops: constant
 * @host: argument for @ops
 * Return: the model or NULL. May sleep.
 */
struct model *model_create(const struct model_config *cfg, const struct model_host_ops *ops,
			   void *host);
void model_destroy(struct model *m);

/* Access registers: @off is within both pages, @size is 4 or 8 */
u64 model_read(struct model *m, u32 off, u32 size);
void model_write(struct model *m, u32 off, u32 size, u64 val);

/* The same for registers of its companion */
u64 model_cmdqv_read(struct model *m, u32 off, u32 size);
void model_cmdqv_write(struct model *m, u32 off, u32 size, u64 val);
/**
 * model_cmdqv_show() - show the registers of guests' queues in memory, too
 * @m: the SMMU, before it is used
 * @ram: memory of the companion's size, zero; a program that has mapped the page of a VINTF reads
 *	and writes registers there
 * Return: false without memory
 */
bool model_cmdqv_show(struct model *m, void *ram);
/* Take what programs have written there, and show the registers; again and again */
void model_cmdqv_look(struct model *m);
/* Raise the interrupt of the companion, whether there is a reason or not */
void model_cmdqv_interrupt(struct model *m);

/**
 * model_access() - let a device read or write memory
 * @m: its SMMU
 * @a: the access, in and out
 * Return: 0; -EFAULT when the access was refused; -EINPROGRESS when it is stalled; -EAGAIN when it
 *	would stall, but there is no room for another stall or for its record (3.12.2, 7.4)
 */
int model_access(struct model *m, struct model_access *a);

/*
 * From now on the StreamID belongs to another device, whose ATC is empty. To be called, too, when a
 * device's ATS Enable goes from 0 to 1, because that empties its ATC.
 */
void model_new_device(struct model *m, u32 sid);

/**
 * model_ats_enable() - set the function that tells whether ATS Enable is set in a device
 * @m: instance
 * @fn: called with the instance's lock held; NULL for a device that always has ATS
 * @data: argument for @fn
 *
 * A device with ATS Enable = 0 may answer an ATC_INV with Unsupported Request: the command is done
 * without an error, and nothing was invalidated (3.9.1.5). All devices of the model do so.
 */
void model_ats_enable(struct model *m, bool (*fn)(void *data, u32 sid), void *data);

/* Most ATC_INVs that the root port keeps outstanding; one more has to wait (PCIe, ITags) */
#define MODEL_PORT_INVS		32
/* A device that never answers; one that is gone, for which the root port does not wait */
#define MODEL_SILENT		U64_MAX
#define MODEL_GONE		(U64_MAX - 1)

/**
 * model_devices() - set the function that tells how long a device takes to answer an ATC_INV
 * @m: instance
 * @fn: called with the instance's lock held when the ATC_INV is sent; returns ns,
 *	MODEL_SILENT or MODEL_GONE. NULL: all devices answer at once.
 * @data: argument for @fn
 * @port_ns: how long the root port waits for an answer
 *
 * Devices work at the same time, and a CMD_SYNC waits for the last (4.7.3). Where one has not
 * answered in time, the CMD_SYNC raises CERROR_ATC_INV_SYNC (4.5.1).
 */
void model_devices(struct model *m, u64 (*fn)(void *data, u32 sid), void *data, u64 port_ns);

/* Number of transactions that can be stalled at a time */
#define MODEL_STALLS		32
#define MODEL_UNANSWERED	0xff

/**
 * model_answer() - get the answer to a stalled access
 * @m: instance
 * @stag: stall tag of the access; free again when it was answered
 * Return: RESUME_*, or MODEL_UNANSWERED. An SMMU that is off answers with RESUME_ABORT.
 */
u8 model_answer(struct model *m, u16 stag);
/* Number of stalled accesses without an answer */
u32 model_stalled(struct model *m);

/**
 * model_stalling() - limit stalls, and let chance decide what the specification leaves open
 * @m: instance
 * @places: number of transactions that can be stalled at a time, at most MODEL_STALLS
 * @seed: not 0: while every place is taken, any other access may have to wait (3.12.2.3); a
 *	transaction like one that is stalled may stall without a record (3.12.2.1); and a stalled
 *	transaction is tried again after every command, until the CMD_SYNC after its answer
 *	(3.12.2.2)
 */
void model_stalling(struct model *m, u32 places, u32 seed);

/**
 * struct model_stall_stats - what came of that
 * @held_up: accesses that had to wait because of others
 * @unrecorded: transactions that have stalled without a record
 * @early: stalled transactions that were tried again early, and have passed
 * @early_pa: where the last one of these has gone to
 */
struct model_stall_stats {
	u32 held_up;
	u32 unrecorded;
	u32 early;
	u64 early_pa;
};

void model_stall_stats(struct model *m, struct model_stall_stats *stats);

/* Number of page request groups that can wait for an answer at a time */
#define MODEL_GROUPS		64

/**
 * struct model_page_request - a Page Request message of a device, or a Stop Marker
 * @sid: StreamID
 * @ssid: SubstreamID, with @ssv
 * @ssv: the request has a PASID
 * @last: the request is the last of its group
 * @read: the device wants to read
 * @write: the device wants to write
 * @exec: the device wants to execute
 * @priv: privileged
 * @bare: the device expects an answer without the PASID of the request
 * @rude: the device does not care what it may send
 * @again: the same, and the device does not wait for an answer: it sends the last request of a
 *	group a second time, say
 * @prg: index of the group, 9 bits
 * @addr: address of the page
 */
struct model_page_request {
	u32 sid;
	u32 ssid;
	bool ssv;
	bool last;
	bool read;
	bool write;
	bool exec;
	bool priv;
	bool bare;
	bool rude;
	bool again;
	u16 prg;
	u64 addr;
};

/**
 * model_page_request() - let a message arrive
 * @m: instance
 * @r: the message
 *
 * Return: 0 when the message is in the PRI queue; -ENOSPC when the queue is full or has overflown;
 * -EFAULT when the queue is off or in error. In these two cases the message is lost, and the SMMU
 * itself answers the last request of a group, with success or with failure (8.1, 8.2). -EBUSY when
 * the device still waits for an answer to a group with this index.
 */
int model_page_request(struct model *m, const struct model_page_request *r);

/**
 * model_page_answer() - get the answer to a group
 * @m: instance
 * @r: last request of the group, which got into the queue
 * Return: PRI_RESP_*, and the index is free again; or MODEL_UNANSWERED
 */
u8 model_page_answer(struct model *m, const struct model_page_request *r);

/* How many groups of a device wait for their answer? */
u32 model_page_waiting(struct model *m, u32 sid);

/*
 * The device has been reset, or its PRI has, and waits for no answer any more. One that comes
 * nevertheless is a violation.
 */
void model_page_forget(struct model *m, u32 sid);

/*
 * Number of commands that a queue has consumed; 0 is the main queue, then the ECMDQs, then the
 * queues of the companion
 */
u64 model_cmdq_done(struct model *m, u32 nr);

/**
 * model_trace() - set the function that is called for every command that is done
 * @m: instance
 * @fn: called with the instance's lock held, in the order of the queue; NULL ends the trace
 * @data: argument for @fn
 */
void model_trace(struct model *m, void (*fn)(void *data, const struct smmu_cmd *cmd), void *data);

#define MODEL_WATCH_MAX		8

/**
 * struct model_watch - where accesses of a device went between any two commands
 * @pa: the different places where the access went, in the order of their first time;
 *	~0 is nowhere
 * @nr: number of places
 * @looks: number of accesses at commands since model_watch(): 0 means that nothing was watched
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
 * @a: the access; NULL ends the watch. Its faults make no events.
 *
 * An access at every write of CR0 is added to these. Suites end a watch with rig_watched(), which
 * fails when there was no look.
 */
void model_watch(struct model *m, const struct model_access *a);
void model_watched(struct model *m, struct model_watch *watch);

/**
 * model_glance() - read the STE and the CD of an access, past the caches of the configuration
 * @m: instance
 * @a: its StreamID and SubstreamID
 *
 * The SMMU may read them at any time. Where writes to memory may linger, it may see one that leads
 * to another, and not see that other: level 1 of the stream table, then the STE, level 1 of the CD
 * table, the CD. This function reads them in each of these ways. What it finds is a violation where
 * it is neither valid nor invalid.
 */
void model_glance(struct model *m, const struct model_access *a);

/* The virtual clock, in ns; one for all instances */
u64 model_now(void);
void model_advance(u64 ns);

/* Set how long commands of this opcode take; 0 by default */
void model_latency(struct model *m, u8 opcode, u64 ns);

void model_inject(struct model *m, const struct model_inject *inject);
/**
 * enum model_power - how an SMMU is found when it has power again
 * @MODEL_POWER_RESET: out of reset: off, without errors; every register without a reset value holds
 *	anything
 * @MODEL_POWER_FOREIGN: another kernel has used it since, and has left it running, with tables,
 *	queues, interrupts and errors of its own
 */
enum model_power { MODEL_POWER_RESET, MODEL_POWER_FOREIGN };

/**
 * model_power_off() - take the power away
 * @m: instance
 *
 * Stalled transactions are terminated. Until model_power_on() each register access is a violation
 * (3.19), and device accesses are refused.
 */
void model_power_off(struct model *m);

/**
 * model_power_on() - give the power back
 * @m: instance
 * @how: what the driver finds
 * @gbpa: what GBPA holds
 * @seed: for the values of the other registers
 *
 * Caches and TLBs keep their content: it is IMPLEMENTATION SPECIFIC (3.11).
 */
void model_power_on(struct model *m, enum model_power how, u32 gbpa, u64 seed);

/* Raise global errors, GERROR_* of regs.h */
void model_raise(struct model *m, u32 gerror);

void model_stats(struct model *m, struct model_stats *stats);
void model_stats_reset(struct model *m);

/**
 * model_violation() - has the driver done what no driver may do?
 * @m: instance
 * @text: room for a text about the first violation, may be NULL
 * @size: size of @text
 *
 * Violations are: illegal commands, a TLBI by address without a range where the SMMU has ranges,
 * reserved bits and impossible combinations in STEs and CDs, an ATC_INV to a stream without ATS, a
 * RESUME for a transaction that is not stalled, a PRI_RESP for a group that does not wait for one,
 * a write of a register while that is not allowed, a doorbell on a queue that is off, a queue that
 * is enabled with something in it, register accesses without power, MSIs to where there is no
 * memory, tables where there is no memory, and what an access past the CPUs' caches finds that
 * nobody has cleaned.
 * Return: number of violations since creation or model_forgive()
 */
u32 model_violation(struct model *m, char *text, size_t size);
void model_forgive(struct model *m);

/* Does any TLB entry have this ASID (stage 1) or VMID? */
bool model_has_asid(struct model *m, u16 asid);
bool model_has_vmid(struct model *m, u16 vmid);
/* Number of entries of all caches */
u32 model_cached(struct model *m);
/* Is SMMUEN on, as acknowledged? */
bool model_is_on(struct model *m);
/* Number of commands that were posted and are not done */
u32 model_pending(struct model *m);

#endif
