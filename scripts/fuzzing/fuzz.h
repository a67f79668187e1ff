/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the targets of scripts/fuzz have in common. A target includes the driver's files as they
 * are, makes arguments of the bytes that it gets, calls the driver and states what must be true
 * then. A target keeps nothing from one input to the next.
 *
 * Its head says what it *checks*, what an *input* is, how *long* one may be, and has *mutants*:
 * changes of one line of the driver that a replay has to find out.
 */
#ifndef FUZZING_FUZZ_H
#define FUZZING_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

/* Ends the program with @text when @cond does not hold */
#define MUST(cond, text)	\
	do { if (!(cond)) fuzz_broken(__FILE__, __LINE__, text); } while (0)

noreturn void fuzz_broken(const char *file, int line, const char *text);

/* Allocations of the driver fail while this is set */
extern bool fuzz_no_memory;

/* The bytes of an input that are not used yet; after its end, zeros */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next 1 to 8 bytes, little-endian */
uint64_t fuzz_take(struct fuzz_input *in, unsigned int bytes);

/* A copy of the next @len bytes that ends where its memory ends; free it */
void *fuzz_copy(struct fuzz_input *in, size_t len);

static inline uint8_t take_u8(struct fuzz_input *in)
{
	return fuzz_take(in, 1);
}

static inline uint16_t take_u16(struct fuzz_input *in)
{
	return fuzz_take(in, 2);
}

static inline uint32_t take_u32(struct fuzz_input *in)
{
	return fuzz_take(in, 4);
}

static inline uint64_t take_u64(struct fuzz_input *in)
{
	return fuzz_take(in, 8);
}

/* What each target has: one input, from its first byte */
void fuzz_one(struct fuzz_input *in);

#endif
