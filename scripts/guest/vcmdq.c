// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcmdq: a VMM whose guest has command queues of its own, in a VINTF of the CMDQ-V companions of
 * smmuv3_endpoint.ko. It does what QEMU's devices tegra241-cmdqv and smmuv3-accel do, in their
 * order, and then what a VMM or a guest must not get away with. The random part takes its seed and
 * its seconds from the arguments. Prints 'ok NAME' or 'not ok NAME (why)' for each case.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "endpoint-vmm.h"

#define QUEUES		2
#define LOGICAL		4			/* queues that a VINTF has */
#define QUEUE(l)	(PAGES - QUEUES + (l))	/* page of the guest's memory */
#define ENTRIES		256u
#define BYTES		(ENTRIES * 16)
#define PAGE0		0x10000ul		/* bytes of the page of registers */

/* Registers of a logical queue, 0x80 bytes for each */
#define CONS		0
#define PROD		1
#define CONFIG		2
#define STATUS		3
#define GERROR		4
#define GERRORN		5
#define REGS		32

#define SECONDS_WAIT	5
#define ATC_ALL		52		/* Size: every address */

static volatile uint32_t *page0;
static uint64_t page0_at, page0_len;
static uint32_t hwpt, abort_hwpt, bypass_hwpt, hw_queue[LOGICAL + 1], prod[QUEUES];
static uint32_t errorq, eventq;
static int errorq_fd, eventq_fd;
static unsigned int seed = 1, seconds = 5;

static volatile uint32_t *reg(uint32_t l, uint32_t nr)
{
	return page0 + l * REGS + nr;
}

/* Return: did the register get there? */
static bool until(uint32_t l, uint32_t nr, uint32_t mask, uint32_t val)
{
	time_t end = time(NULL) + SECONDS_WAIT;

	while ((*reg(l, nr) & mask) != val)
		if (time(NULL) > end)
			return false;
	return true;
}

/* ---- what the VMM does ---- */

static bool told(void)
{
	struct iommu_hw_info_arm_smmuv3 smmu = {};
	struct iommu_hw_info_tegra241_cmdqv cmdqv = {};
	struct iommu_hw_info info = {
		.size = sizeof(info), .flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE, .dev_id = id,
		.data_len = sizeof(cmdqv), .data_uptr = (uintptr_t)&cmdqv,
		.in_data_type = IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV,
	};
	uint32_t type;

	if (smmu_info(&smmu, &type))
		return fails("IOMMU_GET_HW_INFO");
	if (type != IOMMU_HW_INFO_TYPE_ARM_SMMUV3)
		return fails("it is no SMMUv3");
	if (ioctl(iommu, IOMMU_GET_HW_INFO, &info))
		return fails("IOMMU_GET_HW_INFO of the companion");
	errno = 0;
	if (info.out_data_type != IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV || cmdqv.version != 1 ||
	    cmdqv.log2vcmdqs != 2 || cmdqv.log2vsids != 4)
		return fails("what it tells of the companion is wrong");
	return true;
}

static int new_errorq(uint32_t type, uint32_t *queue, int *queue_fd)
{
	struct iommu_veventq_alloc q = {
		.size = sizeof(q), .viommu_id = viommu, .type = type, .veventq_depth = 16,
	};

	if (ioctl(iommu, IOMMU_VEVENTQ_ALLOC, &q))
		return -1;
	*queue = q.out_veventq_id;
	*queue_fd = q.out_veventq_fd;
	return fcntl(*queue_fd, F_SETFL, O_NONBLOCK);
}

static int map_page0(void)
{
	void *at = mmap(NULL, page0_len, PROT_READ | PROT_WRITE, MAP_SHARED, iommu, page0_at);

	page0 = at;
	return at == MAP_FAILED ? -1 : 0;
}

static int new_cmdqv(void)
{
	struct iommu_viommu_tegra241_cmdqv data = {};

	if (new_viommu(IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV, &data, sizeof(data)))
		return -1;
	page0_at = data.out_vintf_mmap_offset;
	page0_len = data.out_vintf_mmap_length;
	return 0;
}

static int new_hw_queue(uint32_t l, uint64_t at, uint64_t bytes)
{
	struct iommu_hw_queue_alloc q = {
		.size = sizeof(q), .viommu_id = viommu, .type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.index = l, .nesting_parent_iova = at, .length = bytes,
	};
	int rc = ioctl(iommu, IOMMU_HW_QUEUE_ALLOC, &q);

	if (!rc)
		hw_queue[l] = q.out_hw_queue_id;
	return rc;
}

/* The guest has written BASE: the queue is made, and what the VMM has kept is written there */
static int give(uint32_t l)
{
	if (new_hw_queue(l, ipa(QUEUE(l)), BYTES))
		return -1;
	*reg(l, CONS) = 0;
	*reg(l, PROD) = 0;
	*reg(l, CONFIG) = 0;
	*reg(l, GERRORN) = 0;
	return 0;
}

static int take(uint32_t l)
{
	int rc = destroy(hw_queue[l]);

	if (!rc)
		hw_queue[l] = 0;
	return rc;
}

static void set_up(uint32_t dev)
{
	const uint64_t to_abort[2] = { STE0_V | STE0_CONFIG(STE_ABORT) };
	const uint64_t to_bypass[2] = { STE0_V | STE0_CONFIG(STE_BYPASS) };
	uint64_t vste[2];

	device = dev;
	set_up_vmm();
	memset(ram, 0, PAGES * PAGE);
	guest_init(0);
	if (new_cmdqv())
		die("IOMMU_VIOMMU_ALLOC");
	if (map_page0())
		die("mmap of the page of registers");
	if (new_errorq(IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV, &errorq, &errorq_fd) ||
	    new_errorq(IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, &eventq, &eventq_fd))
		die("IOMMU_VEVENTQ_ALLOC");
	abort_hwpt = new_nested(to_abort, 0, 0);
	bypass_hwpt = new_nested(to_bypass, 0, 0);
	if (!abort_hwpt || !bypass_hwpt)
		die("vSTEs that abort and bypass");
	if (attach(bypass_hwpt))
		die("attach");
	new_vdevice();
	vste[0] = STE0_V | STE0_CONFIG(STE_S1) | STE0_S1CTXPTR(ipa(CDS)) | STE0_S1CDMAX(CDMAX);
	vste[1] = STE1_S1C_WB | 2 | (dev == ENDPOINT_PRI ? STE1_EATS(1) : STE1_STALLD);
	hwpt = new_nested(vste, 0, 0);
	if (!hwpt || attach(abort_hwpt) || attach(hwpt))
		die("the guest's vSTE");
}

static bool tear_down(void)
{
	uint32_t l = QUEUES;
	bool good = true;

	while (l--)
		if (hw_queue[l] && take(l))
			good = fails("a queue is kept");
	close(errorq_fd);
	close(eventq_fd);
	if (munmap((void *)page0, page0_len))
		good = fails("munmap");
	if (attach(0) || destroy(hwpt) || destroy(abort_hwpt) || destroy(bypass_hwpt) ||
	    destroy(vdevice) || destroy(errorq) || destroy(eventq) || destroy(viommu))
		good = fails("IOMMU_DESTROY");
	close(iommu);
	close(fd);
	return good;
}

/* ---- what the guest does ---- */

static bool enable(uint32_t l)
{
	/* GERROR is as another guest has left it, and the VMM has written 0 to GERRORN */
	*reg(l, GERRORN) = *reg(l, GERROR);
	*reg(l, PROD) = 0;
	*reg(l, CONS) = 0;
	*reg(l, CONFIG) = 1;
	prod[l] = 0;
	return until(l, STATUS, 1, 1) || fails("a queue is not enabled");
}

static void put(uint32_t l, uint64_t w0, uint64_t w1)
{
	volatile uint64_t *at = table(QUEUE(l)) + 2 * (prod[l]++ % ENTRIES);

	at[0] = w0;
	at[1] = w1;
}

static void ring(uint32_t l)
{
	__sync_synchronize();
	*reg(l, PROD) = prod[l] % (2 * ENTRIES);
}

/* A command and a CMD_SYNC. Return: are they consumed? */
static bool post(uint32_t l, uint64_t w0, uint64_t w1)
{
	put(l, w0, w1);
	put(l, CMD_SYNC, 0);
	ring(l);
	return until(l, CONS, 2 * ENTRIES - 1, prod[l] % (2 * ENTRIES));
}

/* The number of the page that the device sees at slot @slot. Return: -1 when it is refused */
static int sees(uint32_t slot)
{
	uint64_t value = 0;
	int rc = dma(0, VA + slot * GUEST_PAGE, &value, false);

	return rc ? -1 : (int)value;
}

static void guest_map_to(uint32_t slot, uint32_t page)
{
	table(L3)[slot] = ipa(DATA + page) | PTE_PAGE | PTE_EL0 | PTE_SH | PTE_AF | PTE_NG;
	__sync_synchronize();
}

static void number_pages(void)
{
	uint32_t i;

	for (i = 0; i < PAGES - DATA - QUEUES; i++)
		*table(DATA + i) = i;
}

/* The guest changes and removes a mapping; its queue removes what the SMMU, or the device, has */
static bool invalidates(uint32_t l, bool ats)
{
	const uint64_t va = VA + l * GUEST_PAGE;

	guest_map_to(l, 0);
	if (sees(l) != 0)
		return fails("the device does not see the page");
	guest_map_to(l, 1);
	if (sees(l) != 0)
		return fails("nothing is cached: this shows nothing");
	if (!post(l, TLBI_NH_VA | CMD0_ASID(ASID), va | CMD1_LEAF))
		return fails("a queue stands");
	if (sees(l) != !ats)
		return fails("TLBI by the guest's queue");
	if (ats && !post(l, ATC_INV | CMD0_SID(VSID), ATC_ALL))
		return fails("a queue stands");
	if (sees(l) != 1)
		return fails("ATC_INV by the guest's queue");
	table(L3)[l] = 0;
	if (!post(l, TLBI_NH_ASID | CMD0_ASID(ASID), 0) ||
	    (ats && !post(l, ATC_INV | CMD0_SID(VSID), ATC_ALL)))
		return fails("a queue stands");
	return sees(l) < 0 || fails("the page is gone, and the device sees it");
}

/* ---- the cases ---- */

static bool as_qemu(uint32_t dev)
{
	uint32_t l;
	bool good;

	set_up(dev);
	number_pages();
	good = told();
	if (page0_len != PAGE0)
		good = fails("the length of the page of registers");
	for (l = 0; l < QUEUES; l++)
		if (give(l) || !enable(l) || !invalidates(l, dev == ENDPOINT_PRI))
			good = fails("a queue");
	/* the guest's driver starts again, and the VMM makes its last queue anew */
	l = QUEUES - 1;
	*reg(l, CONFIG) = 0;
	if (!until(l, STATUS, 1, 0) || take(l) || give(l) || !enable(l) ||
	    !invalidates(l, dev == ENDPOINT_PRI))
		good = fails("a queue again");
	state();
	return tear_down() && good;
}

static bool qemu(void)
{
	return as_qemu(0);
}

static bool qemu_ats(void)
{
	return as_qemu(ENDPOINT_PRI);
}

/* Return: was this error reported, and nothing else? */
static bool reported(uint64_t map)
{
	struct {
		struct iommufd_vevent_header head;
		struct iommu_vevent_tegra241_cmdqv event;
	} e;
	struct pollfd p = { .fd = errorq_fd, .events = POLLIN };

	if (poll(&p, 1, SECONDS_WAIT * 1000) <= 0 || read(errorq_fd, &e, sizeof(e)) != sizeof(e))
		return fails("no event of the error");
	return (e.event.lvcmdq_err_map[0] == map && !e.event.lvcmdq_err_map[1]) ||
	       fails("the event has another map");
}

/* A command that no guest may give; the guest puts another one there and acknowledges */
static bool errors(void)
{
	bool good = true;
	uint32_t l;

	set_up(0);
	for (l = 0; l < QUEUES; l++)
		if (give(l) || !enable(l))
			good = fails("a queue");
	l = QUEUES - 1;
	put(l, TLBI_NSNH_ALL, 0);
	put(l, CMD_SYNC, 0);
	ring(l);
	if (!until(l, GERROR, 1, 1) || (*reg(l, CONS) >> 24 & 0x7f) != 1)
		good = fails("there is no CERROR_ILL");
	good &= reported(1ull << l);
	/* the other queue goes on */
	if (!post(0, TLBI_NH_ASID | CMD0_ASID(ASID), 0))
		good = fails("the other queue stands");
	table(QUEUE(l))[0] = CMD_SYNC;
	__sync_synchronize();
	*reg(l, GERRORN) = *reg(l, GERROR);
	if (!until(l, CONS, 2 * ENTRIES - 1, prod[l]))
		good = fails("the queue does not go on");
	state();
	return tear_down() && good;
}

/* What the VMM cannot have */
static bool refused(void)
{
	struct iommu_viommu_tegra241_cmdqv data = {};
	bool good = true;
	void *at;

	set_up(0);
	errno = 0;
	if (!new_hw_queue(1, ipa(QUEUE(1)), BYTES))
		good = fails("a queue before the one below");
	if (!new_hw_queue(LOGICAL, ipa(QUEUE(0)), BYTES))
		good = fails("a queue beyond the last");
	if (!new_hw_queue(0, ipa(QUEUE(0)), BYTES - 16) || !new_hw_queue(0, ipa(QUEUE(0)), 16) ||
	    !new_hw_queue(0, ipa(QUEUE(0)), 0) || !new_hw_queue(0, ipa(QUEUE(0)), 1ull << 40))
		good = fails("a queue of that length");
	if (!new_hw_queue(0, ipa(QUEUE(0)) + 32, BYTES))
		good = fails("a queue at no multiple of its length");
	if (!new_hw_queue(0, ipa(PAGES), BYTES) || !new_hw_queue(0, ~0ull - BYTES + 1, BYTES))
		good = fails("a queue where no memory is");
	if (!new_viommu(IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV, NULL, 0) ||
	    !new_viommu(IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV, &data, 8))
		good = fails("a vIOMMU that cannot tell where the page is");
	if (mmap(NULL, page0_len * 2, PROT_READ, MAP_SHARED, iommu, page0_at) != MAP_FAILED)
		good = fails("mmap of more than the page");
	if (mmap(NULL, page0_len, PROT_READ, MAP_PRIVATE, iommu, page0_at) != MAP_FAILED)
		good = fails("mmap of a copy");
	if (mmap(NULL, page0_len, PROT_READ, MAP_SHARED, iommu, page0_at + page0_len) != MAP_FAILED)
		good = fails("mmap of what lies behind it");
	at = mmap(NULL, page0_len, PROT_READ | PROT_EXEC, MAP_SHARED, iommu, page0_at);
	if (at != MAP_FAILED)
		good = fails("mmap to execute");
	/* nothing of all that has left anything behind */
	errno = 0;
	if (give(0) || !enable(0))
		good = fails("a queue");
	errno = 0;
	if (!new_hw_queue(0, ipa(QUEUE(1)), BYTES))
		good = fails("the same queue twice");
	state();
	return tear_down() && good;
}

/*
 * The page stays mapped, and the guest goes on there, while the VMM takes its objects away in any
 * order. What is in use is kept; what is not is gone.
 */
static bool held(void)
{
	uint32_t queue, vintf;
	bool good = true;

	set_up(0);
	if (give(0) || !enable(0) || give(1) || !enable(1))
		good = fails("the queues");
	errno = 0;
	if (!take(0) || errno != EBUSY)
		good = fails("the queue below goes before the one above");
	if (!destroy(viommu) || errno != EBUSY)
		good = fails("the vIOMMU goes before its queues");
	queue = hw_queue[1];
	if (take(1))
		good = fails("a queue that is on cannot be taken");
	/* behind the back of the VMM, on a queue that is not there any more */
	*reg(1, CONFIG) = 1;
	usleep(10000);
	if (*reg(1, STATUS) || !destroy(queue))
		good = fails("the guest has its queue yet");
	if (!post(0, TLBI_NH_ASID | CMD0_ASID(ASID), 0))
		good = fails("the other queue stands");
	vintf = viommu;
	if (take(0) || attach(0) || destroy(hwpt) || destroy(abort_hwpt) || destroy(bypass_hwpt) ||
	    destroy(vdevice))
		good = fails("IOMMU_DESTROY");
	close(errorq_fd);
	close(eventq_fd);
	if (destroy(errorq) || destroy(eventq))
		good = fails("IOMMU_DESTROY");
	errno = 0;
	if (!destroy(vintf) || errno != EBUSY)
		good = fails("the vIOMMU goes while its page is mapped");
	*reg(0, CONFIG) = 1;
	munmap((void *)page0, page0_len);
	if (destroy(vintf))
		good = fails("the vIOMMU is kept");
	close(iommu);
	state();
	close(fd);
	return good;
}

/* ---- a guest and a VMM that do anything ---- */

static volatile bool over;

/* Writes anything anywhere in the page, and any commands into the queues */
static void *wild(void *arg)
{
	static const uint64_t ops[] = {
		TLBI_NH_VA, TLBI_NH_ASID, ATC_INV, CMD_SYNC, CFGI_STE, TLBI_NSNH_ALL, 0xff, 0,
	};
	unsigned int rnd = seed * 31 + (uintptr_t)arg;

	while (!over) {
		uint32_t l = rand_r(&rnd) % LOGICAL, what = rand_r(&rnd) % 16;
		volatile uint64_t *at = table(QUEUE(l % QUEUES)) + 2 * (rand_r(&rnd) % ENTRIES);

		switch (what) {
		case 0 ... 3:
			at[0] = ops[rand_r(&rnd) % 8] | (uint64_t)rand_r(&rnd) << 32;
			at[1] = rand_r(&rnd);
			break;
		case 4 ... 6:
			*reg(l, PROD) = rand_r(&rnd);
			break;
		case 7:
			*reg(l, CONS) = rand_r(&rnd);
			break;
		case 8 ... 10:
			*reg(l, CONFIG) = rand_r(&rnd) % 4 ? rand_r(&rnd) % 2 : rand_r(&rnd);
			break;
		case 11 ... 13:
			*reg(l, GERRORN) = *reg(l, GERROR);
			break;
		case 14:
			page0[rand_r(&rnd) % (PAGE0 / 4)] = rand_r(&rnd);
			break;
		default:
			usleep(rand_r(&rnd) % 200);
		}
	}
	return NULL;
}

/* Makes and takes queues, moves the device, and invalidates, whatever the guest does meanwhile */
static bool random_vmm(unsigned int *rnd)
{
	const uint32_t to[] = { hwpt, abort_hwpt, bypass_hwpt, 0 };
	uint32_t l = rand_r(rnd) % QUEUES;

	switch (rand_r(rnd) % 8) {
	case 0 ... 1:
		if (!hw_queue[l] && !new_hw_queue(l, ipa(QUEUE(l)), BYTES) && l && !hw_queue[0])
			return fails("a queue before the one below");
		break;
	case 2 ... 3:
		if (hw_queue[l] && take(l) && (l || !hw_queue[1]))
			return fails("a queue is kept");
		break;
	case 4:
		attach(to[rand_r(rnd) % 4]);
		break;
	case 5:
		sees(rand_r(rnd) % 4);
		break;
	case 6:
		if (invalidate(TLBI_NH_ASID | CMD0_ASID(ASID)))
			return fails("IOMMU_HWPT_INVALIDATE");
		break;
	default:
		usleep(rand_r(rnd) % 1000);
	}
	return true;
}

#define WILD		2

static void start_wild(pthread_t *t)
{
	uintptr_t i;

	over = false;
	for (i = 0; i < WILD; i++)
		pthread_create(&t[i], NULL, wild, (void *)i);
}

static bool random_guest(uint32_t dev)
{
	unsigned int rnd = seed + dev;
	time_t end;
	pthread_t t[WILD];
	bool good = true;
	uint32_t i;

	set_up(dev);
	start_wild(t);
	for (end = time(NULL) + seconds; good && time(NULL) < end; )
		good = random_vmm(&rnd);
	/* the guest does not stop while its queues are taken away */
	for (i = QUEUES; i--; )
		if (hw_queue[i] && take(i))
			good = fails("a queue is kept");
	over = true;
	for (i = 0; i < WILD; i++)
		pthread_join(t[i], NULL);
	/* a detached device stays so */
	attach(hwpt);
	state();
	return tear_down() && good;
}

static bool anything(void)
{
	return random_guest(0);
}

static bool anything_ats(void)
{
	return random_guest(ENDPOINT_PRI);
}

/* The VMM is killed in the middle, with its queues on and the page mapped; the next guest works */
static bool killed(void)
{
	unsigned int rnd = seed;
	bool good = true;
	int round, status;
	pid_t pid;

	for (round = 0; round < 3 && good; round++) {
		pid = fork();
		if (!pid) {
			pthread_t t[WILD];

			set_up(0);
			start_wild(t);
			for (;;)
				random_vmm(&rnd);
		}
		usleep(100000 + rand_r(&rnd) % 400000);
		kill(pid, SIGKILL);
		if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
			good = fails("the VMM has ended before");
		good &= as_qemu(0);
	}
	return good;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "qemu", qemu }, { "qemu-ats", qemu_ats }, { "errors", errors }, { "refused", refused },
	{ "held", held }, { "anything", anything }, { "anything-ats", anything_ats },
	{ "killed", killed }, { "qemu-afterwards", qemu },
};

int main(int argc, char **argv)
{
	unsigned int i, failed = 0;

	if (argc > 1)
		seed = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seconds = strtoul(argv[2], NULL, 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*why = '\0';
		errno = 0;
		if (cases[i].run() && !*why)
			printf("ok %s\n", cases[i].name);
		else
			printf("not ok %s (%s)\n", cases[i].name, why);
		fflush(stdout);
		failed += *why != '\0';
	}
	return failed ? 1 : 0;
}
