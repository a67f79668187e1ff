// SPDX-License-Identifier: GPL-2.0-only
/* For kernels with KUnit only */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/kernel.h>

#include <kunit/resource.h>
#include <kunit/test.h>
#include <kunit/visibility.h>

#include <smmuv3/raw_stub.h>

/* More than any case activates at a time */
#define STUBS	32

/**
 * struct raw_stub - a function that has a stub
 * @fn: the function; NULL where the place is free
 * @stub: what is called instead
 *
 * Cases run one after the other, and a case changes these in one thread. Its other threads read
 * them.
 */
struct raw_stub {
	void *fn;
	void *stub;
};

static struct raw_stub stubs[STUBS];

static struct raw_stub *find(void *fn)
{
	unsigned int i;

	for (i = 0; i < STUBS; i++)
		/* pairs with smp_store_release() in smmu_raw_stub_set() */
		if (smp_load_acquire(&stubs[i].fn) == fn)
			return &stubs[i];
	return NULL;
}

void *smmu_raw_stub_find(void *fn)
{
	struct raw_stub *place = find(fn);

	/* pairs with WRITE_ONCE() in smmu_raw_stub_set() */
	return place ? READ_ONCE(place->stub) : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(smmu_raw_stub_find);

static void clear(void *fn)
{
	struct raw_stub *place = find(fn);

	if (place)
		/* pairs with smp_load_acquire() in find() */
		WRITE_ONCE(place->fn, NULL);
}

void smmu_raw_stub_clear(struct kunit *test, void *fn)
{
	kunit_release_action(test, clear, fn);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_raw_stub_clear);

void smmu_raw_stub_set(struct kunit *test, void *fn, void *stub)
{
	struct raw_stub *place = find(fn);

	if (place) {
		/* pairs with READ_ONCE() in smmu_raw_stub_find() */
		WRITE_ONCE(place->stub, stub);
		return;
	}
	place = find(NULL);
	KUNIT_ASSERT_NOT_NULL_MSG(test, place, "more than %u stubs", STUBS);
	WRITE_ONCE(place->stub, stub); /* likewise */
	/* who finds the function finds its stub; pairs with smp_load_acquire() in find() */
	smp_store_release(&place->fn, fn);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, clear, fn));
}
EXPORT_SYMBOL_IF_KUNIT(smmu_raw_stub_set);
