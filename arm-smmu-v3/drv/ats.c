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

/* master->ats_cut */
#define CUT		0

void smmu_ats_probe(struct smmu_master *master)
{
	master->ats_capable = smmu_atsdev_capable(master);
}

/*
 * Everything under a SubstreamID, 0 for what came without one. With that goes what a guest may
 * have had under its PASIDs, which nobody here knows: an ATC_INV without a SubstreamID may or
 * may not take it.
 */
static int invalidate(struct smmu_master *master, const u32 *sids, u32 n, u32 ssid)
{
	struct smmu_cmd cmd[16 + 2];
	u32 i, fill = 0;
	int ret = 0;

	if (smmu_atsdev_gone(master))
		return 0;
	for (i = 0; i < n && !ret; i++) {
		smmu_cmd_atc_inv(&cmd[fill++], sids[i], ssid, ssid, 0, ATC_SIZE_ALL);
		if (!ssid && master->ssid_bits)
			smmu_cmd_atc_inv_pasids(&cmd[fill++], sids[i]);
		if (fill + 2 >= ARRAY_SIZE(cmd) || i + 1 == n) {
			smmu_cmd_sync(&cmd[fill++], false);
			ret = smmu_issue(&master->host->smmu, cmd, fill);
			fill = 0;
		}
	}
	/* an SMMU that was shut passes nothing on, whatever ATCs hold */
	return ret == -ESHUTDOWN ? 0 : ret;
}

/* Everything. Not every device knows global ones (4.5.1), so each PASID of ours by its name. */
static int invalidate_all(struct smmu_master *master)
{
	struct smmu_attachment *at;
	unsigned long ssid;
	int ret = invalidate(master, master->sids, master->nr_sids, 0);

	xa_for_each(&master->pasids, ssid, at)
		if (!ret)
			ret = invalidate(master, master->sids, master->nr_sids, ssid);
	return ret;
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
	lockdep_assert_held(&smmu_attach_mutex);

	/* what is on is clean under the PASIDs that stay */
	if (master->ats_on)
		return smmu_ats_drop(master, 0);
	if (!confirmed(master, invalidate_all(master)))
		return false;
	if (smmu_atsdev_enable(master)) {
		dev_err(master->dev, "ATS cannot be enabled\n");
		return false;
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
	lockdep_assert_held(&smmu_attach_mutex);

	return confirmed(master, invalidate(master, master->sids, master->nr_sids, ssid));
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
}

void smmu_ats_unpark(struct smmu_master *master)
{
	lockdep_assert_held(&smmu_attach_mutex);

	if (!master->ats_parked)
		return;
	master->ats_parked = false;
	clear_bit(CUT, &master->ats_cut);
	smmu_atsdev_restore(master, false);
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
		if (!test_and_set_bit(CUT, &master->ats_cut)) {
			smmu_atsdev_cut(master);
			smmu_atsdev_settle_soon(host);
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

/* One stream at a time: a CMD_SYNC that fails does not say for whom */
static bool answers(struct smmu_master *master)
{
	u32 i;

	for (i = 0; i < master->nr_sids; i++)
		if (invalidate(master, &master->sids[i], 1, 0))
			return false;
	return true;
}

static void settle(struct smmu_master *master)
{
	if (master->ats_parked || !test_and_clear_bit(CUT, &master->ats_cut))
		return;
	/* one that was pulled out will never answer: unmaps need not wait until it is removed */
	if (master->ats_on && (smmu_atsdev_gone(master) || !answers(master))) {
		smmu_ats_park(master);
		return;
	}
	/* if it is off by now, that was confirmed */
	smmu_atsdev_restore(master, master->ats_on);
	dev_warn(master->dev, "answers ATC_INV, DMA goes on\n");
	/* cut again in the meantime: the work is queued again, too */
	smp_mb__after_atomic();
	if (test_bit(CUT, &master->ats_cut))
		smmu_atsdev_cut(master);
}

void smmu_ats_settle(struct smmu_host *host)
{
	struct smmu_master *master;

	mutex_lock(&smmu_attach_mutex);
	mutex_lock(&host->streams_lock);
	list_for_each_entry(master, &host->masters, node)
		settle(master);
	mutex_unlock(&host->streams_lock);
	mutex_unlock(&smmu_attach_mutex);
}
