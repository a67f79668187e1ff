// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-dma BDF type1|iommufd TEST... [seed=N]: does DMA go where the present mappings say, and
 * nowhere else? The tests find stale translations that a forgotten invalidation leaves in the SMMU.
 *
 * BDF is QEMU's iommu-testdev or edu, bound to vfio-pci. The tests are basic, random, sizes and
 * hwpt (iommufd) for iommu-testdev, and edu for edu; hold leaves 0x20000000 mapped and never ends.
 * Prints 'ok NAME' or 'not ok NAME REASON' for
 * each test. The exit status is 0, or 2 when VFIO did not work.
 *
 * vfio-dma BDF sysfs IOVA: one DMA without VFIO, by a device without a driver. The exit status is 0
 * when the DMA was stopped, and 1 when it went through.
 *
 * The events of the SMMU are counted through the driver's debugfs.
 */
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

#include "page.h"

/* iommu-testdev: writes a fixed pattern to an address when it is triggered */
#define ITD_TRIGGER	0x00
#define ITD_ADDR_LO	0x04
#define ITD_ADDR_HI	0x08
#define ITD_LEN		0x0c
#define ITD_RESULT	0x10
#define ITD_DOORBELL	0x14
#define ITD_CHECK_LO	0x1c
#define ITD_TX_FAIL	0xdead0002u
#define ITD_MISMATCH	0xdead0004u
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

#define POOL		64
#define SLOTS		256

static const char *bdf;
static bool use_iommufd;
static int container = -1, group = -1, device = -1, iommufd = -1;
static uint32_t ioas, device_id;
static volatile uint8_t *bar;
static uint8_t *pool;
static uint64_t seed = 1;

static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vfio-dma %s: ", bdf);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, ": %s\n", strerror(errno));
	va_end(ap);
	exit(2);
}

static bool not_ok(const char *name, const char *fmt, ...)
{
	va_list ap;

	printf("not ok %s ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

/* xorshift64*: the same sequence on every machine */
static uint32_t rnd(uint32_t n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return ((seed * 2685821657736338717ull) >> 33) % n;
}

/* The sum of a counter over all SMMUs; -1 without debugfs */
static long counter(const char *name)
{
	glob_t files;
	char word[64];
	long value, sum = -1;
	size_t i;

	if (glob("/sys/kernel/debug/smmuv3/*/counters", 0, NULL, &files))
		return -1;
	for (i = 0; i < files.gl_pathc; i++) {
		FILE *file = fopen(files.gl_pathv[i], "r");

		while (file && fscanf(file, "%63s %ld", word, &value) == 2)
			if (!strcmp(word, name))
				sum = (sum < 0 ? 0 : sum) + value;
		if (file)
			fclose(file);
	}
	globfree(&files);
	return sum;
}

/* Does the list of domains have a line with all of these words? */
static bool domains_have(const char *a, const char *b)
{
	FILE *file = fopen("/sys/kernel/debug/smmuv3/domains", "r");
	char line[256];
	bool found = false;

	while (file && fgets(line, sizeof(line), file))
		found |= strstr(line, a) && strstr(line, b);
	if (file)
		fclose(file);
	return found;
}

static void put32(unsigned int reg, uint32_t value)
{
	*(volatile uint32_t *)(bar + reg) = value;
}

static uint32_t get32(unsigned int reg)
{
	return *(volatile uint32_t *)(bar + reg);
}

static void put64(unsigned int reg, uint64_t value)
{
	*(volatile uint64_t *)(bar + reg) = value;
}

/* Let iommu-testdev write 4 bytes to an address. Return: false when the SMMU has stopped that */
static bool dma(uint64_t iova)
{
	uint32_t result;

	put32(ITD_ADDR_LO, iova);
	put32(ITD_ADDR_HI, iova >> 32);
	/* the value that it compares with does not matter, but must be readable */
	put32(ITD_CHECK_LO, RAM_BASE);
	put32(ITD_LEN, 4);
	put32(ITD_DOORBELL, 1);
	get32(ITD_TRIGGER);
	result = get32(ITD_RESULT);
	if (result && result != ITD_TX_FAIL && result != ITD_MISMATCH) {
		errno = EIO;
		die("iommu-testdev says 0x%x", result);
	}
	return result != ITD_TX_FAIL;
}

static void edu_dma(bool to_ram, uint64_t iova)
{
	int i;

	put64(EDU_SRC, to_ram ? EDU_BUFFER : iova);
	put64(EDU_DST, to_ram ? iova : EDU_BUFFER);
	put64(EDU_COUNT, 256);
	put64(EDU_CMD, EDU_RUN | (to_ram ? EDU_TO_RAM : 0));
	for (i = 0; i < 5000; i++) {
		if (!(*(volatile uint64_t *)(bar + EDU_CMD) & EDU_RUN))
			return;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	die("edu's DMA");
}

static void map_bar(int fd, off_t offset, size_t size)
{
	bar = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (bar == MAP_FAILED)
		die("mmap of BAR 0");
}

static void enable_master(int fd, off_t offset)
{
	uint16_t command;

	if (pread(fd, &command, 2, offset + 4) != 2)
		die("reading PCI_COMMAND");
	command |= 0x6;
	if (pwrite(fd, &command, 2, offset + 4) != 2)
		die("writing PCI_COMMAND");
	if (pread(fd, &device_id, 4, offset) != 4)
		die("reading the device's id");
	device_id >>= 16;
}

static int sysfs_open(const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	fd = open(path, flags);
	if (fd < 0)
		die("%s", path);
	return fd;
}

static int by_sysfs(const char *iova)
{
	int fd = sysfs_open("enable", O_WRONLY);

	if (write(fd, "1", 1) != 1)
		die("enable");
	enable_master(sysfs_open("config", O_RDWR), 0);
	map_bar(sysfs_open("resource0", O_RDWR | O_SYNC), 0, PAGE);
	return dma(strtoull(iova, NULL, 0));
}

static void setup_device(void)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };

	info.index = VFIO_PCI_CONFIG_REGION_INDEX;
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("VFIO_DEVICE_GET_REGION_INFO");
	enable_master(device, info.offset);
	info.index = VFIO_PCI_BAR0_REGION_INDEX;
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("VFIO_DEVICE_GET_REGION_INFO");
	map_bar(device, info.offset, info.size);
}

static void open_type1(void)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[128], link[128] = "";

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	if (readlink(path, link, sizeof(link) - 1) < 0)
		die("%s", path);
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	container = open("/dev/vfio/vfio", O_RDWR);
	if (container < 0)
		die("/dev/vfio/vfio");
	group = open(path, O_RDWR);
	if (group < 0 || ioctl(group, VFIO_GROUP_GET_STATUS, &status) ||
	    !(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		die("%s", path);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (device < 0)
		die("VFIO_GROUP_GET_DEVICE_FD");
	setup_device();
}

static uint32_t new_ioas(void)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	if (ioctl(iommufd, IOMMU_IOAS_ALLOC, &alloc))
		die("IOMMU_IOAS_ALLOC");
	return alloc.out_ioas_id;
}

static void destroy(uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	if (ioctl(iommufd, IOMMU_DESTROY, &cmd))
		die("IOMMU_DESTROY of %u", id);
}

/* Attach to an IOAS or a HWPT, in place of what was attached */
static void attach(uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt cmd = {
		.argsz = sizeof(cmd),
		.pt_id = pt,
	};

	if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd))
		die("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
}

static void detach(void)
{
	struct vfio_device_detach_iommufd_pt cmd = { .argsz = sizeof(cmd) };

	if (ioctl(device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &cmd))
		die("VFIO_DEVICE_DETACH_IOMMUFD_PT");
}

static uint32_t iommufd_dev;

static void open_iommufd(void)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	char pattern[128], path[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/vfio-dev/vfio*", bdf);
	if (glob(pattern, 0, NULL, &found))
		die("%s", pattern);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s",
		 strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	iommufd = open("/dev/iommu", O_RDWR);
	if (iommufd < 0)
		die("/dev/iommu");
	device = open(path, O_RDWR);
	if (device < 0)
		die("%s", path);
	bind.iommufd = iommufd;
	if (ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		die("VFIO_DEVICE_BIND_IOMMUFD");
	iommufd_dev = bind.out_devid;
	ioas = new_ioas();
	attach(ioas);
	setup_device();
}

static void map_ioas(uint32_t id, uint64_t iova, void *mem, size_t length)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_READABLE,
		.ioas_id = id,
		.user_va = (uintptr_t)mem,
		.length = length,
		.iova = iova,
	};

	if (ioctl(iommufd, IOMMU_IOAS_MAP, &map))
		die("IOMMU_IOAS_MAP at 0x%lx", iova);
}

static void map(uint64_t iova, void *mem, size_t length)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem,
		.iova = iova,
		.size = length,
	};

	if (use_iommufd)
		map_ioas(ioas, iova, mem, length);
	else if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
		die("VFIO_IOMMU_MAP_DMA at 0x%lx", iova);
}

static void unmap(uint64_t iova, size_t length)
{
	struct vfio_iommu_type1_dma_unmap type1 = {
		.argsz = sizeof(type1),
		.iova = iova,
		.size = length,
	};
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas,
		.iova = iova,
		.length = length,
	};

	if (use_iommufd ? ioctl(iommufd, IOMMU_IOAS_UNMAP, &cmd) :
			  ioctl(container, VFIO_IOMMU_UNMAP_DMA, &type1))
		die("unmap of 0x%lx + 0x%zx", iova, length);
}

static uint8_t *page(unsigned int nr)
{
	return pool + nr * PAGE;
}

static volatile uint32_t *word(void *at, size_t offset)
{
	return (volatile uint32_t *)((uint8_t *)at + offset);
}

/*
 * Do one DMA at @iova + @offset. It must arrive in @want at that offset (NULL: nowhere), and in no
 * other page of the pool. Return: what is wrong, or NULL.
 */
static const char *probe(uint64_t iova, void *want, size_t offset)
{
	const char *wrong = NULL;
	unsigned int i;
	bool done;

	if (want)
		*word(want, offset) = 0;
	done = dma(iova + offset);
	if (done && !want)
		wrong = "DMA to an address that is not mapped went through";
	else if (!done && want)
		wrong = "DMA to a mapped address was stopped";
	else if (want && *word(want, offset) != ITD_PATTERN)
		wrong = "DMA did not arrive in the page that is mapped";
	if (want)
		*word(want, offset) = 0;
	for (i = 0; i < POOL; i++) {
		if (*word(page(i), offset % PAGE)) {
			wrong = "DMA arrived in another page";
			*word(page(i), offset % PAGE) = 0;
		}
	}
	return wrong;
}

#define BASE	0x20000000ul

static bool basic(void)
{
	const char *name = "basic", *wrong;
	long events = counter("events");

	wrong = probe(BASE, NULL, 0);
	if (wrong)
		return not_ok(name, "before map: %s", wrong);
	map(BASE, page(0), PAGE);
	wrong = probe(BASE, page(0), 128);
	if (wrong)
		return not_ok(name, "mapped: %s", wrong);
	unmap(BASE, PAGE);
	wrong = probe(BASE, NULL, 128);
	if (wrong)
		return not_ok(name, "unmapped: %s", wrong);
	map(BASE, page(1), PAGE);
	wrong = probe(BASE, page(1), 128);
	if (wrong)
		return not_ok(name, "mapped to another page: %s", wrong);
	unmap(BASE, PAGE);
	wrong = probe(BASE, NULL, 256);
	if (wrong)
		return not_ok(name, "unmapped again: %s", wrong);
	usleep(100000);
	if (events >= 0 && counter("events") < events + 3)
		return not_ok(name, "3 DMAs stopped, %ld events", counter("events") - events);
	return true;
}

/*
 * Random maps of 1 to 16 pages, and unmaps of 1 to 4 neighbouring mappings at once, checked against
 * a table of what should be mapped.
 */
static int slot_page[SLOTS];	/* -1: not mapped */
static int slot_area[SLOTS];	/* number of the mapping, which tells where it ends */

static uint64_t slot_iova(unsigned int slot)
{
	return BASE + slot * PAGE;
}

static void random_map(unsigned int slot, int area)
{
	unsigned int i, n = 1 + rnd(16), first = rnd(POOL - 16);

	for (i = 0; i < n && slot + i < SLOTS && slot_page[slot + i] < 0; i++) {
		slot_page[slot + i] = first + i;
		slot_area[slot + i] = area;
	}
	map(slot_iova(slot), page(first), i * PAGE);
}

static void random_unmap(unsigned int slot)
{
	unsigned int i, start = slot, areas = 1 + rnd(4);
	int area;

	while (start && slot_page[start - 1] >= 0 &&
	       slot_area[start - 1] == slot_area[slot])
		start--;
	for (i = start; i < SLOTS && slot_page[i] >= 0 && areas; areas--) {
		area = slot_area[i];
		for (; i < SLOTS && slot_page[i] >= 0 && slot_area[i] == area; i++)
			slot_page[i] = -1;
	}
	unmap(slot_iova(start), (i - start) * PAGE);
}

static bool random_ops(void)
{
	const char *wrong, *name = "random";
	unsigned int i, j, slot;

	for (i = 0; i < SLOTS; i++)
		slot_page[i] = -1;
	for (i = 0; i < 600; i++) {
		slot = rnd(SLOTS);
		if (slot_page[slot] < 0)
			random_map(slot, i);
		else
			random_unmap(slot);
		/* first near the change, then anywhere */
		for (j = 0; j < 8; j++) {
			unsigned int at = j < 4 ? (slot + rnd(16)) % SLOTS : rnd(SLOTS);
			int nr = slot_page[at];

			wrong = probe(slot_iova(at), nr < 0 ? NULL : page(nr),
				      rnd(PAGE / 4) * 4);
			if (wrong)
				return not_ok(name, "operation %u, slot %u: %s", i, at, wrong);
		}
	}
	/* unmap everything, including the holes */
	unmap(BASE, SLOTS * PAGE);
	for (i = 0; i < SLOTS; i++) {
		wrong = probe(slot_iova(i), NULL, 0);
		if (wrong)
			return not_ok(name, "everything unmapped, slot %u: %s", i, wrong);
	}
	return true;
}

#define BIG		0x40000000ul
#define BLOCKS		4

/* Blocks and pages alternate at the same addresses, and one call unmaps them */
static bool sizes(void)
{
	const char *wrong = NULL, *name = "sizes";
	unsigned int i, j, round;
	bool huge[BLOCKS];
	uint8_t *mem;

	mem = mmap(NULL, BLOCKS * BLOCK, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS | MAP_BLOCKS | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED)
		return not_ok(name, "no huge pages: %s", strerror(errno));

	for (round = 0; round < 40 && !wrong; round++) {
		for (i = 0; i < BLOCKS; i++) {
			uint64_t iova = BIG + i * BLOCK;

			huge[i] = rnd(2);
			if (huge[i])
				map(iova, mem + i * BLOCK, BLOCK);
			for (j = 0; !huge[i] && j < BLOCK / PAGE; j += 1 + rnd(60))
				map(iova + j * PAGE, page(j % POOL), PAGE);
			/* fill the TLB with translations that are unmapped below */
			for (j = 0; huge[i] && j < 4 && !wrong; j++) {
				size_t at = rnd(BLOCK / 4) * 4;

				wrong = probe(iova, mem + i * BLOCK, at);
			}
			for (j = 0; !huge[i] && j < BLOCK / PAGE; j += 1 + rnd(8))
				dma(iova + j * PAGE);
		}
		memset(pool, 0, POOL * PAGE);
		unmap(BIG, BLOCKS * BLOCK);
		for (j = 0; j < 64 && !wrong; j++)
			wrong = probe(BIG, NULL, rnd(BLOCKS * BLOCK / 4) * 4);
	}
	if (wrong)
		return not_ok(name, "round %u: %s", round, wrong);

	/* addresses and memory differ by a page, so that none of it can be mapped by a block */
	map(BIG + PAGE, mem, BLOCKS * BLOCK);
	for (j = 0; j < 64 && !wrong; j++) {
		size_t at = rnd(BLOCKS * BLOCK / 4) * 4;

		wrong = probe(BIG + PAGE, mem, at);
	}
	unmap(BIG + PAGE, BLOCKS * BLOCK);
	for (j = 0; j < 256 && !wrong; j++)
		wrong = probe(BIG + PAGE, NULL, rnd(BLOCKS * BLOCK / 4) * 4);
	if (wrong)
		return not_ok(name, "pages of huge pages: %s", wrong);
	munmap(mem, BLOCKS * BLOCK);
	return true;
}

static uint32_t new_hwpt(uint32_t on, uint32_t flags)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags,
		.dev_id = iommufd_dev,
		.pt_id = on,
	};

	if (ioctl(iommufd, IOMMU_HWPT_ALLOC, &cmd)) {
		/* without nesting, a second stage 1 will do */
		if (flags && errno == EOPNOTSUPP)
			return new_hwpt(on, 0);
		die("IOMMU_HWPT_ALLOC with flags %u", flags);
	}
	return cmd.out_hwpt_id;
}

/* The same address in several page tables that are attached to the device in turn */
static bool hwpt(void)
{
	const char *wrong = NULL, *name = "hwpt";
	uint32_t space[3], pt[3];
	unsigned int i, at = 0, round;

	for (i = 0; i < 3; i++) {
		space[i] = new_ioas();
		map_ioas(space[i], BASE, page(i), PAGE);
		pt[i] = new_hwpt(space[i], i == 2 ? IOMMU_HWPT_ALLOC_NEST_PARENT : 0);
	}
	for (round = 0; round < 200 && !wrong; round++) {
		at = rnd(3);
		switch (rnd(4)) {
		case 0:
			detach();
			wrong = probe(BASE, NULL, 0);
			if (!wrong && domains_have("users 0", "forgotten"))
				wrong = "a tag of nobody is called forgotten, not parked";
			break;
		case 1:
			/* a tag is used again */
			attach(ioas);
			wrong = probe(BASE, NULL, 0);
			destroy(pt[at]);
			pt[at] = new_hwpt(space[at],
					  at == 2 ? IOMMU_HWPT_ALLOC_NEST_PARENT : 0);
			break;
		default:
			break;
		}
		attach(pt[at]);
		if (!wrong)
			wrong = probe(BASE, page(at), 4);
	}
	detach();
	if (!wrong && counter("events") >= 0 && !domains_have("users 0", "parked"))
		wrong = "the tag of a detached device is not parked";
	if (wrong)
		return not_ok(name, "round %u, page table %u: %s", round, at, wrong);
	attach(ioas);
	for (i = 0; i < 3; i++) {
		destroy(pt[i]);
		destroy(space[i]);
	}
	wrong = probe(BASE, NULL, 0);
	if (wrong)
		return not_ok(name, "back on the first address space: %s", wrong);
	return true;
}

/* The same with a device that was not made for tests, and that has addresses of 28 bits */
static bool edu(void)
{
	const uint64_t from = 0x100000, to = 0x200000;
	const char *name = "edu";
	long events = counter("events");
	unsigned int i;

	for (i = 0; i < PAGE; i++)
		page(0)[i] = rnd(255) + 1;
	map(from, page(0), PAGE);
	map(to, page(1), PAGE);
	edu_dma(false, from);
	edu_dma(true, to);
	if (memcmp(page(0), page(1), 256))
		return not_ok(name, "what it read and wrote is not the same");
	unmap(to, PAGE);
	memset(page(1), 0, PAGE);
	edu_dma(true, to);
	if (*word(page(1), 0))
		return not_ok(name, "it wrote to a page that is unmapped");
	usleep(100000);
	if (events >= 0 && counter("events") == events)
		return not_ok(name, "no event of the DMA that was stopped");
	map(to, page(2), PAGE);
	edu_dma(true, to);
	if (*word(page(1), 0) || memcmp(page(0), page(2), 256))
		return not_ok(name, "it wrote not to the page that is mapped");
	unmap(from, PAGE);
	unmap(to, PAGE);
	memset(pool, 0, POOL * PAGE);
	return true;
}

/* Map a page for good: the kernel is going to crash. 'vfio-dma BDF sysfs' uses it afterwards. */
static bool hold(void)
{
	const char *wrong;

	map(BASE, page(0), PAGE);
	wrong = probe(BASE, page(0), 0);
	if (wrong)
		return not_ok("hold", "%s", wrong);
	printf("ok hold\n");
	for (;;)
		pause();
}

static const struct {
	const char *name;
	bool (*run)(void);
} tests[] = {
	{ "basic", basic }, { "random", random_ops }, { "sizes", sizes },
	{ "hwpt", hwpt }, { "edu", edu }, { "hold", hold },
};

int main(int argc, char **argv)
{
	unsigned int t;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4) {
		fprintf(stderr, "usage: vfio-dma BDF type1|iommufd TEST... [seed=N]\n"
				"       vfio-dma BDF sysfs IOVA\n");
		return 2;
	}
	bdf = argv[1];
	if (!strcmp(argv[2], "sysfs"))
		return by_sysfs(argv[3]);

	pool = mmap(NULL, POOL * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pool == MAP_FAILED)
		die("memory");
	use_iommufd = !strcmp(argv[2], "iommufd");
	if (use_iommufd)
		open_iommufd();
	else
		open_type1();

	for (i = 3; i < argc; i++) {
		if (!strncmp(argv[i], "seed=", 5)) {
			seed = strtoull(argv[i] + 5, NULL, 0) | 1;
			continue;
		}
		for (t = 0; t < sizeof(tests) / sizeof(tests[0]); t++)
			if (!strcmp(tests[t].name, argv[i]) && tests[t].run())
				printf("ok %s\n", tests[t].name);
	}
	/* Leave a mapping in use, for the kernel to clean up when it closes the files */
	map(BASE, page(0), PAGE);
	if (device_id != 0x11e8)
		dma(BASE);
	return 0;
}
