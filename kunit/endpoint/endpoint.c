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
#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <smmuv3/cmd.h>
#include <smmuv3/regs.h>

#include "endpoint/uapi.h"
#include "model/fabric.h"
#include "model/machine.h"

#define SSID_BITS	8
#define ANSWER_MS	10000	/* time for a fault's handler, on a slow machine */

/* The last one has the host bridge of the device with PRI behind it */
#define STALL_SMMUS	4
#define SMMUS		(STALL_SMMUS + 1)
#define PRI_SMMU	STALL_SMMUS
#define CMDQV_BYTES	(2 << 20)

static struct machine_smmu *smmu[SMMUS];
static struct device *device[ENDPOINT_DEVICES];
static struct fabric *bridge;
/* Looks at what programs write into the pages of their guests' queues */
static struct task_struct *looker;
/* Indices of page request groups under way */
static DEFINE_IDA(groups);
#define GROUP_MAX	31

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

static u32 smmu_of(u32 n)
{
	return n == ENDPOINT_PRI ? PRI_SMMU : n % STALL_SMMUS;
}

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

/* Wait for the answer to a page request. Return: -EAGAIN to ask for a translation again */
static int wait_page(const struct model_page_request *r)
{
	u32 ms;
	u8 answer;

	for (ms = 0; ms < ANSWER_MS; ms++) {
		answer = fabric_page_answer(bridge, 0, r);
		if (answer != MODEL_UNANSWERED)
			return answer == PRI_RESP_SUCCESS ? -EAGAIN : -EFAULT;
		usleep_range(200, 1000);
	}
	return -ETIMEDOUT;
}

/* Ask for the page of an access that has found no translation. Return: as wait_page() */
static int ask(const struct model_access *a)
{
	int prg = ida_alloc_max(&groups, GROUP_MAX, GFP_KERNEL), ret;
	struct model_page_request r = {
		.ssid = a->ssid,
		.ssv = a->ssv,
		.last = true,
		.read = !a->write,
		.write = a->write,
		.prg = prg,
		.addr = a->iova & PAGE_MASK,
	};

	/* the same as too many requests under way: some are answered soon */
	if (prg < 0)
		return -EAGAIN;
	ret = fabric_page_request(bridge, 0, &r);
	if (!ret)
		ret = wait_page(&r);
	else if (ret == -ENOSPC)
		ret = -EAGAIN;
	else if (ret == -EPERM)
		ret = -EFAULT;
	ida_free(&groups, prg);
	return ret;
}

static int access_pri(struct model_access *a)
{
	int ret;

	if (a->ssid >> SSID_BITS)
		return -EFAULT;
	ret = fabric_access(bridge, 0, a);
	return ret == -EFAULT ? ask(a) : ret;
}

static int access_stalls(struct model *m, struct model_access *a)
{
	int ret = model_access(m, a);

	return ret == -EINPROGRESS ? wait_answer(m, a->stag) : ret;
}

static long access(struct endpoint_access *e)
{
	u64 value = e->value;
	struct model *m = smmu[smmu_of(e->device)]->model;
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
		ret = e->device == ENDPOINT_PRI ? access_pri(&a) : access_stalls(m, &a);
		if (ret == -EAGAIN)
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
	u32 nr = smmu_of(st->device), id;
	struct model *m = smmu[nr]->model;
	char text[160];
	const char *wrong;

	st->violations = model_violation(m, text, sizeof(text));
	if (st->violations)
		pr_err("SMMU %u: %s\n", nr, text);
	st->stalled = model_stalled(m);
	if (st->device == ENDPOINT_PRI) {
		wrong = fabric_pri_wrong(bridge, 0);
		if (wrong)
			pr_err("PRI: %s\n", wrong);
		st->violations += !!wrong;
		st->stalled += model_page_waiting(m, fabric_sid(bridge, 0));
	}
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

/* The SMMUs with a CMDQ-V companion: that of the device with PRI, and one whose faults stall */
static bool has_queues(u32 i)
{
	return !i || i == PRI_SMMU;
}

static int look(void *unused)
{
	u32 i;

	while (!kthread_should_stop()) {
		for (i = 0; i < SMMUS; i++)
			if (has_queues(i))
				model_cmdqv_look(smmu[i]->model);
		usleep_range(20, 100);
	}
	return 0;
}

static void take_down(void)
{
	u32 i;

	if (!IS_ERR_OR_NULL(looker))
		kthread_stop(looker);
	for (i = 0; i < ENDPOINT_STALLS; i++)
		if (!IS_ERR_OR_NULL(device[i]))
			machine_remove_device(device[i]);
	put_device(device[ENDPOINT_PRI]);
	if (!IS_ERR_OR_NULL(bridge))
		fabric_free(bridge);
	for (i = 0; i < SMMUS; i++)
		if (!IS_ERR_OR_NULL(smmu[i]))
			machine_remove_smmu(smmu[i]);
}

/* Some SMMUs have wide tags, some narrow ones; some have range invalidation */
static int build_smmu(u32 i)
{
	struct machine_firmware fw = { .lines = MACHINE_USUAL_LINES, .coherent = true };
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] &= ~IDR0_STALL_MODEL;
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], SSID_BITS);
	/* for guests, and for their stalls */
	cfg.idr[3] |= IDR3_FWB;
	FIELD_MODIFY(IDR5_STALL_MAX, &cfg.idr[5], MODEL_STALLS);
	if (i == PRI_SMMU) {
		cfg.idr[0] |= IDR0_ATS | IDR0_PRI;
		FIELD_MODIFY(IDR1_PRIQS, &cfg.idr[1], 7);
	}
	if (i & 1)
		cfg.idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	if (i & 2)
		cfg.idr[3] &= ~IDR3_RIL;
	if (has_queues(i)) {
		/* VINTFs of guests with four queues and two StreamIDs */
		model_config_cmdqv(&cfg, 5, 3, 1);
		fw.cmdqv_mapped = true;
		fw.cmdqv_size = CMDQV_BYTES;
	}
	smmu[i] = machine_add_smmu_with(&cfg, &fw);
	if (IS_ERR(smmu[i]))
		return PTR_ERR(smmu[i]);
	return smmu[i]->dev->driver ? 0 : -ENODEV;
}

static int build_device(u32 i)
{
	u32 sid = sid_of(i);

	device[i] = machine_add_device(smmu[smmu_of(i)], &sid, 1, SSID_BITS, true);
	if (IS_ERR(device[i]))
		return PTR_ERR(device[i]);
	return device_iommu_mapped(device[i]) ? 0 : -ENODEV;
}

static int build_pri(void)
{
	static const struct fabric_endpoint ep = {
		.ats = true, .global = true, .pasid_bits = SSID_BITS, .pri = true,
	};
	struct pci_dev *pdev;

	bridge = fabric_new(smmu[PRI_SMMU], &ep, 1);
	if (IS_ERR(bridge))
		return PTR_ERR(bridge);
	pdev = fabric_dev(bridge, 0);
	if (!pdev)
		return -ENODEV;
	device[ENDPOINT_PRI] = &pdev->dev;
	pci_set_master(pdev);
	return device_iommu_mapped(&pdev->dev) ? 0 : -ENODEV;
}

static int __init endpoint_init(void)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < SMMUS && !ret; i++)
		ret = build_smmu(i);
	for (i = 0; i < ENDPOINT_STALLS && !ret; i++)
		ret = build_device(i);
	if (!ret)
		ret = build_pri();
	if (!ret) {
		looker = kthread_run(look, NULL, "smmu-endpoint");
		ret = PTR_ERR_OR_ZERO(looker);
	}
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
