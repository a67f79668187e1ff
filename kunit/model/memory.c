// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-map-ops.h>
#include <linux/hashtable.h>
#include <linux/io.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "model/memory.h"

/**
 * struct page_state - a page of a device that does not snoop
 * @node: in @states
 * @rcu: frees it
 * @pfn: number of the page
 * @users: number of allocations (one) or mappings
 * @uncached: the page is not cacheable
 * @memory: what is in memory if it is cacheable; else what is settled, if memory is weak
 */
struct page_state {
	struct hlist_node node;
	struct rcu_head rcu;
	unsigned long pfn;
	u32 users;
	bool uncached;
	u8 memory[];
};

static DEFINE_HASHTABLE(states, 10);
static DEFINE_RAW_SPINLOCK(states_lock);	/* writers of @states and all in it */
static u32 nr_states;
static void (*weak)(void);

/* What a page that is not cacheable has in memory, until the zeros of its allocation are settled */
#define STALE		0xa5

static struct page_state *find(unsigned long pfn)
{
	struct page_state *state;

	hash_for_each_possible_rcu(states, state, node, pfn, true)
		if (state->pfn == pfn)
			return state;
	return NULL;
}

/* One more user of a page. Return: 0, -ENOMEM, or -EINVAL where the page is in another state */
static int get(unsigned long pfn, bool uncached, gfp_t gfp)
{
	struct page_state *new, *state;
	unsigned long flags;
	int ret = 0;

	new = kzalloc(sizeof(*new) + PAGE_SIZE, gfp & ~GFP_ZONEMASK);
	if (!new)
		return -ENOMEM;
	new->pfn = pfn;
	new->uncached = uncached;
	if (uncached)
		memset(new->memory, STALE, PAGE_SIZE);
	raw_spin_lock_irqsave(&states_lock, flags);
	state = find(pfn);
	if (!state) {
		state = new;
		hash_add_rcu(states, &state->node, pfn);
		nr_states++;
		new = NULL;
	}
	if (state->uncached != uncached)
		ret = -EINVAL;
	else
		state->users++;
	raw_spin_unlock_irqrestore(&states_lock, flags);
	kfree(new);
	WARN_ONCE(ret, "the same page is mapped for DMA, and not cacheable\n");
	return ret;
}

static void put(unsigned long pfn)
{
	struct page_state *state;
	unsigned long flags;
	bool last;

	raw_spin_lock_irqsave(&states_lock, flags);
	state = find(pfn);
	last = state && !--state->users;
	if (last) {
		hash_del_rcu(&state->node);
		nr_states--;
	}
	raw_spin_unlock_irqrestore(&states_lock, flags);
	WARN_ONCE(!state, "a page that is not mapped for DMA is unmapped\n");
	/* an SMMU may be reading it */
	if (last)
		kfree_rcu(state, rcu);
}

static void put_all(u64 pa, size_t size)
{
	unsigned long pfn;

	for (pfn = PHYS_PFN(pa); pfn <= PHYS_PFN(pa + size - 1); pfn++)
		put(pfn);
}

static int get_all(u64 pa, size_t size, bool uncached, gfp_t gfp)
{
	unsigned long pfn;
	int ret;

	for (pfn = PHYS_PFN(pa); pfn <= PHYS_PFN(pa + size - 1); pfn++) {
		ret = get(pfn, uncached, gfp);
		if (!ret)
			continue;
		if (pfn != PHYS_PFN(pa))
			put_all(pa, PFN_PHYS(pfn) - pa);
		return ret;
	}
	return 0;
}

/* Write from the caches to memory what the CPU has written to these bytes */
static void clean(u64 pa, size_t size)
{
	struct page_state *state;
	unsigned long flags;
	size_t n;

	raw_spin_lock_irqsave(&states_lock, flags);
	for (; size; pa += n, size -= n) {
		n = min_t(size_t, size, PAGE_SIZE - offset_in_page(pa));
		state = find(PHYS_PFN(pa));
		if (state && !state->uncached)
			memcpy(state->memory + offset_in_page(pa), phys_to_virt(pa), n);
	}
	raw_spin_unlock_irqrestore(&states_lock, flags);
}

void *memory_behind(u64 pa, bool settled)
{
	struct page_state *state;
	bool raw;

	lockdep_assert_irqs_disabled();
	state = find(PHYS_PFN(pa));
	if (!state)
		return NULL;
	raw = state->uncached && !(settled && weak);
	return raw ? phys_to_virt(pa) : state->memory + offset_in_page(pa);
}

static void settle(void)
{
	struct page_state *state;
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&states_lock, flags);
	hash_for_each(states, i, state, node)
		if (state->uncached)
			memcpy(state->memory, phys_to_virt(PFN_PHYS(state->pfn)), PAGE_SIZE);
	raw_spin_unlock_irqrestore(&states_lock, flags);
}

void memory_set_weak(void (*at_barrier)(void))
{
	settle();
	weak = at_barrier;
}

void memory_barrier(void)
{
	/* what the driver's own barrier does between CPUs */
	smp_mb();
	if (!weak)
		return;
	weak();
	settle();
}

u32 memory_pages(void)
{
	unsigned long flags;
	u32 n;

	raw_spin_lock_irqsave(&states_lock, flags);
	n = nr_states;
	raw_spin_unlock_irqrestore(&states_lock, flags);
	return n;
}

static void *alloc(struct device *dev, size_t size, dma_addr_t *dma, gfp_t gfp,
		   unsigned long attrs)
{
	struct page *page = alloc_pages(gfp | __GFP_ZERO, get_order(size));

	if (!page)
		return NULL;
	*dma = page_to_phys(page);
	if (!get_all(*dma, size, true, gfp))
		return page_address(page);
	__free_pages(page, get_order(size));
	return NULL;
}

static void free_pages_of(struct device *dev, size_t size, void *virt, dma_addr_t dma,
			  unsigned long attrs)
{
	put_all(dma, size);
	free_pages((unsigned long)virt, get_order(size));
}

static dma_addr_t map_phys(struct device *dev, phys_addr_t pa, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	if (get_all(pa, size, false, GFP_ATOMIC | __GFP_NOWARN))
		return DMA_MAPPING_ERROR;
	if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		clean(pa, size);
	return pa;
}

static void unmap_phys(struct device *dev, dma_addr_t dma, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	put_all(dma, size);
}

static void sync_for_device(struct device *dev, dma_addr_t dma, size_t size,
			    enum dma_data_direction dir)
{
	clean(dma, size);
}

static const struct dma_map_ops noncoherent_ops = {
	.alloc = alloc,
	.free = free_pages_of,
	.map_phys = map_phys,
	.unmap_phys = unmap_phys,
	.sync_single_for_device = sync_for_device,
};

void memory_set_noncoherent(struct device *dev)
{
	set_dma_ops(dev, &noncoherent_ops);
}
