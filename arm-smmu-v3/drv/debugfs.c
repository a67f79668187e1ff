// SPDX-License-Identifier: GPL-2.0-only
/*
 * smmuv3/domains		every paging or SVA domain with its array
 * smmuv3/<smmu>/machine		ID registers as read, what firmware says, devices: what it
 *				takes to have the machine in the suite smmu_machines
 * smmuv3/<smmu>/features	decoded ID registers
 * smmuv3/<smmu>/queues		positions and sizes
 * smmuv3/<smmu>/counters	commands, syncs, doorbells, errors
 * smmuv3/<smmu>/sync_waits	how long waits for CMD_SYNCs took; 1 or 0, written here, begins to
 *				count from zero, or ends it
 * smmuv3/<smmu>/masters	devices, what they are attached to, their STEs
 * smmuv3/<smmu>/cut		devices that were cut off, or are on the way there: why and when.
 *				The name of a device, written here, ends it.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <compat/arch.h>
#include <smmuv3/regs.h>

#include "core/array.h"
#include "core/feature.h"
#include "core/ste.h"
#include "drv/arrays.h"
#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/ats_pci.h"
#include "drv/debugfs.h"
#include "drv/firmware.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/streams.h"
#include "drv/withhold.h"
#include "hw/cmdq.h"
#include "hw/idregs.h"
#include "hw/mmio.h"
#include "hw/shut.h"
#include "hw/waits.h"

static struct dentry *root;

static const char * const inv_name[SMMU_INV_TYPES] = {
	[SMMU_INV_S1_ASID] = "S1_ASID",
	[SMMU_INV_S2_VMID] = "S2_VMID",
	[SMMU_INV_S2_VMID_VSMMU] = "S2_VMID_VSMMU",
	[SMMU_INV_S2_VMID_S1_CLEAR] = "S2_VMID_S1_CLEAR",
	[SMMU_INV_ATS] = "ATS",
	[SMMU_INV_ATS_FULL] = "ATS_FULL",
};

static_assert(ARRAY_SIZE(inv_name) == SMMU_INV_TYPES);

static void show_entry(struct seq_file *s, const struct smmu_inv *inv)
{
	struct smmu_device *smmu = smmu_device_of(inv->inst);

	seq_printf(s, "  %-16s %s id %u ssid %u granule %luK users %u%s\n",
		   inv_name[inv->type], dev_name(smmu->dev), inv->id, inv->ssid,
		   1UL << (inv->pgshift - 10), inv->users,
		   inv->users ? "" : inv->forgotten ? " forgotten" : " parked");
}

static void show_binding(struct seq_file *s, const struct smmu_binding *binding)
{
	seq_printf(s, "  attached %s", dev_name(binding->master->dev));
	if (binding->ssid)
		seq_printf(s, " pasid %u", binding->ssid);
	if (binding->tag.type == SMMU_INV_S2_VMID_VSMMU)
		seq_puts(s, " nested");
	seq_puts(s, binding->ats ? " ats\n" : "\n");
}

static int domains_show(struct seq_file *s, void *unused)
{
	struct smmu_domain *sd;
	u32 i;

	mutex_lock(&smmu_arrays_mutex);
	list_for_each_entry(sd, &smmu_domains, node) {
		struct smmu_array *array = smmu_domain_array(sd);
		struct smmu_binding *binding;

		seq_printf(s, "domain %u: stage %u%s%s%s ias %u oas %u granule %luK entries %u live length %u walks %llu\n",
			   sd->id, sd->pt.needs.stage2 ? 2 : 1,
			   sd->nest_parent ? " nest parent" : "", sd->sva ? " sva" : "",
			   sd->mm_gone ? " mm gone" : "", sd->pt.needs.ias,
			   sd->pt.needs.oas, 1UL << (sd->pt.pgshift - 10), array->len,
			   array->num, (u64)atomic64_read(&sd->walks));
		for (i = 0; i < array->len; i++)
			show_entry(s, &array->inv[i]);
		list_for_each_entry(binding, &sd->bindings, node)
			show_binding(s, binding);
	}
	mutex_unlock(&smmu_arrays_mutex);
	if (smmu_withheld_tables())
		seq_printf(s, "withheld page tables %u\n", smmu_withheld_tables());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(domains);

static int features_show(struct seq_file *s, void *unused)
{
	const struct smmu_iommu *iommu = s->private;
	const struct smmu_features *feat = &iommu->smmu.inst.feat;
	unsigned int i;

	seq_printf(s, "instance %u\nphys %pa\niidr 0x%08x %s\nflags", iommu->smmu.inst.nr,
		   &iommu->smmu.phys, iommu->smmu.iidr, smmu_ident_part(iommu->smmu.iidr));
	for (i = 0; i < SMMU_FEAT_NR; i++)
		if (feat->flags & BIT(i))
			seq_printf(s, " %s", smmu_feature_name(i));
	seq_printf(s, "\nerrata 0x%x\ngranules 0x%x\nasid_bits %u\nvmid_bits %u\nsid_bits %u\nssid_bits %u\nva_bits %u\noas_bits %u\n",
		   feat->errata, feat->granules, feat->asid_bits, feat->vmid_bits,
		   feat->sid_bits, feat->ssid_bits, feat->va_bits, feat->oas_bits);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(features);

static int queues_show(struct seq_file *s, void *unused)
{
	static const char * const kinds[] = {
		[SMMU_CMDQ_MAIN] = "main",
		[SMMU_CMDQ_ECMDQ] = "ecmdq",
		[SMMU_CMDQ_VCMDQ] = "vcmdq",
	};
	struct smmu_iommu *iommu = s->private;
	struct smmu_device *smmu = &iommu->smmu;
	const struct smmu_recordq *evtq = &smmu->evtq;
	struct smmu_cmdq_state cmdq;
	u32 i;

	for (i = 0; i < smmu_cmdqs(smmu); i++) {
		const char *kind = kinds[smmu_cmdq_at(smmu, i)->kind];

		smmu_cmdq_look_at(smmu_cmdq_at(smmu, i), &cmdq);
		seq_printf(s, "cmdq %u %s entries %u prod 0x%08x cons 0x%08x position %llu commands %llu syncs %llu posts %llu doorbells %llu full %llu errors %u timeouts %u out %u combine %u\n",
			   i, kind, cmdq.entries, cmdq.prod, cmdq.cons,
			   cmdq.posted, cmdq.sum.cmds, cmdq.sum.syncs, cmdq.sum.posts,
			   cmdq.sum.doorbells, cmdq.sum.full, cmdq.errors, cmdq.timeouts,
			   READ_ONCE(smmu_cmdq_at(smmu, i)->out),
			   smmu_cmdq_at(smmu, i)->combine);
	}
	if (!evtq->mem.virt)
		return 0;
	seq_printf(s, "evtq entries %u prod 0x%08x cons 0x%08x records %llu overflows %llu\n",
		   1U << evtq->mem.log2, smmu_reg_read(evtq->page, evtq->prod),
		   smmu_reg_read(evtq->page, evtq->cons), evtq->records, evtq->overflows);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

/* For how long the SMMU was shut, until now */
static u64 away_ms(const struct smmu_iommu *iommu)
{
	u64 ms = READ_ONCE(iommu->away_ms);

	/* an SMMU that is being removed is dead, but was not shut */
	if (smmu_device_is_dead(&iommu->smmu) && iommu->shut_at)
		ms += ktime_ms_delta(ktime_get_boottime(), READ_ONCE(iommu->shut_at));
	return ms;
}

static int counters_show(struct seq_file *s, void *unused)
{
	struct smmu_iommu *iommu = s->private;
	struct smmu_device *smmu = &iommu->smmu;
	struct smmu_cmdq_state cmdq;

	smmu_cmdq_look(smmu, &cmdq);
	seq_printf(s, "commands %llu\nsyncs %llu\nposts %llu\ndoorbells %llu\nfull %llu\ncmd_errors %u\ntimeouts %u\nlong_waits_asleep %u\nlong_waits_polling %u\nlong_waits_irqs_off %u\nlongest_wait_us %llu\ngerrors %d\nevents %llu\npage_faults %d\nvevents_lost %d\nguest_stalls %u\nguest_stalls_refused %llu\nguest_stalls_late %llu\nwithheld_tags %d\nwithheld_memory %d\nsync_word %u\ndead %u\nadrift %u\nshuts %d\naway_ms %llu\n",
		   cmdq.sum.cmds, cmdq.sum.syncs, cmdq.sum.posts, cmdq.sum.doorbells,
		   cmdq.sum.full, cmdq.errors, cmdq.timeouts,
		   cmdq.long_waits[SMMU_WAITER_SLEEPS], cmdq.long_waits[SMMU_WAITER_POLLS],
		   cmdq.long_waits[SMMU_WAITER_IRQS_OFF], cmdq.longest_us,
		   atomic_read(&smmu->gerrors), smmu->evtq.records,
		   atomic_read(&iommu->page_faults), atomic_read(&iommu->vevents_lost),
		   iommu->guest_stalls.nr, iommu->guest_stalls.refused, iommu->guest_stalls.late,
		   atomic_read(&smmu->inst.withheld), atomic_read(&smmu->withheld),
		   cmdq.word, smmu_device_is_dead(smmu), smmu_device_is_adrift(smmu),
		   atomic_read(&iommu->shuts), away_ms(iommu));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static void show_cd(struct seq_file *s, const struct smmu_cdtab *table, u32 ssid)
{
	const struct smmu_cd *cd = smmu_cdtab_cd(table, ssid);
	u32 w;

	seq_printf(s, "  cd %u:", ssid);
	for (w = 0; w < 4; w++)
		seq_printf(s, " %016llx", le64_to_cpu(READ_ONCE(cd->w[w])));
	seq_putc(s, '\n');
}

static const char * const kind_name[] = {
	[SMMU_RID_BLOCKED] = "blocked",
	[SMMU_RID_IDENTITY] = "identity",
	/* a guest's STE that aborts; with any other STE of a guest there is a domain */
	[SMMU_RID_NESTED] = "nested, abort",
	[SMMU_RID_S1] = NULL,
	[SMMU_RID_S2] = NULL,
};

static void show_master(struct seq_file *s, struct smmu_master *master)
{
	const struct smmu_cdtab *table = smmu_streams_cdtab_locked(master);
	struct smmu_device *smmu = &master->iommu->smmu;
	struct smmu_binding *binding;
	unsigned long ssid;
	const char *kind;
	u32 i, w;

	seq_printf(s, "%s: ", dev_name(master->dev));
	/* while a device leaves a domain, its kind is still that of the domain */
	kind = kind_name[READ_ONCE(master->kind)];
	if (master->rid.domain)
		seq_printf(s, "domain %u tag %s %u", master->rid.domain->id,
			   inv_name[master->rid.tag.type], master->rid.tag.id);
	else
		seq_puts(s, kind ?: "leaving a domain");
	if (master->nr_pasids)
		seq_printf(s, " pasids %u", master->nr_pasids);
	if (master->ats_capable && master->principal)
		seq_printf(s, " ats %s", master->ats_failed ? "failed" :
					 master->ats_on ? "on" : "off");
	seq_putc(s, '\n');
	for (i = 0; i < master->nr_sids; i++) {
		const struct smmu_ste *ste = smmu_strtab_ste(smmu, master->sids[i]);

		seq_printf(s, "  sid 0x%x ste %s:", master->sids[i], smmu_ste_kind(ste));
		for (w = 0; w < 4; w++)
			seq_printf(s, " %016llx", le64_to_cpu(READ_ONCE(ste->w[w])));
		if (smmu_streams_shared_locked(master, i))
			seq_printf(s, " shared, as %s has it",
				   dev_name(smmu_streams_ruler(master->iommu,
							       master->sids[i])->dev));
		seq_putc(s, '\n');
	}
	if (smmu_cdtab_exists(table))
		show_cd(s, table, 0);
	xa_for_each(&master->pasids, ssid, binding) {
		if (!binding->domain)
			continue;
		seq_printf(s, "  pasid %lu domain %u tag %s %u\n", ssid, binding->domain->id,
			   inv_name[binding->tag.type], binding->tag.id);
		show_cd(s, table, ssid);
	}
}

static int show_masters(struct seq_file *s, struct smmu_iommu *iommu,
			void (*show)(struct seq_file *s, struct smmu_master *master))
{
	struct smmu_master *master;

	/*
	 * The two locks keep the masters, and the domains that they are attached to. The lock of a
	 * master is not taken, because it may be held for long just when somebody looks here. So
	 * the rest may be changing.
	 */
	mutex_lock(&iommu->streams_lock);
	mutex_lock(&smmu_arrays_mutex);
	list_for_each_entry(master, &iommu->masters, node)
		show(s, master);
	mutex_unlock(&smmu_arrays_mutex);
	mutex_unlock(&iommu->streams_lock);
	return 0;
}

int smmu_debugfs_masters(struct seq_file *s, struct smmu_iommu *iommu)
{
	return show_masters(s, iommu, show_master);
}

static int masters_show(struct seq_file *s, void *unused)
{
	return smmu_debugfs_masters(s, s->private);
}
DEFINE_SHOW_ATTRIBUTE(masters);

static void show_cut(struct seq_file *s, struct smmu_master *master)
{
	bool cut = master->ats_failed || test_bit(SMMU_CUT, &master->ats_cut);

	if (!cut && !master->ats_failures && !READ_ONCE(master->slow_us))
		return;
	seq_printf(s, "%s: %s, cut off %u times", dev_name(master->dev),
		   !cut ? "works" : master->forgiven ? "cut off until the next attach" :
		   master->ats_failures < SMMU_ATS_FAILURES_MAX ? "cut off" : "cut off for good",
		   master->ats_failures);
	if (master->cut_at)
		seq_printf(s, ", last %llds ago: it %s",
			   div_s64(ktime_ms_delta(ktime_get_boottime(), master->cut_at),
				   MSEC_PER_SEC), smmu_cut_text(master->cut_why));
	if (test_bit(SMMU_CUT_CACHE_STUCK, &master->ats_cut))
		seq_puts(s, ", Cache_Enable is stuck");
	seq_printf(s, ", slow %llums of %u\n", div_u64(READ_ONCE(master->slow_us), USEC_PER_MSEC),
		   SMMU_SLOW_MS);
}

static int cut_show(struct seq_file *s, void *unused)
{
	return show_masters(s, s->private, show_cut);
}

static void show_machine_device(struct seq_file *s, struct smmu_master *master)
{
	u32 i;

	seq_printf(s, "device %s sids", dev_name(master->dev));
	for (i = 0; i < master->nr_sids; i++)
		seq_printf(s, " 0x%x", master->sids[i]);
	seq_printf(s, " ssid_bits %u%s%s%s\n", master->ssid_bits, master->ats_capable ? " ats" : "",
		   master->ats_required ? " ats_required" : "", master->can_stall ? " stall" : "");
}

int smmu_debugfs_machine(struct seq_file *s, struct smmu_iommu *iommu)
{
	struct device *dev = iommu->smmu.dev;
	struct smmu_idregs regs;
	unsigned int i;

	smmu_idregs_read(&iommu->smmu, &regs);
	seq_puts(s, "idr");
	for (i = 0; i < ARRAY_SIZE(regs.idr); i++)
		seq_printf(s, " %08x", regs.idr[i]);
	seq_printf(s, "\niidr %08x\naidr %08x\n", regs.iidr, regs.aidr);
	smmu_firmware_show(s, to_platform_device(dev));
	seq_printf(s, "msi %u\npage %luK\nel2 %u\n", !!dev_get_msi_domain(dev), PAGE_SIZE / SZ_1K,
		   is_kernel_in_hyp_mode());
	return show_masters(s, iommu, show_machine_device);
}

static int machine_show(struct seq_file *s, void *unused)
{
	return smmu_debugfs_machine(s, s->private);
}
DEFINE_SHOW_ATTRIBUTE(machine);

static int sync_waits_show(struct seq_file *s, void *unused)
{
	struct smmu_iommu *iommu = s->private;
	struct smmu_waits sum;
	u64 n = 0;
	int i;

	seq_printf(s, "on %u\n", smmu_waits_sum(&iommu->smmu, &sum));
	for (i = 0; i < SMMU_WAITS_BUCKETS; i++)
		n += sum.n[i];
	seq_printf(s, "waits %llu\nns %llu\n", n, sum.ns);
	for (i = 0; i < SMMU_WAITS_BUCKETS; i++)
		if (sum.n[i])
			seq_printf(s, "below_ns %llu %llu\n", 1ULL << i, sum.n[i]);
	return 0;
}

static ssize_t sync_waits_write(struct file *file, const char __user *buf, size_t size,
				loff_t *pos)
{
	struct smmu_iommu *iommu = file_inode(file)->i_private;
	bool on;
	int ret = kstrtobool_from_user(buf, size, &on);

	return ret ?: smmu_waits_set(&iommu->smmu, on) ?: size;
}
DEFINE_SHOW_STORE_ATTRIBUTE(sync_waits);

static ssize_t cut_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct smmu_iommu *iommu = file_inode(file)->i_private;
	struct smmu_master *master;
	char name[64];

	if (size >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buf, size))
		return -EFAULT;
	name[size] = '\0';
	master = smmu_streams_find(iommu, strim(name));
	if (!master || !smmu_master_lock_live(master))
		return -ENODEV;
	smmu_ats_forgive_locked(master);
	smmu_master_unlock_put(master);
	return size;
}
DEFINE_SHOW_STORE_ATTRIBUTE(cut);

void smmu_debugfs_init(void)
{
	root = debugfs_create_dir("smmuv3", NULL);
	debugfs_create_file("domains", 0400, root, NULL, &domains_fops);
}

void smmu_debugfs_exit(void)
{
	debugfs_remove(root);
}

void smmu_debugfs_add_iommu(struct smmu_iommu *iommu)
{
	iommu->debugfs = debugfs_create_dir(dev_name(iommu->smmu.dev), root);
	debugfs_create_file("machine", 0400, iommu->debugfs, iommu, &machine_fops);
	debugfs_create_file("features", 0400, iommu->debugfs, iommu, &features_fops);
	debugfs_create_file("queues", 0400, iommu->debugfs, iommu, &queues_fops);
	debugfs_create_file("counters", 0400, iommu->debugfs, iommu, &counters_fops);
	debugfs_create_file("sync_waits", 0600, iommu->debugfs, iommu, &sync_waits_fops);
	debugfs_create_file("masters", 0400, iommu->debugfs, iommu, &masters_fops);
	debugfs_create_file("cut", 0600, iommu->debugfs, iommu, &cut_fops);
}

void smmu_debugfs_remove_iommu(struct smmu_iommu *iommu)
{
	debugfs_remove(iommu->debugfs);
}
