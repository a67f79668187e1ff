// SPDX-License-Identifier: GPL-2.0-only
/* What user space is told when a guest's commands were sent and have failed. */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>

#include "core/cmd.h"
#include "drv/iommu.h"
#include "driver/nest.h"

#define VSID	NEST_VSID

static const struct smmu_cmd nh_all = { { cpu_to_le64(CMD_TLBI_NH_ALL) } };

static void expect_none_done(struct kunit *test, struct nest *n, int err,
			     const struct smmu_cmd *cmd, u32 num)
{
	u32 done = num;

	KUNIT_EXPECT_EQ(test, err, guest_commands(test, n->g, cmd, &done));
	KUNIT_EXPECT_EQ(test, 0, done);
}

/*
 * The SMMU calls a command illegal that the driver took for legal. User space is told so, because a
 * guest's SMMU would say the same.
 */
static void illegal(struct kunit *test)
{
	const struct model_inject inject = { .ill_in = 1 };
	struct nest n;

	nest_make(test, &n, false, false);
	model_inject(n.smmu->model, &inject);
	expect_none_done(test, &n, -EIO, &nh_all, 1);
	guest_command(test, n.g, &nh_all);
	nest_free(test, &n);
}

/* A device that does not answer was not sent anything illegal, so the error is not -EIO */
static void unanswered(struct kunit *test)
{
	const struct model_inject inject = { .atc_timeouts = 1 };
	struct iommu_domain *s1;
	struct smmu_cmd cmd[2];
	struct nest n;

	nest_make(test, &n, true, false);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_ASSERT_TRUE(test, n.d->ats);
	cmd[0] = nh_all;
	smmu_cmd_atc_inv(&cmd[1], VSID, 0, false, 0, ATC_SIZE_ALL);
	model_inject(n.smmu->model, &inject);
	expect_none_done(test, &n, -ETIMEDOUT, cmd, 2);
	/* the device is cut off, so it is not asked again, and the guest is told so */
	KUNIT_EXPECT_FALSE(test, n.d->ats);
	expect_none_done(test, &n, -ETIMEDOUT, &cmd[1], 1);
	/* without ATS there is nothing to invalidate */
	rig_recover(n.rig);
	guest_command(test, n.g, &cmd[1]);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* The SMMU does not answer */
static void silent(struct kunit *test)
{
	const struct model_inject stuck = { .lost_sync = true }, none = {};
	struct nest n;

	nest_make(test, &n, false, false);
	model_inject(n.smmu->model, &stuck);
	expect_none_done(test, &n, -ETIMEDOUT, &nh_all, 1);
	model_inject(n.smmu->model, &none);
	guest_command(test, n.g, &nh_all);
	nest_free(test, &n);
}

/*
 * The SMMU was shut. Nothing goes through it, so nothing is stale, but the commands were not done
 * either.
 */
static void shut(struct kunit *test)
{
	struct nest n;

	nest_make(test, &n, false, false);
	smmu_shut(&rig_iommu(n.smmu)->smmu, "a test");
	expect_none_done(test, &n, -ESHUTDOWN, &nh_all, 1);
	nest_free(test, &n);
}

/* A VMM that is killed does not wait for an SMMU that does not answer */
static void killed(struct kunit *test)
{
	const struct model_inject stuck = { .lost_sync = true }, none = {};
	struct nest n;
	ktime_t start;

	nest_make(test, &n, false, false);
	model_inject(n.smmu->model, &stuck);
	start = ktime_get();
	sigaddset(&current->pending.signal, SIGKILL);
	set_thread_flag(TIF_SIGPENDING);
	expect_none_done(test, &n, -EINTR, &nh_all, 1);
	flush_signals(current);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), SMMU_CMD_TIMEOUT_MS / 2);
	model_inject(n.smmu->model, &none);
	guest_command(test, n.g, &nh_all);
	KUNIT_EXPECT_EQ(test, 0, model_pending(n.smmu->model));
	nest_free(test, &n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(illegal),
	KUNIT_CASE(unanswered),
	KUNIT_CASE_SLOW(silent),
	KUNIT_CASE(shut),
	KUNIT_CASE(killed),
	{}
};

static struct kunit_suite suite = { .name = "smmu_guestcmd", .test_cases = cases };
kunit_test_suite(suite);
