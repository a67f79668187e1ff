// SPDX-License-Identifier: GPL-2.0-only
/*
 * sva [SEED [SECONDS]]: processes and devices that share their address space, with
 * smmuv3_endpoint.ko. Nine devices behind five SMMUs are bound by PASID to processes that map,
 * write, unmap, fork, exec and are killed; one of them asks for pages by PRI. A device must get
 * what the CPU would get at that moment: what the process has written last, and nothing once the
 * memory or the process has gone. Prints 'ok NAME' or 'not ok NAME (why)' for each case.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../kunit/endpoint/uapi.h"
#include "page.h"

#define DEVS		ENDPOINT_DEVICES
#define AT(va)		((void *)(uintptr_t)(va))
#define VA		0x7000000000ul	/* address at which the cases map memory */

static int fd = -1;
static char why[256];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Remember a reason, if it is the first one. Return: false */
static bool fails(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!*why)
		vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return false;
}

static void open_endpoint(void)
{
	fd = open("/dev/smmu-endpoint", O_RDWR);
	if (fd < 0)
		die("/dev/smmu-endpoint");
}

static uint32_t bind_device(uint32_t n)
{
	struct endpoint_bond b = { .device = n };

	if (ioctl(fd, ENDPOINT_BIND, &b))
		die("ENDPOINT_BIND");
	return b.pasid;
}

static void unbind_device(uint32_t n)
{
	struct endpoint_bond b = { .device = n };

	if (ioctl(fd, ENDPOINT_UNBIND, &b))
		die("ENDPOINT_UNBIND");
}

/* Let a device do DMA. Return: 0, or -1 where the SMMU has refused it */
static int dma(uint32_t n, uint32_t pasid, uint64_t va, uint64_t *value, bool write)
{
	struct endpoint_access a = {
		.device = n, .pasid = pasid, .addr = va, .value = *value, .write = write,
	};

	while (ioctl(fd, ENDPOINT_ACCESS, &a))
		if (errno != EINTR)
			die("ENDPOINT_ACCESS");
	*value = a.value;
	return a.refused ? -1 : 0;
}

static bool reads(uint32_t n, uint32_t pasid, uint64_t va, uint64_t want)
{
	uint64_t value = 0;

	if (dma(n, pasid, va, &value, false))
		return fails("device %u may not read 0x%lx", n, va);
	if (value != want)
		return fails("device %u reads 0x%lx from 0x%lx, not 0x%lx", n, value, va, want);
	return true;
}

static bool writes(uint32_t n, uint32_t pasid, uint64_t va, uint64_t value)
{
	if (dma(n, pasid, va, &value, true))
		return fails("device %u may not write 0x%lx", n, va);
	return true;
}

static bool refused(uint32_t n, uint32_t pasid, uint64_t va, bool write)
{
	uint64_t value = 0xbad;

	if (!dma(n, pasid, va, &value, write))
		return fails("device %u %s 0x%lx (0x%lx)", n, write ? "writes" : "reads", va,
			     value);
	return true;
}

static volatile uint64_t *map_at(uint64_t va, size_t size, int prot, int flags)
{
	void *p = mmap(AT(va), size, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static volatile uint64_t *map_rw(uint64_t va, size_t size)
{
	volatile uint64_t *p = map_at(va, size, PROT_READ | PROT_WRITE, 0);

	if (!p)
		die("mmap");
	return p;
}

static void bind_all(uint32_t *pasid)
{
	uint32_t n;

	for (n = 0; n < DEVS; n++)
		pasid[n] = bind_device(n);
}

static void unbind_all(void)
{
	uint32_t n;

	for (n = 0; n < DEVS; n++)
		unbind_device(n);
}

/* One device writes to memory that nothing has accessed before; all devices and the CPU read it */
static bool maps(void)
{
	volatile uint64_t *p = map_rw(VA, DEVS * PAGE);
	uint32_t pasid[DEVS], n, k;
	bool good = true;

	bind_all(pasid);
	for (n = 0; n < DEVS; n++) {
		uint64_t va = VA + n * PAGE + 8 * n, token = 0x1000 + n;

		good &= writes(n, pasid[n], va, token);
		for (k = 0; k < DEVS; k++)
			good &= reads(k, pasid[k], va, token);
		if (p[n * PAGE / 8 + n] != token)
			good = fails("the CPU does not see what device %u wrote", n);
	}
	unbind_all();
	for (n = 0; n < DEVS; n++)
		good &= refused(n, pasid[n], VA, false);
	munmap(AT(VA), DEVS * PAGE);
	return good;
}

/* After munmap() devices reach nothing, and after a new mmap() they reach the new page */
static bool unmaps(void)
{
	uint32_t pasid[DEVS], n, round;
	bool good = true;

	bind_all(pasid);
	for (round = 0; round < 20; round++) {
		volatile uint64_t *p = map_rw(VA, 4 * PAGE);

		for (n = 0; n < 4; n++)
			p[n * PAGE / 8] = 0x2000 + 16 * round + n;
		for (n = 0; n < DEVS; n++)
			good &= reads(n, pasid[n], VA + n % 4 * PAGE,
				      0x2000 + 16 * round + n % 4);
		/* unmap the middle first, then the rest */
		munmap(AT(VA + PAGE), 2 * PAGE);
		for (n = 0; n < DEVS; n++) {
			good &= refused(n, pasid[n], VA + PAGE, n & 1);
			good &= refused(n, pasid[n], VA + 2 * PAGE, false);
			good &= reads(n, pasid[n], VA + 3 * PAGE, 0x2000 + 16 * round + 3);
		}
		munmap(AT(VA), 4 * PAGE);
		for (n = 0; n < DEVS; n++)
			good &= refused(n, pasid[n], VA + 3 * PAGE, false);
	}
	unbind_all();
	return good;
}

static bool protects(void)
{
	volatile uint64_t *p = map_rw(VA, PAGE);
	uint32_t pasid[DEVS], n;
	bool good = true;

	bind_all(pasid);
	*p = 0x3000;
	for (n = 0; n < DEVS; n++)
		good &= writes(n, pasid[n], VA + 8, n);
	mprotect(AT(VA), PAGE, PROT_READ);
	for (n = 0; n < DEVS; n++) {
		good &= reads(n, pasid[n], VA, 0x3000);
		good &= refused(n, pasid[n], VA, true);
	}
	mprotect(AT(VA), PAGE, PROT_NONE);
	for (n = 0; n < DEVS; n++)
		good &= refused(n, pasid[n], VA, false);
	mprotect(AT(VA), PAGE, PROT_READ | PROT_WRITE);
	for (n = 0; n < DEVS; n++)
		good &= writes(n, pasid[n], VA, 0x3001 + n);
	unbind_all();
	munmap(AT(VA), PAGE);
	return good;
}

/* Kernel addresses, address 0, PASIDs that are not bound or that the bus cannot carry */
static bool strays(void)
{
	uint32_t pasid[DEVS], n;
	bool good = true;

	bind_all(pasid);
	for (n = 0; n < DEVS; n++) {
		good &= refused(n, pasid[n], 0xffff000000000000ul, false);
		good &= refused(n, pasid[n], 0xfffffffffffffff8ul, true);
		good &= refused(n, pasid[n], 0, false);
		good &= refused(n, 200, VA, false);
		good &= refused(n, 1u << 19, VA, true);
	}
	unbind_all();
	return good;
}

/* Blocks: one entry of the page table (of 4K) covers 512 pages, and is split later */
static bool blocks(void)
{
	volatile uint64_t *p = map_at(VA, 2 * BLOCK, PROT_READ | PROT_WRITE, MAP_BLOCKS);
	uint32_t pasid[DEVS], n;
	bool good = true;

	if (!p)
		return fails("no huge pages: %s", strerror(errno));
	bind_all(pasid);
	for (n = 0; n < DEVS; n++) {
		good &= writes(n, pasid[n], VA + n * 5 * PAGE, 0x4000 + n);
		if (p[n * 5 * PAGE / 8] != 0x4000 + n)
			good = fails("the CPU does not see what device %u wrote", n);
	}
	munmap(AT(VA), BLOCK);
	for (n = 0; n < DEVS; n++) {
		good &= refused(n, pasid[n], VA + n * 5 * PAGE, false);
		good &= writes(n, pasid[n], VA + BLOCK, n);
	}
	unbind_all();
	munmap(AT(VA + BLOCK), BLOCK);
	return good;
}

/* After fork() parent and child have a copy each; devices are bound to the parent's */
static bool forks(void)
{
	volatile uint64_t *p = map_rw(VA, 2 * PAGE);
	uint32_t pasid[DEVS], n;
	bool good = true;
	int status;
	pid_t pid;

	bind_all(pasid);
	p[0] = 0x5000;
	p[PAGE / 8] = 0x5001;
	for (n = 0; n < DEVS; n++)
		good &= writes(n, pasid[n], VA + 8, n);
	pid = fork();
	if (!pid) {
		p[0] = 0xdead;		/* the child's copy */
		p[PAGE / 8] = 0xdead;
		_exit(0);
	}
	/*
	 * the parent writes, so the page is copied: devices must reach the new page, not the
	 * child's
	 */
	p[0] = 0x5002;
	for (n = 0; n < DEVS; n++)
		good &= reads(n, pasid[n], VA, 0x5002);
	/* a device writes, so the page is copied */
	for (n = 0; n < DEVS; n++) {
		good &= writes(n, pasid[n], VA + PAGE, 0x5100 + n);
		if (p[PAGE / 8] != 0x5100 + n)
			good = fails("the CPU does not see what device %u wrote", n);
	}
	waitpid(pid, &status, 0);
	for (n = 0; n < DEVS; n++)
		good &= reads(n, pasid[n], VA, 0x5002);
	unbind_all();
	munmap(AT(VA), 2 * PAGE);
	return good;
}

struct shared {
	uint32_t pasid[DEVS];
	volatile uint32_t ready, go;
};

static struct shared *shared;

/* In the child: bind all devices and map one page with a token */
static void child_binds(uint64_t token)
{
	volatile uint64_t *p;
	uint32_t pasid[DEVS];

	p = map_rw(VA, PAGE);
	*p = token;
	bind_all(pasid);
	memcpy(shared->pasid, pasid, sizeof(pasid));
	__sync_synchronize();
	shared->ready = 1;
}

static void *device_loop(void *arg)
{
	uint32_t n = (uintptr_t)arg;

	for (;;) {
		uint64_t value = 1;

		dma(n, shared->pasid[n], VA + 64 + 8 * n, &value, true);
	}
	return NULL;
}

enum end { BY_EXIT, BY_KILL, BY_SEGV, BY_EXEC };

/*
 * A process ends in one of four ways while its devices are at work. This process has the file of
 * the bonds open, too, so the bonds stay. From then on the PASIDs of the process lead nowhere.
 */
static bool ends(enum end how)
{
	int status, said[2];
	bool good = true;
	uint32_t n, i;
	pid_t pid;
	char c;

	open_endpoint();
	memset(shared, 0, sizeof(*shared));
	if (pipe(said))
		die("pipe");
	pid = fork();
	if (!pid) {
		pthread_t t;

		child_binds(0x6000);
		for (n = 0; n < DEVS; n++)
			pthread_create(&t, NULL, device_loop, AT(n));
		while (!shared->go)
			usleep(100);
		switch (how) {
		case BY_EXIT:
			_exit(0);
		case BY_SEGV:
			*(volatile int *)AT(VA + PAGE) = 0;
			break;
		case BY_EXEC:
			dup2(said[1], STDOUT_FILENO);
			execl("/bin/busybox", "sh", "-c", "echo; exec sleep 1000", NULL);
			_exit(3);
		case BY_KILL:
			pause();
		}
		_exit(4);
	}
	for (i = 0; i < 20000 && !shared->ready; i++)
		usleep(1000);
	if (!shared->ready)
		good = fails("the child did not bind");
	for (n = 0; n < DEVS && good; n++)
		good &= reads(n, shared->pasid[n], VA, 0x6000);
	shared->go = 1;
	if (how == BY_KILL)
		kill(pid, SIGKILL);
	close(said[1]);
	if (how == BY_EXEC) {
		/*
		 * the new program has written, so the old mm is gone; /proc would show the new
		 * program earlier
		 */
		if (read(said[0], &c, 1) != 1)
			good = fails("the child did not exec");
	} else {
		waitpid(pid, &status, 0);
		if (how == BY_SEGV && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV))
			good = fails("it ended with 0x%x", status);
	}
	for (n = 0; n < DEVS; n++) {
		good &= refused(n, shared->pasid[n], VA, false);
		good &= refused(n, shared->pasid[n], VA + 64, true);
	}
	/*
	 * some bonds of the dead process are undone one by one; closing the file undoes the others
	 */
	for (n = 0; n < DEVS; n += 2)
		unbind_device(n);
	if (how == BY_EXEC) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(said[0]);
	close(fd);
	return good;
}

static bool exits(void) { return ends(BY_EXIT); }
static bool killed(void) { return ends(BY_KILL); }
static bool segfaults(void) { return ends(BY_SEGV); }
static bool execs(void) { return ends(BY_EXEC); }

#define PROCS		3
#define SLOTS		8

static unsigned int seed, seconds = 10;

/* Where process @nr maps its slot @s */
static uint64_t slot_va(unsigned int nr, uint32_t s)
{
	return VA + (nr * SLOTS + s) * 16 * PAGE;
}

/*
 * One process of several: it maps, writes, unmaps and forks; every read and write of a device is
 * checked.
 */
static int storm_process(unsigned int nr, time_t end)
{
	unsigned int rnd = seed + nr * 7919;
	uint64_t token[SLOTS] = {};
	uint32_t pasid[DEVS];
	bool bound[DEVS] = {}, mapped[SLOTS] = {}, good = true;
	unsigned long ops = 0;

	open_endpoint();
	while (good && time(NULL) < end) {
		uint32_t n = rand_r(&rnd) % DEVS, s = rand_r(&rnd) % SLOTS;
		uint64_t va = slot_va(nr, s);
		volatile uint64_t *p = AT(va);

		ops++;
		switch (rand_r(&rnd) % 8) {
		case 0:
			if (bound[n])
				unbind_device(n);
			else
				pasid[n] = bind_device(n);
			bound[n] = !bound[n];
			break;
		case 1:
			if (mapped[s])
				munmap(AT(va), PAGE);
			else
				map_rw(va, PAGE);
			mapped[s] = !mapped[s];
			token[s] = 0;
			break;
		case 2:
			if (mapped[s])
				*p = token[s] = ((uint64_t)nr << 56) + ops;
			break;
		case 3: {
			pid_t pid = rand_r(&rnd) % 8 ? -1 : fork();

			if (!pid) {
				for (s = 0; s < SLOTS; s++)
					if (mapped[s])
						*(volatile uint64_t *)AT(slot_va(nr, s)) = ~0ul;
				_exit(0);
			}
			if (pid > 0 && rand_r(&rnd) % 2)
				waitpid(pid, NULL, 0);
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			break;
		}
		case 4:
			if (bound[n] && mapped[s]) {
				token[s] = ((uint64_t)nr << 56) + ops;
				good &= writes(n, pasid[n], va, token[s]);
				if (good && *p != token[s])
					good = fails("the CPU does not see a device's write");
			}
			break;
		default:
			if (!bound[n])
				break;
			if (mapped[s])
				good &= reads(n, pasid[n], va, token[s]);
			else
				good &= refused(n, pasid[n], va, false);
		}
	}
	if (!good)
		fprintf(stderr, "process %u: %s\n", nr, why);
	printf("# process %u: %lu operations\n", nr, ops);
	fflush(stdout);
	/* some processes exit without unbinding */
	if (nr % 2)
		raise(SIGKILL);
	return !good;
}

static bool storm(void)
{
	time_t end = time(NULL) + seconds;
	unsigned int i, left = PROCS;
	pid_t pid[PROCS];
	bool good = true;
	int status;

	printf("# seed %u\n", seed);
	fflush(stdout);
	for (i = 0; i < PROCS; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(storm_process(i, end));
	}
	while (left--) {
		wait(&status);
		if (WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) != SIGKILL)
			good = fails("a process ended with 0x%x", status);
	}
	return good;
}

/* After all cases: no SMMU has a violation, a stalled transaction or an ASID in use */
static bool leaves_nothing(void)
{
	bool good = true;
	uint32_t n;

	open_endpoint();
	for (n = 0; n < DEVS; n++) {
		struct endpoint_state st = { .device = n };

		if (ioctl(fd, ENDPOINT_STATE, &st))
			die("ENDPOINT_STATE");
		if (st.violations)
			good = fails("the SMMU of device %u complains, see the kernel's log", n);
		if (st.stalled)
			good = fails("device %u: %u transactions wait", n, st.stalled);
		if (st.asids)
			good = fails("device %u: %u ASIDs in the TLB of its SMMU", n, st.asids);
	}
	close(fd);
	return good;
}

static const struct {
	const char *name;
	bool (*run)(void);
	bool own_file;
} cases[] = {
	{ "maps", maps, false }, { "unmaps", unmaps, false }, { "protects", protects, false },
	{ "strays", strays, false }, { "blocks", blocks, false }, { "forks", forks, false },
	{ "exits", exits, true }, { "killed", killed, true }, { "segfaults", segfaults, true },
	{ "execs", execs, true }, { "storm", storm, true },
	{ "leaves-nothing", leaves_nothing, true },
};

int main(int argc, char **argv)
{
	unsigned int i, failed = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	if (argc > 2)
		seconds = strtoul(argv[2], NULL, 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good;

		*why = '\0';
		if (!cases[i].own_file)
			open_endpoint();
		good = cases[i].run();
		if (!cases[i].own_file)
			close(fd);
		if (good)
			printf("ok %s\n", cases[i].name);
		else
			printf("not ok %s (%s)\n", cases[i].name, why);
		fflush(stdout);
		failed += !good;
	}
	return failed ? 1 : 0;
}
