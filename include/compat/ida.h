/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading an IDA. Older kernels only give ids out and take them back. Their IDA is an xarray with
 * one entry for each IDA_BITMAP_BITS ids: a value that holds the first of the bits, or a pointer to
 * a bitmap, which is freed under the lock of the xarray.
 */
#ifndef COMPAT_IDA_H
#define COMPAT_IDA_H

#include <linux/idr.h>

#ifndef COMPAT_IDA_FIND

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/xarray.h>

/* The first id of the entry that is not below @bit; IDA_BITMAP_BITS without one. Lock held. */
static inline unsigned int compat_ida_next(const void *entry, unsigned int bit)
{
	unsigned long value = xa_to_value(entry);
	unsigned int next;

	if (!xa_is_value(entry))
		return find_next_bit(((const struct ida_bitmap *)entry)->bitmap, IDA_BITMAP_BITS,
				     bit);
	if (bit >= BITS_PER_XA_VALUE)
		return IDA_BITMAP_BITS;
	next = find_next_bit(&value, BITS_PER_XA_VALUE, bit);
	return next < BITS_PER_XA_VALUE ? next : IDA_BITMAP_BITS;
}

/* Return: the lowest id that is given out, -ENOENT without one */
static inline int ida_find_first(struct ida *ida)
{
	XA_STATE(xas, &ida->xa, 0);
	unsigned int bit = IDA_BITMAP_BITS;
	unsigned long flags;
	void *entry;

	xas_lock_irqsave(&xas, flags);
	xas_for_each(&xas, entry, INT_MAX / IDA_BITMAP_BITS) {
		bit = compat_ida_next(entry, 0);
		if (bit < IDA_BITMAP_BITS)
			break;
	}
	xas_unlock_irqrestore(&xas, flags);
	return bit < IDA_BITMAP_BITS ? xas.xa_index * IDA_BITMAP_BITS + bit : -ENOENT;
}

/* Is the id given out? */
static inline bool ida_exists(struct ida *ida, unsigned int id)
{
	XA_STATE(xas, &ida->xa, id / IDA_BITMAP_BITS);
	unsigned int bit = id % IDA_BITMAP_BITS;
	unsigned long flags;
	void *entry;
	bool ret;

	xas_lock_irqsave(&xas, flags);
	entry = xas_load(&xas);
	ret = entry && compat_ida_next(entry, bit) == bit;
	xas_unlock_irqrestore(&xas, flags);
	return ret;
}

#endif

#endif
