// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapbench THREADS SECONDS PAGES: run the kernel's dma_map_benchmark on the device that is bound to
 * its driver, and print the results.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/types.h>

/* Copied from the kernel's map_benchmark.h, which older headers do not have */
struct map_benchmark {
	__u64 avg_map_100ns;
	__u64 map_stddev;
	__u64 avg_unmap_100ns;
	__u64 unmap_stddev;
	__u32 threads;
	__u32 seconds;
	__s32 node;
	__u32 dma_bits;
	__u32 dma_dir;
	__u32 dma_trans_ns;
	__u32 granule;
	__u8 map_mode;
	__u8 expansion[75];
};

#define DMA_MAP_BENCHMARK	_IOWR('d', 1, struct map_benchmark)

int main(int argc, char **argv)
{
	struct map_benchmark b = { .node = -1, .dma_bits = 32 };
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: mapbench THREADS SECONDS PAGES\n");
		return 2;
	}
	b.threads = atoi(argv[1]);
	b.seconds = atoi(argv[2]);
	b.granule = atoi(argv[3]);
	fd = open("/sys/kernel/debug/dma_map_benchmark", O_RDWR);
	if (fd < 0 || ioctl(fd, DMA_MAP_BENCHMARK, &b)) {
		fprintf(stderr, "dma_map_benchmark: %s\n", strerror(errno));
		return 1;
	}
	printf("%u threads, %u pages: map %llu.%llu us, unmap %llu.%llu us\n",
	       b.threads, b.granule, b.avg_map_100ns / 10, b.avg_map_100ns % 10,
	       b.avg_unmap_100ns / 10, b.avg_unmap_100ns % 10);
	return 0;
}
