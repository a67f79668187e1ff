/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the programs that test iommufd's nesting: one iommufd, a nest parent over some memory that
 * stands for the guest's RAM, and what a VMM does with it. NESTED_DEVS names the devices, which are
 * bound to vfio-pci. Each test case is a process of its own, so all of this has file scope.
 *
 * Calls that may be refused return 0 or an errno. An error of a call that must succeed ends the
 * case.
 */
#ifndef GUEST_NESTED_H
#define GUEST_NESTED_H

/* the status that the kernel's harness takes for a failure; 2 would be an expected failure */
#define DIE_STATUS	1

#include <kselftest_harness.h>

#include "../page.h"
#include "../qemu-dma.h"
#include "../shared-domains.h"
#include "../vfio-devs.h"
#include "smmu.h"

#define EDU_ID		0x11e8
#define IGB_ID		0x10c9
#define NOWHERE		(-1)
#define ASTRAY		(-2)

/* Time limit of a case, because the harness's own limit is meant for hardware */
#define CASE_SECONDS	150
#define CASE(fixture, name)	TEST_F_TIMEOUT(fixture, name, CASE_SECONDS)

/* For functions that return what is wrong, or NULL */
#define FINE(call, judge)						\
	do {								\
		const char *wrong_ = (call);				\
									\
		if (wrong_)						\
			TH_LOG("%s", wrong_);				\
		judge(!wrong_);						\
	} while (0)
#define ASSERT_FINE(call)	FINE(call, ASSERT_TRUE)
#define EXPECT_FINE(call)	FINE(call, EXPECT_TRUE)

/*
 * Guest RAM: pages for tables, which are mapped as one piece, and behind them pages for data, each
 * mapped by itself. It begins at the IPA RAM_IPA, below edu's 28 bits. The guest's stage 1 maps the
 * data at another address, DVA.
 */
#define TABLES		64u
#define DATA		64u
#define RAM_PAGES	(TABLES + DATA)
#define RAM_IPA		0x1000000ul
#define DVA		0x4000000ul

static uint8_t *ram;
static uint32_t ioas, parent;

static inline void *table_mem(unsigned int nr)
{
	return ram + nr * PAGE;
}

static inline void *data_mem(unsigned int nr)
{
	return ram + (TABLES + nr) * PAGE;
}

static inline uint64_t table_ipa(unsigned int nr)
{
	return RAM_IPA + nr * PAGE;
}

static inline uint64_t data_ipa(unsigned int nr)
{
	return RAM_IPA + (TABLES + nr) * PAGE;
}

static inline uint64_t dva(unsigned int slot)
{
	return DVA + slot * GUEST_PAGE;
}

/* xorshift64*: the same sequence on every machine */
static uint64_t seed = 1;

static inline uint64_t rnd64(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 2685821657736338717ull;
}

static inline uint32_t rnd(uint32_t n)
{
	return (rnd64() >> 33) % n;
}

/* A number from the environment: NESTED_SEED and others */
static inline unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

/* ---- devices ---- */

static inline uint16_t pci_model(const char *bdf)
{
	char path[128], text[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/device", bdf);
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file))
		die("%s", path);
	fclose(file);
	return strtoul(text, NULL, 0);
}

/* Fill in devs[], without opening the devices */
static inline void find_devices(void)
{
	char *list = getenv("NESTED_DEVS"), *copy, *bdf;

	if (ndevs)
		return;
	if (!list) {
		errno = ENODEV;
		die("NESTED_DEVS names no devices");
	}
	copy = strdup(list);
	for (bdf = strtok(copy, " "); bdf; bdf = strtok(NULL, " ")) {
		dev_add(bdf);
		devs[ndevs - 1].model = pci_model(bdf);
	}
	free(copy);
}

/* Device number @nr of this model behind SMMU number @smmu, in the order of NESTED_DEVS */
static inline struct vdev *dev_at(unsigned int smmu, uint16_t model, unsigned int nr)
{
	const char *seen[MAX_DEVS];
	unsigned int i, j, n = 0;

	find_devices();
	for (i = 0; i < ndevs; i++) {
		for (j = 0; j < n && strcmp(seen[j], devs[i].smmu); j++)
			;
		if (j == n)
			seen[n++] = devs[i].smmu;
		if (j == smmu && devs[i].model == model && !nr--) {
			if (devs[i].fd < 0)
				dev_open_iommufd(&devs[i]);
			return &devs[i];
		}
	}
	errno = ENODEV;
	die("device %04x behind SMMU %u", model, smmu);
	return NULL;
}

static inline struct vdev *itd(unsigned int smmu)
{
	return dev_at(smmu, ITD_ID, 0);
}

static inline struct vdev *edu(unsigned int smmu)
{
	return dev_at(smmu, EDU_ID, 0);
}

/* ---- iommufd: functions that return 0 or an errno ---- */

static inline int err(int rc)
{
	return rc ? errno : 0;
}

static inline int attach(const struct vdev *dev, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt cmd = { .argsz = sizeof(cmd), .pt_id = pt };

	return err(ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd));
}

static inline int remove_object(uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return err(ioctl(iommu, IOMMU_DESTROY, &cmd));
}

static inline int new_parent(const struct vdev *dev, uint32_t from, uint32_t *id)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = dev->id,
		.pt_id = from,
	};
	int rc = err(ioctl(iommu, IOMMU_HWPT_ALLOC, &cmd));

	*id = cmd.out_hwpt_id;
	return rc;
}

static inline int new_viommu(const struct vdev *dev, uint32_t hwpt, uint32_t *id)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
		.dev_id = dev->id,
		.hwpt_id = hwpt,
	};
	int rc = err(ioctl(iommu, IOMMU_VIOMMU_ALLOC, &cmd));

	*id = cmd.out_viommu_id;
	return rc;
}

static inline int new_vdevice(uint32_t viommu, const struct vdev *dev, uint64_t vsid,
			      uint32_t *id)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.dev_id = dev->id,
		.virt_id = vsid,
	};
	int rc = err(ioctl(iommu, IOMMU_VDEVICE_ALLOC, &cmd));

	*id = cmd.out_vdevice_id;
	return rc;
}

static inline int new_nested(uint32_t viommu, const struct vdev *dev, uint64_t ste0,
			     uint64_t ste1, uint32_t *id)
{
	struct iommu_hwpt_arm_smmuv3 vste = { .ste = { ste0, ste1 } };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = dev->id,
		.pt_id = viommu,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(vste),
		.data_uptr = (uintptr_t)&vste,
	};
	int rc = err(ioctl(iommu, IOMMU_HWPT_ALLOC, &cmd));

	*id = cmd.out_hwpt_id;
	return rc;
}

/* @num: in: number of commands; out: number of commands that were done */
static inline int invalidate(uint32_t viommu, const struct command *cmds, uint32_t *num)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = viommu,
		.data_uptr = (uintptr_t)cmds,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(*cmds),
		.entry_num = *num,
	};
	int rc = err(ioctl(iommu, IOMMU_HWPT_INVALIDATE, &cmd));

	*num = cmd.entry_num;
	return rc;
}

static inline int invalidate1(uint32_t viommu, uint64_t w0, uint64_t w1)
{
	struct command cmd = { { w0, w1 } };
	uint32_t num = 1;

	return invalidate(viommu, &cmd, &num);
}

/* ---- calls that must succeed ---- */

static inline void must(int rc, const char *what)
{
	errno = rc;
	if (rc)
		die("%s", what);
}

/* Put the guest's RAM into a new IOAS, with a nest parent that is made for @dev */
static inline void setup_ram(const struct vdev *dev)
{
	unsigned int i;

	if (!ram)
		ram = mmap(NULL, RAM_PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (ram == MAP_FAILED)
		die("guest RAM");
	ioas = new_ioas();
	map(ioas, table_ipa(0), table_mem(0), TABLES * PAGE);
	for (i = 0; i < DATA; i++)
		map(ioas, data_ipa(i), data_mem(i), PAGE);
	must(new_parent(dev, ioas, &parent), "nest parent");
}

static inline uint32_t viommu_for(const struct vdev *dev)
{
	uint32_t id;

	must(new_viommu(dev, parent, &id), "vIOMMU");
	return id;
}

static inline uint32_t vdevice_for(uint32_t viommu, const struct vdev *dev, uint64_t vsid)
{
	uint32_t id;

	must(new_vdevice(viommu, dev, vsid, &id), "vDEVICE");
	return id;
}

static inline uint32_t nested_for(uint32_t viommu, const struct vdev *dev, uint64_t ste0,
				  uint64_t ste1)
{
	uint32_t id;

	must(new_nested(viommu, dev, ste0, ste1, &id), "nested HWPT");
	return id;
}

static inline uint32_t bypass_for(uint32_t viommu, const struct vdev *dev)
{
	return nested_for(viommu, dev, STE0_V | STE0_CONFIG(STE_BYPASS), 0);
}

static inline uint32_t abort_for(uint32_t viommu, const struct vdev *dev)
{
	return nested_for(viommu, dev, STE0_V | STE0_CONFIG(STE_ABORT), 0);
}

/* ---- DMA ---- */

/*
 * Let iommu-testdev write to a page-aligned address. Return: number of the data page where the DMA
 * arrived; NOWHERE; or ASTRAY if it arrived in another place or in more than one.
 */
static inline int lands(const struct vdev *dev, uint64_t addr)
{
	unsigned int i;
	int found = NOWHERE;

	for (i = 0; i < RAM_PAGES; i++)
		if (*(volatile uint32_t *)(ram + i * PAGE) == ITD_PATTERN)
			*(volatile uint32_t *)(ram + i * PAGE) = 0;
	itd_write(dev, addr);
	for (i = 0; i < RAM_PAGES; i++) {
		if (*(volatile uint32_t *)(ram + i * PAGE) != ITD_PATTERN)
			continue;
		if (found != NOWHERE || i < TABLES)
			return ASTRAY;
		found = i - TABLES;
	}
	return found;
}

/* Let edu carry @text from one address to another: 16 bytes, 200 ms */
static inline void edu_carry(const struct vdev *dev, uint64_t from, uint64_t to)
{
	edu_start(dev, false, from);
	edu_finish(dev);
	edu_start(dev, true, to);
	edu_finish(dev);
}

#endif
