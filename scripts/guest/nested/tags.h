/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver's debugfs says about nest parents, STEs and errors. Documentation/debugfs.rst
 * describes its format. The in-tree driver has none of it, so nothing is checked then, and the
 * programs can be tried on that driver. scripts/guest/nested.sh requires it with this driver.
 */
#ifndef NESTED_TAGS_H
#define NESTED_TAGS_H

#include "nested.h"

static inline bool has_debugfs(void)
{
	return !access(DEBUGFS "domains", R_OK);
}

#define MAX_TAGS	64

/* An entry of a nest parent's array that has users */
struct tag {
	char type[24];
	char smmu[64];
	unsigned int id;
	unsigned int users;
};

/* Fill in @tags with all such entries. Return: number of entries */
static inline unsigned int live_tags(struct tag *tags)
{
	FILE *file = fopen(DEBUGFS "domains", "r");
	bool nest_parent = false;
	unsigned int n = 0;
	char line[256];

	if (!file)
		die(DEBUGFS "domains");
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "domain ", 7))
			nest_parent = strstr(line, "nest parent");
		else if (nest_parent && n < MAX_TAGS &&
			 sscanf(line, " %23s %63s id %u ssid %*u granule %*s users %u",
				tags[n].type, tags[n].smmu, &tags[n].id,
				&tags[n].users) == 4)
			n += !!tags[n].users;
	}
	fclose(file);
	return n;
}

/*
 * Number of users of entries of this type on this SMMU; @id, if given, is set to the id of the last
 * one.
 */
static inline unsigned int tag_users(const char *smmu, const char *type, unsigned int *id)
{
	struct tag tags[MAX_TAGS];
	unsigned int i, n = live_tags(tags), users = 0;

	for (i = 0; i < n; i++) {
		if (strcmp(tags[i].type, type) || strcmp(tags[i].smmu, smmu))
			continue;
		users += tags[i].users;
		if (id)
			*id = tags[i].id;
	}
	return users;
}

/* The entry of a vSMMU that has the VMID of @tags[@i]; NULL if there is not exactly one */
static inline const struct tag *twin_of(const struct tag *tags, unsigned int n, unsigned int i)
{
	const struct tag *twin = NULL;
	unsigned int j;

	for (j = 0; j < n; j++) {
		if (j == i || strcmp(tags[j].smmu, tags[i].smmu) || tags[j].id != tags[i].id)
			continue;
		if (twin || !strcmp(tags[j].type, tags[i].type))
			return NULL;
		twin = &tags[j];
	}
	return twin;
}

/*
 * Do the arrays of all nest parents have on @smmu exactly this: @raw users of S2_VMIDs, and @via
 * users of S2_VMID_VSMMU and of S2_VMID_S1_CLEAR each, in @vsmmus pairs with a VMID of their own?
 * Return: what is wrong, or NULL.
 */
static inline const char *tags_are(const char *smmu, unsigned int raw, unsigned int via,
				   unsigned int vsmmus)
{
	unsigned int i, n, have_raw = 0, have_via = 0, pairs = 0;
	struct tag tags[MAX_TAGS];

	if (!has_debugfs())
		return NULL;
	n = live_tags(tags);
	for (i = 0; i < n; i++) {
		const struct tag *twin = twin_of(tags, n, i);

		if (strcmp(tags[i].smmu, smmu))
			continue;
		if (!strcmp(tags[i].type, "S2_VMID")) {
			if (twin)
				return why("%s: VMID %u is %s's too", smmu, tags[i].id,
					   twin->type);
			have_raw += tags[i].users;
		} else if (!strcmp(tags[i].type, "S2_VMID_VSMMU")) {
			if (!twin || strcmp(twin->type, "S2_VMID_S1_CLEAR") ||
			    twin->users != tags[i].users)
				return why("%s: VMID %u has no S2_VMID_S1_CLEAR alike", smmu,
					   tags[i].id);
			have_via += tags[i].users;
			pairs++;
		} else if (!twin) {
			return why("%s: %s %u is alone", smmu, tags[i].type, tags[i].id);
		}
	}
	if (have_raw != raw || have_via != via || pairs != vsmmus)
		return why("%s: %u users of S2_VMID, %u in %u vSMMUs; not %u, %u in %u", smmu,
			   have_raw, have_via, pairs, raw, via, vsmmus);
	return NULL;
}

/*
 * Is the STE of a device of this kind, as debugfs/SMMU/masters names it? Return: NULL, or what is
 * wrong.
 */
static inline const char *ste_is(const struct vdev *dev, const char *kind)
{
	char path[128], line[512], bdf[32] = "", have[32] = "nothing";
	FILE *file;

	if (!has_debugfs())
		return NULL;
	snprintf(path, sizeof(path), DEBUGFS "%s/masters", dev->smmu);
	file = fopen(path, "r");
	if (!file)
		die("%s", path);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != ' ')
			sscanf(line, "%31[^ ]", bdf);
		else if (!strncmp(bdf, dev->bdf, strlen(dev->bdf)) &&
			 sscanf(line, " sid %*s ste %31[^:]", have) == 1)
			break;
	}
	fclose(file);
	if (strcmp(have, kind))
		return why("the STE of %s is %s, not %s", dev->bdf, have, kind);
	return NULL;
}

/* Number of domains of all kinds */
static inline unsigned int nr_domains(void)
{
	FILE *file = fopen(DEBUGFS "domains", "r");
	unsigned int n = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		n += !strncmp(line, "domain ", 7);
	if (file)
		fclose(file);
	return n;
}

/*
 * After a case, when all files are closed: is nothing left, and has no SMMU reported an error?
 * Return: NULL, or what is wrong.
 */
static inline const char *all_clean(unsigned int domains)
{
	static const char * const bad[] = { "cmd_errors", "timeouts", "withheld_tags", "dead" };
	unsigned int i;

	if (!has_debugfs())
		return NULL;
	for (i = 0; i < 4; i++)
		if (counter("*", bad[i]))
			return why("%s is %ld", bad[i], counter("*", bad[i]));
	if (nr_domains() != domains)
		return why("%u domains, %u before", nr_domains(), domains);
	return NULL;
}

#endif
