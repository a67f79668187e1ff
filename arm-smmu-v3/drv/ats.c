// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>

#include "core/array.h"
#include "core/cmd.h"
#include "drv/ats.h"
#include "drv/atsdev.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/install.h"
#include "drv/master.h"
#include "drv/streams.h"
#include "hw/issue.h"

/* Until config space can be had: a reset takes a tenth of a second and more */
#define RETRY_MS	100

void smmu_ats_probe(struct smmu_master *master)
{
	master->ats_capable = smmu_atsdev_capable(master);
	if (!master->ats_capable)
		return;
	master->ats_global = smmu_atsdev_global(master);
	master->ats_required = smmu_atsdev_required(master);
}

/* ATC_INVs to one device on their way, with a CMD_SYNC behind each batch of them */
struct post {
	struct smmu_master *master;
	struct smmu_cmd cmd[16 + 2];
	u32 fill;
	int ret;
};

static void send(struct post *post)
{
	if (post->fill && !post->ret) {
		smmu_cmd_sync(&post->cmd[post->fill++]);
		post->ret = smmu_issue(&post->master->host->smmu, post->cmd, post->fill);
	}
	post->fill = 0;
}

/*
 * Everything under a SubstreamID, 0 for what came without one. With that goes what a guest may
 * have had under its PASIDs, which nobody here knows: an ATC_INV without a SubstreamID may or
 * may not take it.
 */
static void add(struct post *post, u32 ssid)
{
	struct smmu_master *master = post->master;
	u32 i;

	for (i = 0; i < master->nr_sids; i++) {
		smmu_cmd_atc_inv(&post->cmd[post->fill++], master->sids[i], ssid, ssid, 0,
				 ATC_SIZE_ALL);
		if (!ssid && master->ssid_bits)
			smmu_cmd_atc_inv_pasids(&post->cmd[post->fill++], master->sids[i]);
		if (post->fill + 2 >= ARRAY_SIZE(post->cmd))
			send(post);
	}
}

static int finish(struct post *post)
{
	send(post);
	/* an SMMU that was shut passes nothing on, whatever ATCs hold */
	return post->ret == -ESHUTDOWN ? 0 : post->ret;
}

/* Everything. Not every device knows global ones (4.5.1), so each PASID of ours by its name. */
static int invalidate_all(struct smmu_master *master)
{
	struct post post = { .master = master };
	struct smmu_attachment *at;
	unsigned long ssid;

	if (smmu_atsdev_gone(master))
		return 0;
	add(&post, 0);
	xa_for_each(&master->pasids, ssid, at)
		add(&post, ssid);
	return finish(&post);
}

/* Unanswered: what the ATC holds may be anything, so it is not used from here on */
static bool confirmed(struct smmu_master *master, int ret)
{
	if (ret)
		smmu_atsdev_cut(master);
	return !ret;
}

bool smmu_ats_on(struct smmu_master *master)
{
	int ret;

	lockdep_assert_held(&smmu_attach_mutex);

	/* what is on is clean under the PASIDs that stay */
	if (master->ats_on)
		return smmu_ats_drop(master, 0);
	if (!confirmed(master, invalidate_all(master)))
		return false;
	ret = smmu_atsdev_enable(master);
	if (ret) {
		dev_warn(master->dev, "ATS cannot be enabled (%pe), goes on without\n",
			 ERR_PTR(ret));
		return true;
	}
	/* pairs with READ_ONCE in drv/guestcmd.c */
	WRITE_ONCE(master->ats_on, true);
	return true;
}

/* Nobody sends it an ATC_INV any more when this returns, no walk and no guest */
static void leave_arrays(struct smmu_master *master)
{
	struct smmu_attachment *at;
	unsigned long ssid;

	/* pairs with READ_ONCE in drv/guestcmd.c */
	WRITE_ONCE(master->ats_on, false);
	smmu_attachment_drop_ats(&master->rid);
	xa_for_each(&master->pasids, ssid, at)
		smmu_attachment_drop_ats(at);
	/* those who found the entries or the flag have sent their ATC_INV */
	synchronize_rcu_expedited();
}

void smmu_ats_without(struct smmu_master *master, struct smmu_attachment *next)
{
	lockdep_assert_held(&smmu_attach_mutex);

	smmu_attachment_drop_ats(next);
	leave_arrays(master);
}

bool smmu_ats_off(struct smmu_master *master)
{
	bool ok;

	lockdep_assert_held(&smmu_attach_mutex);

	smmu_atsdev_disable(master);
	ok = confirmed(master, invalidate_all(master));
	/* its ATC is empty and stays empty */
	leave_arrays(master);
	return ok;
}

bool smmu_ats_drop(struct smmu_master *master, u32 ssid)
{
	struct post post = { .master = master };

	lockdep_assert_held(&smmu_attach_mutex);

	if (smmu_atsdev_gone(master))
		return true;
	add(&post, ssid);
	return confirmed(master, finish(&post));
}

void smmu_ats_park(struct smmu_master *master)
{
	lockdep_assert_held(&smmu_attach_mutex);

	dev_err(master->dev, "ATS failed: no DMA until it is attached anew\n");
	smmu_atsdev_cut(master);
	smmu_atsdev_disable(master);
	leave_arrays(master);
	master->ats_parked = true;
	smmu_install_abort(master);
	/* translated requests end there, too (3.9.1.3): bus mastering is its owner's again */
	if (!smmu_atsdev_give_back(master))
		smmu_atsdev_settle(master->host, RETRY_MS);
}

void smmu_ats_unpark(struct smmu_master *master)
{
	lockdep_assert_held(&smmu_attach_mutex);

	master->ats_parked = false;
}

bool smmu_ats_cut(struct smmu_device *smmu, u32 sid)
{
	struct smmu_host *host = smmu_host_of(smmu);
	struct smmu_master *master;
	bool found = false;

	rcu_read_lock();
	/* release_device waits for readers before the master goes */
	master = smmu_streams_ruler(host, sid);
	if (master && master->ats_capable) {
		found = true;
		if (!test_and_set_bit(SMMU_CUT, &master->ats_cut)) {
			smmu_atsdev_cut(master);
			smmu_atsdev_settle(host, 0);
		}
	}
	rcu_read_unlock();
	return found;
}

void smmu_ats_cut_array(struct smmu_device *smmu, const struct smmu_array *array)
{
	const struct smmu_inv *inv;
	u32 num = smmu_array_count(array);
	u32 pos;

	for (pos = 0; (inv = smmu_array_next_live(array, &pos, num)); pos++)
		if (inv->inst == &smmu->inst && smmu_inv_is_ats(inv->type))
			smmu_ats_cut(smmu, inv->id);
}

/*
 * One device at a time: a CMD_SYNC that fails does not say for whom. With ATS Enable set, as
 * it would not do what it is asked to otherwise, and bus mastering off until it has. Setting it
 * empties the ATC (PCIe, implicit invalidation); what is asked is whether the device can be
 * relied on under every SubstreamID.
 */
static bool answers(struct smmu_master *master)
{
	smmu_atsdev_ask(master);
	return !invalidate_all(master);
}

static void judge(struct smmu_master *master)
{
	/* one that was pulled out will never answer: unmaps need not wait until it is removed */
	if (master->ats_on && (smmu_atsdev_gone(master) || !answers(master)))
		smmu_ats_park(master);
	else
		/* if it is off by now, that was confirmed */
		dev_warn(master->dev, "answers ATC_INV, DMA goes on\n");
}

/* Return: false when it is to be called again */
static bool settle(struct smmu_master *master)
{
	bool done;

	if (test_and_clear_bit(SMMU_CUT, &master->ats_cut) && !master->ats_parked)
		judge(master);
	done = smmu_atsdev_give_back(master);
	/* cut again in the meantime: the work is queued again, too */
	smp_mb__after_atomic();
	if (test_bit(SMMU_CUT, &master->ats_cut))
		smmu_atsdev_cut(master);
	return done;
}

void smmu_ats_settle(struct smmu_host *host)
{
	struct smmu_master *master;
	bool done = true;

	mutex_lock(&smmu_attach_mutex);
	mutex_lock(&host->streams_lock);
	list_for_each_entry(master, &host->masters, node)
		done &= settle(master);
	if (!done)
		smmu_atsdev_settle(host, RETRY_MS);
	mutex_unlock(&host->streams_lock);
	mutex_unlock(&smmu_attach_mutex);
}
