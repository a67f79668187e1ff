// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the cost of the DMA API, the IOMMU API, attach and detach with any IOMMU driver.
 * Loading the module measures and prints lines 'smmuv3_bench: name=value ...' with times in ns;
 * the module does nothing else and can be removed at once.
 *
 *	insmod smmuv3_bench.ko devs=0000:00:01.0,... test=dma size=4096 reps=1000
 *
 * The devices must have no driver, or none that is in use. With QEMU's icount, a ns is an
 * instruction, and medians are the same in each run. Each time includes the time to read the
 * clock, which is printed too.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "array_bench.h"

#define WARMUP		64
#define DEVS		300
#define IOVA		0x40000000UL
#define PA		0x40000000UL	/* never accessed: no device does DMA */

static char *devs;
module_param(devs, charp, 0444);
MODULE_PARM_DESC(devs, "PCI addresses, with commas between them; the first is measured, test=iommu and test=attach take all");

static char *test = "dma";
module_param(test, charp, 0444);
MODULE_PARM_DESC(test, "dma: dma_map_single and unmap; iommu: iommu_map and unmap; attach: a domain, to one group after the other; hold: reps domains until removal, for looks at /proc/meminfo; array: merge, revive and unref in an array of so many entries, no device; pasids: merge for a PASID after so many that have come and gone, no device");

static ulong size = PAGE_SIZE;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "bytes to map, whole pages; test=array: entries; test=pasids: PASIDs");

static uint reps = 1000;
module_param(reps, uint, 0444);
MODULE_PARM_DESC(reps, "how often, after a warm-up that is not counted");

static struct pci_dev *dev[DEVS];
static u32 ndevs;
static u32 *first, *second, *third;	/* times of the parts */
static struct iommu_domain **held;
static u32 nheld;

static int count_one(struct device *d, void *data)
{
	++*(u32 *)data;
	return 0;
}

/* Number of devices in all the groups, because a group is attached as a whole */
static u32 masters(void)
{
	struct iommu_group *group;
	u32 i, n = 0;

	for (i = 0; i < ndevs; i++) {
		group = iommu_group_get(&dev[i]->dev);
		iommu_group_for_each_dev(group, &n, count_one);
		iommu_group_put(group);
	}
	return n;
}

static int cmp(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static void print(const char *name, u32 *t)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < reps; i++)
		sum += t[i];
	sort(t, reps, sizeof(*t), cmp, NULL);
	pr_info("test=%s size=%lu devices=%u what=%s median=%u mean=%llu min=%u p90=%u max=%u\n",
		test, size, masters(), name, t[reps / 2], div_u64(sum, reps), t[0],
		t[reps * 9 / 10], t[reps - 1]);
}

static void print_clock(void)
{
	u64 start = local_clock(), end;
	u32 i;

	for (i = 0; i < 1000; i++)
		end = local_clock();
	pr_info("clock=%llu\n", div_u64(end - start, 1000));
}

/* Each round runs with interrupts off, because timer interrupts would be counted */
static int bench_dma(void)
{
	struct device *d = &dev[0]->dev;
	unsigned long flags;
	dma_addr_t dma;
	u64 t0, t1, t2;
	void *buf;
	u32 i;

	buf = (void *)__get_free_pages(GFP_KERNEL, get_order(size));
	if (!buf)
		return -ENOMEM;
	for (i = 0; i < WARMUP + reps; i++) {
		local_irq_save(flags);
		t0 = local_clock();
		dma = dma_map_single(d, buf, size, DMA_BIDIRECTIONAL);
		t1 = local_clock();
		if (!dma_mapping_error(d, dma))
			dma_unmap_single(d, dma, size, DMA_BIDIRECTIONAL);
		t2 = local_clock();
		local_irq_restore(flags);
		if (dma_mapping_error(d, dma)) {
			free_pages((unsigned long)buf, get_order(size));
			return -EIO;
		}
		if (i >= WARMUP) {
			first[i - WARMUP] = t1 - t0;
			second[i - WARMUP] = t2 - t1;
		}
		cond_resched();
	}
	free_pages((unsigned long)buf, get_order(size));
	print("map", first);
	print("unmap", second);
	return 0;
}

static int attach(struct iommu_domain *domain, u32 i)
{
	struct iommu_group *group = iommu_group_get(&dev[i]->dev);
	int ret = iommu_attach_group(domain, group);

	iommu_group_put(group);
	return ret;
}

static void detach(struct iommu_domain *domain, u32 i)
{
	struct iommu_group *group = iommu_group_get(&dev[i]->dev);

	iommu_detach_group(domain, group);
	iommu_group_put(group);
}

/* Map and unmap again, and time only what comes after the page table */
static u32 sync_alone(struct iommu_domain *domain)
{
	struct iommu_iotlb_gather gather;
	u64 t0;

	if (iommu_map(domain, IOVA, PA, size, IOMMU_READ | IOMMU_WRITE, GFP_KERNEL))
		return 0;
	iommu_iotlb_gather_init(&gather);
	iommu_unmap_fast(domain, IOVA, size, &gather);
	t0 = local_clock();
	iommu_iotlb_sync(domain, &gather);
	return local_clock() - t0;
}

static int bench_iommu(void)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(&dev[0]->dev);
	u64 t0, t1, t2;
	int ret = 0;
	u32 i, on;

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	for (on = 0; on < ndevs && !ret; on += !ret)
		ret = attach(domain, on);
	for (i = 0; i < WARMUP + reps && !ret; i++) {
		t0 = local_clock();
		ret = iommu_map(domain, IOVA, PA, size, IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
		t1 = local_clock();
		if (!ret && iommu_unmap(domain, IOVA, size) != size)
			ret = -EIO;
		t2 = local_clock();
		if (i >= WARMUP) {
			first[i - WARMUP] = t1 - t0;
			second[i - WARMUP] = t2 - t1;
			third[i - WARMUP] = ret ? 0 : sync_alone(domain);
		}
	}
	while (on--)
		detach(domain, on);
	if (!ret) {
		print("map", first);
		print("unmap", second);
		print("sync", third);
	}
	iommu_domain_free(domain);
	return ret;
}

/* All devices but the last stay on the domain; the last one comes and goes */
static int bench_attach(void)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(&dev[0]->dev);
	u32 i, on = 0, last = ndevs - 1;
	u64 t0, t1, t2;
	int ret = 0;

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	for (i = 0; i < last && !ret; i++) {
		ret = attach(domain, i);
		on += !ret;
	}
	for (i = 0; i < WARMUP + reps && !ret; i++) {
		t0 = local_clock();
		ret = attach(domain, last);
		t1 = local_clock();
		if (!ret)
			detach(domain, last);
		t2 = local_clock();
		if (i >= WARMUP) {
			first[i - WARMUP] = t1 - t0;
			second[i - WARMUP] = t2 - t1;
		}
	}
	while (on--)
		detach(domain, on);
	if (!ret) {
		print("attach", first);
		print("detach", second);
	}
	iommu_domain_free(domain);
	return ret;
}

static void let_go(void)
{
	while (nheld)
		iommu_domain_free(held[--nheld]);
	vfree(held);
	held = NULL;
}

static int bench_hold(void)
{
	struct iommu_domain *domain;

	held = vmalloc_array(reps, sizeof(struct iommu_domain *));
	if (!held)
		return -ENOMEM;
	while (nheld < reps) {
		domain = iommu_paging_domain_alloc(&dev[0]->dev);
		if (IS_ERR(domain)) {
			let_go();
			return PTR_ERR(domain);
		}
		held[nheld++] = domain;
	}
	return 0;
}

/* This needs no device: of an attach it times only the part that grows with the array */
static int bench_entries(void)
{
	struct array_times times = { .merge = first, .revive = second, .unref = third };
	int ret = bench_array(clamp(size, 1UL, 65536UL), WARMUP, reps, &times);

	if (ret)
		return ret;
	print("merge", first);
	print("revive", second);
	print("unref", third);
	return 0;
}

/* The cost of an attach must not grow with the number of PASIDs that came and went long ago */
static int bench_gone(void)
{
	int ret = bench_pasids(min(size, 65536UL), WARMUP, reps, first);

	if (!ret)
		print("merge", first);
	return ret;
}

static int find_devices(void)
{
	unsigned int domain, bus, slot, func;
	char *list, *next, *bdf;
	int ret = 0;

	list = kstrdup(devs ?: "", GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	next = *list ? list : NULL;
	while (!ret && ndevs < DEVS && (bdf = strsep(&next, ","))) {
		ret = -EINVAL;
		if (sscanf(bdf, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4)
			break;
		dev[ndevs] = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
		ret = dev[ndevs] && device_iommu_mapped(&dev[ndevs]->dev) ? 0 : -ENODEV;
		ndevs++;
	}
	if (ret)
		pr_err("no device '%s' behind an IOMMU\n", bdf);
	kfree(list);
	return ret;
}

static int __init bench_init(void)
{
	int ret;

	reps = clamp(reps, 1U, 1000000U);
	first = vmalloc_array(reps, sizeof(*first));
	second = vmalloc_array(reps, sizeof(*second));
	third = vmalloc_array(reps, sizeof(*third));
	ret = first && second && third ? find_devices() : -ENOMEM;
	if (ret)
		goto free;
	print_clock();
	if (!strcmp(test, "array"))
		ret = bench_entries();
	else if (!strcmp(test, "pasids"))
		ret = bench_gone();
	else if (!ndevs)
		ret = -EINVAL;
	else if (!strcmp(test, "dma"))
		ret = bench_dma();
	else if (!strcmp(test, "iommu"))
		ret = bench_iommu();
	else if (!strcmp(test, "attach"))
		ret = bench_attach();
	else if (!strcmp(test, "hold"))
		ret = bench_hold();
	else
		ret = -EINVAL;
	if (ret)
		pr_err("test=%s size=%lu: error %d\n", test, size, ret);
free:
	while (ndevs)
		pci_dev_put(dev[--ndevs]);
	vfree(first);
	vfree(second);
	vfree(third);
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	let_go();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Measures map, unmap, attach and detach of an IOMMU driver");
MODULE_LICENSE("GPL");
