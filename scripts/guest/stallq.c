// SPDX-License-Identifier: GPL-2.0-only
/*
 * stallq: a VMM whose guest has a device of smmuv3_endpoint.ko with a stage 1 of its own. The guest
 * maps its pages when the device first accesses them: the faults stall, come through iommufd's
 * fault queue, and are answered there. Needs smmuv3_model.ko with guest_stalls, and the time
 * guest_stall_ms for an argument. Prints 'ok NAME' or 'not ok NAME (why)' for each case.
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
#include <time.h>
#include <unistd.h>
#include <linux/iommufd.h>

#include "../../kunit/endpoint/uapi.h"
#include "nested/smmu.h"
#include "page.h"

#define DEV		1u
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

static int fd, iommu, queue;
static uint32_t id, ioas, parent, viommu, vdevice, fault, hwpt, other, wait_ms;
static uint8_t *ram;
static char why[256];
static volatile uint32_t faults, answer = IOMMUFD_PAGE_RESP_SUCCESS;
static volatile bool over, silent;
static struct iommu_hwpt_pgfault last;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static bool fails(const char *what)
{
	if (!*why)
		snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	return false;
}

static volatile uint64_t *table(uint32_t page)
{
	return (void *)(ram + page * PAGE);
}

static uint64_t ipa(uint32_t page)
{
	return RAM_IPA + page * PAGE;
}

/* The guest maps a page, or unmaps all */
static void guest_map(uint64_t va)
{
	uint32_t slot = (va - VA) / GUEST_PAGE;

	table(L3)[slot] = ipa(DATA + slot) | PTE_PAGE | PTE_EL0 | PTE_SH | PTE_AF | PTE_NG;
	__sync_synchronize();
}

static void guest_unmap(void)
{
	struct command cmd = { .w[0] = TLBI_NSNH_ALL };
	struct iommu_hwpt_invalidate inv = {
		.size = sizeof(inv), .hwpt_id = viommu, .data_uptr = (uintptr_t)&cmd,
		.data_type = IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
		.entry_len = sizeof(cmd), .entry_num = 1,
	};

	memset(ram + L3 * PAGE, 0, PAGE);
	__sync_synchronize();
	if (ioctl(iommu, IOMMU_HWPT_INVALIDATE, &inv))
		die("IOMMU_HWPT_INVALIDATE");
}

static void guest_init(void)
{
	uint32_t i;

	table(L1)[VA >> 30] = ipa(L2) | PTE_TABLE;
	table(L2)[VA >> 21 & 511] = ipa(L3) | PTE_TABLE;
	for (i = 0; i < 1 << CDMAX; i++) {
		volatile uint64_t *cd = table(CDS) + i * CD_WORDS;

		cd[1] = ipa(L1);
		cd[3] = CD3_MAIR_WB;
		cd[0] = CD0_T0SZ | CD0_WB | CD0_EPD1 | CD0_V | CD0_IPS_40 | CD0_AA64 | CD0_R |
			CD0_A | CD0_S | CD0_ASET | CD0_ASID(5);
	}
	__sync_synchronize();
}

static bool respond(uint32_t cookie, uint32_t code)
{
	struct iommu_hwpt_page_response r = { .cookie = cookie, .code = code };

	return write(queue, &r, sizeof(r)) == sizeof(r);
}

static bool next_fault(int ms)
{
	struct pollfd p = { .fd = queue, .events = POLLIN };

	return poll(&p, 1, ms) > 0 && read(queue, &last, sizeof(last)) == sizeof(last);
}

static void *handler(void *arg)
{
	while (!over) {
		if (silent || !next_fault(50)) {
			usleep(1000);
			continue;
		}
		__sync_fetch_and_add(&faults, 1);
		if (answer == IOMMUFD_PAGE_RESP_SUCCESS)
			guest_map(last.addr & ~(GUEST_PAGE - 1));
		if (!respond(last.cookie, answer))
			die("page response");
	}
	return arg;
}

/* Return: 0, 1 when the access was refused, or an error */
static int dma(uint32_t pasid, uint64_t va, uint64_t *value, bool write)
{
	struct endpoint_access a = {
		.device = DEV, .pasid = pasid, .addr = va, .value = *value, .write = write,
	};

	if (ioctl(fd, ENDPOINT_ACCESS, &a))
		return -errno;
	*value = a.value;
	return a.refused;
}

static int attach(uint32_t pt)
{
	struct endpoint_attach a = { .device = DEV, .pt = pt };

	return ioctl(fd, ENDPOINT_ATTACH, &a);
}

static uint32_t stalled(void)
{
	struct endpoint_state s = { .device = DEV };

	if (ioctl(fd, ENDPOINT_STATE, &s))
		die("ENDPOINT_STATE");
	if (s.violations)
		fails("the model has seen a violation");
	return s.stalled;
}

static void new_queue(void)
{
	struct iommu_fault_alloc f = { .size = sizeof(f) };

	if (ioctl(iommu, IOMMU_FAULT_QUEUE_ALLOC, &f))
		die("IOMMU_FAULT_QUEUE_ALLOC");
	queue = f.out_fault_fd;
	fault = f.out_fault_id;
}

static uint32_t nested(uint32_t flags, uint64_t more)
{
	uint64_t vste[2] = {
		STE0_V | STE0_CONFIG(STE_S1) | STE0_S1CTXPTR(ipa(CDS)) | STE0_S1CDMAX(CDMAX),
		STE1_S1C_WB | 2 | more,
	};
	struct iommu_hwpt_alloc h = {
		.size = sizeof(h), .dev_id = id, .pt_id = viommu, .flags = flags,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3, .data_len = sizeof(vste),
		.data_uptr = (uintptr_t)vste, .fault_id = flags ? fault : 0,
	};

	if (ioctl(iommu, IOMMU_HWPT_ALLOC, &h))
		die("IOMMU_HWPT_ALLOC on the vIOMMU");
	return h.out_hwpt_id;
}

static void new_vdevice(void)
{
	struct iommu_vdevice_alloc d = {
		.size = sizeof(d), .viommu_id = viommu, .dev_id = id, .virt_id = VSID,
	};

	if (ioctl(iommu, IOMMU_VDEVICE_ALLOC, &d))
		die("IOMMU_VDEVICE_ALLOC");
	vdevice = d.out_vdevice_id;
}

static void set_up(void)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct iommu_ioas_map map = {
		.size = sizeof(map), .length = PAGES * PAGE, .iova = RAM_IPA,
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_READABLE,
	};
	struct iommu_hwpt_alloc p = { .size = sizeof(p), .flags = IOMMU_HWPT_ALLOC_NEST_PARENT };
	struct iommu_viommu_alloc v = { .size = sizeof(v), .type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3 };
	struct endpoint_iommufd e = { .device = DEV };

	fd = open("/dev/smmu-endpoint", O_RDWR);
	iommu = open("/dev/iommu", O_RDWR);
	if (fd < 0 || iommu < 0)
		die("/dev/smmu-endpoint and /dev/iommu");
	ram = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED)
		die("mmap");
	guest_init();
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
	v.dev_id = id;
	v.hwpt_id = parent;
	if (ioctl(iommu, IOMMU_VIOMMU_ALLOC, &v))
		die("IOMMU_VIOMMU_ALLOC");
	viommu = v.out_viommu_id;
	new_vdevice();
	new_queue();
	hwpt = nested(IOMMU_HWPT_FAULT_ID_VALID, 0);
	other = nested(IOMMU_HWPT_FAULT_ID_VALID, 0);
}

/* A VMM is told that faults may stall */
static bool told(void)
{
	struct iommu_hw_info_arm_smmuv3 smmu = {};
	struct iommu_hw_info info = {
		.size = sizeof(info), .dev_id = id, .data_len = sizeof(smmu),
		.data_uptr = (uintptr_t)&smmu,
	};

	if (ioctl(iommu, IOMMU_GET_HW_INFO, &info))
		return fails("IOMMU_GET_HW_INFO");
	errno = 0;
	return !(smmu.idr[0] >> 24 & 3) || fails("IDR0.STALL_MODEL says that nothing stalls");
}

/* Pages come in when the device needs them; for requests without PASID, and with the guest's */
static bool pages_in(void)
{
	uint32_t pasid, i, before;
	uint64_t value;

	if (attach(hwpt))
		return fails("ENDPOINT_ATTACH");
	for (pasid = 0; pasid < 1 << CDMAX; pasid++) {
		before = faults;
		for (i = 0; i < PAGES - DATA; i++) {
			value = 0x7000 + i;
			errno = 0;
			if (dma(pasid, VA + i * GUEST_PAGE, &value, true))
				return fails("a write was refused");
			if (*table(DATA + i) != 0x7000 + i)
				return fails("a write is not there");
			if (last.pasid != pasid || last.addr != VA + i * GUEST_PAGE)
				return fails("the fault is about something else");
		}
		if (faults - before != PAGES - DATA)
			return fails("not one fault for each page");
		guest_unmap();
		memset(ram + DATA * PAGE, 0, (PAGES - DATA) * PAGE);
	}
	return true;
}

static bool says_no(void)
{
	uint64_t value = 1;
	bool good;

	answer = IOMMUFD_PAGE_RESP_INVALID;
	errno = 0;
	good = dma(1, VA, &value, true) == 1 || fails("it was not refused");
	answer = IOMMUFD_PAGE_RESP_SUCCESS;
	return good;
}

static void *one_access(void *arg)
{
	uint64_t value = 1;

	return (void *)(uintptr_t)(dma(0, VA + (uintptr_t)arg * GUEST_PAGE, &value, true) + 2);
}

/* Have accesses under way, to which nobody answers yet */
#define ACCESSES	3
static pthread_t access_thread[ACCESSES];

static void start_accesses(void)
{
	uint32_t i;

	silent = true;
	usleep(100000);
	/* faults of accesses that have ended are still in the queue, and must bring no page in */
	while (next_fault(0))
		respond(last.cookie, IOMMUFD_PAGE_RESP_INVALID);
	guest_unmap();
	for (i = 0; i < ACCESSES; i++)
		pthread_create(&access_thread[i], NULL, one_access, (void *)(uintptr_t)i);
	usleep(200000);
}

static bool all_refused(void)
{
	bool good = true;
	uint32_t i;
	void *ret;

	for (i = 0; i < ACCESSES; i++) {
		pthread_join(access_thread[i], &ret);
		errno = 0;
		if ((uintptr_t)ret != 3)
			good = fails("an access was not refused");
	}
	errno = 0;
	return stalled() ? fails("something is stalled") : good;
}

/* Wrong answers change nothing, and the right one comes once */
static bool answers(void)
{
	struct iommu_hwpt_pgfault mine;
	bool good = true;
	void *ret;

	silent = true;
	usleep(100000);
	pthread_create(&access_thread[0], NULL, one_access, (void *)5ul);
	if (!next_fault(5000))
		return fails("there is no fault");
	mine = last;
	if (respond(mine.cookie + 12345, 0) || errno != EINVAL)
		good = fails("an unknown cookie is taken");
	if (respond(mine.cookie, 77) || errno != EINVAL)
		good = fails("an unknown code is taken");
	errno = 0;
	if (stalled() != 1)
		good = fails("it does not wait any more");
	guest_map(mine.addr);
	if (!respond(mine.cookie, IOMMUFD_PAGE_RESP_SUCCESS))
		good = fails("the answer is refused");
	if (respond(mine.cookie, IOMMUFD_PAGE_RESP_SUCCESS) || errno != EINVAL)
		good = fails("a second answer is taken");
	pthread_join(access_thread[0], &ret);
	errno = 0;
	if ((uintptr_t)ret != 2)
		good = fails("the access was refused");
	guest_unmap();
	silent = false;
	return good;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/* Nobody answers: the deadline ends the accesses. After another attach they stall again. */
static bool late(void)
{
	uint64_t start = now_ms(), value = 1;
	bool good;

	start_accesses();
	errno = 0;
	if (stalled() != ACCESSES)
		fails("the accesses do not stall");
	good = all_refused();
	errno = 0;
	if (now_ms() - start < wait_ms)
		good = fails("they were ended too early");
	if (dma(0, VA, &value, true) != 1)
		good = fails("the next one was not refused at once");
	/* too late */
	while (next_fault(0))
		respond(last.cookie, IOMMUFD_PAGE_RESP_SUCCESS);
	silent = false;
	if (attach(other) || attach(hwpt))
		good = fails("attach");
	return good && (!dma(0, VA, &value, true) || fails("nothing stalls after an attach"));
}

/* The device gets another page table, and none, with accesses under way */
static bool detached(void)
{
	bool good = true;

	start_accesses();
	if (attach(other))
		good = fails("attach");
	/* tried again under the next STE, they stall there; or they have ended */
	if (attach(0))
		good = fails("detach");
	good &= all_refused();
	silent = false;
	return good && (!attach(hwpt) || fails("attach"));
}

/* The vDEVICE is destroyed with accesses under way */
static bool vdevice_gone(void)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = vdevice };
	bool good = true;

	start_accesses();
	if (ioctl(iommu, IOMMU_DESTROY, &d))
		good = fails("IOMMU_DESTROY of the vDEVICE");
	good &= all_refused();
	silent = false;
	new_vdevice();
	return good && ((!attach(other) && !attach(hwpt)) || fails("attach"));
}

/* The fault queue is closed: nobody can answer any more */
static bool queue_closed(void)
{
	start_accesses();
	close(queue);
	return all_refused();
}

/* The iommufd is closed with accesses under way */
static bool iommufd_closed(void)
{
	bool good = true;

	new_queue();
	hwpt = nested(IOMMU_HWPT_FAULT_ID_VALID, 0);
	if (attach(hwpt))
		return fails("attach");
	start_accesses();
	close(iommu);
	close(queue);
	/* the file is released when the device lets it go */
	if (attach(0))
		good = fails("detach");
	return all_refused() && good;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "told", told }, { "pages-in", pages_in }, { "says-no", says_no },
	{ "answers", answers }, { "late", late }, { "detached", detached },
	{ "vdevice-gone", vdevice_gone }, { "queue-closed", queue_closed },
	{ "iommufd-closed", iommufd_closed },
};

int main(int argc, char **argv)
{
	unsigned int i, failed = 0;
	pthread_t t;

	wait_ms = argc > 1 ? atoi(argv[1]) : 1000;
	set_up();
	pthread_create(&t, NULL, handler, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*why = '\0';
		if (cases[i].run() && !*why)
			printf("ok %s\n", cases[i].name);
		else
			printf("not ok %s (%s)\n", cases[i].name, why);
		fflush(stdout);
		failed += *why != '\0';
	}
	over = true;
	pthread_join(t, NULL);
	close(fd);
	return failed ? 1 : 0;
}
