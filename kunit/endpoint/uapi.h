/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/smmu-endpoint: devices behind model SMMUs, for programs. A device is bound to the caller's
 * address space until it is unbound or the file is closed, even if the process has exited.
 */
#ifndef KUNIT_ENDPOINT_UAPI_H
#define KUNIT_ENDPOINT_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Devices whose faults stall: device number n is behind SMMU n % 4 */
#define ENDPOINT_STALLS		8
/* Behind an SMMU of its own: a PCIe device with ATS that asks for pages (PRI) */
#define ENDPOINT_PRI		ENDPOINT_STALLS
#define ENDPOINT_DEVICES	(ENDPOINT_PRI + 1)

/**
 * struct endpoint_bond - ENDPOINT_BIND, ENDPOINT_UNBIND
 * @device: number of the device
 * @pasid: out: PASID of the bond
 */
struct endpoint_bond {
	__u32 device;
	__u32 pasid;
};

/**
 * struct endpoint_access - ENDPOINT_ACCESS: a DMA of eight bytes
 * @device: number of the device; it needs no bond of this file
 * @pasid: PASID of the request; 0 for none
 * @addr: address, a multiple of 8
 * @value: value to write, or out: value that was read
 * @write: write, else read
 * @refused: out: the SMMU has refused the access. @value is unchanged.
 */
struct endpoint_access {
	__u32 device;
	__u32 pasid;
	__u64 addr;
	__u64 value;
	__u32 write;
	__u32 refused;
};

/**
 * struct endpoint_state - ENDPOINT_STATE, of the SMMU of a device
 * @device: number of the device
 * @violations: out: number of violations, see model_violation()
 * @stalled: out: number of transactions without an answer
 * @asids: out: number of ASIDs in use
 */
struct endpoint_state {
	__u32 device;
	__u32 violations;
	__u32 stalled;
	__u32 asids;
};

/**
 * struct endpoint_iommufd - ENDPOINT_IOMMUFD: bind to an iommufd; closing the file unbinds
 * @device: number of the device
 * @fd: file descriptor of the iommufd
 * @id: out: id of the device in the iommufd
 */
struct endpoint_iommufd {
	__u32 device;
	__s32 fd;
	__u32 id;
	__u32 reserved;
};

/**
 * struct endpoint_attach - ENDPOINT_ATTACH
 * @device: number of the device, which is bound to an iommufd
 * @pasid: PASID to attach; 0 for requests without one
 * @pt: id of a page table in the iommufd, 0 to detach
 */
struct endpoint_attach {
	__u32 device;
	__u32 pasid;
	__u32 pt;
	__u32 reserved;
};

#define ENDPOINT_BIND		_IOWR('E', 1, struct endpoint_bond)
#define ENDPOINT_UNBIND		_IOWR('E', 2, struct endpoint_bond)
#define ENDPOINT_ACCESS		_IOWR('E', 3, struct endpoint_access)
#define ENDPOINT_STATE		_IOWR('E', 4, struct endpoint_state)
#define ENDPOINT_IOMMUFD	_IOWR('E', 5, struct endpoint_iommufd)
#define ENDPOINT_ATTACH		_IOWR('E', 6, struct endpoint_attach)

#endif
