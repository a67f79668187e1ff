// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver with the kernel's PCI core around it: ATS and PASIDs in config space, function level
 * reset, unplugging and pulling out, and a device that does not answer.
 */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/pci-ats.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/ste.h"
#include "drv/arrays.h"
#include "drv/ats.h"
#include "drv/deferred.h"
#include "drv/domain.h"
#include "drv/firmware.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/ops.h"
#include "driver/pci_rig.h"

#define IOVA	PCI_RIG_IOVA
#define PA	0x12345000ULL
#define PA2	0x23456000ULL

static const char *kind(struct pci_rig *p, u32 i)
{
	struct smmu_device *smmu = &rig_iommu(p->smmu)->smmu;

	return smmu_ste_kind(smmu_strtab_ste(smmu, fabric_sid(p->f, i)));
}

/* Each device has a group and a StreamID of its own; PASIDs are on from the start, ATS is not */
static void found(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct smmu_master *master;
	u32 i, j;

	for (i = 0; i < PCI_SLOTS; i++) {
		master = dev_iommu_priv_get(&p->pdev[i]->dev);
		KUNIT_ASSERT_NOT_NULL(test, master);
		KUNIT_EXPECT_EQ(test, 1, master->nr_sids);
		KUNIT_EXPECT_EQ(test, fabric_sid(p->f, i), master->sids[0]);
		KUNIT_EXPECT_EQ(test, pci_rig_endpoints[i].pasid_bits, master->ssid_bits);
		KUNIT_EXPECT_EQ(test, pci_rig_endpoints[i].ats,
				device_iommu_capable(&p->pdev[i]->dev,
						     IOMMU_CAP_PCI_ATS_SUPPORTED));
		KUNIT_EXPECT_EQ(test, !!pci_rig_endpoints[i].pasid_bits, fabric_pasid(p->f, i));
		KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, i));
		KUNIT_EXPECT_EQ(test, IOVA, pci_rig_dma(p, i, 0));
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, p->group[i], p->group[j]);
	}
}

/* ATS is on from a paging domain or the first PASID to the last, if the device has ATS at all */
static void ats_follows_domains(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain, *pasid;
	u32 i;

	for (i = 0; i < PCI_SLOTS; i++) {
		domain = pci_rig_mapped(test, p, i, PA);
		KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[i]));
		KUNIT_EXPECT_EQ(test, pci_rig_endpoints[i].ats, fabric_ats(p->f, i));
		KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, i, 0));
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, i, 0));
		iommu_detach_group(domain, p->group[i]);
		KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, i));
		iommu_domain_free(domain);
	}
	pasid = pci_rig_mapped(test, p, FULL, PA2);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(pasid, &p->pdev[FULL]->dev, 9, NULL));
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
	KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, FULL, 9));
	KUNIT_EXPECT_EQ(test, IOVA, pci_rig_dma(p, FULL, 0));
	iommu_detach_device_pasid(pasid, &p->pdev[FULL]->dev, 9);
	KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
	iommu_domain_free(pasid);
}

/*
 * pci_reset_function(): DMA is blocked during the reset, and everything is as before afterwards,
 * without memory
 */
static void function_reset(struct kunit *test)
{
	const struct model_access try = { .iova = IOVA };
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);
	struct iommu_domain *pasid = pci_rig_mapped(test, p, FULL, PA2);
	struct pci_dev *pdev = p->pdev[FULL];
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(pasid, &pdev->dev, 9, NULL));
	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
		KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, FULL, 9));
		fabric_during_reset(p->f, FULL, &try);
		KUNIT_ASSERT_EQ(test, 0, pci_reset_function(pdev));
		fabric_during_reset(p->f, FULL, NULL);
		KUNIT_EXPECT_EQ(test, i, fabric_resets(p->f, FULL));
		KUNIT_EXPECT_FALSE(test, fabric_reset_leaked(p->f, FULL));
		KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
		KUNIT_EXPECT_TRUE(test, fabric_pasid(p->f, FULL));
	}
	/* what was unmapped before a reset does not come back with it */
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_ASSERT_EQ(test, 0, pci_reset_function(pdev));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, FULL, 9));
	iommu_detach_device_pasid(pasid, &pdev->dev, 9);
	iommu_detach_group(domain, p->group[FULL]);
	iommu_domain_free(domain);
	iommu_domain_free(pasid);
}

/* A device is unplugged and found again, with a PASID that nothing has detached */
static void unplugged(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *pasid = pci_rig_mapped(test, p, FULL, PA2);
	struct smmu_domain *sd = smmu_domain_of(pasid);
	u32 i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, pasid->ops->set_dev_pasid(pasid, &p->pdev[FULL]->dev, 9,
								   NULL));
		KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, FULL, 9));
		KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
		pci_rig_let_go(p, FULL);
		fabric_unplug(p->f, FULL);
		KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
		KUNIT_EXPECT_FALSE(test, fabric_pasid(p->f, FULL));
		KUNIT_EXPECT_STREQ(test, "abort", kind(p, FULL));
		mutex_lock(&smmu_arrays_mutex);
		KUNIT_EXPECT_TRUE(test, list_empty(&sd->bindings));
		mutex_unlock(&smmu_arrays_mutex);
		fabric_rescan(p->f);
		pci_rig_take(test, p, FULL);
		KUNIT_EXPECT_EQ(test, IOVA, pci_rig_dma(p, FULL, 0));
	}
	iommu_domain_free(pasid);
}

/*
 * A device is pulled out in use, beside another one on the same domain. The other one goes on, and
 * only the first unmap waits for the device that is gone.
 */
static void pulled_out(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);
	struct iommu_domain *pasid = pci_rig_mapped(test, p, FULL, PA2);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[ATS_ONLY]));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(pasid, &p->pdev[FULL]->dev, 9, NULL));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, ATS_ONLY, 0));
	pci_rig_silence(p, FULL);
	fabric_pull(p->f, FULL);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, ATS_ONLY, 0));
	flush_delayed_work(&rig_iommu(p->smmu)->recover);
	/* the other device has answered, and the device that is gone is sent no ATC_INV any more */
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, ATS_ONLY));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, ATS_ONLY));
	KUNIT_EXPECT_EQ(test, 1, rig_ats_entries(domain));
	KUNIT_EXPECT_EQ(test, 0, rig_ats_entries(pasid));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, ATS_ONLY, 0));

	iommu_detach_device_pasid(pasid, &p->pdev[FULL]->dev, 9);
	iommu_detach_group(domain, p->group[FULL]);
	pci_rig_let_go(p, FULL);
	fabric_unplug(p->f, FULL);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, ATS_ONLY));
	model_inject(p->smmu->model, &(struct model_inject) {});
	fabric_rescan(p->f);
	pci_rig_take(test, p, FULL);
	KUNIT_EXPECT_EQ(test, IOVA, pci_rig_dma(p, FULL, 0));
	iommu_detach_group(domain, p->group[ATS_ONLY]);
	iommu_domain_free(domain);
	iommu_domain_free(pasid);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(p->smmu)->smmu));
}

/*
 * A device is there but does not answer. It loses ATS in config space, and so does the device
 * beside it until that has answered when asked alone; both lose bus mastering meanwhile. A new
 * attach brings ATS of the first device back.
 */
static void does_not_answer(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[ATS_ONLY]));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
	pci_rig_silence(p, FULL);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
	flush_delayed_work(&rig_iommu(p->smmu)->recover);
	KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
	/* its owner had set bus mastering, so it is on again, but the STE aborts */
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, FULL));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_STREQ(test, "abort", kind(p, FULL));
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, ATS_ONLY));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, ATS_ONLY));

	model_inject(p->smmu->model, &(struct model_inject) {});
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	iommu_detach_group(domain, p->group[FULL]);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, FULL));
	KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, FULL, 0));
	iommu_detach_group(domain, p->group[FULL]);
	iommu_detach_group(domain, p->group[ATS_ONLY]);
	iommu_domain_free(domain);
}

static void answers_again(struct pci_rig *p)
{
	model_inject(p->smmu->model, &(struct model_inject) {});
}

/*
 * A device that has failed ATS is reset, by somebody who has it from the kernel. The driver keeps
 * out of the way: pci_save_state() finds PCI_COMMAND as the device's owner has set it, the attach
 * in the middle of the reset leaves PCI_COMMAND alone, and the IOMMU core's attach of the PASIDs
 * does not fail. But the device stays cut off, though it would answer now.
 */
static void parked_and_reset(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);
	struct iommu_domain *pasid = pci_rig_mapped(test, p, FULL, PA2);
	struct pci_dev *pdev = p->pdev[FULL];
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	for (i = 1; i <= 9; i++)
		KUNIT_ASSERT_EQ(test, 0, iommu_attach_device_pasid(pasid, &pdev->dev, i, NULL));
	pci_rig_silence(p, FULL);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	flush_delayed_work(&rig_iommu(p->smmu)->recover);
	KUNIT_EXPECT_STREQ(test, "abort", kind(p, FULL));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, pci_reset_function(pdev));
		KUNIT_EXPECT_STREQ(test, "abort", kind(p, FULL));
		KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, FULL));
		KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
		answers_again(p);
	}
	/* an administrator knows better: DMA at once, ATS when the device is attached next */
	smmu_master_lock(dev_iommu_priv_get(&pdev->dev));
	smmu_ats_forgive_locked(dev_iommu_priv_get(&pdev->dev));
	smmu_master_unlock(dev_iommu_priv_get(&pdev->dev));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
	KUNIT_ASSERT_EQ(test, 0, pci_reset_function(pdev));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, FULL));
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
	KUNIT_EXPECT_FALSE(test, fabric_mastered_ats(p->f, FULL));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
	for (i = 1; i <= 9; i++) {
		KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, FULL, i));
		iommu_detach_device_pasid(pasid, &pdev->dev, i);
	}
	iommu_detach_group(domain, p->group[FULL]);
	iommu_domain_free(domain);
	iommu_domain_free(pasid);
}

/*
 * A reset that begins while a device is cut off saves PCI_COMMAND without the owner's bus
 * mastering, and restores it so. So the driver gives bus mastering back when the reset is over.
 */
static void reset_meets_a_cut(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);
	struct pci_dev *pdev = p->pdev[FULL];

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[ATS_ONLY]));
	/* locks config space as pci_dev_lock() does */
	pci_cfg_access_lock(pdev);
	pci_rig_silence(p, FULL);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, fabric_bus_master(p->f, FULL));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, ATS_ONLY));
	KUNIT_ASSERT_EQ(test, 0, pci_save_state(pdev));
	flush_delayed_work(&rig_iommu(p->smmu)->recover);
	KUNIT_EXPECT_FALSE(test, fabric_bus_master(p->f, FULL));
	pci_restore_state(pdev);
	KUNIT_EXPECT_FALSE(test, fabric_bus_master(p->f, FULL));
	pci_cfg_access_unlock(pdev);
	flush_delayed_work(&rig_iommu(p->smmu)->recover);
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, FULL));
	KUNIT_EXPECT_FALSE(test, fabric_ats(p->f, FULL));
	answers_again(p);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, ATS_ONLY, 0));
	iommu_detach_group(domain, p->group[FULL]);
	iommu_detach_group(domain, p->group[ATS_ONLY]);
	iommu_domain_free(domain);
}

/*
 * As Linux 6.12 resets a function: the IOMMU is not asked to block it. Where nobody invalidates
 * meanwhile, nothing is lost. An unmap in the middle finds a device that does not answer: it is cut
 * off, others are not, and the next attach gives it DMA and ATS again.
 */
static void reset_without_block(struct kunit *test)
{
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);
	struct pci_dev *pdev = p->pdev[FULL];
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[ATS_ONLY]));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, 0));
		pci_cfg_access_lock(pdev);
		KUNIT_ASSERT_EQ(test, 0, pci_save_state(pdev));
		if (i) {
			pci_rig_silence(p, FULL);
			KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
			answers_again(p);
		}
		pcie_capability_set_word(pdev, PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
		pci_restore_state(pdev);
		pci_cfg_access_unlock(pdev);
		KUNIT_EXPECT_EQ(test, i + 1, fabric_resets(p->f, FULL));
		flush_delayed_work(&rig_iommu(p->smmu)->recover);
		KUNIT_EXPECT_EQ(test, !i, fabric_ats(p->f, FULL));
		KUNIT_EXPECT_STREQ(test, i ? "abort" : "stage1", kind(p, FULL));
	}
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, ATS_ONLY, 0));
	/* a driver of the kernel gets it, with another domain, and gives it back */
	iommu_detach_group(domain, p->group[FULL]);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	KUNIT_EXPECT_EQ(test, PA2, pci_rig_dma(p, FULL, 0));
	KUNIT_EXPECT_TRUE(test, fabric_ats(p->f, FULL));
	KUNIT_EXPECT_TRUE(test, fabric_bus_master(p->f, FULL));
	iommu_detach_group(domain, p->group[FULL]);
	iommu_detach_group(domain, p->group[ATS_ONLY]);
	iommu_domain_free(domain);
}

/* Which functions need no DMA and so are attached at once after a crash (drv/deferred.h) */
static void knows_ports(struct kunit *test)
{
	static const struct {
		u16 type;
		bool is_port;
	} types[] = {
		{ PCI_EXP_TYPE_ENDPOINT, false },
		{ PCI_EXP_TYPE_LEG_END, false },
		{ PCI_EXP_TYPE_RC_END, false },
		{ PCI_EXP_TYPE_PCI_BRIDGE, false },
		{ PCI_EXP_TYPE_PCIE_BRIDGE, false },
		{ PCI_EXP_TYPE_ROOT_PORT, true },
		{ PCI_EXP_TYPE_UPSTREAM, true },
		{ PCI_EXP_TYPE_DOWNSTREAM, true },
		{ PCI_EXP_TYPE_RC_EC, true },
	};
	struct pci_rig *p = pci_rig_new(test, 0);
	struct pci_dev *pdev = p->pdev[FULL];
	u16 was = pdev->pcie_flags_reg;
	u32 i;

	KUNIT_ASSERT_TRUE(test, pci_is_pcie(pdev));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		pdev->pcie_flags_reg = FIELD_PREP(PCI_EXP_FLAGS_TYPE, types[i].type);
		KUNIT_EXPECT_EQ_MSG(test, types[i].is_port, smmu_is_pcie_port(&pdev->dev),
				    "type %u", types[i].type);
	}
	pdev->pcie_flags_reg = was;
	KUNIT_EXPECT_FALSE(test, smmu_is_pcie_port(p->smmu->dev));
}

static void set_command(struct pci_dev *pdev, bool master)
{
	u16 cmd;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	cmd = master ? cmd | PCI_COMMAND_MASTER : cmd & ~PCI_COMMAND_MASTER;
	pci_write_config_word(pdev, PCI_COMMAND, cmd);
}

/* Who sets bus mastering, and what the bit is when the device has failed ATS */
struct owner {
	const char *name;
	bool driver;
	bool guest;
	bool unbound;
	bool after;
};

static const struct owner owners[] = {
	{ "a driver", .driver = true, .after = true },
	/* the PCI core does not know that the bit is set */
	{ "a guest", .guest = true, .after = true },
	{ "nobody", .after = false },
	{ "a driver that is unbound meanwhile", .driver = true, .unbound = true, .after = false },
};

KUNIT_ARRAY_PARAM_DESC(owner, owners, name);

static void whose_bus_mastering(struct kunit *test)
{
	const struct owner *owner = test->param_value;
	struct pci_rig *p = pci_rig_new(test, 0);
	struct iommu_domain *domain = pci_rig_mapped(test, p, FULL, PA);
	struct pci_dev *pdev = p->pdev[FULL];

	KUNIT_ASSERT_EQ(test, 0, iommu_attach_group(domain, p->group[FULL]));
	pci_clear_master(pdev);
	if (owner->driver)
		pci_set_master(pdev);
	if (owner->guest)
		set_command(pdev, true);
	pci_rig_silence(p, FULL);
	/* holds the recovery off until the case is done with the device that is cut off */
	smmu_master_lock(dev_iommu_priv_get(&pdev->dev));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, fabric_bus_master(p->f, FULL));
	if (owner->unbound)
		pci_clear_master(pdev);
	smmu_master_unlock(dev_iommu_priv_get(&pdev->dev));
	flush_delayed_work(&rig_iommu(p->smmu)->recover);
	KUNIT_EXPECT_STREQ(test, "abort", kind(p, FULL));
	KUNIT_EXPECT_EQ(test, owner->after, fabric_bus_master(p->f, FULL));
	answers_again(p);
	iommu_detach_group(domain, p->group[FULL]);
	KUNIT_EXPECT_EQ(test, owner->after, fabric_bus_master(p->f, FULL));
	iommu_domain_free(domain);
}

/*
 * HiSilicon's tune and trace device gets identity, but only if it is trusted: the IOMMU core
 * refuses identity for a device that is not trusted, and then refuses the whole SMMU.
 */
static void identity_if_trusted(struct kunit *test)
{
	struct pci_dev *pdev = kunit_kzalloc(test, sizeof(*pdev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	pdev->dev.bus = &pci_bus_type;
	pdev->vendor = PCI_VENDOR_ID_HUAWEI;
	pdev->device = 0xa12e;
	KUNIT_EXPECT_EQ(test, IOMMU_DOMAIN_IDENTITY, smmu_iommu_ops.def_domain_type(&pdev->dev));
	pdev->untrusted = true;
	KUNIT_EXPECT_EQ(test, 0, smmu_iommu_ops.def_domain_type(&pdev->dev));
	pdev->untrusted = false;
	pdev->device++;
	KUNIT_EXPECT_EQ(test, 0, smmu_iommu_ops.def_domain_type(&pdev->dev));
}

/**
 * struct root_complex - who has how many bits of PASIDs
 * @name: name of the case
 * @says: what firmware says of the root complex, or -ENOENT
 * @device: what the device says
 * @smmu: what the SMMU says
 * @bits: what the driver uses
 */
static const struct root_complex {
	const char *name;
	int says;
	u8 device;
	u8 smmu;
	u8 bits;
} root_complexes[] = {
	{ "says nothing, the device has less", -ENOENT, 5, 6, 5 },
	{ "says nothing, the SMMU has less", -ENOENT, 6, 5, 5 },
	{ "has more than the device", 20, 5, 6, 5 },
	{ "has more than the SMMU", 7, 8, 6, 6 },
	{ "has less than both", 4, 6, 5, 4 },
};

KUNIT_ARRAY_PARAM_DESC(root_complex, root_complexes, name);

static int root_complex_stub(struct pci_dev *pdev)
{
	const struct root_complex *rc = kunit_get_current_test()->param_value;

	return rc->says;
}

/* A device has as many PASIDs as the device itself, the SMMU and its root complex have */
static void pasids_of_root_complex(struct kunit *test)
{
	const struct root_complex *rc = test->param_value;
	u32 last = BIT(rc->bits) - 1;
	struct iommu_domain *domain;
	struct fabric_endpoint ep = pci_rig_endpoints[FULL];
	struct smmu_master *master;
	struct model_config cfg;
	struct pci_rig *p;

	kunit_activate_static_stub(test, smmu_firmware_pasid_bits, root_complex_stub);
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], rc->smmu);
	ep.pasid_bits = rc->device;
	p = pci_rig_new_cfg(test, 0, &cfg, &ep, 1);
	master = dev_iommu_priv_get(&p->pdev[FULL]->dev);
	KUNIT_EXPECT_EQ(test, rc->bits, master->ssid_bits);
	KUNIT_EXPECT_TRUE(test, fabric_pasid(p->f, FULL));
	domain = pci_rig_mapped(test, p, FULL, PA);
	KUNIT_EXPECT_EQ(test, -EINVAL, domain->ops->set_dev_pasid(domain, master->dev,
								  last + 1, NULL));
	KUNIT_ASSERT_EQ(test, 0, domain->ops->set_dev_pasid(domain, master->dev, last, NULL));
	KUNIT_EXPECT_EQ(test, PA, pci_rig_dma(p, FULL, last));
	smmu_blocked_domain.ops->set_dev_pasid(&smmu_blocked_domain, master->dev, last, NULL);
	iommu_domain_free(domain);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(pasids_of_root_complex, root_complex_gen_params),
	KUNIT_CASE(found),
	KUNIT_CASE(ats_follows_domains),
	KUNIT_CASE_SLOW(function_reset),
	KUNIT_CASE(unplugged),
	KUNIT_CASE(pulled_out),
	KUNIT_CASE(does_not_answer),
	KUNIT_CASE_SLOW(parked_and_reset),
	KUNIT_CASE(reset_meets_a_cut),
	KUNIT_CASE(reset_without_block),
	KUNIT_CASE(knows_ports),
	KUNIT_CASE_PARAM(whose_bus_mastering, owner_gen_params),
	KUNIT_CASE(identity_if_trusted),
	{}
};

static struct kunit_suite suite = { .name = "smmu_pci", .test_cases = cases };
kunit_test_suite(suite);
