/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For programs that drive several devices by VFIO at once: one iommufd, or one type1 container, for
 * all of them; and what the driver's debugfs says about their domains and SMMUs. An error of a call
 * that must succeed ends the program with status DIE_STATUS.
 */
#ifndef GUEST_VFIO_DEVS_H
#define GUEST_VFIO_DEVS_H

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>

#ifndef DIE_STATUS
#define DIE_STATUS	2
#endif
#define MAX_DEVS	24
#define DEBUGFS		"/sys/kernel/debug/smmuv3/"

/**
 * struct vdev - a device that is bound to vfio-pci
 * @bdf: PCI address
 * @smmu: name of the SMMU of the device
 * @fd: VFIO's device
 * @group: VFIO's group, type1 only
 * @id: id of the device in iommufd
 * @model: PCI device id
 * @bar: BAR 0
 * @bar_size: length of BAR 0
 */
struct vdev {
	char bdf[16];
	char smmu[64];
	int fd;
	int group;
	uint32_t id;
	uint16_t model;
	volatile uint8_t *bar;
	size_t bar_size;
};

static struct vdev devs[MAX_DEVS];
static unsigned int ndevs;
static bool type1;		/* else iommufd */
static int iommu = -1;		/* file of iommufd or of the container */

static inline void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(err));
	exit(DIE_STATUS);
}

/* Add a device and find its SMMU, without opening the device */
static inline void dev_add(const char *bdf)
{
	struct vdev *dev = &devs[ndevs];
	char path[128], link[256] = "", *end, *name;

	if (ndevs == MAX_DEVS)
		die("more than %u devices", MAX_DEVS);
	snprintf(dev->bdf, sizeof(dev->bdf), "%s", bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu", bdf);
	if (!realpath(path, link))
		die("%s", path);
	/* the path is .../SMMU/iommu/INSTANCE */
	end = strstr(link, "/iommu/");
	if (!end)
		die("%s leads to %s", path, link);
	*end = '\0';
	name = strrchr(link, '/') + 1;
	snprintf(dev->smmu, sizeof(dev->smmu), "%s", name);
	dev->fd = -1;
	dev->group = -1;
	ndevs++;
}

static inline void dev_setup(struct vdev *dev)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };
	uint16_t word;

	info.index = VFIO_PCI_CONFIG_REGION_INDEX;
	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info) ||
	    pread(dev->fd, &dev->model, 2, info.offset + 2) != 2 ||
	    pread(dev->fd, &word, 2, info.offset + 4) != 2)
		die("%s: config space", dev->bdf);
	word |= 0x6;	/* memory space, bus master */
	if (pwrite(dev->fd, &word, 2, info.offset + 4) != 2)
		die("%s: PCI_COMMAND", dev->bdf);
	info.index = VFIO_PCI_BAR0_REGION_INDEX;
	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("%s: VFIO_DEVICE_GET_REGION_INFO", dev->bdf);
	dev->bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd,
			info.offset);
	if (dev->bar == MAP_FAILED)
		die("%s: mmap of BAR 0", dev->bdf);
	dev->bar_size = info.size;
}

/* Add the device to the container; the first device makes it a type1 container */
static inline void dev_open_type1(struct vdev *dev)
{
	char path[128], link[128] = "";

	if (iommu < 0)
		iommu = open("/dev/vfio/vfio", O_RDWR);
	if (iommu < 0)
		die("/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.15s/iommu_group", dev->bdf);
	if (readlink(path, link, sizeof(link) - 1) < 0)
		die("%s", path);
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	if (dev->group < 0)
		dev->group = open(path, O_RDWR);
	if (dev->group < 0)
		die("%s", path);
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &iommu))
		die("%s: VFIO_GROUP_SET_CONTAINER", dev->bdf);
	if (ioctl(iommu, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) && dev == &devs[0])
		die("VFIO_SET_IOMMU");
	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
	if (dev->fd < 0)
		die("%s: VFIO_GROUP_GET_DEVICE_FD", dev->bdf);
	dev_setup(dev);
}

/* Remove the device from the container; the group stays open */
static inline void dev_close_type1(struct vdev *dev)
{
	munmap((void *)dev->bar, dev->bar_size);
	close(dev->fd);
	if (ioctl(dev->group, VFIO_GROUP_UNSET_CONTAINER))
		die("%s: VFIO_GROUP_UNSET_CONTAINER", dev->bdf);
}

/* Bind the device to iommufd, without attaching it */
static inline void dev_open_iommufd(struct vdev *dev)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	char pattern[128], path[128];
	glob_t found;

	if (iommu < 0)
		iommu = open("/dev/iommu", O_RDWR);
	if (iommu < 0)
		die("/dev/iommu");
	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/vfio-dev/vfio*",
		 dev->bdf);
	if (glob(pattern, 0, NULL, &found))
		die("%s", pattern);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s",
		 strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	dev->fd = open(path, O_RDWR);
	if (dev->fd < 0)
		die("%s", path);
	bind.iommufd = iommu;
	if (ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		die("%s: VFIO_DEVICE_BIND_IOMMUFD", dev->bdf);
	dev->id = bind.out_devid;
	dev_setup(dev);
}

static inline uint32_t new_ioas(void)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	if (ioctl(iommu, IOMMU_IOAS_ALLOC, &alloc))
		die("IOMMU_IOAS_ALLOC");
	return alloc.out_ioas_id;
}

static inline uint32_t new_hwpt(const struct vdev *dev, uint32_t ioas)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = dev->id,
		.pt_id = ioas,
	};

	if (ioctl(iommu, IOMMU_HWPT_ALLOC, &cmd))
		die("%s: IOMMU_HWPT_ALLOC", dev->bdf);
	return cmd.out_hwpt_id;
}

static inline void destroy(uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	if (ioctl(iommu, IOMMU_DESTROY, &cmd))
		die("IOMMU_DESTROY of %u", id);
}

/* Attach to an IOAS or a HWPT, in place of what was attached */
static inline void dev_attach(const struct vdev *dev, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt cmd = {
		.argsz = sizeof(cmd),
		.pt_id = pt,
	};

	if (ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd))
		die("%s: VFIO_DEVICE_ATTACH_IOMMUFD_PT %u", dev->bdf, pt);
}

static inline void dev_detach(const struct vdev *dev)
{
	struct vfio_device_detach_iommufd_pt cmd = { .argsz = sizeof(cmd) };

	if (ioctl(dev->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &cmd))
		die("%s: VFIO_DEVICE_DETACH_IOMMUFD_PT", dev->bdf);
}

/* @ioas: not used for type1 */
static inline void map(uint32_t ioas, uint64_t iova, void *mem, size_t length)
{
	struct vfio_iommu_type1_dma_map vfio = {
		.argsz = sizeof(vfio),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem,
		.iova = iova,
		.size = length,
	};
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_READABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)mem,
		.length = length,
		.iova = iova,
	};

	if (type1 ? ioctl(iommu, VFIO_IOMMU_MAP_DMA, &vfio) :
		    ioctl(iommu, IOMMU_IOAS_MAP, &cmd))
		die("mapping 0x%lx", iova);
}

static inline void unmap(uint32_t ioas, uint64_t iova, size_t length)
{
	struct vfio_iommu_type1_dma_unmap vfio = {
		.argsz = sizeof(vfio),
		.iova = iova,
		.size = length,
	};
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas,
		.iova = iova,
		.length = length,
	};

	if (type1 ? ioctl(iommu, VFIO_IOMMU_UNMAP_DMA, &vfio) :
		    ioctl(iommu, IOMMU_IOAS_UNMAP, &cmd))
		die("0x%lx + 0x%zx cannot be unmapped", iova, length);
}

/* A counter of one SMMU, or the sum over all with "*"; 0 without debugfs */
static inline long counter(const char *smmu, const char *name)
{
	char path[128], word[64];
	long value, sum = 0;
	glob_t files;
	size_t i;

	snprintf(path, sizeof(path), DEBUGFS "%s/counters", smmu);
	if (glob(path, 0, NULL, &files))
		return 0;
	for (i = 0; i < files.gl_pathc; i++) {
		FILE *file = fopen(files.gl_pathv[i], "r");

		while (file && fscanf(file, "%63s %ld", word, &value) == 2)
			if (!strcmp(word, name))
				sum += value;
		if (file)
			fclose(file);
	}
	globfree(&files);
	return sum;
}

#endif
