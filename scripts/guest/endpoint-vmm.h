/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For programs that do what a VMM and its guest do with a device of /dev/smmu-endpoint: the guest's
 * memory with its CDs and page tables, and what of iommufd every guest needs.
 */
#ifndef ENDPOINT_VMM_H
#define ENDPOINT_VMM_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/iommufd.h>

#include "../../kunit/endpoint/uapi.h"
#include "nested/smmu.h"
#include "page.h"

#define VSID		0x77
#define RAM_IPA		0x1000000ul
#define VA		0x4000000ul
/* Pages of the guest's memory: CDs, tables of levels 1 to 3, and data */
#define CDS		0
#define L1		1
#define L2		2
#define L3		3
#define DATA		4
#define PAGES		16
#define CDMAX		2
#define CD0_S		BIT(44)
#define ASID		5

static int fd, iommu;
static uint32_t device, id, ioas, parent, viommu, vdevice;
static uint8_t *ram;
static char why[256];

static inline void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Remember a reason, if it is the first one. Return: false */
static inline bool fails(const char *what)
{
	if (!*why)
		snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	return false;
}

static inline volatile uint64_t *table(uint32_t page)
{
	return (void *)(ram + page * PAGE);
}

static inline uint64_t ipa(uint32_t page)
{
	return RAM_IPA + page * PAGE;
}

/* The guest maps a page */
static inline void guest_map(uint64_t va)
{
	uint32_t slot = (va - VA) / GUEST_PAGE;

	table(L3)[slot] = ipa(DATA + slot) | PTE_PAGE | PTE_EL0 | PTE_SH | PTE_AF | PTE_NG;
	__sync_synchronize();
}

/* @cd: more bits of each CD */
static inline void guest_init(uint64_t cd)
{
	uint32_t i;

	table(L1)[VA >> 30] = ipa(L2) | PTE_TABLE;
	table(L2)[VA >> 21 & 511] = ipa(L3) | PTE_TABLE;
	for (i = 0; i < 1 << CDMAX; i++) {
		volatile uint64_t *w = table(CDS) + i * CD_WORDS;

		w[1] = ipa(L1);
		w[3] = CD3_MAIR_WB;
		w[0] = CD0_T0SZ | CD0_WB | CD0_EPD1 | CD0_V | CD0_IPS_40 | CD0_AA64 | CD0_R |
		       CD0_A | CD0_ASET | CD0_ASID(ASID) | cd;
	}
	__sync_synchronize();
}

/* Return: 0, 1 when the access was refused, or an error */
static inline int dma(uint32_t pasid, uint64_t va, uint64_t *value, bool write)
{
	struct endpoint_access a = {
		.device = device, .pasid = pasid, .addr = va, .value = *value, .write = write,
	};

	if (ioctl(fd, ENDPOINT_ACCESS, &a))
		return -errno;
	*value = a.value;
	return a.refused;
}

/* For requests without PASID; 0: detach */
static inline int attach(uint32_t pt)
{
	struct endpoint_attach a = { .device = device, .pt = pt };

	return ioctl(fd, ENDPOINT_ATTACH, &a);
}

static inline struct endpoint_state state(void)
{
	struct endpoint_state s = { .device = device };

	if (ioctl(fd, ENDPOINT_STATE, &s))
		die("ENDPOINT_STATE");
	if (s.violations)
		fails("the model has seen a violation");
	return s;
}

/* What the VMM is told of the device's SMMU. Return: as ioctl() */
static inline int smmu_info(struct iommu_hw_info_arm_smmuv3 *smmu, uint32_t *type)
{
	struct iommu_hw_info info = {
		.size = sizeof(info), .dev_id = id, .data_len = sizeof(*smmu),
		.data_uptr = (uintptr_t)smmu,
	};
	int rc = ioctl(iommu, IOMMU_GET_HW_INFO, &info);

	*type = info.out_data_type;
	return rc;
}

/* A command of the guest's with this first word and 0, through the VMM. Return: as ioctl() */
static inline int invalidate(uint64_t w0)
{
	struct command cmd = { .w[0] = w0 };
	struct iommu_hwpt_invalidate inv = {
		.size = sizeof(inv), .hwpt_id = viommu, .data_uptr = (uintptr_t)&cmd,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(cmd), .entry_num = 1,
	};

	return ioctl(iommu, IOMMU_HWPT_INVALIDATE, &inv);
}

static inline int destroy(uint32_t object)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = object };

	return ioctl(iommu, IOMMU_DESTROY, &d);
}

/* Return: 0 on error */
static inline uint32_t new_nested(const uint64_t vste[2], uint32_t flags, uint32_t fault)
{
	struct iommu_hwpt_alloc h = {
		.size = sizeof(h), .dev_id = id, .pt_id = viommu, .flags = flags,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3, .data_len = 2 * sizeof(vste[0]),
		.data_uptr = (uintptr_t)vste, .fault_id = fault,
	};

	return ioctl(iommu, IOMMU_HWPT_ALLOC, &h) ? 0 : h.out_hwpt_id;
}

static inline int new_viommu(uint32_t type, void *data, uint32_t len)
{
	struct iommu_viommu_alloc v = {
		.size = sizeof(v), .type = type, .dev_id = id, .hwpt_id = parent,
		.data_len = len, .data_uptr = (uintptr_t)data,
	};
	int rc = ioctl(iommu, IOMMU_VIOMMU_ALLOC, &v);

	if (!rc)
		viommu = v.out_viommu_id;
	return rc;
}

static inline void new_vdevice(void)
{
	struct iommu_vdevice_alloc d = {
		.size = sizeof(d), .viommu_id = viommu, .dev_id = id, .virt_id = VSID,
	};

	if (ioctl(iommu, IOMMU_VDEVICE_ALLOC, &d))
		die("IOMMU_VDEVICE_ALLOC");
	vdevice = d.out_vdevice_id;
}

/* Map the guest's memory into a new iommufd, with the device in it and a nest parent */
static inline void set_up_vmm(void)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct iommu_ioas_map map = {
		.size = sizeof(map), .length = PAGES * PAGE, .iova = RAM_IPA,
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_READABLE,
	};
	struct iommu_hwpt_alloc p = { .size = sizeof(p), .flags = IOMMU_HWPT_ALLOC_NEST_PARENT };
	struct endpoint_iommufd e = { .device = device };

	fd = open("/dev/smmu-endpoint", O_RDWR);
	iommu = open("/dev/iommu", O_RDWR);
	if (fd < 0 || iommu < 0)
		die("/dev/smmu-endpoint and /dev/iommu");
	if (!ram)
		ram = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED)
		die("mmap");
	e.fd = iommu;
	if (ioctl(fd, ENDPOINT_IOMMUFD, &e) || ioctl(iommu, IOMMU_IOAS_ALLOC, &alloc))
		die("the device and its IOAS");
	id = e.id;
	ioas = alloc.out_ioas_id;
	map.ioas_id = ioas;
	map.user_va = (uintptr_t)ram;
	p.dev_id = id;
	p.pt_id = ioas;
	if (ioctl(iommu, IOMMU_IOAS_MAP, &map) || ioctl(iommu, IOMMU_HWPT_ALLOC, &p))
		die("the nest parent");
	parent = p.out_hwpt_id;
}

#endif
