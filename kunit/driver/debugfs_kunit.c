// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in debugfs, as debugfs.rst describes them: each is opened by its name, and what it
 * shows is compared with what the case has done. machines_kunit.c has the file `machine`.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "core/feature.h"
#include "drv/domain.h"
#include "hw/shut.h"
#include "hw/waits.h"
#include "driver/silence.h"

#define SSID	5
#define SSID_BITS 10

static void unmount(void *mnt)
{
	kern_unmount(mnt);
}

static struct vfsmount *mount_debugfs(struct kunit *test)
{
	struct vfsmount *mnt = kern_mount(get_fs_type("debugfs"));

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mnt);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unmount, mnt));
	return mnt;
}

/* What a file shows; "" if there is no such file, and the case has failed */
static const char *show(struct kunit *test, struct vfsmount *mnt, const char *dir, const char *name)
{
	struct path root = { .mnt = mnt, .dentry = mnt->mnt_root };
	char *buf = kunit_kzalloc(test, SZ_64K, GFP_KERNEL);
	struct seq_file out = { .buf = buf, .size = SZ_64K - 1 };
	struct seq_file *in;
	struct file *file;
	char path[64];

	KUNIT_ASSERT_NOT_NULL(test, buf);
	snprintf(path, sizeof(path), "smmuv3/%s%s%s", dir, *dir ? "/" : "", name);
	file = file_open_root(&root, path, O_RDONLY, 0);
	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(file), "%s: %pe", path, file);
	if (IS_ERR(file))
		return "";
	in = file->private_data;
	out.private = in->private;
	KUNIT_EXPECT_EQ(test, 0, in->op->show(&out, NULL));
	KUNIT_EXPECT_FALSE(test, seq_has_overflowed(&out));
	fput(file);
	return buf;
}

/* Is there this line, or one that begins so? */
static __printf(3, 4) void expect(struct kunit *test, const char *text, const char *fmt, ...)
{
	char line[160] = "\n";
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + 1, sizeof(line) - 1, fmt, args);
	va_end(args);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(text, line + 1) || strstr(text, line),
			      "no line '%s' in:\n%s", line + 1, text);
}

/* A device with ATS, one domain for its requests without PASID, and one for those with a PASID */
struct shown {
	struct silence *s;
	struct vfsmount *mnt;
	struct rig_device *d;
	struct iommu_domain *a;
	struct iommu_domain *p;
	const char *smmu;
};

static struct shown *make(struct kunit *test)
{
	struct shown *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct model_config cfg;

	KUNIT_ASSERT_NOT_NULL(test, w);
	model_config_default(&cfg);
	cfg.idr[0] |= IDR0_CD2L;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], SSID_BITS);
	w->s = silence_make_with(test, RIG_LOCK, cfg);
	w->mnt = mount_debugfs(test);
	w->s->rig->ssid_bits = SSID_BITS;
	w->d = rig_device(test, w->s->rig, 0);
	w->a = silence_use(test, w->s, w->d);
	w->p = rig_domain(test, w->d);
	KUNIT_ASSERT_EQ(test, 0, w->p->ops->set_dev_pasid(w->p, w->d->dev, SSID, NULL));
	w->smmu = dev_name(w->s->smmu->dev);
	return w;
}

static void end(struct kunit *test, struct shown *w)
{
	w->s->n = 0;
	KUNIT_EXPECT_EQ(test, 0, smmu_blocked_domain.ops->set_dev_pasid(&smmu_blocked_domain,
									w->d->dev, SSID, NULL));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(w->d, &smmu_identity_domain));
	iommu_domain_free(w->a);
	iommu_domain_free(w->p);
}

static void domains(struct kunit *test)
{
	struct shown *w = make(test);
	struct smmu_domain *a = smmu_domain_of(w->a), *p = smmu_domain_of(w->p);
	const char *text = show(test, w->mnt, "", "domains"), *dev = dev_name(w->d->dev);

	expect(test, text, "domain %u: stage 1 ias %u oas %u granule 4K entries 2 live length 2 ",
	       a->id, a->pt.needs.ias, a->pt.needs.oas);
	expect(test, text, "domain %u: stage 1 ", p->id);
	expect(test, text, "  S1_ASID          %s id ", w->smmu);
	expect(test, text, "  ATS              %s id %u ssid 0 granule 4K users 1\n", w->smmu,
	       w->d->sid);
	expect(test, text, "  ATS              %s id %u ssid %u granule 4K users 1\n", w->smmu,
	       w->d->sid, SSID);
	expect(test, text, "  attached %s ats\n", dev);
	expect(test, text, "  attached %s pasid %u ats\n", dev, SSID);
	end(test, w);
	text = show(test, w->mnt, "", "domains");
	KUNIT_EXPECT_NULL(test, strstr(text, w->smmu));
}

static void features(struct kunit *test)
{
	struct shown *w = make(test);
	const struct smmu_features *feat = &rig_iommu(w->s->smmu)->smmu.inst.feat;
	const char *text = show(test, w->mnt, w->smmu, "features");
	const char *flags = strstr(text, "\nflags");
	u32 i, n = 0;

	expect(test, text, "asid_bits %u\n", feat->asid_bits);
	expect(test, text, "ssid_bits %u\n", SSID_BITS);
	expect(test, text, "oas_bits %u\n", feat->oas_bits);
	KUNIT_ASSERT_NOT_NULL(test, flags);
	for (flags++; *flags != '\n'; flags++)
		n += *flags == ' ';
	for (i = 0; i < SMMU_FEAT_NR; i++)
		if (feat->flags & BIT(i)) {
			n--;
			KUNIT_EXPECT_NOT_NULL(test, strstr(text, smmu_feature_name(i)));
		}
	KUNIT_EXPECT_EQ(test, 0, n);
	end(test, w);
}

static void queues_and_counters(struct kunit *test)
{
	struct shown *w = make(test);
	struct model *m = w->s->smmu->model;
	const char *text = show(test, w->mnt, w->smmu, "queues");

	expect(test, text, "cmdq 0 main entries 256 prod 0x%08x cons 0x%08x position ",
	       (u32)model_read(m, SMMU_CMDQ_PROD, 4), (u32)model_read(m, SMMU_CMDQ_CONS, 4));
	expect(test, text, "evtq entries 128 prod ");
	text = show(test, w->mnt, w->smmu, "counters");
	KUNIT_EXPECT_FALSE(test, strstarts(text, "commands 0\n"));
	expect(test, text, "cmd_errors 0\n");
	expect(test, text, "dead 0\n");
	expect(test, text, "shuts 0\n");
	smmu_shut(&rig_iommu(w->s->smmu)->smmu, "test");
	text = show(test, w->mnt, w->smmu, "counters");
	expect(test, text, "dead 1\n");
	expect(test, text, "shuts 1\n");
	KUNIT_EXPECT_TRUE(test, rig_restart(w->s->rig, 0));
	text = show(test, w->mnt, w->smmu, "counters");
	expect(test, text, "dead 0\n");
	expect(test, text, "shuts 1\n");
	end(test, w);
}

static void masters(struct kunit *test)
{
	struct shown *w = make(test);
	const struct smmu_domain *a = smmu_domain_of(w->a), *p = smmu_domain_of(w->p);
	struct rig_device *e = rig_device(test, w->s->rig, 0);
	const char *text = show(test, w->mnt, w->smmu, "masters");

	expect(test, text, "%s: domain %u tag S1_ASID ", dev_name(w->d->dev), a->id);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " pasids 1 ats on\n"));
	expect(test, text, "  sid 0x%x ste stage1: ", w->d->sid);
	expect(test, text, "  cd 0: ");
	expect(test, text, "  pasid %u domain %u tag S1_ASID ", SSID, p->id);
	expect(test, text, "  cd %u: ", SSID);
	expect(test, text, "%s: identity", dev_name(e->dev));
	expect(test, text, "  sid 0x%x ste bypass: ", e->sid);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(e, &smmu_blocked_domain));
	text = show(test, w->mnt, w->smmu, "masters");
	expect(test, text, "%s: blocked", dev_name(e->dev));
	expect(test, text, "  sid 0x%x ste abort: ", e->sid);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(e, &smmu_identity_domain));
	end(test, w);
}

/* A device that leaves an ATC_INV unanswered */
static void cut(struct kunit *test)
{
	struct shown *w = make(test);
	const char *dev = dev_name(w->d->dev);

	KUNIT_EXPECT_STREQ(test, "", show(test, w->mnt, w->smmu, "cut"));
	silence_begin(w->s, w->d);
	silence_unmap(test, w->s, w->d, w->a);
	KUNIT_EXPECT_TRUE(test, w->d->cut);
	/* it counts when the worker has seen that the device was at fault */
	expect(test, show(test, w->mnt, w->smmu, "cut"),
	       "%s: cut off, cut off 0 times, last 0s ago: it does not answer ATC_INV", dev);
	end(test, w);
}

static void sync_waits(struct kunit *test)
{
	struct shown *w = make(test);
	struct smmu_device *smmu = &rig_iommu(w->s->smmu)->smmu;

	expect(test, show(test, w->mnt, w->smmu, "sync_waits"), "on 0\nwaits 0\nns 0\n");
	KUNIT_ASSERT_EQ(test, 0, smmu_waits_set(smmu, true));
	silence_unmap(test, w->s, w->d, w->a);
	expect(test, show(test, w->mnt, w->smmu, "sync_waits"), "on 1\nwaits 1\nns ");
	expect(test, show(test, w->mnt, w->smmu, "sync_waits"), "below_ns ");
	KUNIT_ASSERT_EQ(test, 0, smmu_waits_set(smmu, false));
	expect(test, show(test, w->mnt, w->smmu, "sync_waits"), "on 0\n");
	end(test, w);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(domains),
	KUNIT_CASE(features),
	KUNIT_CASE(queues_and_counters),
	KUNIT_CASE(masters),
	KUNIT_CASE(cut),
	KUNIT_CASE(sync_waits),
	{}
};

static struct kunit_suite suite = {
	.name = "smmu_debugfs",
	.test_cases = cases,
};

kunit_test_suite(suite);
