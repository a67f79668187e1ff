// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-share iommufd|type1|mixed [seed=N] [ops=N] BDF...: one address space for devices behind
 * several SMMUs. Is it one domain with one tag for each SMMU? Does DMA through each SMMU go where
 * the present mappings say, and nowhere after an unmap, a detach or a replace?
 *
 * mixed: iommufd where some SMMUs have no stage 1, so that they cannot share with the others. The
 * first device must be behind an SMMU that has it.
 *
 * The devices are QEMU's edu and iommu-testdev, bound to vfio-pci. edu carries data of its own, but
 * needs 100 ms for a DMA, so the random test uses it only now and then; iommu-testdev is quick.
 * Prints 'ok NAME' or 'not ok NAME REASON'. The exit status is 2 when VFIO did not work.
 */
#include "page.h"
#include "qemu-dma.h"
#include "shared-domains.h"
#include "vfio-devs.h"

#define CHUNK		64u		/* bytes of a page that belong to each device */
#define BASE		0x1000000ul
#define SLOTS		32
#define POOL		24
#define NONE		(-1)

static uint8_t *pool;
static uint64_t seed = 1;
static unsigned int ops = 300;

/* Two address spaces; what is mapped where in them, and which of them each device sees */
static uint32_t ioas[2], hwpt[2];
static int slot_page[2][SLOTS];
static int sees[MAX_DEVS];

static bool not_ok(const char *name, const char *why)
{
	printf("not ok %s %s\n", name, why);
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

static bool is_edu(unsigned int i)
{
	return devs[i].model != ITD_ID;
}

static uint32_t pattern(unsigned int i)
{
	return is_edu(i) ? 0xed000001u + i : ITD_PATTERN;
}

static uint8_t *page(int nr)
{
	return pool + nr * PAGE;
}

static volatile uint32_t *chunk(int nr, unsigned int i)
{
	return (volatile uint32_t *)(page(nr) + i * CHUNK);
}

/* Return: number of the page that device @i must reach at @slot */
static int expected(unsigned int i, unsigned int slot)
{
	return sees[i] == NONE ? NONE : slot_page[sees[i]][slot];
}

/*
 * A DMA by every device (only by the quick ones without @slow) to the same address at the same
 * time, each to its own chunk. It must arrive where the device's mappings say and in no other page.
 * Return: what is wrong, or NULL.
 */
static const char *probe(unsigned int slot, bool slow)
{
	const char *wrong = NULL;
	unsigned int i;
	int nr;

	for (i = 0; i < ndevs; i++) {
		uint64_t iova = BASE + slot * PAGE + i * CHUNK;

		if (!is_edu(i))
			itd_write(&devs[i], iova);
		else if (slow)
			edu_start(&devs[i], true, iova);
	}
	for (i = 0; slow && i < ndevs; i++)
		if (is_edu(i))
			edu_finish(&devs[i]);

	for (i = 0; i < ndevs; i++) {
		int want = is_edu(i) && !slow ? NONE : expected(i, slot);

		for (nr = 0; nr < POOL; nr++) {
			uint32_t found = *chunk(nr, i);

			*chunk(nr, i) = 0;
			if (found == (nr == want ? pattern(i) : 0))
				continue;
			wrong = why("%s behind %s, slot %u: page %d has 0x%x, page %d expected",
				    devs[i].bdf, devs[i].smmu, slot, nr, found, want);
		}
	}
	return wrong;
}

static void map_slot(unsigned int space, unsigned int slot, int nr)
{
	map(ioas[space], BASE + slot * PAGE, page(nr), PAGE);
	slot_page[space][slot] = nr;
}

static void unmap_slot(unsigned int space, unsigned int slot)
{
	unmap(ioas[space], BASE + slot * PAGE, PAGE);
	slot_page[space][slot] = NONE;
}

/* Attach device @i to @pt, which belongs to address space @space */
static void attach(unsigned int i, uint32_t pt, int space)
{
	dev_attach(&devs[i], pt);
	sees[i] = space;
}

static void detach(unsigned int i)
{
	if (sees[i] != NONE)
		dev_detach(&devs[i]);
	sees[i] = NONE;
}

/* Let edu read the data that it is to write from now on, which proves that it can read */
static void load_patterns(unsigned int space)
{
	unsigned int i;

	map_slot(space, 0, 0);
	for (i = 0; i < ndevs; i++) {
		*chunk(0, i) = pattern(i);
		if (is_edu(i) && sees[i] != NONE) {
			edu_start(&devs[i], false, BASE + i * CHUNK);
			edu_finish(&devs[i]);
		}
		*chunk(0, i) = 0;
	}
	unmap_slot(space, 0);
}

static unsigned int all(void)
{
	return (1u << ndevs) - 1;
}

/* Map, unmap and map something else: every device must see that at once */
static const char *map_cycle(unsigned int space)
{
	long before[MAX_DEVS];
	const char *wrong;
	unsigned int i;

	map_slot(space, 3, 5);
	wrong = probe(3, true);
	if (wrong)
		return wrong;
	for (i = 0; i < ndevs; i++)
		before[i] = counter(devs[i].smmu, "events");
	unmap_slot(space, 3);
	wrong = probe(3, true);
	if (wrong)
		return wrong;
	usleep(200000);
	for (i = 0; i < ndevs; i++)
		if (counter(devs[i].smmu, "events") <= before[i])
			return why("%s reports no event", devs[i].smmu);
	map_slot(space, 3, 6);
	wrong = probe(3, true);
	unmap_slot(space, 3);
	return wrong ?: probe(3, true);
}

/* Read the ids of the first device's domain, one for each SMMU */
static void read_tags(unsigned int *ids)
{
	static char text[65536];
	unsigned int i, tags;
	char *domain = domain_of(text, sizeof(text), 0);

	for (i = 0; i < ndevs; i++) {
		ids[i] = 0;
		if (domain)
			users_of(domain, devs[i].smmu, &tags, &ids[i]);
	}
}

static unsigned int first_ids[MAX_DEVS];

/* All devices share one HWPT that was made for the first device */
static bool test_hwpt(void)
{
	const char *name = "hwpt", *wrong;
	unsigned int i;

	hwpt[0] = new_hwpt(&devs[0], ioas[0]);
	for (i = 0; i < ndevs; i++)
		attach(i, hwpt[0], 0);
	wrong = together(all());
	if (wrong)
		return not_ok(name, wrong);
	read_tags(first_ids);
	load_patterns(0);
	wrong = map_cycle(0);
	return wrong ? not_ok(name, wrong) : true;
}

/* One device leaves and comes back while the others stay; then all devices do so */
static bool test_reattach(void)
{
	const char *name = "reattach", *wrong;
	unsigned int i;

	map_slot(0, 1, 7);
	for (i = 0; i < ndevs; i++) {
		wrong = probe(1, false);
		detach(i);
		wrong = wrong ?: together(all() & ~(1u << i));
		wrong = wrong ?: probe(1, i % 4 == 0);
		attach(i, hwpt[0], 0);
		wrong = wrong ?: together(all());
		wrong = wrong ?: probe(1, i % 4 == 1);
		if (wrong)
			return not_ok(name, wrong);
	}
	for (i = 0; i < ndevs; i++)
		detach(i);
	wrong = probe(1, true);
	unmap_slot(0, 1);
	for (i = ndevs; i--;)
		attach(i, hwpt[0], 0);
	wrong = wrong ?: together(all());
	wrong = wrong ?: probe(1, true);
	return wrong ? not_ok(name, wrong) : true;
}

/* The devices move from one page table to another one by one, and back in the other order */
static bool test_replace(void)
{
	const char *name = "replace", *wrong = NULL;
	unsigned int i, set = 0;

	hwpt[1] = new_hwpt(&devs[ndevs - 1], ioas[1]);
	map_slot(0, 2, 8);
	map_slot(1, 2, 9);
	for (i = 0; i < ndevs && !wrong; i++) {
		wrong = probe(2, false);
		attach(i, hwpt[1], 1);
		set |= 1u << i;
		wrong = wrong ?: together(set);
		wrong = wrong ?: together(all() & ~set);
		wrong = wrong ?: probe(2, i % 4 == 0);
	}
	wrong = wrong ?: probe(2, true);
	for (i = ndevs; i-- && !wrong;) {
		attach(i, hwpt[0], 0);
		set &= ~(1u << i);
		wrong = wrong ?: together(set);
		wrong = wrong ?: together(all() & ~set);
		wrong = wrong ?: probe(2, i % 4 == 0);
	}
	wrong = wrong ?: probe(2, true);
	unmap_slot(0, 2);
	unmap_slot(1, 2);
	return wrong ? not_ok(name, wrong) : true;
}

/* The domain that iommufd makes automatically for an address space */
static bool test_auto(void)
{
	const char *name = "auto", *wrong;
	unsigned int i;

	for (i = 0; i < ndevs; i++)
		attach(i, ioas[1], 1);
	wrong = together(all());
	wrong = wrong ?: map_cycle(1);
	return wrong ? not_ok(name, wrong) : true;
}

static void random_map(unsigned int space, unsigned int slot)
{
	unsigned int i, n = 1 + rnd(6), first = rnd(POOL - 6);

	for (i = 0; i < n && slot + i < SLOTS && slot_page[space][slot + i] == NONE; i++)
		map_slot(space, slot + i, first + i);
}

/* Unmap up to four neighbouring pages by one call */
static void random_unmap(unsigned int space, unsigned int slot)
{
	unsigned int n = 0, most = 1 + rnd(4);

	while (n < most && slot + n < SLOTS && slot_page[space][slot + n] != NONE)
		slot_page[space][slot + n++] = NONE;
	unmap(ioas[space], BASE + slot * PAGE, n * PAGE);
}

static void random_move(unsigned int i)
{
	int space = rnd(2);

	if (!type1) {
		switch (rnd(5)) {
		case 0:
			detach(i);
			break;
		case 1:
			attach(i, ioas[space], space);
			break;
		default:
			attach(i, hwpt[space], space);
			break;
		}
	} else if (i) {
		/* the first device keeps the container a type1 container */
		dev_close_type1(&devs[i]);
		dev_open_type1(&devs[i]);
	}
}

static bool test_random(void)
{
	const char *name = "random", *wrong = NULL;
	unsigned int n, j, slot, space;

	for (n = 0; n < ops && !wrong; n++) {
		space = type1 ? 0 : rnd(2);
		slot = rnd(SLOTS);
		if (!rnd(type1 ? 20 : 3))
			random_move(rnd(ndevs));
		else if (slot_page[space][slot] == NONE)
			random_map(space, slot);
		else
			random_unmap(space, slot);
		/* first near the change, then anywhere */
		for (j = 0; j < 6 && !wrong; j++)
			wrong = probe(j < 4 ? (slot + j) % SLOTS : rnd(SLOTS),
				      !type1 && n % 25 == 0 && j == 0);
	}
	/*
	 * unmap everything, including the holes; it is an error if nothing is mapped, so map one
	 * page
	 */
	for (space = 0; space < (type1 ? 1 : 2); space++) {
		if (slot_page[space][0] == NONE)
			map_slot(space, 0, 1);
		unmap(ioas[space], BASE, SLOTS * PAGE);
		for (slot = 0; slot < SLOTS; slot++)
			slot_page[space][slot] = NONE;
	}
	for (slot = 0; slot < SLOTS && !wrong; slot++)
		wrong = probe(slot, false);
	return wrong ? not_ok(name, why("operation %u: %s", n, strdup(wrong))) : true;
}

/* When all page tables were destroyed, a new one gets the tags that the first one had */
static bool test_tags(void)
{
	unsigned int i, ids[MAX_DEVS];
	const char *name = "tags";

	for (i = 0; i < ndevs; i++)
		detach(i);
	destroy(hwpt[0]);
	destroy(hwpt[1]);
	hwpt[0] = new_hwpt(&devs[ndevs - 1], ioas[0]);
	for (i = 0; i < ndevs; i++)
		attach(i, hwpt[0], 0);
	read_tags(ids);
	for (i = 0; i < ndevs; i++)
		if (!ids[i] || ids[i] != first_ids[i])
			return not_ok(name, why("%s: id %u at first, %u now", devs[i].smmu,
						first_ids[i], ids[i]));
	return true;
}

/* Groups behind all SMMUs are in one container */
static bool test_container(void)
{
	const char *name = "container", *wrong;
	unsigned int i;

	wrong = together(all());
	wrong = wrong ?: map_cycle(0);
	for (i = 1; i < ndevs && !wrong; i++) {
		dev_close_type1(&devs[i]);
		wrong = together(all() & ~(1u << i));
		dev_open_type1(&devs[i]);
		wrong = wrong ?: together(all());
	}
	if (wrong)
		return not_ok(name, wrong);
	load_patterns(0);
	wrong = map_cycle(0);
	return wrong ? not_ok(name, wrong) : true;
}

/* Is the device refused, so that it stays where it was? Return: what is wrong, or NULL */
static const char *refused(unsigned int i, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt cmd = {
		.argsz = sizeof(cmd),
		.pt_id = pt,
	};

	if (!ioctl(devs[i].fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &cmd))
		return why("%s is attached to a domain that %s cannot walk", devs[i].bdf,
			   devs[i].smmu);
	if (errno != EINVAL)
		return why("%s: %s instead of EINVAL", devs[i].bdf, strerror(errno));
	return NULL;
}

/* One address space needs two domains, and mappings go into both; a HWPT is for one kind of SMMU */
static bool test_mixed(void)
{
	const char *name = "two", *wrong = NULL;
	unsigned int i, round, set = 0;

	for (i = 0; i < ndevs; i++) {
		set |= has_stage1(i) << i;
		attach(i, ioas[0], 0);
	}
	if (!(set & 1) || set == all())
		return not_ok(name, "the SMMUs do not differ as they should");
	load_patterns(0);
	hwpt[0] = new_hwpt(&devs[0], ioas[0]);
	for (round = 0; round < 3 && !wrong; round++) {
		wrong = together(set);
		wrong = wrong ?: together(all() & ~set);
		wrong = wrong ?: map_cycle(0);
		map_slot(0, 7, 3);
		for (i = 0; i < ndevs && !wrong; i++) {
			if (!(set & 1u << i))
				wrong = refused(i, hwpt[0]);
			wrong = wrong ?: probe(7, false);
			detach(i);
			wrong = wrong ?: probe(7, false);
			if (set & 1u << i)
				attach(i, hwpt[0], 0);
			wrong = wrong ?: probe(7, false);
		}
		wrong = wrong ?: together(set);
		wrong = wrong ?: probe(7, true);
		unmap_slot(0, 7);
		for (i = 0; i < ndevs; i++)
			attach(i, ioas[0], 0);
	}
	return wrong ? not_ok(name, wrong) : true;
}

enum { IOMMUFD, TYPE1, MIXED };
static const char * const modes[] = { "iommufd", "type1", "mixed" };

static const struct {
	const char *name;
	int mode;
	bool (*run)(void);
} tests[] = {
	{ "hwpt", IOMMUFD, test_hwpt }, { "reattach", IOMMUFD, test_reattach },
	{ "replace", IOMMUFD, test_replace }, { "auto", IOMMUFD, test_auto },
	{ "random", IOMMUFD, test_random }, { "tags", IOMMUFD, test_tags },
	{ "container", TYPE1, test_container }, { "random", TYPE1, test_random },
	{ "two", MIXED, test_mixed }, { NULL, 0, NULL },
};

static void setup(void)
{
	unsigned int i;

	pool = mmap(NULL, POOL * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pool == MAP_FAILED)
		die("memory");
	memset(slot_page, NONE, sizeof(slot_page));
	for (i = 0; i < ndevs; i++) {
		sees[i] = type1 ? 0 : NONE;
		if (type1)
			dev_open_type1(&devs[i]);
		else
			dev_open_iommufd(&devs[i]);
	}
	for (i = 0; i < 2 && !type1; i++)
		ioas[i] = new_ioas();
	if (type1)
		load_patterns(0);
}

int main(int argc, char **argv)
{
	unsigned int t, mode = 0;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (argc > 1 && mode < 3 && strcmp(argv[1], modes[mode]))
		mode++;
	type1 = mode == TYPE1;
	for (i = 2; i < argc; i++) {
		if (!strncmp(argv[i], "seed=", 5))
			seed = strtoull(argv[i] + 5, NULL, 0) * 2 + 1;
		else if (!strncmp(argv[i], "ops=", 4))
			ops = strtoul(argv[i] + 4, NULL, 0);
		else
			dev_add(argv[i]);
	}
	if (ndevs < 2 || mode == 3) {
		fprintf(stderr, "usage: vfio-share iommufd|type1|mixed [seed=N] [ops=N] BDF...\n");
		return 2;
	}
	setup();
	for (t = 0; tests[t].name; t++) {
		if (tests[t].mode != (int)mode)
			continue;
		if (!tests[t].run())
			return 1;
		printf("ok %s\n", tests[t].name);
	}
	return 0;
}
