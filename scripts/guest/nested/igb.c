// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network card under a guest's stage 1: it reads a ring of descriptors and the packet that one of
 * them names, and writes the descriptor back when the packet was sent.
 */
#include <time.h>

#include "nested.h"
#include "stage1.h"
#include "tags.h"

#define VSID	0x88
#define ASID	6

/* Intel 82576: transmit queue 0 */
#define TCTL		0x0400
#define TCTL_EN		0x00000002u
#define TDBAL		0xe000
#define TDBAH		0xe004
#define TDLEN		0xe008
#define TDH		0xe010
#define TDT		0xe018
#define TXDCTL		0xe028
#define TXDCTL_ENABLE	0x02000000u

/* Advanced data descriptor, and the status that is written back */
#define CMD_DATA	0x00300000u
#define CMD_EOP		0x01000000u
#define CMD_RS		0x08000000u
#define CMD_DEXT	0x20000000u
#define STATUS_DD	1u
#define PACKET		64u
#define RING		8u

struct descriptor {
	uint64_t addr;
	uint32_t cmd;
	uint32_t status;
};

/* Pages of data: the ring, the packet */
enum { RING_PAGE = 1, PACKET_PAGE = 2, OTHER_PAGE = 5 };

FIXTURE(igb) {
	unsigned int domains;
};

static struct vdev *dev;
static uint32_t viommu;
static struct stage1 s1;

FIXTURE_SETUP(igb)
{
	self->domains = nr_domains();
	dev = dev_at(0, IGB_ID, 0);
	setup_ram(dev);
	stage1_init(&s1, 8, ASID);
	viommu = viommu_for(dev);
}

FIXTURE_TEARDOWN_PARENT(igb)
{
	EXPECT_FINE(all_clean(self->domains));
}

/* Send the packet. Is the descriptor in data page @page written back? */
static bool sends(uint64_t ring, uint64_t packet, unsigned int page)
{
	volatile struct descriptor *d = data_mem(page);
	int i;

	memset(data_mem(page), 0, RING * sizeof(*d));
	d->addr = packet;
	d->cmd = CMD_DATA | CMD_EOP | CMD_RS | CMD_DEXT | PACKET;
	d->status = PACKET << 14;
	__sync_synchronize();
	put32(dev, TXDCTL, 0);
	put32(dev, TDBAL, ring);
	put32(dev, TDBAH, ring >> 32);
	put32(dev, TDLEN, RING * sizeof(*d));
	put32(dev, TDH, 0);
	put32(dev, TDT, 0);
	put32(dev, TCTL, TCTL_EN);
	put32(dev, TXDCTL, TXDCTL_ENABLE);
	put32(dev, TDT, 1);
	for (i = 0; i < 100; i++) {
		if (d->status & STATUS_DD)
			return true;
		nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
	}
	return false;
}

CASE(igb, raw_parent_and_bypass)
{
	ASSERT_EQ(0, attach(dev, parent));
	EXPECT_TRUE(sends(data_ipa(RING_PAGE), data_ipa(PACKET_PAGE), RING_PAGE));
	EXPECT_FALSE(sends(dva(RING_PAGE), dva(PACKET_PAGE), RING_PAGE));
	ASSERT_EQ(0, attach(dev, bypass_for(viommu, dev)));
	EXPECT_TRUE(sends(data_ipa(RING_PAGE), data_ipa(PACKET_PAGE), RING_PAGE));
	ASSERT_EQ(0, attach(dev, abort_for(viommu, dev)));
	EXPECT_FALSE(sends(data_ipa(RING_PAGE), data_ipa(PACKET_PAGE), RING_PAGE));
}

CASE(igb, stage1)
{
	stage1_map(&s1, RING_PAGE, RING_PAGE);
	stage1_map(&s1, PACKET_PAGE, PACKET_PAGE);
	vdevice_for(viommu, dev, VSID);
	ASSERT_EQ(0, attach(dev, stage1_for(viommu, dev, &s1)));
	EXPECT_TRUE(sends(dva(RING_PAGE), dva(PACKET_PAGE), RING_PAGE));
	EXPECT_FINE(ste_is(dev, "nested"));

	/* the guest moves its ring to another page */
	stage1_map(&s1, RING_PAGE, OTHER_PAGE);
	ASSERT_EQ(0, invalidate1(viommu, TLBI_NH_VA | CMD0_ASID(ASID), dva(RING_PAGE)));
	EXPECT_FALSE(sends(dva(RING_PAGE), dva(PACKET_PAGE), RING_PAGE));
	EXPECT_TRUE(sends(dva(RING_PAGE), dva(PACKET_PAGE), OTHER_PAGE));

	/* the host replaces the page under the ring */
	unmap(ioas, data_ipa(OTHER_PAGE), PAGE);
	EXPECT_FALSE(sends(dva(RING_PAGE), dva(PACKET_PAGE), OTHER_PAGE));
	map(ioas, data_ipa(OTHER_PAGE), data_mem(RING_PAGE), PAGE);
	EXPECT_TRUE(sends(dva(RING_PAGE), dva(PACKET_PAGE), RING_PAGE));
	dev_detach(dev);
	EXPECT_FALSE(sends(dva(RING_PAGE), dva(PACKET_PAGE), RING_PAGE));
}

TEST_HARNESS_MAIN
