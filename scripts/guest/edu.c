// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu BDF read|write ADDRESS [LENGTH]: make QEMU's edu device do DMA at a bus address, from user
 * space and without a driver. The program enables the device, turns its bus mastering on, programs
 * its DMA engine through BAR 0 and waits until that has finished.
 *
 * The device does not tell whether its DMA was let through; the caller has to find out. The exit
 * status is 0 when the engine has run, and 1 when it could not be made to run. Addresses have 28
 * bits at most.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EDU_ID		0x00
#define EDU_ID_MASK	0x0000ffff
#define EDU_ID_VALUE	0x000000ed
#define EDU_DMA_SRC	0x80
#define EDU_DMA_DST	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_CMD	0x98
#define EDU_CMD_RUN	0x1
#define EDU_CMD_TO_RAM	0x2
#define EDU_BUFFER	0x40000
#define EDU_BUFFER_SIZE	4096

#define PCI_COMMAND	4
#define PCI_COMMAND_MEM_MASTER	0x6

static const char *bdf;

static int fail(const char *what)
{
	fprintf(stderr, "edu %s: %s: %s\n", bdf, what, strerror(errno));
	return 1;
}

static int open_file(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	return open(path, flags | O_CLOEXEC);
}

static int enable(void)
{
	uint16_t command;
	int fd = open_file("enable", O_WRONLY);

	/* EBUSY means that a driver has enabled the device, which is as good. */
	if (fd < 0 || (write(fd, "1", 1) != 1 && errno != EBUSY))
		return -1;
	close(fd);

	fd = open_file("config", O_RDWR);
	if (fd < 0 || pread(fd, &command, 2, PCI_COMMAND) != 2)
		return -1;
	command |= PCI_COMMAND_MEM_MASTER;
	if (pwrite(fd, &command, 2, PCI_COMMAND) != 2)
		return -1;
	return close(fd);
}

static void put64(volatile uint8_t *bar, unsigned int reg, uint64_t value)
{
	*(volatile uint64_t *)(bar + reg) = value;
}

int main(int argc, char **argv)
{
	volatile uint8_t *bar;
	uint64_t addr, length;
	int fd, to_ram, i;

	if (argc < 4) {
		fprintf(stderr, "usage: edu BDF read|write ADDRESS [LENGTH]\n");
		return 2;
	}
	bdf = argv[1];
	to_ram = !strcmp(argv[2], "write");
	addr = strtoull(argv[3], NULL, 0);
	length = argc > 4 ? strtoull(argv[4], NULL, 0) : 64;
	if (length > EDU_BUFFER_SIZE || addr >> 28) {
		errno = ERANGE;
		return fail("address or length");
	}

	if (enable())
		return fail("enable");
	fd = open_file("resource0", O_RDWR | O_SYNC);
	if (fd < 0)
		return fail("resource0");
	bar = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		return fail("mmap of BAR 0");
	if ((*(volatile uint32_t *)(bar + EDU_ID) & EDU_ID_MASK) != EDU_ID_VALUE) {
		errno = ENODEV;
		return fail("identification register");
	}

	put64(bar, EDU_DMA_SRC, to_ram ? EDU_BUFFER : addr);
	put64(bar, EDU_DMA_DST, to_ram ? addr : EDU_BUFFER);
	put64(bar, EDU_DMA_COUNT, length);
	put64(bar, EDU_DMA_CMD, EDU_CMD_RUN | (to_ram ? EDU_CMD_TO_RAM : 0));
	for (i = 0; i < 500; i++) {
		if (!(*(volatile uint64_t *)(bar + EDU_DMA_CMD) & EDU_CMD_RUN))
			return 0;
		usleep(10000);
	}
	errno = ETIMEDOUT;
	return fail("the DMA did not end");
}
