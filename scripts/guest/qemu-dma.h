/* SPDX-License-Identifier: GPL-2.0-only */
/* DMA by QEMU's edu and iommu-testdev, through BAR 0. */
#ifndef GUEST_QEMU_DMA_H
#define GUEST_QEMU_DMA_H

#include "vfio-devs.h"

/* iommu-testdev: writes a fixed pattern to an address when it is triggered */
#define ITD_ID		0x0005
#define ITD_TRIGGER	0x00
#define ITD_ADDR_LO	0x04
#define ITD_ADDR_HI	0x08
#define ITD_LEN		0x0c
#define ITD_RESULT	0x10
#define ITD_DOORBELL	0x14
#define ITD_CHECK_LO	0x1c
#define ITD_PATTERN	0x12345678u

/* edu: moves data between its buffer and an address of 28 bits, in 100 ms */
#define EDU_SRC		0x80
#define EDU_DST		0x88
#define EDU_COUNT	0x90
#define EDU_CMD		0x98
#define EDU_RUN		0x1
#define EDU_TO_RAM	0x2
#define EDU_BUFFER	0x40000

#define RAM_BASE	0x40000000ul	/* RAM of QEMU's virt machine */

static inline void put32(const struct vdev *dev, unsigned int reg, uint32_t value)
{
	*(volatile uint32_t *)(dev->bar + reg) = value;
}

static inline void put64(const struct vdev *dev, unsigned int reg, uint64_t value)
{
	*(volatile uint64_t *)(dev->bar + reg) = value;
}

static inline void itd_write(const struct vdev *dev, uint64_t iova)
{
	put32(dev, ITD_ADDR_LO, iova);
	put32(dev, ITD_ADDR_HI, iova >> 32);
	/* the value that it compares with does not matter, but must be readable */
	put32(dev, ITD_CHECK_LO, RAM_BASE);
	put32(dev, ITD_LEN, 4);
	put32(dev, ITD_DOORBELL, 1);
	(void)*(volatile uint32_t *)(dev->bar + ITD_TRIGGER);
}

static inline void edu_start(const struct vdev *dev, bool to_ram, uint64_t iova)
{
	put64(dev, EDU_SRC, to_ram ? EDU_BUFFER : iova);
	put64(dev, EDU_DST, to_ram ? iova : EDU_BUFFER);
	put64(dev, EDU_COUNT, 16);
	put64(dev, EDU_CMD, EDU_RUN | (to_ram ? EDU_TO_RAM : 0));
}

static inline void edu_finish(const struct vdev *dev)
{
	int i;

	for (i = 0; i < 10000; i++) {
		if (!(*(volatile uint64_t *)(dev->bar + EDU_CMD) & EDU_RUN))
			return;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	die("%s: DMA", dev->bdf);
}

#endif
