// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects are destroyed in every order, files are closed and processes killed under load, and
 * devices are reset and removed in the middle. The kernel must not warn, nothing may be left, and
 * everything else must work on.
 */
#include <pthread.h>
#include <signal.h>

#include "nested.h"
#include "stage1.h"
#include "tags.h"

#define ASID	5
#define VSID	0x42

FIXTURE(teardown) {
	unsigned int domains;
};

FIXTURE_SETUP(teardown)
{
	self->domains = nr_domains();
	seed = setting("NESTED_SEED", 1) * 2 + 1;
	find_devices();
}

FIXTURE_TEARDOWN_PARENT(teardown)
{
	EXPECT_FINE(all_clean(self->domains));
}

/* A guest with one device in its stage 1, in which slot N leads to page N */
static struct vdev *device;
static uint32_t viommu, vdevice, queue, nested, bypass;
static int queue_fd = -1;
static struct stage1 s1;

static void start(struct vdev *dev)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VEVENTQ_TYPE_ARM_SMMUV3,
		.veventq_depth = 64,
	};
	unsigned int i;

	device = dev;
	setup_ram(dev);
	stage1_init(&s1, 8, ASID);
	for (i = 0; i < 16; i++)
		stage1_map(&s1, i, i);
	viommu = viommu_for(dev);
	vdevice = vdevice_for(viommu, dev, VSID);
	cmd.viommu_id = viommu;
	if (ioctl(iommu, IOMMU_VEVENTQ_ALLOC, &cmd))
		die("IOMMU_VEVENTQ_ALLOC");
	queue = cmd.out_veventq_id;
	queue_fd = cmd.out_veventq_fd;
	nested = stage1_for(viommu, dev, &s1);
	bypass = bypass_for(viommu, dev);
	must(attach(dev, nested), "attach");
}

static void close_device(struct vdev *dev)
{
	if (dev->fd < 0)
		return;
	munmap((void *)dev->bar, dev->bar_size);
	close(dev->fd);
	dev->fd = -1;
}

/* ---- orders ---- */

enum object { NESTED, BYPASS, VDEVICE, QUEUE, VIOMMU, PARENT, IOAS, OBJECTS };

static const char * const object_name[OBJECTS] = {
	"nested HWPT", "bypass HWPT", "vDEVICE", "vEVENTQ", "vIOMMU", "nest parent", "IOAS",
};

/*
 * Does another object, or the attachment, keep this object from being destroyed? @left: bits of the
 * objects that are left.
 */
static bool is_held(enum object object, unsigned int left, bool attached)
{
	static const unsigned int holders[OBJECTS] = {
		[VIOMMU] = 1 << NESTED | 1 << BYPASS | 1 << VDEVICE | 1 << QUEUE,
		[PARENT] = 1 << VIOMMU,
		[IOAS] = 1 << PARENT,
	};

	return holders[object] & left || (object == NESTED && attached);
}

CASE(teardown, objects_in_all_orders)
{
	unsigned int round, i, j, left, order[OBJECTS], detach_at;

	for (round = 0; round < 60; round++) {
		uint32_t id[OBJECTS];
		bool attached = true;

		start(itd(0));
		close(queue_fd);
		memcpy(id, (uint32_t[]){ nested, bypass, vdevice, queue, viommu, parent, ioas },
		       sizeof(id));
		for (i = 0; i < OBJECTS; i++)
			order[i] = i;
		for (i = OBJECTS - 1; i; i--) {
			unsigned int other = rnd(i + 1), one = order[i];

			order[i] = order[other];
			order[other] = one;
		}
		detach_at = rnd(2 * OBJECTS);
		left = (1 << OBJECTS) - 1;
		for (j = 0; left; j++) {
			i = order[j % OBJECTS];
			if (j == detach_at) {
				dev_detach(itd(0));
				attached = false;
			}
			if (attached && !(j % 3))
				ASSERT_EQ(3, lands(itd(0), dva(3)));
			if (!(left & 1u << i))
				continue;
			if (is_held(i, left, attached)) {
				EXPECT_EQ(EBUSY, remove_object(id[i])) {
					TH_LOG("%s", object_name[i]);
				}
				continue;
			}
			ASSERT_EQ(0, remove_object(id[i])) {
				TH_LOG("%s", object_name[i]);
			}
			left &= ~(1u << i);
		}
		ASSERT_FINE(tags_are(itd(0)->smmu, 0, 0, 0));
		if (has_debugfs())
			ASSERT_EQ(self->domains, nr_domains());
	}
}

/* Close the files in all orders, with all objects still in them */
CASE(teardown, files_in_all_orders)
{
	static const char order[6][4] = { "dqi", "diq", "qdi", "qid", "idq", "iqd" };
	unsigned int round, i;
	uint32_t pt[3];

	for (round = 0; round < 18; round++) {
		start(itd(round % 3));
		pt[0] = nested;
		pt[1] = bypass;
		pt[2] = parent;
		must(attach(device, pt[round / 6 % 3]), "attach");
		lands(device, dva(20));
		for (i = 0; i < 3; i++) {
			if (order[round % 6][i] == 'd') {
				close_device(device);
			} else if (order[round % 6][i] == 'q') {
				close(queue_fd);
			} else {
				close(iommu);
				iommu = -1;
			}
		}
		ASSERT_FINE(tags_are(device->smmu, 0, 0, 0));
		if (has_debugfs())
			ASSERT_EQ(self->domains, nr_domains());
	}
}

/* ---- load ---- */

static bool stop;

/* May a call return @rc when its file or object has just gone? */
static bool may_fail(int rc)
{
	return !rc || rc == EBADF || rc == ENOENT || rc == EIO || rc == EBUSY || rc == ENODEV ||
	       rc == EINVAL || rc == ENOTTY;
}

static void *invalidating(void *failed)
{
	static const struct command cmds[] = {
		{ { TLBI_NH_VA | CMD0_ASID(ASID), DVA } },
		{ { TLBI_NH_ASID | CMD0_ASID(ASID), 0 } },
		{ { CFGI_CD_ALL | CMD0_SID(VSID), 0 } }, { { TLBI_NSNH_ALL, 0 } },
	};

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint32_t num = 4;
		int rc = invalidate(viommu, cmds, &num);

		if (!may_fail(rc))
			*(int *)failed = rc;
	}
	return NULL;
}

static void *replacing(void *failed)
{
	uint32_t pt[3];
	unsigned int i;

	pt[0] = nested;
	pt[1] = bypass;
	pt[2] = parent;
	for (i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		int rc = attach(device, pt[i % 3]);

		if (!may_fail(rc))
			*(int *)failed = rc;
	}
	return NULL;
}

static void *dma(void *failed)
{
	unsigned int i;

	(void)failed;
	for (i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++)
		itd_write(device, i % 2 ? dva(i % 16) : data_ipa(i % 16));
	return NULL;
}

/* Let the host map and unmap a page that is not used by anything else */
static void *remapping(void *failed)
{
	(void)failed;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct iommu_ioas_unmap out = {
			.size = sizeof(out),
			.ioas_id = ioas,
			.iova = data_ipa(40),
			.length = PAGE,
		};
		struct iommu_ioas_map in = {
			.size = sizeof(in),
			.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE |
				 IOMMU_IOAS_MAP_READABLE,
			.ioas_id = ioas,
			.user_va = (uintptr_t)data_mem(40),
			.length = PAGE,
			.iova = data_ipa(40),
		};

		if (ioctl(iommu, IOMMU_IOAS_UNMAP, &out) || ioctl(iommu, IOMMU_IOAS_MAP, &in))
			usleep(1000);
	}
	return NULL;
}

#define LOADS	5
static pthread_t load_thread[LOADS];
static int load_failed[LOADS];

/* @replace: with the thread that moves the device between HWPTs */
static void load(bool replace)
{
	static void *(*const run[LOADS])(void *) = {
		invalidating, invalidating, dma, remapping, replacing,
	};
	unsigned int i;

	stop = false;
	for (i = 0; i < LOADS; i++) {
		load_failed[i] = 0;
		if (pthread_create(&load_thread[i], NULL,
				   i == LOADS - 1 && !replace ? dma : run[i], &load_failed[i]))
			die("pthread_create");
	}
}

static const char *unload(void)
{
	unsigned int i;

	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < LOADS; i++)
		pthread_join(load_thread[i], NULL);
	for (i = 0; i < LOADS; i++)
		if (load_failed[i])
			return why("load %u: %s", i, strerror(load_failed[i]));
	return NULL;
}

CASE(teardown, killed_under_load)
{
	unsigned int round, ms;
	pid_t child;
	int status;

	for (round = 0; round < 12; round++) {
		ms = 20 + rnd(300);
		child = fork();
		if (!child) {
			start(itd(round % 3));
			load(true);
			pause();
		}
		ASSERT_LT(0, child);
		/*
		 * some rounds have time to set up, which is slow on a debug kernel; others do not
		 */
		usleep((round % 4 ? 300 : 0) * 1000 + ms * 1000);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_FINE(all_clean(self->domains));
	}
}

CASE(teardown, closed_under_load)
{
	unsigned int round;

	for (round = 0; round < 9; round++) {
		start(itd(round % 3));
		load(true);
		usleep(1000 * (50 + rnd(100)));
		if (round % 2)
			close(iommu);
		/* BAR 0 of the device stays mapped until the threads are gone */
		close(device->fd);
		if (!(round % 2))
			close(iommu);
		close(queue_fd);
		usleep(1000 * rnd(50));
		ASSERT_FINE(unload());
		munmap((void *)device->bar, device->bar_size);
		device->fd = -1;
		iommu = -1;
		ASSERT_FINE(all_clean(self->domains));
	}
}

/*
 * Objects are destroyed while others use them: the call returns EBUSY or 0, and nothing worse
 * happens.
 */
CASE(teardown, destroyed_under_load)
{
	unsigned int round, i;

	for (round = 0; round < 6; round++) {
		start(itd(round % 3));
		load(true);
		for (i = 0; i < 50; i++) {
			uint32_t id[] = { viommu, parent, ioas, queue, nested, bypass };
			int rc = remove_object(id[rnd(3)]);

			ASSERT_EQ(EBUSY, rc);
			if (i == 25)
				ASSERT_EQ(0, remove_object(vdevice));
		}
		ASSERT_FINE(unload());
		close_device(device);
		close(queue_fd);
		close(iommu);
		iommu = -1;
		ASSERT_FINE(all_clean(self->domains));
	}
}

/* ---- reset and removal ---- */

/* Turn memory space and bus mastering on, as a guest's driver would after a reset */
static void enable(const struct vdev *dev)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command = 0x6;

	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info) ||
	    pwrite(dev->fd, &command, 2, info.offset + 4) != 2)
		die("%s: PCI_COMMAND", dev->bdf);
}

/* Reset of a device behind a root port, by its bus */
CASE(teardown, reset)
{
	unsigned int round;

	start(itd(1));
	for (round = 0; round < 8; round++) {
		if (round % 2)
			load(false);
		ASSERT_EQ(0, err(ioctl(device->fd, VFIO_DEVICE_RESET)));
		enable(device);
		if (round % 2)
			ASSERT_FINE(unload());
		ASSERT_FINE(ste_is(device, "nested"));
		ASSERT_FINE(tags_are(device->smmu, 0, 1, 1));
		ASSERT_EQ(3, lands(device, dva(3)));
		stage1_map(&s1, 3, 4);
		ASSERT_EQ(0, invalidate1(viommu, TLBI_NH_VA | CMD0_ASID(ASID), dva(3)));
		ASSERT_EQ(4, lands(device, dva(3)));
		stage1_map(&s1, 3, 3);
		ASSERT_EQ(0, invalidate1(viommu, TLBI_NH_ALL, 0));
	}
}

/* Function level reset of igb, whatever it is attached to */
CASE(teardown, function_level_reset)
{
	struct vdev *dev = dev_at(0, IGB_ID, 0);
	unsigned int i;

	start(dev);
	for (i = 0; i < 4; i++) {
		static const char * const kind[] = { "nested", "stage2", "stage2", "abort" };
		uint32_t pt[] = { nested, bypass, parent, abort_for(viommu, dev) };

		must(attach(dev, pt[i]), "attach");
		ASSERT_EQ(0, err(ioctl(dev->fd, VFIO_DEVICE_RESET)));
		ASSERT_FINE(ste_is(dev, kind[i]));
		ASSERT_FINE(tags_are(dev->smmu, i == 2, i < 2, i < 2));
	}
}

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("%s", path);
	close(fd);
}

/* Bind the device to vfio-pci again; it is a new device, without the old attachments */
static void found_again(const char *bdf)
{
	char path[128];

	put_text("/sys/bus/pci/rescan", "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	put_text(path, "vfio-pci");
	put_text("/sys/bus/pci/drivers_probe", bdf);
}

/*
 * Hot removal of a device that a guest has: the removal waits until the VMM closes the device. The
 * vSMMU, whose file stays open, takes the new device.
 */
CASE(teardown, removed)
{
	unsigned int round;
	char path[128];
	int status;
	pid_t child;

	start(itd(2));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", device->bdf);
	for (round = 0; round < 3; round++) {
		load(round % 2);
		child = fork();
		if (!child) {
			/* the child must not hold the device itself */
			close_device(device);
			put_text(path, "1");
			_exit(0);
		}
		usleep(200000);
		ASSERT_FINE(unload());
		if (round == 2)
			must(attach(device, parent), "attach");
		close_device(device);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_EQ(0, status);
		EXPECT_EQ(0, invalidate1(viommu, TLBI_NH_ALL, 0));
		EXPECT_EQ(EIO, invalidate1(viommu, CFGI_CD_ALL | CMD0_SID(VSID), 0));
		found_again(device->bdf);
		dev_open_iommufd(device);
		vdevice = vdevice_for(viommu, device, VSID);
		must(attach(device, nested), "attach");
		ASSERT_EQ(3, lands(device, dva(3)));
		ASSERT_FINE(tags_are(device->smmu, 0, 1, 1));
	}
}

TEST_HARNESS_MAIN
