/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI devices with PRI behind an SMMU with PRI, and a handler for their page requests. The PRI
 * queue has no interrupt here: asker_drain() does what it would do.
 */
#ifndef KUNIT_ON_MODEL_PAGE_REQUEST_H
#define KUNIT_ON_MODEL_PAGE_REQUEST_H

#include <linux/iommu.h>

#include "driver/pci_rig.h"

/* A device that wants the PASID in its answers, one that does not, one that does not stop */
enum { WANTS, BARE, STUCK, ASKER_SLOTS };

extern const struct fabric_endpoint asker_endpoints[ASKER_SLOTS];

#define ASKER_SSIDS	32
#define ASKER_HELD	64

/* Where a page is */
#define PA	0x12345000ULL

/**
 * struct asker_seen - what the handler has seen, and what it shall do
 * @nr: number of groups
 * @count: number of requests in the last group
 * @prm: the first of these
 * @domain: domain of the last group
 * @code: the answer
 * @hold: keep groups, as user space does
 * @fail: the handler fails
 * @look: called for each group
 * @held: groups that are kept
 * @nr_held: number of these
 */
struct asker_seen {
	u32 nr;
	u32 count;
	struct iommu_fault_page_request prm[4];
	struct iommu_domain *domain;
	enum iommu_page_response_code code;
	bool hold;
	bool fail;
	void (*look)(void);
	struct iopf_group *held[ASKER_HELD];
	u32 nr_held;
};

extern struct asker_seen asker_seen;

/* Answer all groups that are held */
void asker_answer_held(void);

/**
 * struct asker - the machine
 * @test: the case
 * @p: the bridge and its devices
 * @model: the SMMU
 * @iommu: likewise
 * @handle: for the IOMMU core
 */
struct asker {
	struct kunit *test;
	struct pci_rig *p;
	struct model *model;
	struct smmu_iommu *iommu;
	struct iommu_attach_handle handle[FABRIC_ENDPOINTS][ASKER_SSIDS];
};

/* An SMMU with PRI, whose queue has 2^@log2 entries */
void asker_config(struct model_config *cfg, u8 log2);
struct asker *asker_new(struct kunit *test, u8 log2);
/* With other devices than asker_endpoints[] */
struct asker *asker_new_with(struct kunit *test, u8 log2, const struct fabric_endpoint *ep, u32 n);

/* Make an empty domain with a handler */
struct iommu_domain *asker_domain(struct asker *a, u32 slot);
/* Attach and detach a PASID */
int asker_set(struct asker *a, u32 slot, struct iommu_domain *domain, u32 ssid);
void asker_unset(struct asker *a, u32 slot, struct iommu_domain *domain, u32 ssid);
/* A machine of asker_new(), with a PASID of the device WANTS in such a domain; @domain is an out */
struct asker *asker_attached(struct kunit *test, u32 ssid, struct iommu_domain **domain);

/* Make a request; @ssid 0 is none */
struct model_page_request asker_request(u32 ssid, u16 prg, bool last);
/* The parameter pri is on; the PRI queue is served without its interrupt */
bool asker_param_stub(void);
bool asker_serve_stub(const struct smmu_device *smmu);

/* Have the driver take what is in the PRI queue */
void asker_drain(struct asker *a);
/* Send a group of one request, and let it be handled. Return: the answer */
u8 asker_ask(struct asker *a, u32 slot, u32 ssid, u16 prg);

/* No group waits, and nobody has done what must not be done */
void asker_fine(struct asker *a);

#endif
