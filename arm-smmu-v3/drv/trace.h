/* SPDX-License-Identifier: GPL-2.0-only */
/* Trace events, system "smmuv3". They cost nothing while they are off. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM smmuv3

#if !defined(SMMU_DRV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SMMU_DRV_TRACE_H

#include <linux/device.h>
#include <linux/tracepoint.h>

#include "core/array.h"
#include "core/cmd.h"
#include "core/range.h"
#include "core/tag.h"
#include "hw/device.h"

TRACE_EVENT(smmu_attach,
	TP_PROTO(u32 domain, const struct smmu_array *added),
	TP_ARGS(domain, added),
	TP_STRUCT__entry(
		__field(u32, domain)
		__field(u32, nr)
		__field(u32, smmu)
		__field(u32, id)
		__field(u8, type)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->nr = added->len;
		__entry->smmu = added->inv[0].inst->nr;
		__entry->id = added->inv[0].id;
		__entry->type = added->inv[0].type;
	),
	TP_printk("domain=%u entries=%u smmu=%u type=%u id=%u", __entry->domain, __entry->nr,
		  __entry->smmu, __entry->type, __entry->id)
);

TRACE_EVENT(smmu_unref,
	TP_PROTO(u32 domain, const struct smmu_inv *inv),
	TP_ARGS(domain, inv),
	TP_STRUCT__entry(
		__field(u32, domain)
		__field(u32, smmu)
		__field(u32, id)
		__field(u8, type)
		__field(bool, last)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->smmu = inv->inst->nr;
		__entry->id = inv->id;
		__entry->type = inv->type;
		__entry->last = !inv->users;
	),
	TP_printk("domain=%u smmu=%u type=%u id=%u last=%d", __entry->domain, __entry->smmu,
		  __entry->type, __entry->id, __entry->last)
);

TRACE_EVENT(smmu_tag,
	TP_PROTO(u32 domain, const struct smmu_tag *tag),
	TP_ARGS(domain, tag),
	TP_STRUCT__entry(
		__field(u32, domain)
		__field(u32, smmu)
		__field(u32, id)
		__field(u8, type)
		__field(bool, fresh)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->smmu = tag->inst->nr;
		__entry->id = tag->id;
		__entry->type = tag->type;
		__entry->fresh = tag->fresh;
	),
	TP_printk("domain=%u smmu=%u type=%u id=%u %s", __entry->domain, __entry->smmu,
		  __entry->type, __entry->id, __entry->fresh ? "allocated" : "found")
);

TRACE_EVENT(smmu_invalidate,
	TP_PROTO(u32 domain, const struct smmu_range *range),
	TP_ARGS(domain, range),
	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, last)
		__field(u32, domain)
		__field(u8, pgshift)
		__field(bool, leaf)
		__field(bool, all)
	),
	TP_fast_assign(
		__entry->start = range->start;
		__entry->last = range->last;
		__entry->domain = domain;
		__entry->pgshift = range->pgshift;
		__entry->leaf = range->leaf;
		__entry->all = range->all;
	),
	TP_printk("domain=%u %s start=0x%llx last=0x%llx pgshift=%u leaf=%d", __entry->domain,
		  __entry->all ? "all" : "range", __entry->start, __entry->last,
		  __entry->pgshift, __entry->leaf)
);

TRACE_EVENT(smmu_post,
	TP_PROTO(const struct smmu_device *smmu, u32 domain, const struct smmu_cmd *cmd,
		 u32 n, int ret),
	TP_ARGS(smmu, domain, cmd, n, ret),
	TP_STRUCT__entry(
		__string(dev, dev_name(smmu->dev))
		__field(u64, w0)
		__field(u64, w1)
		__field(u32, domain)
		__field(u32, n)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->w0 = le64_to_cpu(cmd[0].w[0]);
		__entry->w1 = le64_to_cpu(cmd[0].w[1]);
		__entry->domain = domain;
		__entry->n = n;
		__entry->ret = ret;
	),
	TP_printk("%s domain=%u commands=%u first=0x%016llx,0x%016llx ret=%d", __get_str(dev),
		  __entry->domain, __entry->n, __entry->w0, __entry->w1, __entry->ret)
);

TRACE_EVENT(smmu_wait,
	TP_PROTO(const struct smmu_device *smmu, u64 position, int ret),
	TP_ARGS(smmu, position, ret),
	TP_STRUCT__entry(
		__string(dev, dev_name(smmu->dev))
		__field(u64, position)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->position = position;
		__entry->ret = ret;
	),
	TP_printk("%s position=%llu ret=%d", __get_str(dev), __entry->position, __entry->ret)
);

TRACE_EVENT(smmu_long_wait,
	TP_PROTO(const struct smmu_device *smmu, enum smmu_waiter who, u64 us, u32 sid, int ret),
	TP_ARGS(smmu, who, us, sid, ret),
	TP_STRUCT__entry(
		__string(dev, dev_name(smmu->dev))
		__field(u64, us)
		__field(u32, sid)
		__field(u8, who)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->us = us;
		__entry->sid = sid;
		__entry->who = who;
		__entry->ret = ret;
	),
	TP_printk("%s us=%llu caller=%s sid=0x%x ret=%d", __get_str(dev), __entry->us,
		  __print_symbolic(__entry->who, { SMMU_WAITER_SLEEPS, "sleeps" },
				   { SMMU_WAITER_POLLS, "polls" },
				   { SMMU_WAITER_IRQS_OFF, "interrupts_off" }),
		  __entry->sid, __entry->ret)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH drv
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
