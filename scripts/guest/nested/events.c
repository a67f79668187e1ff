// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of a guest's stage 1 reach the guest through its vEVENTQ, with the guest's StreamID of the
 * device. Faults of stage 2, which belong to the host, do not.
 */
#include <poll.h>

#include "nested.h"
#include "stage1.h"
#include "tags.h"

#define ASID	3
#define VSID	0x1234
#define DEPTH	8

/* Data that a read gives for one event */
struct vevent {
	struct iommufd_vevent_header header;
	struct iommu_vevent_arm_smmuv3 event;
};

FIXTURE(events) {
	struct vdev *dev;
	unsigned int domains;
	uint32_t viommu;
	uint32_t vdevice;
	uint32_t queue;
	int fd;
	struct stage1 s1;
};

static int new_queue(uint32_t viommu, unsigned int depth, uint32_t *id, int *fd)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = IOMMU_VEVENTQ_TYPE_ARM_SMMUV3,
		.veventq_depth = depth,
	};
	int rc = err(ioctl(iommu, IOMMU_VEVENTQ_ALLOC, &cmd));

	*id = cmd.out_veventq_id;
	*fd = cmd.out_veventq_fd;
	return rc;
}

/* Is there something to read within @ms? */
static bool ready(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, ms) == 1;
}

/* Read the next event. Return: NULL, or what is wrong */
static const char *next_event(int fd, struct vevent *event)
{
	ssize_t n;

	if (!ready(fd, 10000))
		return "no event within 10 s";
	n = read(fd, event, sizeof(*event));
	if (n != sizeof(*event))
		return why("read gives %zd bytes, not %zu", n, sizeof(*event));
	return NULL;
}

/* Is this the fault @id of @vsid? Return: NULL, or what is wrong */
static const char *event_is(const struct vevent *event, unsigned int id, uint32_t vsid,
			    uint64_t addr)
{
	const uint64_t *w = (const uint64_t *)event->event.evt;

	if (event->header.flags)
		return why("flags 0x%x", event->header.flags);
	if (EVENT_ID(w[0]) != id || EVENT_SID(w[0]) != vsid)
		return why("event 0x%lx of vSID 0x%lx, not 0x%x of 0x%x", EVENT_ID(w[0]),
			   EVENT_SID(w[0]), id, vsid);
	if (addr && w[2] != addr)
		return why("event 0x%x at 0x%lx, not 0x%lx", id, w[2], addr);
	if (w[1] & EVENT1_S2)
		return why("event 0x%x has S2 set", id);
	return NULL;
}

FIXTURE_SETUP(events)
{
	unsigned int i;

	self->domains = nr_domains();
	self->dev = itd(0);
	setup_ram(self->dev);
	stage1_init(&self->s1, 8, ASID);
	for (i = 0; i < 8; i++)
		stage1_map(&self->s1, i, i);
	self->viommu = viommu_for(self->dev);
	must(new_queue(self->viommu, DEPTH, &self->queue, &self->fd), "vEVENTQ");
	self->vdevice = vdevice_for(self->viommu, self->dev, VSID);
	must(attach(self->dev, stage1_for(self->viommu, self->dev, &self->s1)), "attach");
}

FIXTURE_TEARDOWN_PARENT(events)
{
	EXPECT_FINE(all_clean(self->domains));
}

CASE(events, translation)
{
	struct vevent event;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		uint64_t *w = (uint64_t *)event.event.evt;

		ASSERT_EQ(i, lands(self->dev, dva(i)));
		ASSERT_EQ(NOWHERE, lands(self->dev, dva(20 + i)));
		ASSERT_FINE(next_event(self->fd, &event));
		ASSERT_FINE(event_is(&event, F_TRANSLATION, VSID, dva(20 + i)));
		EXPECT_EQ(i, event.header.sequence);
		EXPECT_EQ(EVENT_CLASS_IN, EVENT1_CLASS(w[1]));
		EXPECT_FALSE(w[1] & EVENT1_RNW);
	}
	EXPECT_FALSE(ready(self->fd, 300));
	/* the guest maps the page, and there is no fault */
	stage1_map(&self->s1, 20, 30);
	ASSERT_EQ(30, lands(self->dev, dva(20)));
	EXPECT_FALSE(ready(self->fd, 300));
}

CASE(events, permission)
{
	struct vevent event;

	stage1_set(&self->s1, 9, data_ipa(9) | PTE_PAGE | PTE_EL0 | PTE_RO | PTE_SH |
		   PTE_AF | PTE_NG);
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(9)));
	ASSERT_FINE(next_event(self->fd, &event));
	ASSERT_FINE(event_is(&event, F_PERMISSION, VSID, dva(9)));
}

CASE(events, bad_cd)
{
	struct vevent event;

	stage1_cd(&self->s1)[0] = 0;
	ASSERT_EQ(0, invalidate1(self->viommu, CFGI_CD | CMD0_SID(VSID), CMD1_LEAF));
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(1)));
	ASSERT_FINE(next_event(self->fd, &event));
	ASSERT_FINE(event_is(&event, C_BAD_CD, VSID, 0));
	stage1_write_cd(&self->s1, ASID, self->s1.first + 1);
	ASSERT_EQ(0, invalidate1(self->viommu, CFGI_CD | CMD0_SID(VSID), CMD1_LEAF));
	EXPECT_EQ(1, lands(self->dev, dva(1)));
}

/* The guest has mapped the page but the host has not: that fault belongs to the host */
CASE(events, stage2_is_not_told)
{
	long before = counter(self->dev->smmu, "events");
	struct vevent event;

	unmap(ioas, data_ipa(2), PAGE);
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(2)));
	EXPECT_FALSE(ready(self->fd, 500));
	if (has_debugfs())
		EXPECT_LT(before, counter(self->dev->smmu, "events"));
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(20)));
	ASSERT_FINE(next_event(self->fd, &event));
	ASSERT_FINE(event_is(&event, F_TRANSLATION, VSID, dva(20)));
	EXPECT_EQ(0, event.header.sequence);
}

/* When there are more faults than the queue holds, the rest is lost, and the reader is told so */
CASE(events, overflow)
{
	struct vevent event;
	unsigned int i;

	for (i = 0; i < DEPTH + 5; i++)
		ASSERT_EQ(NOWHERE, lands(self->dev, dva(20 + i)));
	usleep(300000);
	for (i = 0; i < DEPTH; i++) {
		ASSERT_FINE(next_event(self->fd, &event));
		ASSERT_FINE(event_is(&event, F_TRANSLATION, VSID, dva(20 + i)));
		EXPECT_EQ(i, event.header.sequence);
	}
	ASSERT_TRUE(ready(self->fd, 1000));
	ASSERT_EQ(sizeof(event.header), read(self->fd, &event, sizeof(event)));
	EXPECT_EQ(IOMMU_VEVENTQ_FLAG_LOST_EVENTS, event.header.flags);
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(20)));
	ASSERT_FINE(next_event(self->fd, &event));
	EXPECT_EQ(DEPTH + 5, event.header.sequence);
}

/* Each of two guests gets events of its own device only, with its own vSID */
CASE(events, each_its_own)
{
	struct vdev *other = dev_at(0, ITD_ID, 1);
	struct stage1 s1;
	struct vevent event;
	uint32_t viommu, id;
	int fd;

	stage1_init(&s1, 16, ASID);
	viommu = viommu_for(other);
	ASSERT_EQ(0, new_queue(viommu, DEPTH, &id, &fd));
	/* this vSID may be the true StreamID of another device */
	vdevice_for(viommu, other, 0);
	ASSERT_EQ(0, attach(other, stage1_for(viommu, other, &s1)));
	ASSERT_EQ(NOWHERE, lands(other, dva(1)));
	ASSERT_FINE(next_event(fd, &event));
	ASSERT_FINE(event_is(&event, F_TRANSLATION, 0, dva(1)));
	EXPECT_FALSE(ready(self->fd, 300));
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(21)));
	ASSERT_FINE(next_event(self->fd, &event));
	ASSERT_FINE(event_is(&event, F_TRANSLATION, VSID, dva(21)));
	EXPECT_FALSE(ready(fd, 300));
}

/* Faults of a device that has left the guest do not reach the guest */
CASE(events, after_leaving)
{
	ASSERT_EQ(0, attach(self->dev, parent));
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(20)));
	EXPECT_FALSE(ready(self->fd, 500));
	ASSERT_EQ(0, attach(self->dev, stage1_for(self->viommu, self->dev, &self->s1)));
	dev_detach(self->dev);
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(20)));
	EXPECT_FALSE(ready(self->fd, 500));
}

/* The vEVENTQ is destroyed while faults come; then they belong to the host */
CASE(events, queue_goes)
{
	struct vevent event;
	uint32_t id;
	int fd;

	ASSERT_EQ(NOWHERE, lands(self->dev, dva(20)));
	ASSERT_TRUE(ready(self->fd, 10000));
	ASSERT_EQ(EBUSY, remove_object(self->queue));
	close(self->fd);
	ASSERT_EQ(0, remove_object(self->queue));
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(21)));
	usleep(300000);
	ASSERT_EQ(0, new_queue(self->viommu, DEPTH, &id, &fd));
	EXPECT_FALSE(ready(fd, 300));
	ASSERT_EQ(NOWHERE, lands(self->dev, dva(22)));
	ASSERT_FINE(next_event(fd, &event));
	ASSERT_FINE(event_is(&event, F_TRANSLATION, VSID, dva(22)));
}

TEST_HARNESS_MAIN
