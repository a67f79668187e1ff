/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A naive model of the array: a counter for each of a few keys, in no order, without entries.
 * Where the array sorts, merges and cuts, the model only counts.
 */
#ifndef SMMU_KUNIT_ARRAY_MODEL_H
#define SMMU_KUNIT_ARRAY_MODEL_H

#include <linux/types.h>

struct smmu_array;
struct smmu_inst;
struct smmu_inv;

/* SMMUs x types x ids x ssids; keys of TLB entries exist once, with ssid 0 */
#define MODEL_INSTS	3
#define MODEL_TYPES	6
#define MODEL_IDS	4
#define MODEL_SSIDS	2
#define MODEL_KEYS	(MODEL_INSTS * MODEL_TYPES * MODEL_IDS * MODEL_SSIDS)

enum model_state {
	MODEL_ABSENT,		/* the array does not hold the key */
	MODEL_HELD,		/* the array holds it, live or parked */
	MODEL_FORGOTTEN,	/* the next copy drops it */
};

/**
 * struct array_model - the multiset
 * @inst: SMMUs, in the order of their numbers
 * @users: number of attachments, for each key
 * @state: enum model_state, for each key
 */
struct array_model {
	struct smmu_inst *inst[MODEL_INSTS];
	u32 users[MODEL_KEYS];
	u8 state[MODEL_KEYS];
};

/* The entry that a key stands for; false for the keys that do not exist */
bool model_inv(const struct array_model *model, u32 key, struct smmu_inv *inv);

/* The key of an entry, or MODEL_KEYS when the model has no such key */
u32 model_key(const struct array_model *model, const struct smmu_inv *inv);

/* These do to the keys in @keys[0..n) what an operation does to the array */
void model_attach(struct array_model *model, const u32 *keys, u32 n);
void model_reserve(struct array_model *model, const u32 *keys, u32 n);
bool model_can_revive(const struct array_model *model, const u32 *keys, u32 n);
void model_detach(struct array_model *model, const u32 *keys, u32 n);
void model_drop_trash(struct array_model *model);
bool model_has_trash(const struct array_model *model);
bool model_parked(const struct array_model *model, u32 key);
void model_forget(struct array_model *model, u32 key);

/* A device or vSMMU that goes away, with its entries: types from @first to @last */
struct model_leaver {
	u32 nr;
	u8 first, last;
	u32 id;
};

/* Does one of its entries still have a user? */
bool model_leaver_lives(const struct array_model *model, const struct model_leaver *leaver);

/* Forget those of its entries that are parked; returns their number */
u32 model_forget_leaver(struct array_model *model, const struct model_leaver *leaver);

/**
 * model_differs() - compare the model with the array
 * @model: what the array should hold
 * @array: what it holds
 * Return: NULL, or what is wrong
 */
const char *model_differs(const struct array_model *model,
			  const struct smmu_array *array);

#endif
