/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of the model. The instance's lock protects everything in struct model. */
#ifndef KUNIT_MODEL_STATE_H
#define KUNIT_MODEL_STATE_H

#include <linux/prandom.h>
#include <linux/spinlock.h>

#include <smmuv3/cd.h>
#include <smmuv3/cmd.h>
#include <smmuv3/cmdqv.h>
#include <smmuv3/features.h>
#include <smmuv3/ste.h>

#include "model.h"

#define MODEL_TLB		192
#define MODEL_STES		64
#define MODEL_CDS		64
#define MODEL_L1S		16
#define MODEL_ATCS		64

/**
 * struct model_tlb - a TLB entry
 * @va: first input address
 * @pa: output address, or address of the next table
 * @asid: ASID of an entry that is not @stage2
 * @vmid: VMID; 0 for stage 1 without stage 2
 * @shift: log2 of the size that the entry covers
 * @stage2: IPA to PA, else VA to PA (of both stages where there are two)
 * @el2: of the EL2-E2H world, which has no VMID
 * @table: an intermediate entry: the walk goes on at @pa
 * @level: level of that table, or of the leaf
 * @write: writes are allowed
 * @read: reads are allowed
 */
struct model_tlb {
	u64 va;
	u64 pa;
	u16 asid;
	u16 vmid;
	u8 shift;
	bool stage2;
	bool el2;
	bool table;
	u8 level;
	bool write;
	bool read;
};

struct model_ste_entry {
	u32 sid;
	struct smmu_ste ste;
};

struct model_cd_entry {
	u32 sid;
	u32 ssid;
	struct smmu_cd cd;
};

struct model_l1_entry {
	u32 idx;
	u64 desc;
};

struct model_atc {
	u32 sid;
	u32 ssid;
	bool ssv;
	bool write;
	u8 shift;
	u64 va;
	u64 pa;
};

/**
 * struct model_stall - a transaction that waits for CMD_RESUME, or whose answer was not fetched yet
 * @used: this place is taken
 * @there: it is still in the SMMU, and may be tried early
 * @passed: it was, and has passed
 * @stag: its tag
 * @like: tag of the transaction because of which it has no record; its own where it has one
 * @answer: RESUME_* or MODEL_UNANSWERED
 * @a: the access
 */
struct model_stall {
	bool used;
	bool there;
	bool passed;
	u16 stag;
	u16 like;
	u8 answer;
	struct model_access a;
};

/*
 * A page request group whose last request was put into the queue. It is the device that waits for
 * an answer, so a group outlasts the power of the SMMU.
 */
struct model_group {
	bool used;
	bool ssv;
	u8 answer;
	u16 prg;
	u32 sid;
	u32 ssid;
};

/* Caches; entries [0, nr) of each are valid, in no order */
struct model_caches {
	struct model_tlb tlb[MODEL_TLB];
	struct model_ste_entry ste[MODEL_STES];
	struct model_cd_entry cd[MODEL_CDS];
	struct model_l1_entry l1[MODEL_L1S];
	struct model_atc atc[MODEL_ATCS];
	u32 nr_tlb, nr_ste, nr_cd, nr_l1, nr_atc;
	u32 victim;
};

/**
 * struct model_regs - registers as written
 * @gbpa_used: GBPA after its last update
 * @ack_wait: number of reads until the acknowledges follow
 */
struct model_regs {
	u32 cr0, cr0ack, cr1, cr2;
	u32 irq_ctrl, irq_ctrlack;
	u32 gbpa, gbpa_used, gerror, gerrorn;
	u32 strtab_cfg;
	u64 strtab_base;
	u64 evtq_base, priq_base;
	u32 evtq_prod, evtq_cons;
	u32 priq_prod, priq_cons;
	u64 msi_addr[MODEL_IRQS];
	u32 msi_data[MODEL_IRQS];
	u32 msi_attr[MODEL_IRQS];
	u32 ack_wait;
};

/* The MSI of a CMD_SYNC that is complete */
struct model_msi {
	bool on_its_way;
	bool cacheable;
	u32 data;
	u64 addr;
	u64 due;
};

/* Where the registers of a command queue are, and what their fields are */
enum model_queue { MODEL_CMDQ, MODEL_ECMDQ, MODEL_VCMDQ };

/**
 * struct model_cmdq - a command queue
 * @kind: enum model_queue
 * @ack_wait: number of reads of CONS until ENACK follows, or of STATUS
 * @done: number of commands that were consumed
 * @base: its BASE register
 * @prod: PROD
 * @cons: CONS
 * @cons_shown: what a read of CONS gives
 * @cons_shown_at: since when
 * @busy_until: when the command that was consumed last was done
 * @stopping: the queue was disabled, and a command is in progress
 * @atc_unsynced: there is an ATC_INV behind the last CMD_SYNC
 * @atc_unanswered: a device has not answered one of them
 * @cfgi_all_unsynced: there is a CFGI_ALL behind the last CMD_SYNC
 * @msi: of the last CMD_SYNC
 */
struct model_cmdq {
	u8 kind;
	u32 ack_wait;
	u64 done;
	u64 base;
	u32 prod;
	u32 cons;
	u32 cons_shown;
	u64 cons_shown_at;
	u64 busy_until;
	bool stopping;
	bool atc_unsynced;
	bool atc_unanswered;
	bool cfgi_all_unsynced;
	struct model_msi msi;
};

/* An ATC_INV that the root port has sent to a device: until when, and from which queue */
struct model_port_inv {
	u64 due;
	const struct model_cmdq *q;
};

/**
 * struct model_vcmdq - a queue of a companion
 * @q: the queue
 * @alloc: its register CMDQ_ALLOC
 * @config: CONFIG
 * @on: STATUS
 * @gerror: GERROR
 * @gerrorn: GERRORN
 * @indx: CONS_INDX_BASE
 */
struct model_vcmdq {
	struct model_cmdq q;
	u32 alloc;
	u32 config;
	bool on;
	u32 gerror;
	u32 gerrorn;
	u64 indx;
};

/* An interface of a companion: CONFIG, STATUS, SID_MATCH, SID_REPLACE */
struct model_vintf {
	u32 config;
	bool on;
	u32 ack_wait;
	u32 match[CMDQV_SIDS_MAX];
	u32 replace[CMDQV_SIDS_MAX];
};

/* The registers of a queue in memory, as the model has read or written them last */
#define MODEL_SHOWN		6
struct model_shown {
	u32 val[MODEL_SHOWN];
};

/**
 * struct model_cmdqv - a companion
 * @vintf: its VINTFs
 * @q: its queues
 * @nr_vintfs: number of VINTFs
 * @nr: number of queues, 0 without a companion
 * @each: logical queues of a VINTF
 * @sids: StreamIDs that a VINTF can replace
 * @config: CONFIG
 * @on: STATUS
 * @ack_wait: number of reads of STATUS until it follows
 * @int_mask: VINTF_INT_MASK
 * @ram: the registers of guests' queues as memory, see model_cmdqv_show(); NULL for none
 * @shown: what each logical queue of each VINTF shows there, by VINTF
 */
struct model_cmdqv {
	struct model_vintf *vintf;
	struct model_vcmdq *q;
	u32 nr_vintfs;
	u32 nr;
	u32 each;
	u32 sids;
	u32 config;
	bool on;
	u32 ack_wait;
	u64 int_mask;
	void *ram;
	struct model_shown *shown;
};

/* The bit of IRQ_CTRL for each interrupt */
extern const u32 model_irq_enable[MODEL_IRQS];

struct model {
	raw_spinlock_t lock;
	struct model_config cfg;
	struct smmu_features feat;
	const struct model_host_ops *ops;
	void *host;
	struct model_regs r;
	struct model_cmdq cmdq;
	struct model_cmdq *ecmdq;
	u32 nr_ecmdqs;
	struct model_cmdqv cmdqv;
	struct rnd_state ecmdq_rnd;	/* which queue goes on */
	bool by_guest;			/* the command in progress is a guest's */
	struct model_caches c;
	struct model_inject inject;
	struct model_stats stats;
	u64 latency[256];
	struct model_port_inv port[4 * MODEL_PORT_INVS];
	u32 port_invs;
	u64 (*device)(void *data, u32 sid);
	void *device_data;
	u64 port_ns;
	bool unpowered;
	u16 stag;
	struct model_stall stall[MODEL_STALLS];
	u32 stall_places;	/* 0 for all */
	bool stall_chance;
	struct rnd_state stall_rnd;
	struct model_stall_stats stall_stats;
	struct model_group group[MODEL_GROUPS];
	void (*trace)(void *data, const struct smmu_cmd *cmd);
	void *trace_data;
	bool (*ats_enable)(void *data, u32 sid);
	void *ats_enable_data;
	u8 fresh;		/* enum model_depth */
	bool watching;
	struct model_access watched;
	struct model_watch watch;
	u32 violations;
	char violation[160];
};

/* model.c */
__printf(2, 3) void model_violate(struct model *m, const char *fmt, ...);
/*
 * Memory as an access of the SMMU sees it. One that is @cacheable looks into the CPUs' caches, if
 * the SMMU is coherent. Return: NULL where there is no memory, or none that was cleaned, which is a
 * violation.
 */
void *model_mem(struct model *m, u64 pa, size_t len, bool cacheable);
/*
 * What leads to what. Up to @fresh of struct model a read sees the newest value, and behind that
 * what is settled.
 */
enum model_depth { MODEL_NONE, MODEL_L1STD, MODEL_STE, MODEL_L1CD, MODEL_CD };
/* Read 64 bits at once, as the SMMU does. Return: false as model_mem() */
bool model_mem_read64(struct model *m, u64 pa, bool cacheable, enum model_depth depth, u64 *val);
/* Memory for the SMMU to write to: the CPUs see it */
void *model_mem_write(struct model *m, u64 pa, size_t len, bool cacheable);
void model_irq(struct model *m, enum model_irq irq);
void model_set_gerror(struct model *m, u32 bits);

/* cmdq.c; execute the commands that are due by now */
void model_step(struct model *m, u64 now);
void model_doorbell(struct model *m, struct model_cmdq *q, u32 prod, u64 now);
bool model_cmdq_is_empty(const struct model_cmdq *q);
/* Is there a command that the SMMU has begun, or would begin if the queue were on? */
bool model_in_progress(const struct model *m, const struct model_cmdq *q);

/* ecmdq.c */
bool model_ecmdq_is_on(const struct model_cmdq *q);
/* Is an error of an ECMDQ active? */
bool model_ecmdq_has_failed(const struct model_cmdq *q);
/* Is the register one of a control page? Then access it. */
bool model_ecmdq_has(const struct model *m, u32 off);
void model_ecmdq_write(struct model *m, u32 off, u32 size, u64 val, u64 now);
u64 model_ecmdq_read(struct model *m, u32 off, u32 size);
/* The registers that describe the control pages, 6.3.49 - 6.3.51 */
u64 model_ecmdq_page_reg(const struct model *m, u32 off);
bool model_ecmdq_any_on(const struct model *m);
/* Return: false without memory */
bool model_ecmdq_make(struct model *m);
void model_ecmdq_power_off(struct model *m);

/* cmdqv.c. Return: false without memory */
bool model_cmdqv_make(struct model *m);
void model_cmdqv_free(struct model *m);
void model_cmdqv_power_off(struct model *m);
/* Be as another kernel has left it */
void model_cmdqv_run(struct model *m);
/* The queues of a VINTF, or of all, are told to stop; a command that was begun ends */
#define MODEL_ALL_VINTFS	U32_MAX
void model_cmdqv_stopping(struct model *m, u32 v);
struct model_vcmdq *model_cmdqv_logical(struct model *m, u32 v, u32 l);
u32 model_vcmdq_vintf(const struct model_vcmdq *q);
/* Does the queue belong to the VINTF of a guest? */
bool model_vcmdq_is_guests(const struct model_vcmdq *q);
void model_vcmdq_defy(struct model *m, struct model_vcmdq *q);
/* May the queue begin a command? */
bool model_vcmdq_runs(const struct model *m, const struct model_vcmdq *q);

/* vcmdq.c */
bool model_vcmdq_has_failed(const struct model_vcmdq *q);
void model_vcmdq_fail(struct model *m, struct model_cmdq *q, u32 error);
/* Does the queue not take such a command? */
bool model_vcmdq_refuses(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd);
/* Replace VMID and StreamID of a guest's command. Return: false for a StreamID without a match */
bool model_vcmdq_replace(struct model *m, struct model_cmdq *q, struct smmu_cmd *cmd);
/* A CMD_SYNC of the main queue: queues that are off forget ATC_INVs without a CMD_SYNC */
void model_vcmdq_flush(struct model *m);
void model_vcmdq_write(struct model *m, u32 off, u32 size, u64 val, u64 now);
u64 model_vcmdq_read(struct model *m, u32 off, u32 size);

/* vpage.c: take what programs have written, and show the registers */
void model_vpage_look(struct model *m, u64 now);

/* exec.c */
void model_exec(struct model *m, struct model_cmdq *q, const struct smmu_cmd *cmd);
/* Deliver the MSI of a CMD_SYNC if it is due by now */
void model_msi_due(struct model *m, struct model_cmdq *q, u64 now);

/* cache.c */
void model_tlb_add(struct model *m, const struct model_tlb *entry);
/* Find the leaf, or intermediate, entry for an address that covers the smallest range */
const struct model_tlb *model_tlb_find(struct model *m, const struct model_tlb *key, bool table);
void model_tlb_inv(struct model *m, bool (*match)(const struct model_tlb *e, const void *arg),
		   const void *arg);
void model_atc_add(struct model *m, const struct model_atc *entry);
struct model_atc *model_atc_find(struct model *m, const struct model_access *a);
void model_atc_inv(struct model *m, u32 sid, bool ssv, u32 ssid, bool global, u64 va, u8 size);
void model_cfg_inv_ste(struct model *m, u32 sid, u32 mask, bool leaf);
void model_cfg_inv_cd(struct model *m, u32 sid, u32 ssid, bool all);
void model_cfg_inv_all(struct model *m);
bool model_cfg_get_l1(struct model *m, u32 idx, u64 *desc);
void model_cfg_put_l1(struct model *m, u32 idx, u64 desc);
bool model_cfg_get_ste(struct model *m, u32 sid, struct smmu_ste *ste);
void model_cfg_put_ste(struct model *m, u32 sid, const struct smmu_ste *ste);
bool model_cfg_get_cd(struct model *m, u32 sid, u32 ssid, struct smmu_cd *cd);
void model_cfg_put_cd(struct model *m, u32 sid, u32 ssid, const struct smmu_cd *cd);

/* Attributes of accesses to queues and to stream tables, by CR1; and to CDs, by the STE */
bool model_queues_cacheable(const struct model *m);
bool model_strtab_cacheable(const struct model *m);
bool model_cds_cacheable(const struct smmu_ste *ste);

struct model_stage;
struct model_walk;

/*
 * config.c; each returns 0 or an event id. With @cached the configuration cache is used and filled.
 */
u8 model_fetch_ste(struct model *m, u32 sid, bool cached, struct smmu_ste *ste);
u8 model_check_ste(struct model *m, u32 sid, const struct smmu_ste *ste);
/* @s2: stage 2 or NULL; @walk: out, the walk that has failed */
u8 model_fetch_cd(struct model *m, u32 sid, u32 ssid, const struct smmu_ste *ste,
		  const struct model_stage *s2, bool cached, struct smmu_cd *cd,
		  struct model_walk *walk);
u8 model_check_cd(struct model *m, u32 sid, const struct smmu_cd *cd);

/**
 * struct model_stage - how to walk one stage
 * @key: tags of its TLB entries
 * @ttb: address of the first table
 * @ias: number of input bits
 * @oas: number of output bits
 * @pgshift: log2 of the granule
 * @level: level of the first table
 * @hd: hardware dirty state
 * @affd: the access flag is not checked
 * @cacheable: attributes of the walk
 * @parent: stage 2 below stage 1, or NULL
 */
struct model_stage {
	struct model_tlb key;
	u64 ttb;
	u8 ias;
	u8 oas;
	u8 pgshift;
	u8 level;
	bool hd;
	bool affd;
	bool cacheable;
	const struct model_stage *parent;
};

/* config.c */
void model_stage1(struct model *m, const struct smmu_ste *ste, const struct smmu_cd *cd,
		  struct model_stage *st);
void model_stage2(struct model *m, const struct smmu_ste *ste, struct model_stage *st);

/* Result of a walk */
struct model_walk {
	u64 pa;
	u8 shift;
	bool write;
	bool hit;
	bool s2;
	u64 ipa;
};

/* walk.c; returns 0 or an event id */
u8 model_walk(struct model *m, const struct model_stage *st, u64 va, bool write,
	      struct model_walk *out);

/* access.c */
/* Let the watched access happen, at a command; the lock is held */
void model_watch_once(struct model *m);

/* power.c; is the register accessed without power? */
bool model_unpowered(struct model *m, u32 off);

/* stall.c; is there room for one more; add one; answer one */
bool model_stall_room(struct model *m);
void model_stall_add(struct model *m, struct model_access *a);
/* Stall without a record, as one like it has stalled already. Return: false for no */
bool model_stall_quietly(struct model *m, struct model_access *a);
/* Does an access have to wait because every place is taken? */
bool model_stall_holds_up(struct model *m);
/* A command was executed: try again what is stalled */
void model_stall_early(struct model *m, u8 opcode);
/*
 * access.c; try a transaction without a record again, as though it had just arrived, with the tag
 * that it has. Return: as model_access()
 */
int model_retry(struct model *m, struct model_access *a);
/* access.c; where would the access go now, without an event? Return: false for nowhere */
bool model_would_pass(struct model *m, struct model_access *a);
void model_stall_resume(struct model *m, u32 sid, u16 stag, u8 action);
/* SMMUEN has become 0: terminate what is stalled (6.3.9.6) */
void model_stall_end(struct model *m);

/* priq.c; take an answer of the driver */
void model_page_resp(struct model *m, u32 sid, bool ssv, u32 ssid, u16 prg, u8 resp);

/* eventq.c; returns false if there is no room for the record of a stalled transaction */
bool model_event(struct model *m, const struct model_access *a, const struct model_walk *walk,
		 bool stall);

#endif
