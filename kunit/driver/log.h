/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver says in the kernel's log while a case runs: lines of SMMUs and devices of the
 * machine, whatever the console shows. The lines are read from the log's ring buffer, so a case
 * that says a great deal looks from time to time.
 */
#ifndef KUNIT_ON_MODEL_LOG_H
#define KUNIT_ON_MODEL_LOG_H

#include <kunit/test.h>
#include <linux/kmsg_dump.h>

#define LOG_LINE	512

/**
 * struct rig_log - a place in the log
 * @iter: the next line
 * @line: the line that was read last
 * @text: what is said in it, behind the name of the device
 * @level: KERN_* as a number, 4 for a warning
 */
struct rig_log {
	struct kmsg_dump_iter iter;
	char line[LOG_LINE];
	const char *text;
	u32 level;
};

/* Go to the end: only what is said from now on is read */
void rig_log_begin(struct rig_log *log);

/* Read the next line of an SMMU or a device. Return: false when there is none */
bool rig_log_next(struct rig_log *log);

#endif
