// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "driver/log.h"

void rig_log_begin(struct rig_log *log)
{
	kmsg_dump_rewind(&log->iter);
	log->iter.cur_seq = log->iter.next_seq;
}

/*
 * Behind "<6>[    1.234567] DRIVER model-smmu.0: ", as dev_printk() writes it. Other lines may have
 * the name of a device somewhere else.
 */
static const char *said(const char *line)
{
	const char *name = strchr(line, '>');

	if (!name)
		return NULL;
	name++;
	if (*name == '[')
		name = strstr(name, "] ");
	name = name ? strchr(skip_spaces(name + (*name == ']')), ' ') : NULL;
	if (!name || (!strstarts(name, " model-smmu.") && !strstarts(name, " model-device.")))
		return NULL;
	name = strstr(name, ": ");
	return name ? name + 2 : NULL;
}

bool rig_log_next(struct rig_log *log)
{
	size_t len;

	while (kmsg_dump_get_line(&log->iter, true, log->line, sizeof(log->line) - 1, &len)) {
		log->line[len] = '\0';
		strim(log->line);
		log->text = said(log->line);
		if (!log->text)
			continue;
		/* the facility's bits are 0 */
		log->level = log->line[1] - '0';
		return true;
	}
	return false;
}
