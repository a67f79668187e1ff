// SPDX-License-Identifier: GPL-2.0-only
/*
 * vDEVICEs: what the driver looks up of a device by its vSID, while device and vDEVICE may go at
 * any moment, and what happens to an attached device when its vDEVICE has gone.
 */
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/ktime.h>

#include <kunit/static_stub.h>

#include "core/cmd.h"
#include "core/ste.h"
#include "drv/master.h"
#include "hw/strtab.h"
#include "driver/nest.h"

#define VSID	NEST_VSID

/* A look-up, and the thread that removes what the look-up has found */
static struct {
	struct guest *g;
	struct rig_device *d;
	struct completion found;
	struct completion gone;
	bool held;
	bool fooled;
} race;

static int take_away(void *unused)
{
	wait_for_completion(&race.found);
	guest_no_device(race.g, VSID);
	rig_remove(race.d);
	complete(&race.gone);
	return 0;
}

/*
 * Called in the middle of the look-up. It waits so long that the other CPU can remove everything,
 * if the driver lets it.
 */
static void hold_up(struct smmu_vsmmu *vsmmu)
{
	ktime_t end = ktime_add_ms(ktime_get(), 300);

	if (race.held)
		return;
	race.held = true;
	complete(&race.found);
	while (!completion_done(&race.gone) && ktime_before(ktime_get(), end))
		cpu_relax();
	race.fooled = completion_done(&race.gone);
}

/*
 * A command names a device that is removed during the look-up: the device stays until the look-up
 * is over.
 */
static void stays_while_looked_up(struct kunit *test)
{
	struct task_struct *task;
	struct rig_device *d;
	struct smmu_cmd cmd;
	struct nest n;
	u32 num = 1;

	nest_make(test, &n, false, false);
	d = rig_device(test, n.rig, 0);
	guest_device(test, n.g, d, VSID + 1);
	guest_no_device(n.g, VSID);
	guest_no_device(n.g, VSID + 1);
	guest_device(test, n.g, d, VSID);
	race.g = n.g;
	race.d = d;
	race.held = false;
	init_completion(&race.found);
	init_completion(&race.gone);
	task = kthread_run(take_away, NULL, "smmu-gone");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kunit_activate_static_stub(test, smmu_vsmmu_pause, hold_up);

	smmu_cmd_cfgi_cd(&cmd, VSID, 0, true);
	KUNIT_EXPECT_EQ(test, 0, guest_commands(test, n.g, &cmd, &num));
	KUNIT_EXPECT_TRUE(test, race.held);
	KUNIT_EXPECT_FALSE_MSG(test, race.fooled, "the device is gone, and about to be read");
	wait_for_completion(&race.gone);
	kunit_deactivate_static_stub(test, smmu_vsmmu_pause);
	num = 1;
	KUNIT_EXPECT_EQ(test, -EIO, guest_commands(test, n.g, &cmd, &num));
	nest_free(test, &n);
}

#define ROUNDS	30
#define SID	0x1234

/* A device that comes and goes, together with its vDEVICE */
static struct {
	struct guest *g;
	struct machine_smmu *smmu;
	atomic_t over;
	u32 failed;
	u32 stray;
	u32 named;
} churn;

static int come_and_go(void *unused)
{
	static const u32 sid = SID;
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		struct rig_device d = { .sid = sid };

		d.dev = machine_add_device(churn.smmu, &sid, 1, 0, false);
		if (IS_ERR_OR_NULL(d.dev)) {
			churn.failed++;
			break;
		}
		if (guest_try_device(churn.g, &d, VSID + 1))
			churn.failed++;
		usleep_range(50, 500);
		guest_no_device(churn.g, VSID + 1);
		machine_remove_device(d.dev);
	}
	atomic_set(&churn.over, 1);
	return 0;
}

static void note_sid(void *data, const struct smmu_cmd *cmd)
{
	u8 opcode = smmu_cmd_opcode(cmd);

	if (opcode != CMD_CFGI_CD && opcode != CMD_CFGI_CD_ALL && opcode != CMD_ATC_INV)
		return;
	churn.named++;
	if (FIELD_GET(CMD0_CFGI_SID, le64_to_cpu(cmd->w[0])) != SID)
		churn.stray++;
}

/* The same all the time, without pauses: a command reaches the stream of that device, or none */
static void commands_race_removal(struct kunit *test)
{
	u32 i, num, done = 0, refused = 0;
	struct task_struct *task;
	struct smmu_cmd cmd[8];
	struct nest n;
	int ret;

	nest_make(test, &n, false, false);
	memset(&churn, 0, sizeof(churn));
	churn.g = n.g;
	churn.smmu = n.smmu;
	for (i = 0; i < ARRAY_SIZE(cmd); i++)
		if (i & 1)
			smmu_cmd_atc_inv(&cmd[i], VSID + 1, 0, false, 0, ATC_SIZE_ALL);
		else
			smmu_cmd_cfgi_cd(&cmd[i], VSID + 1, 0, true);
	/* only these commands name a stream meanwhile */
	model_trace(n.smmu->model, note_sid, NULL);
	task = kthread_run(come_and_go, NULL, "smmu-churn");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	while (!atomic_read(&churn.over)) {
		num = ARRAY_SIZE(cmd);
		ret = guest_commands(test, n.g, cmd, &num);
		KUNIT_EXPECT_EQ(test, num < ARRAY_SIZE(cmd) ? -EIO : 0, ret);
		done += num;
		refused += num < ARRAY_SIZE(cmd);
		cond_resched();
	}
	model_trace(n.smmu->model, NULL, NULL);
	KUNIT_EXPECT_EQ(test, 0, churn.failed);
	KUNIT_EXPECT_EQ(test, 0, churn.stray);
	KUNIT_EXPECT_GT(test, churn.named, 0);
	KUNIT_EXPECT_GT(test, done, 0);
	KUNIT_EXPECT_GT(test, refused, 0);
	rig_check(test, n.rig);
	nest_free(test, &n);
}

static int attach(struct nest *n, struct iommu_domain *domain)
{
	return domain->ops->attach_dev(domain, n->d->dev, NULL);
}

/*
 * A device is reset whose vDEVICE was destroyed. It must come back, because the IOMMU core WARNs
 * otherwise.
 */
static void comes_back_without(struct kunit *test)
{
	struct iommu_domain *s1, *again;
	struct nest n;
	bool hit;
	int ret;
	u32 i;

	nest_make(test, &n, true, false);
	s1 = guest_s1(test, n.g, n.t, true);
	again = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, attach(&n, s1));
	guest_no_device(n.g, VSID);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 0, attach(&n, &smmu_blocked_domain));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, n.d, NEST_VA, false));
		rig_alloc_begin(1);
		ret = attach(&n, s1);
		hit = rig_alloc_end();
		KUNIT_EXPECT_EQ(test, 0, ret);
		KUNIT_EXPECT_FALSE(test, hit);
		KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
		KUNIT_EXPECT_TRUE(test, n.d->ats);
	}
	/* another nested domain with the same vSTE is refused */
	KUNIT_EXPECT_EQ(test, -ENOENT, attach(&n, again));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	KUNIT_EXPECT_EQ(test, 0, attach(&n, &smmu_identity_domain));
	iommu_domain_free(s1);
	iommu_domain_free(again);
	nest_free(test, &n);
}

/*
 * One device of a group was attached to a domain that the next device refuses. So the IOMMU core
 * attaches it to the old domain again, which must not fail.
 */
static void goes_back_without(struct kunit *test)
{
	struct iommu_domain *s1;
	struct nest n;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	KUNIT_ASSERT_EQ(test, 0, attach(&n, s1));
	guest_no_device(n.g, VSID);
	KUNIT_EXPECT_EQ(test, 0, attach(&n, n.parent));
	KUNIT_EXPECT_EQ(test, 0, attach(&n, s1));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, n.d, NEST_VA, false));
	/* after two other domains the device may not come back */
	KUNIT_EXPECT_EQ(test, 0, attach(&n, n.parent));
	KUNIT_EXPECT_EQ(test, 0, attach(&n, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, -ENOENT, attach(&n, s1));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/*
 * A bridge is in the group of the guest's device, and iommufd attaches the group. The guest does
 * not know the bridge, so the bridge gets the parent alone, whatever the guest's STE says.
 */
static void bridge_without(struct kunit *test)
{
	struct iommu_domain *vste[3];
	struct smmu_master *master;
	struct rig_device *bridge;
	struct nest n;
	u32 i;

	nest_make(test, &n, false, false);
	vste[0] = guest_s1(test, n.g, n.t, false);
	vste[1] = guest_abort(test, n.g);
	vste[2] = guest_bypass(test, n.g);
	bridge = rig_device(test, n.rig, 0);
	master = dev_iommu_priv_get(bridge->dev);
	KUNIT_EXPECT_FALSE(test, master->bridge);
	KUNIT_EXPECT_EQ(test, -ENOENT, vste[0]->ops->attach_dev(vste[0], bridge->dev, NULL));
	master->bridge = true;
	for (i = 0; i < ARRAY_SIZE(vste); i++) {
		KUNIT_ASSERT_EQ(test, 0, vste[i]->ops->attach_dev(vste[i], bridge->dev, NULL));
		KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, bridge, NEST_IPA, false));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, bridge, NEST_VA, false));
		KUNIT_EXPECT_STREQ(test, "stage2",
				   smmu_ste_kind(smmu_strtab_ste(&rig_iommu(n.smmu)->smmu,
								 bridge->sid)));
		/* what the parent loses, the bridge loses */
		iommu_unmap(n.parent, NEST_IPA2, SZ_4K);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(n.rig, bridge, NEST_IPA2, false));
		KUNIT_ASSERT_EQ(test, 0, iommu_map(n.parent, NEST_IPA2, NEST_PA2, SZ_4K,
						   IOMMU_READ | IOMMU_WRITE, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, NEST_PA2, rig_access(n.rig, bridge, NEST_IPA2, false));
	}
	/* a guest that has the bridge says itself what it gets */
	guest_device(test, n.g, bridge, VSID + 1);
	KUNIT_ASSERT_EQ(test, 0, vste[0]->ops->attach_dev(vste[0], bridge->dev, NULL));
	KUNIT_EXPECT_EQ(test, NEST_PA, rig_access(n.rig, bridge, NEST_VA, false));
	KUNIT_ASSERT_EQ(test, 0, smmu_identity_domain.ops->attach_dev(&smmu_identity_domain,
								      bridge->dev, NULL));
	guest_no_device(n.g, VSID + 1);
	for (i = 0; i < ARRAY_SIZE(vste); i++)
		iommu_domain_free(vste[i]);
	nest_free(test, &n);
}

/* The vSID belongs to another device now, so faults of the first device must not carry it */
static void loses_its_vsid(struct kunit *test)
{
	struct iommu_domain *s1;
	struct rig_device *other;
	struct nest n;

	nest_make(test, &n, false, false);
	s1 = guest_s1(test, n.g, n.t, false);
	other = rig_device(test, n.rig, 0);
	KUNIT_ASSERT_EQ(test, 0, attach(&n, s1));
	nest_fault(&n, n.d);
	KUNIT_EXPECT_EQ(test, 1, guest_events(n.g, NULL));
	guest_no_device(n.g, VSID);
	nest_fault(&n, n.d);
	guest_device(test, n.g, other, VSID);
	nest_fault(&n, n.d);
	KUNIT_EXPECT_EQ(test, 1, guest_events(n.g, NULL));
	/* not even when the first device comes back to the domain after a reset */
	KUNIT_EXPECT_EQ(test, 0, attach(&n, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, attach(&n, s1));
	nest_fault(&n, n.d);
	KUNIT_EXPECT_EQ(test, 1, guest_events(n.g, NULL));
	/* a device has one vSID at a time */
	KUNIT_EXPECT_EQ(test, 0, guest_try_device(n.g, n.d, VSID + 1));
	KUNIT_EXPECT_EQ(test, -EEXIST, guest_try_device(n.g, n.d, VSID + 2));
	KUNIT_EXPECT_EQ(test, 0, attach(&n, s1));
	nest_fault(&n, n.d);
	KUNIT_EXPECT_EQ(test, 2, guest_events(n.g, NULL));
	KUNIT_EXPECT_EQ(test, 0, attach(&n, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(stays_while_looked_up),
	KUNIT_CASE(commands_race_removal),
	KUNIT_CASE(comes_back_without),
	KUNIT_CASE(goes_back_without),
	KUNIT_CASE(bridge_without),
	KUNIT_CASE(loses_its_vsid),
	{}
};

static struct kunit_suite suite = { .name = "smmu_vdev", .test_cases = cases };
kunit_test_suite(suite);
