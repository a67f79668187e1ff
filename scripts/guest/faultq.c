// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultq: faults of devices that user space answers, through iommufd's fault queues, with the
 * devices of smmuv3_endpoint.ko. Memory is mapped when a device first accesses it, for requests
 * without PASID and with one. Prints 'ok NAME' or 'not ok NAME (why)' for each case.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
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
#include "page.h"

#define PAGES		16
#define IOVA		0x40000000ul
#define DEVS		ENDPOINT_DEVICES
#ifndef IOMMU_HWPT_ALLOC_PASID
#define IOMMU_HWPT_ALLOC_PASID	8
#endif

static int fd, iommu, queue;
static uint32_t ioas, hwpt, id[DEVS];
static uint8_t *mem;
static char why[256];
static volatile uint32_t faults, answer = IOMMUFD_PAGE_RESP_SUCCESS;
static volatile bool over, silent;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static bool fails(const char *what, uint32_t n)
{
	if (!*why)
		snprintf(why, sizeof(why), "%s, device %u: %s", what, n, strerror(errno));
	return false;
}

static void map(uint64_t iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .length = PAGE, .iova = iova,
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_READABLE,
		.user_va = (uintptr_t)mem + (iova - IOVA),
	};

	/* several devices may have met the same hole */
	if (ioctl(iommu, IOMMU_IOAS_MAP, &cmd) && errno != EEXIST)
		die("IOMMU_IOAS_MAP");
}

static void unmap_all(void)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .iova = IOVA, .length = PAGES * PAGE,
	};

	if (ioctl(iommu, IOMMU_IOAS_UNMAP, &cmd) && errno != ENOENT)
		die("IOMMU_IOAS_UNMAP");
}

/* Read faults, map the missing page and answer; or do what the case has set */
static void *handler(void *arg)
{
	while (!over) {
		struct pollfd p = { .fd = queue, .events = POLLIN };
		struct iommu_hwpt_page_response r = {};
		struct iommu_hwpt_pgfault f;

		if (poll(&p, 1, 50) <= 0 || silent)
			continue;
		if (read(queue, &f, sizeof(f)) != sizeof(f))
			continue;
		__sync_fetch_and_add(&faults, 1);
		if (answer == IOMMUFD_PAGE_RESP_SUCCESS)
			map(f.addr & ~(PAGE - 1));
		r.cookie = f.cookie;
		r.code = answer;
		if (write(queue, &r, sizeof(r)) != sizeof(r))
			die("page response");
	}
	return arg;
}

static int dma(uint32_t n, uint32_t pasid, uint64_t iova, uint64_t *value, bool write)
{
	struct endpoint_access a = {
		.device = n, .pasid = pasid, .addr = iova, .value = *value, .write = write,
	};

	if (ioctl(fd, ENDPOINT_ACCESS, &a))
		return -errno;
	*value = a.value;
	return a.refused;
}

static int attach(uint32_t n, uint32_t pasid, uint32_t pt)
{
	struct endpoint_attach a = { .device = n, .pasid = pasid, .pt = pt };

	return ioctl(fd, ENDPOINT_ATTACH, &a);
}

static void make_hwpt(void)
{
	struct iommu_fault_alloc f = { .size = sizeof(f) };
	struct iommu_hwpt_alloc h = {
		.size = sizeof(h), .dev_id = id[0], .pt_id = ioas,
		.flags = IOMMU_HWPT_FAULT_ID_VALID | IOMMU_HWPT_ALLOC_PASID,
	};

	if (ioctl(iommu, IOMMU_FAULT_QUEUE_ALLOC, &f))
		die("IOMMU_FAULT_QUEUE_ALLOC");
	queue = f.out_fault_fd;
	h.fault_id = f.out_fault_id;
	if (ioctl(iommu, IOMMU_HWPT_ALLOC, &h))
		die("IOMMU_HWPT_ALLOC with a fault queue");
	hwpt = h.out_hwpt_id;
}

static void set_up(void)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	uint32_t n;

	fd = open("/dev/smmu-endpoint", O_RDWR);
	iommu = open("/dev/iommu", O_RDWR);
	if (fd < 0 || iommu < 0)
		die("/dev/smmu-endpoint and /dev/iommu");
	if (ioctl(iommu, IOMMU_IOAS_ALLOC, &alloc))
		die("IOMMU_IOAS_ALLOC");
	ioas = alloc.out_ioas_id;
	for (n = 0; n < DEVS; n++) {
		struct endpoint_iommufd e = { .device = n, .fd = iommu };

		if (ioctl(fd, ENDPOINT_IOMMUFD, &e))
			die("ENDPOINT_IOMMUFD");
		id[n] = e.id;
	}
	make_hwpt();
	mem = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		die("mmap");
}

/* Devices write where nothing was mapped, and the next device reads that; on all devices */
static bool pages_in(uint32_t pasid)
{
	uint32_t n, before = faults;
	uint64_t value;

	for (n = 0; n < DEVS; n++)
		if (attach(n, pasid, hwpt))
			return fails("ENDPOINT_ATTACH", n);
	for (n = 0; n < DEVS; n++) {
		value = 0x7000 + n;
		if (dma(n, pasid, IOVA + n * PAGE, &value, true))
			return fails("its write was refused", n);
		if (*(volatile uint64_t *)(mem + n * PAGE) != 0x7000 + n)
			return fails("its write is not there", n);
		value = 0;
		if (dma((n + 1) % DEVS, pasid, IOVA + n * PAGE, &value, false) ||
		    value != 0x7000 + n)
			return fails("its write is not what the next one reads", n);
	}
	if (faults - before != DEVS)
		return fails("not one fault for each page", faults - before);
	unmap_all();
	/* the pages are unmapped for all devices, so the devices fault again */
	before = faults;
	for (n = 0; n < DEVS; n++) {
		value = 0;
		if (dma(n, pasid, IOVA + 2 * PAGE * (n % 4), &value, false))
			return fails("its read was refused", n);
	}
	if (faults - before < 4)
		return fails("it read what was unmapped", faults - before);
	unmap_all();
	return true;
}

static bool without_pasid(void)
{
	return pages_in(0);
}

static bool with_pasid(void)
{
	return pages_in(7) && pages_in(9);
}

/* The handler answers "invalid", so the access is refused */
static bool says_no(void)
{
	uint64_t value = 1;
	uint32_t n, before = faults;
	bool good = true;

	answer = IOMMUFD_PAGE_RESP_INVALID;
	for (n = 0; n < DEVS; n++)
		if (dma(n, n & 1 ? 7 : 0, IOVA + PAGE, &value, true) != 1)
			good = fails("it was not refused", n);
	answer = IOMMUFD_PAGE_RESP_SUCCESS;
	if (faults - before != DEVS)
		good = fails("not one fault each", faults - before);
	return good;
}

static void *stuck(void *arg)
{
	uint32_t n = (uintptr_t)arg;
	uint64_t value = 1;

	return (void *)(uintptr_t)(dma(n, 0, IOVA + 3 * PAGE, &value, true) + 2);
}

/*
 * Faults are not answered, and the page table is detached meanwhile: the accesses are refused and
 * do not hang.
 */
static bool nobody_answers(void)
{
	pthread_t t[DEVS];
	void *ret;
	uint32_t n;
	bool good = true;

	silent = true;
	usleep(100000);
	for (n = 0; n < DEVS; n++)
		pthread_create(&t[n], NULL, stuck, (void *)(uintptr_t)n);
	usleep(300000);
	for (n = 0; n < DEVS; n++)
		if (attach(n, 0, 0))
			good = fails("detach", n);
	for (n = 0; n < DEVS; n++) {
		pthread_join(t[n], &ret);
		/* 1 means that the access was refused */
		if ((uintptr_t)ret != 3)
			good = fails("it was not refused", n);
	}
	silent = false;
	return good;
}

/* The file with all attachments is closed while transactions are in progress */
static bool closed_under_load(void)
{
	pthread_t t[DEVS];
	uint32_t n;
	bool good = true;

	silent = true;
	usleep(100000);
	for (n = 0; n < DEVS; n++)
		if (attach(n, 0, hwpt))
			good = fails("ENDPOINT_ATTACH", n);
	for (n = 0; n < DEVS; n++)
		pthread_create(&t[n], NULL, stuck, (void *)(uintptr_t)n);
	usleep(300000);
	close(queue);
	close(iommu);
	/* the file is released when the last of its ioctls has returned */
	for (n = 0; n < DEVS; n++)
		if (attach(n, 0, 0))
			good = fails("detach", n);
	for (n = 0; n < DEVS; n++)
		pthread_join(t[n], NULL);
	close(fd);
	return good;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "without-pasid", without_pasid }, { "with-pasid", with_pasid }, { "says-no", says_no },
	{ "nobody-answers", nobody_answers }, { "closed-under-load", closed_under_load },
};

int main(void)
{
	unsigned int i, failed = 0;
	pthread_t t;

	set_up();
	pthread_create(&t, NULL, handler, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*why = '\0';
		if (cases[i].run())
			printf("ok %s\n", cases[i].name);
		else
			printf("not ok %s (%s)\n", cases[i].name, why);
		fflush(stdout);
		failed += *why != '\0';
	}
	over = true;
	pthread_join(t, NULL);
	return failed ? 1 : 0;
}
