/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver's debugfs says about domains that devices share. */
#ifndef GUEST_SHARED_DOMAINS_H
#define GUEST_SHARED_DOMAINS_H

#include "vfio-devs.h"

/* Make a text of a reason. It is valid until the next call. */
static inline const char *why(const char *fmt, ...)
{
	static char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

/* Cut the domain that @first is attached to out of @text, which is debugfs's list of domains */
static inline char *domain_of(char *text, size_t size, unsigned int first)
{
	FILE *file = fopen(DEBUGFS "domains", "r");
	char needle[64], *at, *end;
	size_t n;

	if (!file)
		die(DEBUGFS "domains");
	n = fread(text + 1, 1, size - 2, file);
	fclose(file);
	text[0] = '\n';
	text[n + 1] = '\0';
	snprintf(needle, sizeof(needle), "attached %s\n", devs[first].bdf);
	for (at = strstr(text, "\ndomain "); at; at = end) {
		char *found = strstr(at, needle);

		end = strstr(at + 1, "\ndomain ");
		if (found && (!end || found < end)) {
			if (end)
				end[1] = '\0';
			return at + 1;
		}
	}
	return NULL;
}

static inline unsigned int count(const char *text, const char *word)
{
	unsigned int n = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		n++;
	}
	return n;
}

/*
 * Count the users of the tags of @smmu in this domain, and the tags that have users; fill in @ids.
 */
static inline unsigned int users_of(const char *domain, const char *smmu,
				    unsigned int *tags, unsigned int *id)
{
	unsigned int users, sum = 0;
	char needle[80];

	snprintf(needle, sizeof(needle), " %s id ", smmu);
	*tags = 0;
	while ((domain = strstr(domain, needle))) {
		domain += strlen(needle);
		if (sscanf(domain, "%u ssid %*u granule %*s users %u", id, &users) == 2 &&
		    users) {
			sum += users;
			++*tags;
		}
	}
	return sum;
}

/*
 * Are exactly the devices of @set together in one domain, with one tag for each SMMU, which has as
 * many users as there are devices behind that SMMU? Return: what is wrong, or NULL.
 */
static inline const char *together(unsigned int set)
{
	static char text[65536];
	unsigned int i, j, tags, id, live = 0, smmus = 0;
	char *domain, needle[64];

	if (!set)
		return NULL;
	domain = domain_of(text, sizeof(text), __builtin_ctz(set));
	if (!domain)
		return why("%s is in no domain", devs[__builtin_ctz(set)].bdf);
	if (count(domain, "attached ") != (unsigned int)__builtin_popcount(set))
		return why("%u devices attached, not %d", count(domain, "attached "),
			   __builtin_popcount(set));
	for (i = 0; i < ndevs; i++) {
		unsigned int want = 0, have;
		bool seen = false;

		if (!(set & 1u << i))
			continue;
		snprintf(needle, sizeof(needle), "attached %s\n", devs[i].bdf);
		if (!strstr(domain, needle))
			return why("%s is not attached", devs[i].bdf);
		for (j = 0; j < ndevs; j++) {
			if (!(set & 1u << j) || strcmp(devs[i].smmu, devs[j].smmu))
				continue;
			want++;
			seen |= j < i;
		}
		have = users_of(domain, devs[i].smmu, &tags, &id);
		if (tags != 1 || have != want)
			return why("%s: %u tags with %u users, 1 with %u expected",
				   devs[i].smmu, tags, have, want);
		smmus += !seen;
	}
	live = count(domain, " users ") - count(domain, " users 0");
	if (live != smmus)
		return why("%u entries with users for %u SMMUs", live, smmus);
	return NULL;
}

static inline bool has_stage1(unsigned int i)
{
	char path[128], line[512];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), DEBUGFS "%s/features", devs[i].smmu);
	file = fopen(path, "r");
	if (!file)
		die("%s", path);
	while (fgets(line, sizeof(line), file))
		found |= !strncmp(line, "flags", 5) && strstr(line, " stage1");
	fclose(file);
	return found;
}

#endif
