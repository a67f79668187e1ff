// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nesting: guests' STEs over a shared stage 2. Which entries each kind of vSTE makes in the
 * parent's array, what is invalidated when, what a guest can reach with its commands, and which
 * events it gets.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/cmd.h"
#include "core/event.h"
#include "core/ste.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/fault.h"
#include "drv/master.h"
#include "driver/nest.h"

#define VA	NEST_VA
#define VA2	NEST_VA2
#define IPA	NEST_IPA
#define IPA2	NEST_IPA2
#define PA	NEST_PA
#define PA2	NEST_PA2
#define VSID	NEST_VSID

/* Number of users of an entry in the parent's array; -1 if there is no such entry */
static int users(struct iommu_domain *parent, struct machine_smmu *smmu, u8 type, u32 id)
{
	struct smmu_inv key = { .inst = &rig_iommu(smmu)->smmu.inst, .type = type, .id = id };
	const struct smmu_inv *inv;
	int ret;

	mutex_lock(&smmu_arrays_mutex);
	inv = smmu_array_find(smmu_domain_array(smmu_domain_of(parent)), &key);
	ret = inv ? inv->users : -1;
	mutex_unlock(&smmu_arrays_mutex);
	return ret;
}

static u32 live(struct iommu_domain *parent)
{
	const struct smmu_array *array;
	u32 i, ret = 0;

	mutex_lock(&smmu_arrays_mutex);
	array = smmu_domain_array(smmu_domain_of(parent));
	for (i = 0; i < array->len; i++)
		ret += !!array->inv[i].users;
	mutex_unlock(&smmu_arrays_mutex);
	return ret;
}

static const char *ste_kind(struct nest *n)
{
	return smmu_ste_kind(smmu_strtab_ste(&rig_iommu(n->smmu)->smmu, n->d->sid));
}

static void expect_pair(struct kunit *test, struct nest *n, int want)
{
	u16 vmid = n->g->vsmmu.vmid;

	KUNIT_EXPECT_EQ(test, want, users(n->parent, n->smmu, SMMU_INV_S2_VMID_VSMMU, vmid));
	KUNIT_EXPECT_EQ(test, want, users(n->parent, n->smmu, SMMU_INV_S2_VMID_S1_CLEAR, vmid));
	if (want <= 0)
		KUNIT_EXPECT_FALSE(test, model_has_vmid(n->smmu->model, vmid));
}

/* For each kind of vSTE: the STE, the entries, and where an access ends */
static void kinds(struct kunit *test)
{
	struct iommu_domain *s1, *bypass, *abort;
	struct nest n;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	bypass = guest_bypass(test, n.g);
	abort = guest_abort(test, n.g);
	expect_pair(test, &n, -1);

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, abort));
	KUNIT_EXPECT_STREQ(test, "abort", ste_kind(&n));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));
	expect_pair(test, &n, -1);

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, bypass));
	KUNIT_EXPECT_STREQ(test, "stage2", ste_kind(&n));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, IPA, true));
	expect_pair(test, &n, 1);
	KUNIT_EXPECT_EQ(test, 2, live(n.parent));

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_STREQ(test, "nested", ste_kind(&n));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, true));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, IPA, true));
	expect_pair(test, &n, 1);

	/*
	 * the last user has left: the VMID is invalidated, its entries are parked, and the vSMMU
	 * keeps it
	 */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, abort));
	expect_pair(test, &n, 0);
	KUNIT_EXPECT_EQ(test, 0, live(n.parent));
	KUNIT_EXPECT_FALSE(test, ida_is_empty(&rig_iommu(n.smmu)->smmu.inst.vmids));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(bypass);
	iommu_domain_free(abort);
	nest_free(test, &n);
}

/* The guest changes its table and invalidates it; before that, the old translation may be used */
static void guest_invalidates(struct kunit *test)
{
	struct iommu_domain *s1;
	struct smmu_cmd cmd = {};
	struct nest n;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	guest_unmap(test, n.t, VA);
	guest_map(test, n.t, VA, IPA2);
	/*
	 * the model keeps the old translation as long as it may; otherwise the case would prove
	 * nothing
	 */
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));

	/* the guest believes that its VMID is 0 */
	cmd.w[0] = cpu_to_le64(CMD_TLBI_NH_ASID | FIELD_PREP(CMD0_TLBI_ASID, 5));
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, n.d, VA, false));

	guest_unmap(test, n.t, VA);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, n.d, VA, false));
	cmd.w[0] = cpu_to_le64(CMD_TLBI_NSNH_ALL);
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* The guest writes another CD; its CFGI_CD names the stream by the StreamID that the guest knows */
static void guest_changes_cd(struct kunit *test)
{
	struct guest_table *other;
	struct iommu_domain *s1;
	struct smmu_cmd cmd;
	struct nest n;
	u32 num = 1;

	nest_make(test, &n, false, false);
	other = guest_table(test, n.smmu, n.parent, 6);
	guest_map(test, other, VA, IPA2);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	*n.t->cd = *other->cd;
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));

	smmu_cmd_cfgi_cd(&cmd, VSID + 1, 0, true);
	KUNIT_EXPECT_EQ(test, -EIO, guest_commands(test, n.g, &cmd, &num));
	KUNIT_EXPECT_EQ(test, 0, num);
	/* the guest cannot name the stream by the host's StreamID */
	smmu_cmd_cfgi_cd(&cmd, n.d->sid, 0, true);
	num = 1;
	KUNIT_EXPECT_EQ(test, -EIO, guest_commands(test, n.g, &cmd, &num));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	smmu_cmd_cfgi_cd(&cmd, VSID, 0, true);
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, n.d, VA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* Opcodes of one unmap, in the order in which they are in the queue */
struct order {
	u8 op[16];
	u32 nr;
};

static void note_op(void *data, const struct smmu_cmd *cmd)
{
	struct order *o = data;

	if (o->nr < ARRAY_SIZE(o->op))
		o->op[o->nr++] = smmu_cmd_opcode(cmd);
}

/*
 * Stage 2 changes under a running guest: the invalidations are for stage 2, then for the guests'
 * stage 1, then for everything in the ATCs.
 */
static void parent_unmaps(struct kunit *test)
{
	static const u8 want[] = { CMD_TLBI_S2_IPA, CMD_SYNC, CMD_TLBI_NH_ALL, CMD_SYNC,
				   CMD_ATC_INV, CMD_SYNC };
	struct iommu_domain *s1;
	struct order o = {};
	struct nest n;

	nest_make(test, &n, true, false);
	s1 = guest_s1(test, n.g, n.t, true);
	guest_map(test, n.t, VA2, IPA2);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, 1, users(n.parent, n.smmu, SMMU_INV_ATS_FULL, n.d->sid));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, n.d, VA2, false));

	model_trace(n.smmu->model, note_op, &o);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.parent, IPA, SZ_4K));
	model_trace(n.smmu->model, NULL, NULL);
	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(want), o.nr);
	KUNIT_EXPECT_MEMEQ(test, want, o.op, ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, n.d, VA2, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(n.parent, IPA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, n.d, VA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* The device accesses @va without a PASID and with each of the guest's PASIDs; all reach @pa */
static void expect_all(struct kunit *test, struct nest *n, u64 va, u64 pa)
{
	u32 ssid;

	KUNIT_EXPECT_EQ(test, pa, rig_access(n->rig, n->d, va, false));
	for (ssid = 1; ssid < 4; ssid++)
		KUNIT_EXPECT_EQ(test, pa, rig_access_ssid(n->rig, n->d, ssid, va, false));
}

/*
 * What the ATC holds under a guest's PASIDs is invalidated, too: when the parent unmaps, and when
 * ATS is turned off.
 */
static void parent_unmaps_under_pasids(struct kunit *test)
{
	struct iommu_domain *s1, *abort;
	struct nest n;

	nest_make(test, &n, true, true);
	s1 = guest_s1_pasids(test, n.g, n.t, true, 2);
	abort = guest_abort(test, n.g);
	guest_map(test, n.t, VA2, IPA2);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	expect_all(test, &n, VA, PA);
	expect_all(test, &n, VA2, PA2);

	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.parent, IPA, SZ_4K));
	expect_all(test, &n, VA, RIG_NOWHERE);
	expect_all(test, &n, VA2, PA2);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(n.parent, IPA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	expect_all(test, &n, VA, PA2);

	/* ATS is off, and the device gets no ATC_INV meanwhile */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, abort));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.parent, IPA, SZ_4K));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	expect_all(test, &n, VA, RIG_NOWHERE);
	expect_all(test, &n, VA2, PA2);

	/* ATS stays on from one domain to another */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.parent));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access_ssid(n.rig, n.d, 1, VA2, false));
	rig_check(test, n.rig);

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(abort);
	nest_free(test, &n);
}

/*
 * A device with an ATC: ATS is on with a stage-1 vSTE that asks for it, and off with any other
 * vSTE.
 */
static void ats_follows_the_vste(struct kunit *test)
{
	struct iommu_domain *with, *without, *bypass, *abort;
	struct nest n;

	nest_make(test, &n, true, false);
	with = guest_s1(test, n.g, n.t, true);
	without = guest_s1(test, n.g, n.t, false);
	bypass = guest_bypass(test, n.g);
	abort = guest_abort(test, n.g);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, without));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, with));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, bypass));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, 0, users(n.parent, n.smmu, SMMU_INV_ATS_FULL, n.d->sid));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, IPA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, with));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, abort));
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));
	/*
	 * attached to the parent itself: entries of its own, with an ATS entry for single addresses
	 */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, n.parent));
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, 1, users(n.parent, n.smmu, SMMU_INV_ATS, n.d->sid));
	KUNIT_EXPECT_EQ(test, 0, users(n.parent, n.smmu, SMMU_INV_ATS_FULL, n.d->sid));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, IPA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(with);
	iommu_domain_free(without);
	iommu_domain_free(bypass);
	iommu_domain_free(abort);
	nest_free(test, &n);
}

/* The guest's own ATC_INV; while ATS is off, it counts as done without being sent */
static void guest_invalidates_atc(struct kunit *test)
{
	struct model_stats *stats = kunit_kzalloc(test, sizeof(*stats), GFP_KERNEL);
	struct iommu_domain *with, *without;
	struct smmu_cmd cmd[2];
	struct nest n;
	u32 num = 2;

	KUNIT_ASSERT_NOT_NULL(test, stats);
	nest_make(test, &n, true, false);
	with = guest_s1(test, n.g, n.t, true);
	without = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, with));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	guest_unmap(test, n.t, VA);
	cmd[0] = (struct smmu_cmd) { { cpu_to_le64(CMD_TLBI_NH_ALL) } };
	guest_command(test, n.g, cmd);
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	smmu_cmd_atc_inv(&cmd[1], VSID, 0, false, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, 0, guest_commands(test, n.g, cmd, &num));
	KUNIT_EXPECT_EQ(test, 2, num);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, without));
	model_stats_reset(n.smmu->model);
	guest_command(test, n.g, &cmd[1]);
	model_stats(n.smmu->model, stats);
	KUNIT_EXPECT_EQ(test, 0, stats->cmds[CMD_ATC_INV]);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(with);
	iommu_domain_free(without);
	nest_free(test, &n);
}

/*
 * Two guests on one SMMU share a parent: they have two VMIDs; a change of the parent reaches both,
 * a guest's command reaches only that guest.
 */
static void two_on_one(struct kunit *test)
{
	struct iommu_domain *s1, *s1_b;
	struct guest_table *t_b;
	struct rig_device *d_b;
	struct smmu_cmd cmd;
	struct guest *g_b;
	struct nest n;

	nest_make(test, &n, false, false);
	d_b = rig_device(test, n.rig, 0);
	g_b = nest_guest(test, n.smmu, n.parent, d_b, VSID);
	t_b = guest_table(test, n.smmu, n.parent, 5);
	guest_map(test, t_b, VA, IPA2);
	KUNIT_EXPECT_NE(test, n.g->vsmmu.vmid, g_b->vsmmu.vmid);
	s1 = guest_s1(test, n.g, n.t, false);
	s1_b = guest_s1(test, g_b, t_b, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d_b, s1_b));
	KUNIT_EXPECT_EQ(test, 4, live(n.parent));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, d_b, VA, false));

	/*
	 * with the same ASID and vSID but another VMID, the commands of one guest do not reach the
	 * other
	 */
	guest_unmap(test, n.t, VA);
	guest_unmap(test, t_b, VA);
	cmd = (struct smmu_cmd) { { cpu_to_le64(CMD_TLBI_NSNH_ALL) } };
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, d_b, VA, false));
	/* not even if they name the VMID of the other */
	cmd.w[0] = cpu_to_le64(CMD_TLBI_NH_ALL | FIELD_PREP(CMD0_TLBI_VMID, g_b->vsmmu.vmid));
	guest_command(test, n.g, &cmd);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, d_b, VA, false));

	guest_map(test, n.t, VA, IPA2);
	KUNIT_EXPECT_EQ(test, PA2, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.parent, IPA2, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, d_b, VA, false));

	/* the first guest detaches: the entries of the other stay */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 2, live(n.parent));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d_b, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(s1_b);
	guest_destroy(g_b);
	nest_free(test, &n);
}

/*
 * Two SMMUs with a vSMMU on each share one stage 2, and a third device is attached to that itself.
 */
static void two_smmus_and_raw(struct kunit *test)
{
	struct machine_smmu *smmu_b;
	struct rig_device *d_b, *raw;
	struct iommu_domain *s1, *s1_b;
	struct guest_table *t_b;
	struct guest *g_b;
	struct nest n;

	nest_make(test, &n, false, false);
	smmu_b = guest_smmu(test, n.rig, 1);
	d_b = rig_device(test, n.rig, 1);
	raw = rig_device(test, n.rig, 0);
	g_b = nest_guest(test, smmu_b, n.parent, d_b, VSID);
	t_b = guest_table(test, smmu_b, n.parent, 5);
	guest_map(test, t_b, VA, IPA);
	s1 = guest_s1(test, n.g, n.t, false);
	s1_b = guest_s1(test, g_b, t_b, false);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d_b, s1_b));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(raw, n.parent));
	/* two pairs for the vSMMUs, and the VMID of the third device */
	KUNIT_EXPECT_EQ(test, 5, live(n.parent));
	KUNIT_EXPECT_EQ(test, -1, users(n.parent, n.smmu, SMMU_INV_S2_VMID, n.g->vsmmu.vmid));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, d_b, VA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, raw, IPA, false));
	/* the nested domain belongs to the other SMMU */
	KUNIT_EXPECT_EQ(test, -EINVAL, s1_b->ops->attach_dev(s1_b, n.d->dev, s1));
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));

	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(n.parent, IPA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, VA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, d_b, VA, false));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, raw, IPA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(raw, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d_b, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(s1_b);
	guest_destroy(g_b);
	nest_free(test, &n);
}

enum { IDENTITY, BLOCKED, S1, RAW, V_ABORT, V_BYPASS, V_S1, V_S1_ATS, STATES };

/* Every change from one kind of attachment to another, with an access between any two commands */
static void replaces(struct kunit *test)
{
	static const u64 goes_to[STATES] = {
		[IDENTITY] = IPA, [BLOCKED] = RIG_NOWHERE, [S1] = PA2, [RAW] = PA,
		[V_ABORT] = RIG_NOWHERE, [V_BYPASS] = PA, [V_S1] = PA2, [V_S1_ATS] = PA2,
	};
	struct iommu_domain *state[STATES];
	struct model_access dma = { .iova = IPA };
	u32 from, to, i;
	struct nest n;
	bool aborts;

	nest_make(test, &n, true, false);
	guest_map(test, n.t, IPA, IPA2);
	state[IDENTITY] = &smmu_identity_domain;
	state[BLOCKED] = &smmu_blocked_domain;
	state[S1] = rig_domain(test, n.d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(state[S1], IPA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	state[RAW] = n.parent;
	state[V_ABORT] = guest_abort(test, n.g);
	state[V_BYPASS] = guest_bypass(test, n.g);
	state[V_S1] = guest_s1(test, n.g, n.t, false);
	state[V_S1_ATS] = guest_s1(test, n.g, n.t, true);
	dma.sid = n.d->sid;
	for (from = 0; from < STATES; from++) {
		for (to = 0; to < STATES; to++) {
			/* the IOMMU core does nothing then, and there is nothing to watch */
			if (from == to)
				continue;
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, state[from]));
			KUNIT_EXPECT_EQ(test, goes_to[from], rig_access(n.rig, n.d, IPA, false));
			/* from one abort to another the STE stays, and no command is sent */
			aborts = goes_to[from] == RIG_NOWHERE && goes_to[to] == RIG_NOWHERE;
			if (!aborts)
				model_watch(n.smmu->model, &dma);
			KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, state[to]));
			if (!aborts)
				rig_watched(test, n.smmu, goes_to[from], goes_to[to], RIG_NOWHERE);
			KUNIT_EXPECT_EQ(test, goes_to[to], rig_access(n.rig, n.d, IPA, false));
		}
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(state[S1]);
	for (i = V_ABORT; i < STATES; i++)
		iommu_domain_free(state[i]);
	nest_free(test, &n);
}

/*
 * A device in a guest is reset: it comes back to the same vSTE without memory, whatever others have
 * done meanwhile.
 */
static void comes_back(struct kunit *test)
{
	struct iommu_domain *s1;
	struct rig_device *other;
	struct nest n;

	nest_make(test, &n, true, false);
	other = rig_device(test, n.rig, 0);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_EXPECT_EQ(test, 0, smmu_blocked_domain.ops->attach_dev(&smmu_blocked_domain,
								     n.d->dev, s1));
	expect_pair(test, &n, 0);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(other, n.parent));
	expect_pair(test, &n, 0);
	rig_alloc_begin(1);
	KUNIT_EXPECT_EQ(test, 0, s1->ops->attach_dev(s1, n.d->dev, &smmu_blocked_domain));
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	expect_pair(test, &n, 1);
	KUNIT_EXPECT_TRUE(test, n.d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(n.rig, n.d, VA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(other, &smmu_identity_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/*
 * A fault of the guest's stage 1 goes to the guest, with its own StreamID; one of stage 2 goes to
 * the host.
 */
static void faults(struct kunit *test)
{
	struct smmu_event event = {
		.id = EVENT_F_TRANSLATION,
		.translation = true,
		.raw = { EVENT_F_TRANSLATION, 0, 0xdead000, 0 },
	};
	struct iommu_vevent_arm_smmuv3 heard = {};
	struct iommu_domain *s1, *abort;
	struct smmu_iommu *iommu;
	struct nest n;
	u32 sid, id;
	u64 word;

	nest_make(test, &n, false, false);
	iommu = rig_iommu(n.smmu);
	s1 = guest_s1(test, n.g, n.t, false);
	abort = guest_abort(test, n.g);
	event.sid = n.d->sid;
	event.raw[0] |= FIELD_PREP(EVENT0_SID, event.sid);
	smmu_fault_report(&iommu->smmu, &event);
	KUNIT_EXPECT_EQ(test, 0, guest_events(n.g, NULL));

	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	smmu_fault_report(&iommu->smmu, &event);
	KUNIT_ASSERT_EQ(test, 1, guest_events(n.g, &heard));
	word = le64_to_cpu(heard.evt[0]);
	sid = FIELD_GET(EVENT0_SID, word);
	id = FIELD_GET(EVENT0_ID, word);
	KUNIT_EXPECT_EQ(test, VSID, sid);
	KUNIT_EXPECT_EQ(test, EVENT_F_TRANSLATION, id);
	KUNIT_EXPECT_EQ(test, 0xdead000, le64_to_cpu(heard.evt[2]));
	event.s2 = true;
	smmu_fault_report(&iommu->smmu, &event);
	event.s2 = false;
	event.id = EVENT_F_WALK_EABT;
	smmu_fault_report(&iommu->smmu, &event);
	KUNIT_EXPECT_EQ(test, 1, guest_events(n.g, NULL));

	event.id = EVENT_F_STREAM_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, abort));
	smmu_fault_report(&iommu->smmu, &event);
	KUNIT_EXPECT_EQ(test, 2, guest_events(n.g, NULL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	smmu_fault_report(&iommu->smmu, &event);
	KUNIT_EXPECT_EQ(test, 2, guest_events(n.g, NULL));
	iommu_domain_free(s1);
	iommu_domain_free(abort);
	nest_free(test, &n);
}

/* What the driver must refuse, and that it changes nothing then */
static void bad_input(struct kunit *test)
{
	struct iommu_domain *s1, *plain;
	struct rig_device *stranger;
	struct machine_smmu *weak;
	struct model_config cfg;
	struct smmu_cmd cmd[3];
	struct nest n;
	u32 num = 3;
	int ret;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	/* the guest does not have this device */
	stranger = rig_device(test, n.rig, 0);
	KUNIT_EXPECT_EQ(test, -ENOENT, s1->ops->attach_dev(s1, stranger->dev, NULL));
	/* Config 7; S2 fields; EATS 2 */
	KUNIT_EXPECT_EQ(test, -EIO, PTR_ERR(guest_domain(test, n.g, 0xf, 0)));
	KUNIT_EXPECT_EQ(test, -EIO, PTR_ERR(guest_domain(test, n.g, STE0_V, STE1_S2FWB)));
	KUNIT_EXPECT_EQ(test, -EIO, PTR_ERR(guest_domain(test, n.g, 0xb, 2ULL << 28)));
	/* two commands are done; the third is not for guests */
	cmd[0] = (struct smmu_cmd) { { cpu_to_le64(CMD_TLBI_NH_ALL) } };
	cmd[1] = cmd[0];
	cmd[2] = (struct smmu_cmd) { { cpu_to_le64(CMD_TLBI_S12_VMALL) } };
	KUNIT_EXPECT_EQ(test, -EIO, guest_commands(test, n.g, cmd, &num));
	KUNIT_EXPECT_EQ(test, 2, num);
	/* a domain that is not a nest parent; an SMMU that cannot walk the parent */
	plain = rig_domain(test, n.d);
	KUNIT_EXPECT_NULL(test, guest_new(test, n.smmu, plain, &ret));
	KUNIT_EXPECT_EQ(test, -EINVAL, ret);
	model_config_default(&cfg);
	cfg.idr[3] |= IDR3_FWB;
	FIELD_MODIFY(IDR5_OAS, &cfg.idr[5], 2);
	weak = rig_smmu(test, n.rig, 1, &cfg);
	KUNIT_EXPECT_NULL(test, guest_new(test, weak, n.parent, &ret));
	KUNIT_EXPECT_EQ(test, -EINVAL, ret);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(weak)->smmu.inst.vmids));
	iommu_domain_free(plain);
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* When vSMMUs have taken every VMID, a new one gets none until one of them is destroyed */
static void vmids_run_out(struct kunit *test)
{
	struct smmu_vsmmu *v = kunit_kcalloc(test, 256, sizeof(*v), GFP_KERNEL);
	struct rig *rig = rig_new(test);
	struct iommu_domain *parent;
	struct machine_smmu *smmu;
	struct model_config cfg;
	struct rig_device *d;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, v);
	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_VMID16;
	smmu = rig_smmu(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	parent = rig_domain_s2(test, d);
	for (i = 0; i < 256; i++) {
		v[i].core.iommu_dev = &rig_iommu(smmu)->core;
		KUNIT_ASSERT_EQ(test, i < 255 ? 0 : -ENOSPC,
				smmu_viommu_init(&v[i].core, parent, NULL));
	}
	KUNIT_EXPECT_NULL(test, v[255].core.ops);
	v[7].core.ops->destroy(&v[7].core);
	KUNIT_EXPECT_EQ(test, 0, smmu_viommu_init(&v[255].core, parent, NULL));
	KUNIT_EXPECT_EQ(test, v[7].vmid, v[255].vmid);
	for (i = 0; i < 256; i++)
		if (i != 7)
			v[i].core.ops->destroy(&v[i].core);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.vmids));
	iommu_domain_free(parent);
}

/*
 * The SMMU is removed while a vSMMU and a vSTE are still there: commands get an error, and both can
 * still be freed.
 */
static void outlives_the_smmu(struct kunit *test)
{
	struct smmu_cmd cmd = { { cpu_to_le64(CMD_TLBI_NH_ALL) } };
	struct iommu_domain *bypass;
	struct nest n;
	u32 num = 1;

	nest_make(test, &n, false, false);
	bypass = guest_bypass(test, n.g);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, bypass));
	guest_no_device(n.g, VSID);
	rig_remove(n.d);
	rig_remove_smmu(n.rig, 0);
	KUNIT_EXPECT_EQ(test, 0, live(n.parent));
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, guest_commands(test, n.g, &cmd, &num));
	KUNIT_EXPECT_EQ(test, 0, num);
	iommu_domain_free(bypass);
	guest_destroy(n.g);
	iommu_domain_free(n.parent);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(kinds),
	KUNIT_CASE(guest_invalidates),
	KUNIT_CASE(guest_changes_cd),
	KUNIT_CASE(parent_unmaps),
	KUNIT_CASE(parent_unmaps_under_pasids),
	KUNIT_CASE(ats_follows_the_vste),
	KUNIT_CASE(guest_invalidates_atc),
	KUNIT_CASE(two_on_one),
	KUNIT_CASE(two_smmus_and_raw),
	KUNIT_CASE(replaces),
	KUNIT_CASE(comes_back),
	KUNIT_CASE(faults),
	KUNIT_CASE(bad_input),
	KUNIT_CASE(vmids_run_out),
	KUNIT_CASE(outlives_the_smmu),
	{}
};

static struct kunit_suite suite = { .name = "smmu_nested", .test_cases = cases };
kunit_test_suite(suite);
