// SPDX-License-Identifier: GPL-2.0-only
/* The naive model of the array, see array_model.h. */
#include <linux/string.h>

#include <core/array.h>
#include <core/inst.h>

#include "array_model.h"

static bool is_ats(u8 type)
{
	return type == SMMU_INV_ATS || type == SMMU_INV_ATS_FULL;
}

bool model_inv(const struct array_model *model, u32 key, struct smmu_inv *inv)
{
	u32 ssid = key % MODEL_SSIDS;
	u32 id = key / MODEL_SSIDS % MODEL_IDS;
	u32 type = key / MODEL_SSIDS / MODEL_IDS % MODEL_TYPES;
	u32 nr = key / MODEL_SSIDS / MODEL_IDS / MODEL_TYPES;

	*inv = (struct smmu_inv) {
		.inst = model->inst[nr],
		.type = type,
		.id = id,
		.ssid = ssid,
		.pgshift = 12,
	};
	return !ssid || is_ats(type);
}

u32 model_key(const struct array_model *model, const struct smmu_inv *inv)
{
	u32 nr;

	if (inv->type >= MODEL_TYPES || inv->id >= MODEL_IDS ||
	    inv->ssid >= MODEL_SSIDS)
		return MODEL_KEYS;
	for (nr = 0; nr < MODEL_INSTS; nr++)
		if (model->inst[nr] == inv->inst)
			return ((nr * MODEL_TYPES + inv->type) * MODEL_IDS +
				inv->id) * MODEL_SSIDS + inv->ssid;
	return MODEL_KEYS;
}

void model_attach(struct array_model *model, const u32 *keys, u32 n)
{
	while (n--) {
		model->users[keys[n]]++;
		model->state[keys[n]] = MODEL_HELD;
	}
}

void model_reserve(struct array_model *model, const u32 *keys, u32 n)
{
	while (n--)
		model->state[keys[n]] = MODEL_HELD;
}

bool model_can_revive(const struct array_model *model, const u32 *keys, u32 n)
{
	while (n--)
		if (model->state[keys[n]] != MODEL_HELD)
			return false;
	return true;
}

void model_detach(struct array_model *model, const u32 *keys, u32 n)
{
	while (n--)
		model->users[keys[n]]--;
}

bool model_parked(const struct array_model *model, u32 key)
{
	return model->state[key] == MODEL_HELD && !model->users[key];
}

static bool is_trash(const struct array_model *model, u32 key)
{
	return model->state[key] == MODEL_FORGOTTEN;
}

void model_drop_trash(struct array_model *model)
{
	u32 key;

	for (key = 0; key < MODEL_KEYS; key++)
		if (is_trash(model, key))
			model->state[key] = MODEL_ABSENT;
}

bool model_has_trash(const struct array_model *model)
{
	u32 key;

	for (key = 0; key < MODEL_KEYS; key++)
		if (is_trash(model, key))
			return true;
	return false;
}

void model_forget(struct array_model *model, u32 key)
{
	model->state[key] = MODEL_FORGOTTEN;
}

static bool is_leavers(const struct array_model *model, const struct model_leaver *leaver,
		       u32 key)
{
	struct smmu_inv inv;

	return model_inv(model, key, &inv) && inv.inst == model->inst[leaver->nr] &&
	       inv.type >= leaver->first && inv.type <= leaver->last && inv.id == leaver->id;
}

bool model_leaver_lives(const struct array_model *model, const struct model_leaver *leaver)
{
	u32 key;

	for (key = 0; key < MODEL_KEYS; key++)
		if (is_leavers(model, leaver, key) && model->users[key])
			return true;
	return false;
}

u32 model_forget_leaver(struct array_model *model, const struct model_leaver *leaver)
{
	u32 key, n = 0;

	for (key = 0; key < MODEL_KEYS; key++) {
		if (!is_leavers(model, leaver, key) || !model_parked(model, key))
			continue;
		model_forget(model, key);
		n++;
	}
	return n;
}

/* A reader's walk must meet every live key once, in order */
static const char *walk_differs(const struct array_model *model,
				const struct smmu_array *array)
{
	u32 num = smmu_array_count(array);
	const struct smmu_inv *inv;
	u32 pos, key, last = 0, live = 0;

	for (pos = 0; (inv = smmu_array_next_live(array, &pos, num)); pos++) {
		key = model_key(model, inv);
		if (live && key <= last)
			return "the walk is out of order";
		last = key;
		live++;
	}
	for (key = 0; key < MODEL_KEYS; key++)
		if (model->users[key])
			live--;
	if (live)
		return "the walk misses live entries or meets dead ones";
	if (num && !array->inv[num - 1].users)
		return "readers see unused entries at the end";
	return NULL;
}

const char *model_differs(const struct array_model *model,
			  const struct smmu_array *array)
{
	const char *broken = smmu_array_check(array);
	u32 i, key, held = 0;

	if (broken)
		return broken;

	for (i = 0; i < array->len; i++) {
		const struct smmu_inv *inv = &array->inv[i];
		bool forgotten;

		key = model_key(model, inv);
		if (key == MODEL_KEYS)
			return "an entry from nowhere";
		if (model->state[key] == MODEL_ABSENT)
			return "an entry that should be gone";
		if (inv->users != model->users[key])
			return "wrong number of users";
		forgotten = model->state[key] == MODEL_FORGOTTEN;
		if (inv->forgotten != forgotten)
			return "forgotten or not";
		if (inv->pgshift != 12)
			return "wrong granule";
	}
	for (key = 0; key < MODEL_KEYS; key++)
		held += model->state[key] != MODEL_ABSENT;
	if (held != array->len)
		return "an entry is missing";

	return walk_differs(model, array);
}
