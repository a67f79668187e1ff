// SPDX-License-Identifier: GPL-2.0-only
/*
 * stallq: a VMM whose guest has a device of smmuv3_endpoint.ko with a stage 1 of its own. The guest
 * maps its pages when the device first accesses them: the faults stall, come through iommufd's
 * fault queue, and are answered there. Needs smmuv3_model.ko with guest_stalls, and the time
 * guest_stall_ms for an argument. Prints 'ok NAME' or 'not ok NAME (why)' for each case.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "endpoint-vmm.h"

#define DEV		1u

static int queue;
static uint32_t fault, hwpt, other, wait_ms;
static volatile uint32_t faults, answer = IOMMUFD_PAGE_RESP_SUCCESS;
static volatile bool over, silent;
static struct iommu_hwpt_pgfault last;

static void guest_unmap(void)
{
	memset(ram + L3 * PAGE, 0, PAGE);
	__sync_synchronize();
	if (invalidate(TLBI_NSNH_ALL))
		die("IOMMU_HWPT_INVALIDATE");
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
		/* the kernel may have ended it meanwhile, where the device or its vDEVICE goes */
		if (!respond(last.cookie, answer) && errno != EINVAL)
			die("page response");
	}
	return arg;
}

static uint32_t stalled(void)
{
	return state().stalled;
}

static void new_queue(void)
{
	struct iommu_fault_alloc f = { .size = sizeof(f) };

	if (ioctl(iommu, IOMMU_FAULT_QUEUE_ALLOC, &f))
		die("IOMMU_FAULT_QUEUE_ALLOC");
	queue = f.out_fault_fd;
	fault = f.out_fault_id;
}

static uint32_t nested(void)
{
	uint64_t vste[2] = {
		STE0_V | STE0_CONFIG(STE_S1) | STE0_S1CTXPTR(ipa(CDS)) | STE0_S1CDMAX(CDMAX),
		STE1_S1C_WB | 2,
	};
	uint32_t made = new_nested(vste, IOMMU_HWPT_FAULT_ID_VALID, fault);

	if (!made)
		die("IOMMU_HWPT_ALLOC on the vIOMMU");
	return made;
}

static void set_up(void)
{
	device = DEV;
	set_up_vmm();
	guest_init(CD0_S);
	if (new_viommu(IOMMU_VIOMMU_TYPE_ARM_SMMUV3, NULL, 0))
		die("IOMMU_VIOMMU_ALLOC");
	new_vdevice();
	new_queue();
	hwpt = nested();
	other = nested();
}

/* A VMM is told that faults may stall */
static bool told(void)
{
	struct iommu_hw_info_arm_smmuv3 smmu = {};
	uint32_t type;

	if (smmu_info(&smmu, &type))
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
	bool good = true;

	start_accesses();
	if (destroy(vdevice))
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
	hwpt = nested();
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
