// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-share-bench iommufd|type1 DEVICES BDF...: what does one address space cost that the first
 * DEVICES of these devices share? They are attached to one IOAS, or are in one type1 container;
 * then ranges of 4 KiB to 1 GiB are mapped and unmapped. Prints one line of 'name=value' for each:
 * page-table memory, times, and the commands that the unmap has sent to all SMMUs (from the
 * driver's debugfs; zero with another driver).
 */
#include <time.h>

#include "page.h"
#include "vfio-devs.h"

#define SIZE		(1024ul << 20)
#define IOVA		0x80000000ul

/*
 * Where off is set, addresses and memory differ by a page, so that none of it can be mapped by a
 * block. Memory is in blocks.
 */
static const struct {
	const char *name;
	size_t size;
	bool off;
	unsigned int rounds;
} ranges[] = {
	{ "4K", 4096, false, 64 },
	{ "64K", 65536, false, 64 },
	{ "2M", BLOCK, false, 32 },
	{ "64M/4K", 64ul << 20, true, 4 },
	{ "64M/2M", 64ul << 20, false, 4 },
	{ "1G", SIZE, false, 2 },
};

static long table_kib(void)
{
	FILE *file = fopen("/proc/sys/vm/stat_refresh", "w");
	char line[128];
	long kib = -1;

	/* first flush what is still counted per CPU */
	if (file) {
		fputs("1\n", file);
		fclose(file);
	}
	file = fopen("/proc/meminfo", "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "SecPageTables: %ld", &kib);
	if (file)
		fclose(file);
	if (kib < 0)
		die("SecPageTables in /proc/meminfo");
	return kib;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

struct sent {
	long posts, commands, syncs, doorbells;
};

static struct sent sent(void)
{
	return (struct sent){
		.posts = counter("*", "posts"),
		.commands = counter("*", "commands"),
		.syncs = counter("*", "syncs"),
		.doorbells = counter("*", "doorbells"),
	};
}

/* Map and unmap @size of @mem at @iova @rounds times, after one round that is not counted */
static void measure(const char *name, uint32_t ioas, uint64_t iova, uint8_t *mem,
		    size_t size, unsigned int rounds, long kib)
{
	uint64_t start, mapped = 0, unmapped = 0;
	struct sent before, after;
	unsigned int i;

	map(ioas, iova, mem, size);
	kib = table_kib() - kib;
	unmap(ioas, iova, size);
	before = sent();
	for (i = 0; i < rounds; i++) {
		start = now();
		map(ioas, iova, mem, size);
		mapped += now() - start;
		start = now();
		unmap(ioas, iova, size);
		unmapped += now() - start;
	}
	after = sent();
	printf("size=%s kib=%ld map_ns=%lu unmap_ns=%lu ", name, kib, mapped / rounds,
	       unmapped / rounds);
	printf("posts=%.2f commands=%.2f syncs=%.2f doorbells=%.2f\n",
	       (double)(after.posts - before.posts) / rounds,
	       (double)(after.commands - before.commands) / rounds,
	       (double)(after.syncs - before.syncs) / rounds,
	       (double)(after.doorbells - before.doorbells) / rounds);
}

int main(int argc, char **argv)
{
	unsigned int n, i;
	uint32_t ioas = 0;
	uint8_t *mem;
	long kib;
	int arg;

	n = argc > 3 ? atoi(argv[2]) : 0;
	for (arg = 3; arg < argc; arg++)
		dev_add(argv[arg]);
	type1 = n && !strcmp(argv[1], "type1");
	if (!n || n > ndevs || (!type1 && strcmp(argv[1], "iommufd"))) {
		fprintf(stderr, "usage: vfio-share-bench iommufd|type1 DEVICES BDF...\n");
		return 2;
	}
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS | MAP_BLOCKS | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED)
		die("%lu huge pages", SIZE / BLOCK);
	kib = table_kib();
	for (i = 0; i < n && type1; i++)
		dev_open_type1(&devs[i]);
	for (i = 0; i < n && !type1; i++)
		dev_open_iommufd(&devs[i]);
	if (!type1)
		ioas = new_ioas();
	for (i = 0; i < n && !type1; i++)
		dev_attach(&devs[i], ioas);
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		measure(ranges[i].name, ioas, IOVA + (ranges[i].off ? PAGE : 0), mem,
			ranges[i].size, ranges[i].rounds, kib);
	return 0;
}
