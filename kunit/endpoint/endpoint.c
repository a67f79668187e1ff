// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices behind model SMMUs that programs use. Their PASIDs are bound to real processes, whose
 * page tables, faults, fork(), exec() and end are the kernel's, or to page tables of iommufd. To be
 * used with smmuv3_model.ko, on test kernels. See uapi.h.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>

#include "endpoint/uapi.h"
#include "model/machine.h"

#define SSID_BITS	8
#define ANSWER_MS	10000	/* time for a fault's handler, on a slow machine */

static struct machine_smmu *smmu[ENDPOINT_SMMUS];
static struct device *device[ENDPOINT_DEVICES];

#define ATTACHED_MAX	4

/* A device in an iommufd, and the PASIDs that are attached */
struct tie {
	struct iommufd_device *idev;
	u32 pasid[ATTACHED_MAX];
	u32 nr;
};

/* An open file: the bonds and ties that were made through it */
struct user {
	struct mutex lock;	/* protects all of this */
	struct iommu_sva *bond[ENDPOINT_DEVICES];
	struct tie tie[ENDPOINT_DEVICES];
};

static u32 sid_of(u32 n)
{
	return 3 + n * 0x41;
}

static long bind(struct user *u, struct endpoint_bond *b)
{
	struct iommu_sva *bond;

	guard(mutex)(&u->lock);
	if (u->bond[b->device])
		return -EBUSY;
	bond = iommu_sva_bind_device(device[b->device], current->mm);
	if (IS_ERR(bond))
		return PTR_ERR(bond);
	u->bond[b->device] = bond;
	b->pasid = iommu_sva_get_pasid(bond);
	return 0;
}

static long unbind(struct user *u, struct endpoint_bond *b)
{
	guard(mutex)(&u->lock);
	if (!u->bond[b->device])
		return -ENOENT;
	iommu_sva_unbind_device(u->bond[b->device]);
	u->bond[b->device] = NULL;
	return 0;
}

static long tie_up(struct user *u, struct endpoint_iommufd *e)
{
	struct iommufd_ctx *ctx = iommufd_ctx_from_fd(e->fd);
	struct iommufd_device *idev;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	scoped_guard(mutex, &u->lock) {
		if (u->tie[e->device].idev)
			idev = ERR_PTR(-EBUSY);
		else
			idev = iommufd_device_bind(ctx, device[e->device], &e->id);
		if (!IS_ERR(idev))
			u->tie[e->device].idev = idev;
	}
	iommufd_ctx_put(ctx);
	return PTR_ERR_OR_ZERO(idev);
}

static void detach(struct tie *t, u32 i)
{
	iommufd_device_detach(t->idev, t->pasid[i]);
	t->pasid[i] = t->pasid[--t->nr];
}

static long attach(struct user *u, struct endpoint_attach *e)
{
	struct tie *t = &u->tie[e->device];
	u32 i;
	int ret;

	guard(mutex)(&u->lock);
	if (!t->idev)
		return -ENOENT;
	for (i = 0; i < t->nr && t->pasid[i] != e->pasid; i++)
		;
	if (!e->pt) {
		if (i == t->nr)
			return -ENOENT;
		detach(t, i);
		return 0;
	}
	if (i < t->nr)
		return iommufd_device_replace(t->idev, e->pasid, &e->pt);
	if (i == ATTACHED_MAX)
		return -ENOSPC;
	ret = iommufd_device_attach(t->idev, e->pasid, &e->pt);
	if (!ret)
		t->pasid[t->nr++] = e->pasid;
	return ret;
}

static void untie(struct tie *t)
{
	if (!t->idev)
		return;
	while (t->nr)
		detach(t, t->nr - 1);
	iommufd_device_unbind(t->idev);
}

/* Wait for the answer to a stalled transaction, as a device does. Return: -EAGAIN to try again */
static int wait_answer(struct model *m, u16 stag)
{
	u32 ms;
	u8 answer;

	for (ms = 0; ms < ANSWER_MS; ms++) {
		answer = model_answer(m, stag);
		if (answer != MODEL_UNANSWERED)
			return answer == RESUME_RETRY ? -EAGAIN : -EFAULT;
		usleep_range(200, 1000);
	}
	return -ETIMEDOUT;
}

static long access(struct endpoint_access *e)
{
	u64 value = e->value;
	struct model *m = smmu[e->device % ENDPOINT_SMMUS]->model;
	struct model_access a = {
		.sid = sid_of(e->device),
		.ssid = e->pasid,
		.ssv = e->pasid,
		.iova = e->addr,
		.write = e->write,
		.data = &value,
		.len = sizeof(value),
	};
	int ret;

	if (e->addr % sizeof(value))
		return -EINVAL;
	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = model_access(m, &a);
		if (ret == -EINPROGRESS)
			ret = wait_answer(m, a.stag);
		else if (ret == -EAGAIN)
			usleep_range(200, 1000);
	} while (ret == -EAGAIN);
	if (ret && ret != -EFAULT)
		return ret;
	e->refused = ret != 0;
	if (!ret)
		e->value = value;
	return 0;
}

static long state(struct endpoint_state *st)
{
	struct model *m = smmu[st->device % ENDPOINT_SMMUS]->model;
	char text[160];
	u32 id;

	st->violations = model_violation(m, text, sizeof(text));
	if (st->violations)
		pr_err("SMMU %u: %s\n", st->device % ENDPOINT_SMMUS, text);
	st->stalled = model_stalled(m);
	st->asids = 0;
	for (id = 0; id < BIT(16); id++)
		st->asids += model_has_asid(m, id);
	return 0;
}

static long endpoint_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct user *u = file->private_data;
	void __user *p = (void __user *)arg;
	union {
		u32 device;
		struct endpoint_bond bond;
		struct endpoint_access access;
		struct endpoint_state state;
		struct endpoint_iommufd iommufd;
		struct endpoint_attach attach;
	} a;
	long ret;

	if (_IOC_TYPE(cmd) != 'E' || _IOC_SIZE(cmd) > sizeof(a))
		return -ENOTTY;
	if (copy_from_user(&a, p, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (a.device >= ENDPOINT_DEVICES)
		return -ENODEV;
	switch (cmd) {
	case ENDPOINT_BIND:
		ret = bind(u, &a.bond);
		break;
	case ENDPOINT_UNBIND:
		ret = unbind(u, &a.bond);
		break;
	case ENDPOINT_ACCESS:
		ret = access(&a.access);
		break;
	case ENDPOINT_STATE:
		ret = state(&a.state);
		break;
	case ENDPOINT_IOMMUFD:
		ret = tie_up(u, &a.iommufd);
		break;
	case ENDPOINT_ATTACH:
		ret = attach(u, &a.attach);
		break;
	default:
		return -ENOTTY;
	}
	if (!ret && copy_to_user(p, &a, _IOC_SIZE(cmd)))
		ret = -EFAULT;
	return ret;
}

static int endpoint_open(struct inode *inode, struct file *file)
{
	struct user *u = kzalloc_obj(*u);

	if (!u)
		return -ENOMEM;
	mutex_init(&u->lock);
	file->private_data = u;
	return 0;
}

static int endpoint_release(struct inode *inode, struct file *file)
{
	struct user *u = file->private_data;
	u32 i;

	for (i = 0; i < ENDPOINT_DEVICES; i++) {
		if (u->bond[i])
			iommu_sva_unbind_device(u->bond[i]);
		untie(&u->tie[i]);
	}
	kfree(u);
	return 0;
}

static const struct file_operations endpoint_fops = {
	.owner = THIS_MODULE,
	.open = endpoint_open,
	.release = endpoint_release,
	.unlocked_ioctl = endpoint_ioctl,
};

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "smmu-endpoint",
	.fops = &endpoint_fops,
	.mode = 0600,
};

static void take_down(void)
{
	u32 i;

	for (i = 0; i < ENDPOINT_DEVICES; i++)
		if (!IS_ERR_OR_NULL(device[i]))
			machine_remove_device(device[i]);
	for (i = 0; i < ENDPOINT_SMMUS; i++)
		if (!IS_ERR_OR_NULL(smmu[i]))
			machine_remove_smmu(smmu[i]);
}

/* Some SMMUs have wide tags, some narrow ones; some have range invalidation */
static int build_smmu(u32 i)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], SSID_BITS);
	if (i & 1)
		cfg.idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	if (i & 2)
		cfg.idr[3] &= ~IDR3_RIL;
	smmu[i] = machine_add_smmu(&cfg, true, true);
	if (IS_ERR(smmu[i]))
		return PTR_ERR(smmu[i]);
	return smmu[i]->dev->driver ? 0 : -ENODEV;
}

static int build_device(u32 i)
{
	u32 sid = sid_of(i);

	device[i] = machine_add_device(smmu[i % ENDPOINT_SMMUS], &sid, 1, SSID_BITS, true);
	if (IS_ERR(device[i]))
		return PTR_ERR(device[i]);
	return device_iommu_mapped(device[i]) ? 0 : -ENODEV;
}

static int __init endpoint_init(void)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < ENDPOINT_SMMUS && !ret; i++)
		ret = build_smmu(i);
	for (i = 0; i < ENDPOINT_DEVICES && !ret; i++)
		ret = build_device(i);
	if (!ret)
		ret = misc_register(&misc);
	if (ret)
		take_down();
	return ret;
}
module_init(endpoint_init);

static void __exit endpoint_exit(void)
{
	misc_deregister(&misc);
	take_down();
}
module_exit(endpoint_exit);

MODULE_DESCRIPTION("Devices behind model SMMUs, for programs");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("SMMUV3_MODEL");
MODULE_IMPORT_NS("IOMMUFD");
